//! The plot of a network's training: loss and accuracy, epoch by epoch, in training and on the validation split.

use plot::Point;
use plot::axis::Scale;
use plot::labels::spread;
use plot::markup::Anchor;
use shared::ModelId;

use super::canvas::{Canvas, LABEL, NAME, TextStyle};
use super::plot_area::{AxisLabels, PlotArea};
use crate::fit::checkpoint::EpochMetrics;
use crate::report::input::ReportInput;

/// The y axis reaches beyond the values by this factor of the loss, or of the error.
const MARGIN: f64 = 1.12;
const WIDTH: f64 = 282.0;
const TOP: f64 = 104.0;
const BOTTOM: f64 = 340.0;

/// One of the two charts.
struct Chart {
    title: &'static str,
    left: f64,
    scale: Scale,
    /// In training, and on the validation split.
    values: fn(&EpochMetrics) -> [f64; 2],
    ticks: &'static [f64],
    tick_text: fn(f64) -> String,
}

const CHARTS: [Chart; 2] = [
    Chart {
        title: "loss, nats",
        left: 64.0,
        scale: Scale::Log,
        values: |e| [e.train_loss, e.validation_loss].map(|loss| loss.max(1e-3)),
        ticks: &[0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0],
        tick_text: |loss| loss.to_string(),
    },
    Chart {
        title: "accuracy",
        left: 500.0,
        scale: Scale::LogError,
        values: |e| [e.train_accuracy, e.validation_accuracy],
        ticks: &[0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98],
        tick_text: |accuracy| format!("{:.0}%", accuracy * 100.0),
    },
];

/// The plot as SVG. The plots of all networks have the same y axes.
pub fn draw(input: &ReportInput, model: ModelId) -> String {
    let results = input.model(model);
    let all: Vec<&EpochMetrics> = ModelId::DEEP
        .iter()
        .flat_map(|&m| &input.model(m).metrics.epochs)
        .collect();
    let mut canvas = Canvas::new(
        &format!("{}: training", model.title()),
        "The training images are augmented, and dropout is on where the recipe has it; so validation can be better than training.",
        (880.0, 400.0),
    );
    for chart in CHARTS {
        let epochs = &results.metrics.epochs;
        draw_chart(&mut canvas, &chart, &all, epochs, results.entry.epoch);
    }
    canvas.finish()
}

/// One chart: `all` epochs decide its range, `epochs` are drawn, and `best` is marked.
fn draw_chart(
    canvas: &mut Canvas,
    chart: &Chart,
    all: &[&EpochMetrics],
    epochs: &[EpochMetrics],
    best: Option<usize>,
) {
    let values = all.iter().flat_map(|e| (chart.values)(e));
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let most = values.fold(least, f64::max);
    let range = if chart.scale == Scale::LogError {
        (1.0 - (1.0 - least) * MARGIN, 1.0 - (1.0 - most) / MARGIN)
    } else {
        (least / MARGIN, most * MARGIN)
    };
    let (left, right) = (chart.left, chart.left + WIDTH);
    let area = PlotArea::new(
        (left, TOP),
        (right, BOTTOM),
        (Scale::Linear, (0.5, epochs.len() as f64 + 0.5)),
        (chart.scale, range),
    );
    let multiple = if epochs.len() > 12 { 5 } else { 1 };
    let every = epochs.len().div_ceil(6).next_multiple_of(multiple);
    let x_labels = AxisLabels {
        title: "epoch",
        ticks: (1..=epochs.len())
            .filter(|e| *e == 1 || e.is_multiple_of(every))
            .map(|e| (e as f64, e.to_string()))
            .collect(),
    };
    let ticks = chart.ticks.iter().filter(|t| area.y.contains(**t));
    let y_labels = AxisLabels {
        title: chart.title,
        ticks: ticks.map(|&t| (t, (chart.tick_text)(t))).collect(),
    };
    area.draw(canvas, &x_labels, &y_labels);
    if let Some(best) = best {
        let x = area.x.place(best as f64);
        canvas.line("dashed", (x, TOP), (x, BOTTOM));
        canvas.text((x, TOP - 12.0), "chosen", Anchor::Middle, LABEL);
    }
    let Some(last) = epochs.last() else {
        return;
    };
    // Both names are to the right of the area, at the end of their lines.
    let ends = (chart.values)(last).map(|value| (0.0, 1.0, area.y.place(value)));
    let heights = spread(&ends, 17.0);
    let lines = [
        ("training", "training-line", "name training"),
        ("validation", "validation-line", "name validation"),
    ];
    for (which, (name, line, class)) in lines.into_iter().enumerate() {
        let points = epochs
            .iter()
            .map(|e| -> Point { area.at(e.epoch as f64, (chart.values)(e)[which]) });
        canvas.polyline(line, points);
        let at = (right + 8.0, heights[which]);
        canvas.text(at, name, Anchor::Start, TextStyle { class, ..NAME });
    }
}

//! The plot of each model's accuracy beside the original project's.

use plot::axis::Scale;
use plot::format::percent;
use plot::markup::Anchor;
use shared::metrics::HUMAN_ACCURACY;

use super::canvas::{Canvas, LABEL, NAME, kind_class};
use super::plot_area::{AxisLabels, PlotArea};
use crate::report::input::ReportInput;
use crate::report::markdown::gain;
use crate::report::original_results;

const ROW: f64 = 46.0;
const LEFT: f64 = 176.0;
const RIGHT: f64 = 856.0;
const TOP: f64 = 110.0;
/// Room for the numbers to the right of the best model, in points.
const MARGIN: f64 = 2.75;

/// The plot as SVG.
pub fn draw(input: &ReportInput) -> String {
    let chart = |model| original_results::for_model(model).chart;
    let human = HUMAN_ACCURACY * 100.0;
    let originals = input.models.iter().map(|m| chart(m.entry.model));
    let ours = input.models.iter().map(|m| m.entry.test.accuracy * 100.0);
    let all: Vec<f64> = originals.chain(ours).chain([human]).collect();
    let least = all.iter().copied().fold(f64::INFINITY, f64::min);
    let most = all.iter().copied().fold(0.0, f64::max);
    let range = (least.floor() - 0.5, most + MARGIN);
    let bottom = TOP + ROW * input.models.len() as f64;
    let area = PlotArea::new(
        (LEFT, TOP),
        (RIGHT, bottom),
        (Scale::Linear, range),
        (Scale::Linear, (0.0, 1.0)),
    );
    let mut canvas = Canvas::new(
        "Accuracy gained over the original",
        "Test accuracy. Ring: the original's bar chart. Dot: this project, red for networks, blue for classical models.",
        (880.0, bottom + 34.0),
    );
    let percents = (range.0.ceil() as i32)..=(most.ceil() as i32);
    let x_labels = AxisLabels {
        title: "",
        ticks: percents.map(|p| (f64::from(p), format!("{p}%"))).collect(),
    };
    let y_labels = AxisLabels {
        title: "",
        ticks: Vec::new(),
    };
    area.draw(&mut canvas, &x_labels, &y_labels);
    let x = area.x.place(human);
    canvas.line("dashed", (x, TOP), (x, bottom));
    let text = format!("people {human:.1}%");
    canvas.text((x, TOP - 14.0), &text, Anchor::Middle, LABEL);
    for (row, results) in input.models.iter().enumerate() {
        let (model, test) = (results.entry.model, &results.entry.test);
        let top = TOP + ROW * row as f64;
        let middle = top + ROW / 2.0;
        if row > 0 {
            canvas.line("grid", (LEFT, top), (RIGHT, top));
        }
        canvas.text((LEFT - 12.0, middle), model.title(), Anchor::End, NAME);
        let before = area.x.place(chart(model));
        let after = area.x.place(test.accuracy * 100.0);
        canvas.line("gain", (before, middle), (after, middle));
        canvas.ring((before, middle), 6.0);
        canvas.dot(kind_class(model), (after, middle), 7.0);
        let text = format!(
            "{} ({})",
            percent(test.accuracy),
            gain(test.accuracy, chart(model))
        );
        let at = (before.max(after) + 14.0, middle);
        canvas.text(at, &text, Anchor::Start, NAME);
    }
    canvas.finish()
}

//! The plots of accuracy against cost: bytes of the weights file, time for one image.

use plot::Point;
use plot::axis::Scale;
use plot::format::percent;
use plot::labels::{self, Mark};
use plot::markup::Anchor;
use shared::ModelId;
use shared::metrics::HUMAN_ACCURACY;

use super::canvas::{Canvas, LABEL, NAME, kind_class};
use super::plot_area::{AxisLabels, PlotArea, Tick};
use crate::report::input::{ReportInput, title};

/// A model, or the ensemble, on the plot.
struct Contender {
    title: &'static str,
    /// In bytes or microseconds.
    cost: f64,
    /// A share of one.
    accuracy: f64,
    /// The class of its disc.
    class: &'static str,
}

const RADIUS: f64 = 7.0;
/// The x axis reaches beyond the lowest and the highest cost by this factor.
const COST_MARGIN: f64 = 1.78;
/// The y axis reaches beyond the lowest and the highest accuracy by these factors of the error.
const LOWER_MARGIN: f64 = 1.12;
const UPPER_MARGIN: f64 = 1.2;
/// Accuracies that may be ticks, in percent.
const PERCENTS: [i32; 16] = [
    60, 70, 75, 80, 82, 84, 86, 88, 90, 91, 92, 93, 94, 95, 96, 97,
];

/// Accuracy against the bytes of the weights file, as SVG.
pub fn draw_against_bytes(input: &ReportInput) -> String {
    let bytes = |model| input.model(model).entry.bytes as f64;
    let contenders = contenders(input, bytes, input.ensemble_bytes() as f64);
    draw(
        "Accuracy against bytes",
        "size of the weights file",
        bytes_tick,
        &contenders,
    )
}

/// Accuracy against the time for one image, as SVG.
pub fn draw_against_time(input: &ReportInput) -> String {
    let contenders = contenders(input, |m| input.micros(m), input.ensemble_micros());
    draw(
        "Accuracy against time",
        "time for one image, on one thread",
        micros_tick,
        &contenders,
    )
}

fn contenders(
    input: &ReportInput,
    cost: impl Fn(ModelId) -> f64,
    ensemble_cost: f64,
) -> Vec<Contender> {
    let models = input.models.iter().map(|results| {
        let model = results.entry.model;
        Contender {
            title: model.title(),
            cost: cost(model),
            accuracy: results.entry.test.accuracy,
            class: kind_class(model),
        }
    });
    let ensemble = Contender {
        title: title(&input.ensemble_metrics.model),
        cost: ensemble_cost,
        accuracy: input.ensemble.test.accuracy,
        class: "ensemble",
    };
    models.chain([ensemble]).collect()
}

fn draw(
    heading: &str,
    cost_title: &str,
    cost_text: fn(f64) -> String,
    contenders: &[Contender],
) -> String {
    // A logarithm needs more than zero.
    let costs = contenders.iter().map(|c| c.cost.max(1.0));
    let (cheapest, dearest) = min_max(costs.clone());
    let accuracies = contenders.iter().map(|c| c.accuracy);
    let (lowest, highest) = min_max(accuracies.chain([HUMAN_ACCURACY]));
    let area = PlotArea::new(
        (76.0, 98.0),
        (856.0, 500.0),
        (Scale::Log, (cheapest / COST_MARGIN, dearest * COST_MARGIN)),
        (
            Scale::LogError,
            (
                1.0 - (1.0 - lowest) * LOWER_MARGIN,
                1.0 - (1.0 - highest) / UPPER_MARGIN,
            ),
        ),
    );
    let mut canvas = Canvas::new(
        heading,
        "Red: networks. Blue: classical models on features. Black: all seven together. Up and left is better.",
        (880.0, 560.0),
    );
    let x_labels = AxisLabels {
        title: cost_title,
        ticks: cost_ticks(&area, cost_text),
    };
    let percents = PERCENTS.map(|p| (f64::from(p) / 100.0, format!("{p}%")));
    let y_labels = AxisLabels {
        title: "test accuracy",
        ticks: percents
            .into_iter()
            .filter(|(accuracy, _)| area.y.contains(*accuracy))
            .collect(),
    };
    area.draw(&mut canvas, &x_labels, &y_labels);

    let (left, right) = area.x.pixels;
    let y = area.y.place(HUMAN_ACCURACY);
    let human_line = [(left, y), (right, y)];
    canvas.line("dashed", human_line[0], human_line[1]);
    let text = format!("people without training {:.1}%", HUMAN_ACCURACY * 100.0);
    canvas.text((right - 10.0, y + 13.0), &text, Anchor::End, LABEL);

    let centers = costs
        .zip(contenders)
        .map(|(cost, c)| area.at(cost, c.accuracy));
    let centers: Vec<Point> = centers.collect();
    let frontier = pareto_frontier(&centers);
    canvas.polyline("frontier", frontier.iter().copied());
    for (contender, center) in contenders.iter().zip(&centers) {
        canvas.dot(contender.class, *center, RADIUS);
    }
    let names: Vec<String> = contenders
        .iter()
        .map(|c| format!("{} {}", c.title, percent(c.accuracy)))
        .collect();
    let marks: Vec<Mark> = names
        .iter()
        .zip(&centers)
        .map(|(name, &center)| Mark {
            center,
            radius: RADIUS,
            label_width: NAME.width(name),
            label_height: 18.0,
        })
        .collect();
    let segments = frontier.windows(2).map(|pair| [pair[0], pair[1]]);
    let lines: Vec<_> = segments.chain([human_line]).collect();
    let positions = labels::place(&marks, area.bounds(), &lines);
    for (name, (at, anchor)) in names.iter().zip(positions) {
        canvas.text(at, name, anchor, NAME);
    }
    canvas.finish()
}

/// Ticks at 1, 2 and 5 times the powers of ten.
fn cost_ticks(area: &PlotArea, text: fn(f64) -> String) -> Vec<Tick> {
    let values = area.x.decade_ticks(&[1.0, 2.0, 5.0]);
    values.into_iter().map(|v| (v, text(v))).collect()
}

/// A round number of bytes.
fn bytes_tick(bytes: f64) -> String {
    if bytes < 1e6 {
        format!("{:.0} KB", bytes / 1e3)
    } else {
        format!("{:.0} MB", bytes / 1e6)
    }
}

/// A round number of microseconds.
fn micros_tick(micros: f64) -> String {
    if micros < 1000.0 {
        format!("{micros:.0} µs")
    } else {
        format!("{:.0} ms", micros / 1000.0)
    }
}

/// The least and the greatest value.
fn min_max(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let least = values.clone().fold(f64::INFINITY, f64::min);
    (least, values.fold(f64::NEG_INFINITY, f64::max))
}

/// The points that no point to their left is as high as, from left to right.
fn pareto_frontier(points: &[Point]) -> Vec<Point> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut best: Vec<Point> = Vec::new();
    for point in sorted {
        // y points down.
        if best.last().is_none_or(|last| point.1 < last.1) {
            best.push(point);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frontier_leaves_out_points_that_cost_more_for_less() {
        let points = [(30, 50), (10, 90), (20, 95), (40, 60), (50, 20)];
        let points = points.map(|(x, y)| (f64::from(x), f64::from(y)));
        assert_eq!(
            pareto_frontier(&points),
            [(10.0, 90.0), (30.0, 50.0), (50.0, 20.0)]
        );
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(micros_tick(200.0), "200 µs");
        assert_eq!(micros_tick(5000.0), "5 ms");
        let area = PlotArea::new(
            (0.0, 0.0),
            (1.0, 1.0),
            (Scale::Log, (1.6e4, 2.5e6)),
            (Scale::Linear, (0.0, 1.0)),
        );
        let ticks = cost_ticks(&area, bytes_tick);
        let texts: Vec<_> = ticks.into_iter().map(|t| t.1).collect();
        assert_eq!(
            texts,
            [
                "20 KB", "50 KB", "100 KB", "200 KB", "500 KB", "1 MB", "2 MB"
            ]
        );
    }
}

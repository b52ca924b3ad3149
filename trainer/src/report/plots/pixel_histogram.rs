//! The histogram of the training set's grey levels, on a linear and on a logarithmic scale.

use plot::Point;
use plot::axis::Scale;
use plot::format::thousands;

use super::canvas::Canvas;
use super::plot_area::{AxisLabels, PlotArea, Tick};
use crate::data::DataSet;

/// The values of a byte.
const GREYS: usize = 256;
/// The logarithmic axis begins below the least share and ends above the greatest by these factors.
const LOWER_MARGIN: f64 = 1.6;
const UPPER_MARGIN: f64 = 1.26;

/// The plot as SVG.
pub fn draw(data: &DataSet) -> String {
    let mut counts = [0_u64; GREYS];
    for image in &data.train.images {
        for &pixel in image.pixels() {
            counts[usize::from(pixel)] += 1;
        }
    }
    let total: u64 = counts.iter().sum();
    let shares = counts.map(|c| c as f64 * 100.0 / total.max(1) as f64);
    let most = shares.iter().copied().fold(0.0, f64::max);
    let least = shares.iter().copied().fold(most, f64::min).max(1e-6);
    let note = format!(
        "Of the {} pixels of the training set, {:.1}% are 0, the background. One bar for each grey level.",
        thousands(total),
        shares[0]
    );
    let mut canvas = Canvas::new("Histogram of the pixels", &note, (880.0, 400.0));
    let greys = [0, 64, 128, 192, 255].map(|g| (f64::from(g) + 0.5, g.to_string()));
    let x_labels = AxisLabels {
        title: "grey level",
        ticks: greys.into(),
    };
    let x = (Scale::Linear, (0.0, GREYS as f64));

    let linear = (Scale::Linear, (0.0, most * 1.05));
    let area = PlotArea::new((64.0, 104.0), (424.0, 340.0), x, linear);
    let tens = (0..=most as i32 / 10).map(|t| (f64::from(t * 10), format!("{}%", t * 10)));
    let y_labels = AxisLabels {
        title: "share of the pixels, linear",
        ticks: tens.collect(),
    };
    area.draw(&mut canvas, &x_labels, &y_labels);
    canvas.polygon("histogram", outline(&area, &shares));

    let log = (
        Scale::Log,
        (least / LOWER_MARGIN, most.max(least) * UPPER_MARGIN),
    );
    let area = PlotArea::new((496.0, 104.0), (856.0, 340.0), x, log);
    let shares_with_label = [
        0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0,
    ]
    .map(|share| (share, format!("{share}%")));
    let ticks: Vec<Tick> = shares_with_label
        .into_iter()
        .filter(|(share, _)| area.y.contains(*share))
        .collect();
    let y_labels = AxisLabels {
        title: "share of the pixels, logarithmic",
        ticks,
    };
    area.draw(&mut canvas, &x_labels, &y_labels);
    canvas.polygon("histogram", outline(&area, &shares));
    canvas.finish()
}

/// The corners of a histogram whose bars stand on the x axis, one unit wide each.
fn outline(area: &PlotArea, heights: &[f64]) -> Vec<Point> {
    let floor = area.y.range.0;
    let mut corners = vec![area.at(0.0, floor)];
    for (i, &height) in heights.iter().enumerate() {
        corners.push(area.at(i as f64, height));
        corners.push(area.at(i as f64 + 1.0, height));
    }
    corners.push(area.at(heights.len() as f64, floor));
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_one_unit_wide_and_as_high_as_its_value() {
        let area = PlotArea::new(
            (0.0, 0.0),
            (100.0, 100.0),
            (Scale::Linear, (0.0, 2.0)),
            (Scale::Linear, (0.0, 10.0)),
        );
        let corners = [(0, 100), (0, 50), (50, 50), (50, 0), (100, 0), (100, 100)];
        assert_eq!(
            outline(&area, &[5.0, 10.0]),
            corners.map(|(x, y)| (f64::from(x), f64::from(y)))
        );
    }
}

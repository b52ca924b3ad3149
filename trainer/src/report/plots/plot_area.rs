//! The area of a plot: two axes, their grid, ticks and titles.

use plot::Point;
use plot::axis::{Axis, Scale};
use plot::markup::Anchor;

use super::canvas::{Canvas, LABEL};

/// A value on an axis and its label.
pub type Tick = (f64, String);

/// What is written beside an axis. An empty title is left out.
pub struct AxisLabels<'a> {
    pub title: &'a str,
    pub ticks: Vec<Tick>,
}

/// A rectangle in which values have positions.
pub struct PlotArea {
    pub x: Axis,
    pub y: Axis,
}

impl PlotArea {
    /// Between its upper left and its lower right corner, with each axis's scale and range.
    pub fn new(
        (left, top): Point,
        (right, bottom): Point,
        x: (Scale, (f64, f64)),
        y: (Scale, (f64, f64)),
    ) -> Self {
        let axis = |(scale, range), pixels| Axis {
            scale,
            range,
            pixels,
        };
        Self {
            x: axis(x, (left, right)),
            y: axis(y, (bottom, top)),
        }
    }

    /// The position of a pair of values.
    pub fn at(&self, x: f64, y: f64) -> Point {
        (self.x.place(x), self.y.place(y))
    }

    /// The upper left and the lower right corner.
    pub fn bounds(&self) -> (Point, Point) {
        (
            (self.x.pixels.0, self.y.pixels.1),
            (self.x.pixels.1, self.y.pixels.0),
        )
    }

    /// Draws the background, a grid line at each tick, and the labels of both axes.
    pub fn draw(&self, canvas: &mut Canvas, x_labels: &AxisLabels, y_labels: &AxisLabels) {
        let ((left, top), (right, bottom)) = self.bounds();
        canvas.rect("card", (left, top), (right, bottom));
        for (value, text) in &x_labels.ticks {
            let x = self.x.place(*value);
            canvas.line("grid", (x, top), (x, bottom));
            canvas.text((x, bottom + 14.0), text, Anchor::Middle, LABEL);
        }
        for (value, text) in &y_labels.ticks {
            let y = self.y.place(*value);
            canvas.line("grid", (left, y), (right, y));
            canvas.text((left - 8.0, y), text, Anchor::End, LABEL);
        }
        if !x_labels.title.is_empty() {
            let at = ((left + right) / 2.0, bottom + 36.0);
            canvas.text(at, x_labels.title, Anchor::Middle, LABEL);
        }
        if !y_labels.title.is_empty() {
            let at = (left - 8.0, top - 16.0);
            canvas.text(at, y_labels.title, Anchor::Start, LABEL);
        }
    }
}

//! Two axes and the card between them.

use plotters::coord::CoordTranslate;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use std::ops::Range;

use super::canvas::{CARD, LABEL, LINE, Outcome, Point, Sheet, px};

/// A mark on an axis: where it is, and what stands beside it.
pub type Tick = (f64, String);

/// A card on which data have a place.
pub struct Frame {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
    scale: Cartesian2d<RangedCoordf64, RangedCoordf64>,
}

impl Frame {
    /// Between two corners, the upper left and the lower right, for these ranges.
    pub fn new(from: Point, to: Point, x: Range<f64>, y: Range<f64>) -> Self {
        Self {
            left: from.0,
            right: to.0,
            top: from.1,
            bottom: to.1,
            // Up is up.
            scale: Cartesian2d::new(x, y, (from.0..to.0, to.1..from.1)),
        }
    }

    /// Where a pair of numbers is.
    pub fn at(&self, x: f64, y: f64) -> Point {
        self.scale.translate(&(x, y))
    }

    /// The corners.
    pub fn corners(&self) -> (Point, Point) {
        ((self.left, self.top), (self.right, self.bottom))
    }

    /// Draws the card, a line at each tick, and the ticks' and axes' names.
    pub fn draw(
        &self,
        sheet: &Sheet,
        (x_name, x_ticks): (&str, &[Tick]),
        (y_name, y_ticks): (&str, &[Tick]),
    ) -> Outcome {
        let (from, to) = self.corners();
        sheet.area(from, to, CARD)?;
        for (value, text) in x_ticks {
            let (x, _) = self.at(*value, 0.0);
            sheet.line([(x, self.top), (x, self.bottom)], LINE, 2)?;
            sheet.text((x, self.bottom + px(14)), text, LABEL.centred())?;
        }
        for (value, text) in y_ticks {
            let (_, y) = self.at(0.0, *value);
            sheet.line([(self.left, y), (self.right, y)], LINE, 2)?;
            sheet.text((self.left - px(8), y), text, LABEL.ending())?;
        }
        let middle = (self.left + self.right) / 2;
        sheet.text((middle, self.bottom + px(36)), x_name, LABEL.centred())?;
        let above = (self.left - px(8), self.top - px(16));
        sheet.text(above, y_name, LABEL)
    }
}

/// Ticks at 1, 2 and 5 times the powers of ten within a range of logarithms.
pub fn decades(range: &Range<f64>, text: impl Fn(f64) -> String) -> Vec<Tick> {
    let exponents = (range.start.floor() as i32)..=(range.end.ceil() as i32);
    exponents
        .flat_map(|exponent| [1.0, 2.0, 5.0].map(|lead| lead * 10_f64.powi(exponent)))
        .map(|value| (super::log10(value), text(value)))
        .filter(|(at, _)| range.contains(at))
        .collect()
}

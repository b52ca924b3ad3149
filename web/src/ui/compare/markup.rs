//! Tables and drawings as text, which the browser parses: as components, each element of them would be code of its own.
//!
//! What goes in is numbers and names of our own; nothing that a visitor wrote.

use std::fmt::Write;

/// A drawing or a table in the making.
#[derive(Default)]
pub struct Markup(String);

impl Markup {
    /// A line from one point to the other.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.put(format_args!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    /// A text that starts, ends or is centred at a point: `anchor` is `start`, `end` or `middle`.
    pub fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: &str, text: &str) {
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// A line through points.
    pub fn polyline(&mut self, class: &str, points: impl Iterator<Item = (f64, f64)>) {
        let places: Vec<String> = points.map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let places = places.join(" ");
        self.put(format_args!(
            "<polyline class=\"{class}\" points=\"{places}\"/>"
        ));
    }

    /// The head of a table's column, or of its row.
    pub fn head(&mut self, scope: &str, text: &str) {
        self.put(format_args!(
            "<th scope=\"{scope}\"><span>{text}</span></th>"
        ));
    }

    /// Whatever else.
    pub fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(text);
    }

    pub fn into_text(self) -> String {
        self.0
    }
}

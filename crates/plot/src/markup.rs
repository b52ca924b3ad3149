//! A writer of SVG drawings and HTML tables as text.
//!
//! The page hands the text to the browser's parser: as leptos components, every element would add code to the bundle.

use std::fmt::{self, Arguments, Display, Formatter, Write};

use crate::Point;

/// Which part of a text is at its point: the values of SVG's `text-anchor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// Writes a text with `&`, `<`, `>` and `"` escaped, for the content of an element or for an attribute.
pub struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                other => out.write_char(other)?,
            }
        }
        Ok(())
    }
}

/// A drawing or a table that is being written. Coordinates have one decimal.
#[derive(Default)]
pub struct Markup(String);

impl Markup {
    /// A line between two points.
    pub fn line(&mut self, class: &str, from: Point, to: Point) {
        let ((x1, y1), (x2, y2)) = (from, to);
        self.put(format_args!(
            "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>"
        ));
    }

    /// A text on a baseline through `at`.
    pub fn text(&mut self, class: &str, (x, y): Point, anchor: Anchor, text: &str) {
        let (anchor, text) = (anchor.name(), Escaped(text));
        self.put(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        ));
    }

    /// A line through points.
    pub fn polyline(&mut self, class: &str, points: impl Iterator<Item = Point>) {
        self.put(format_args!("<polyline class=\"{class}\" points=\""));
        self.points(points);
    }

    /// A closed shape with these corners.
    pub fn polygon(&mut self, class: &str, points: impl Iterator<Item = Point>) {
        self.put(format_args!("<polygon class=\"{class}\" points=\""));
        self.points(points);
    }

    /// A disc.
    pub fn circle(&mut self, class: &str, (x, y): Point, radius: f64) {
        self.put(format_args!(
            "<circle class=\"{class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\"/>"
        ));
    }

    /// A rectangle between its upper left and its lower right corner.
    pub fn rect(&mut self, class: &str, from: Point, to: Point) {
        self.put(format_args!("<rect class=\"{class}\""));
        self.corners(from, to);
    }

    /// A rectangle of a colour, as in `#a2392b`.
    pub fn filled_rect(&mut self, fill: impl Display, from: Point, to: Point) {
        self.put(format_args!("<rect fill=\"{fill}\""));
        self.corners(from, to);
    }

    /// The head cell of a table's column (`scope` is `col`) or of its row (`row`).
    pub fn head(&mut self, scope: &str, text: &str) {
        let text = Escaped(text);
        self.put(format_args!(
            "<th scope=\"{scope}\"><span>{text}</span></th>"
        ));
    }

    /// Any other markup, as it is: text from outside goes through [`Escaped`].
    pub fn put(&mut self, markup: Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.0.write_fmt(markup);
    }

    pub fn into_text(self) -> String {
        self.0
    }

    /// The rest of an element whose `points` attribute is open.
    fn points(&mut self, points: impl Iterator<Item = Point>) {
        for (i, (x, y)) in points.enumerate() {
            let space = if i == 0 { "" } else { " " };
            self.put(format_args!("{space}{x:.1},{y:.1}"));
        }
        self.put(format_args!("\"/>"));
    }

    /// The rest of a `rect` element.
    fn corners(&mut self, (x, y): Point, to: Point) {
        let (width, height) = (to.0 - x, to.1 - y);
        self.put(format_args!(
            " x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_the_text_of_an_element() {
        let mut svg = Markup::default();
        svg.text("name", (1.0, 2.25), Anchor::End, "A & B < \"C\"");
        assert_eq!(
            svg.into_text(),
            "<text class=\"name\" x=\"1.0\" y=\"2.2\" text-anchor=\"end\">A &amp; B &lt; &quot;C&quot;</text>"
        );
    }

    #[test]
    fn separates_points_by_spaces() {
        let mut svg = Markup::default();
        svg.polyline("train", [(0.0, 1.0), (2.0, 3.5)].into_iter());
        svg.polygon("area", std::iter::once((1.0, 1.0)));
        assert_eq!(
            svg.into_text(),
            "<polyline class=\"train\" points=\"0.0,1.0 2.0,3.5\"/><polygon class=\"area\" points=\"1.0,1.0\"/>"
        );
    }

    #[test]
    fn writes_a_rectangle_by_its_size() {
        let mut svg = Markup::default();
        svg.rect("card", (10.0, 20.0), (15.0, 50.0));
        assert_eq!(
            svg.into_text(),
            "<rect class=\"card\" x=\"10.0\" y=\"20.0\" width=\"5.0\" height=\"30.0\"/>"
        );
    }
}

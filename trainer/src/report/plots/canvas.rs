//! The paper that a plot is drawn on, its inks and its type.

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::prelude::{DrawingArea, IntoDrawingArea, IntoFont, RGBColor, ShapeStyle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, TextStyle};

use crate::report::ReportError;

pub type Colour = RGBColor;

// The page's colours by day (web/style/base.css); the paper is always drawn, so that they read on a dark page too.
pub const PAPER: Colour = RGBColor(0xf6, 0xf2, 0xea);
pub const CARD: Colour = RGBColor(0xff, 0xfd, 0xf8);
pub const INK: Colour = RGBColor(0x22, 0x1d, 0x18);
pub const SOFT: Colour = RGBColor(0x67, 0x5e, 0x54);
pub const LINE: Colour = RGBColor(0xdc, 0xd3, 0xc4);
pub const MUTED: Colour = RGBColor(0xb9, 0xae, 0xa0);
pub const THREAD: Colour = RGBColor(0xa2, 0x39, 0x2b);
/// What is not the thread's.
pub const DENIM: Colour = RGBColor(0x2f, 0x5d, 0x7c);

const SANS: &str =
    "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Liberation Sans, sans-serif";
const SERIF: &str = "Iowan Old Style, Palatino Linotype, Palatino, P052, Georgia, serif";
/// plotters gives a font's size as the height of its line.
const LINE_HEIGHT: f64 = 1.24;

/// A place, in halves of a displayed pixel: plotters knows whole numbers only.
pub type Point = (i32, i32);

/// Displayed pixels as the sheet counts.
pub const fn px(displayed: i32) -> i32 {
    displayed * 2
}

/// How a text is set. Its middle is at the point's height.
#[derive(Clone, Copy)]
pub struct Type {
    family: &'static str,
    /// In displayed pixels.
    size: i32,
    pub colour: Colour,
    weight: FontStyle,
    anchor: HPos,
}

/// A plot's heading.
pub const HEADING: Type = Type::new(SERIF, 17, INK);
/// Beneath the heading: what is shown.
pub const NOTE: Type = Type::new(SANS, 12, SOFT);
/// The name of an axis, of a tick, of a row.
pub const LABEL: Type = Type::new(SANS, 12, SOFT);
/// What names a mark.
pub const NAME: Type = Type::new(SANS, 13, INK);

impl Type {
    const fn new(family: &'static str, size: i32, colour: Colour) -> Self {
        Self {
            family,
            size,
            colour,
            weight: FontStyle::Normal,
            anchor: HPos::Left,
        }
    }

    /// In another colour.
    pub const fn coloured(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    /// Around the point.
    pub const fn centred(self) -> Self {
        let anchor = HPos::Center;
        Self { anchor, ..self }
    }

    /// Up to the point.
    pub const fn ending(self) -> Self {
        let anchor = HPos::Right;
        Self { anchor, ..self }
    }

    pub const fn bold(self) -> Self {
        let weight = FontStyle::Bold;
        Self { weight, ..self }
    }

    /// How wide a text is, about, and rather too wide: no font is asked.
    pub fn width(&self, text: &str) -> i32 {
        text.chars().count() as i32 * px(self.size) * 62 / 100
    }
}

pub type Outcome = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// A sheet of paper under the pen.
pub struct Sheet<'a>(DrawingArea<SVGBackend<'a>, Shift>);

/// A plot of this size on paper under a heading, as SVG.
///
/// # Errors
/// [`ReportError::Plot`].
pub fn drawn(
    heading: &str,
    note: &str,
    size: Point,
    draw: impl FnOnce(&Sheet) -> Outcome,
) -> Result<String, ReportError> {
    let mut svg = String::new();
    let extent = (size.0.unsigned_abs(), size.1.unsigned_abs());
    let done = (|| {
        let sheet = Sheet(SVGBackend::with_string(&mut svg, extent).into_drawing_area());
        sheet.0.fill(&PAPER)?;
        sheet.text((px(24), px(28)), heading, HEADING.bold())?;
        sheet.text((px(24), px(51)), note, NOTE)?;
        draw(&sheet)?;
        sheet.0.present()
    })();
    done.map_err(|e| ReportError::Plot {
        plot: heading.into(),
        reason: e.to_string(),
    })?;
    Ok(trimmed(&svg, extent, heading))
}

/// With a title for those who listen, in displayed pixels, and without what need not be said.
fn trimmed(svg: &str, (width, height): (u32, u32), heading: &str) -> String {
    let sized = format!("<svg width=\"{width}\" height=\"{height}\"");
    let displayed = format!(
        "<svg font-family=\"{SANS}\" role=\"img\" width=\"{}\" height=\"{}\"",
        width / 2,
        height / 2
    );
    let svg = svg
        .replace(&format!(" font-family=\"{SANS}\""), "")
        .replacen(&sized, &displayed, 1)
        .replacen(">\n", &format!(">\n<title>{heading}</title>\n"), 1)
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" text-anchor=\"start\"", "")
        // Half an x is less than the middle of a digit.
        .replace("dy=\"0.5ex\"", "dy=\"0.35em\"");
    let mut out = String::with_capacity(svg.len());
    for line in svg.lines() {
        out += line;
        // Within a text, the end of a line would be a space.
        if line.starts_with('<') && !line.starts_with("<text ") {
            out.push('\n');
        }
    }
    out
}

impl Sheet<'_> {
    /// A text whose middle is at the point's height.
    pub fn text(&self, at: Point, text: &str, set: Type) -> Outcome {
        let size = f64::from(px(set.size)) * LINE_HEIGHT;
        let font = (set.family, size, set.weight).into_font();
        let style = TextStyle::from(font).color(&set.colour);
        self.0
            .draw_text(text, &style.pos(Pos::new(set.anchor, VPos::Center)), at)
    }

    /// A line through points.
    pub fn line(&self, points: impl Into<Vec<Point>>, colour: Colour, width: u32) -> Outcome {
        let style = colour.stroke_width(width);
        self.0.draw(&PathElement::new(points.into(), style))
    }

    /// A line of dashes, level or upright.
    pub fn dashes(&self, from: Point, to: Point, colour: Colour, width: u32) -> Outcome {
        const DASH: i32 = 12;
        let (along_x, along_y) = ((to.0 - from.0).signum(), (to.1 - from.1).signum());
        let length = (to.0 - from.0).abs().max((to.1 - from.1).abs());
        for start in (0..length).step_by(2 * DASH as usize) {
            let end = (start + DASH).min(length);
            let point = |t| (from.0 + along_x * t, from.1 + along_y * t);
            self.line([point(start), point(end)], colour, width)?;
        }
        Ok(())
    }

    /// A filled box between two corners.
    pub fn area(&self, from: Point, to: Point, colour: Colour) -> Outcome {
        self.0.draw(&Rectangle::new([from, to], colour.filled()))
    }

    /// A filled shape.
    pub fn shape(&self, corners: Vec<Point>, colour: Colour) -> Outcome {
        self.0.draw(&Polygon::new(corners, colour.filled()))
    }

    /// A disc on a rim of paper, so that it stands out from lines and its neighbours.
    pub fn dot(&self, at: Point, radius: i32, colour: Colour) -> Outcome {
        self.0.draw(&Circle::new(at, radius + 3, CARD.filled()))?;
        self.0.draw(&Circle::new(at, radius, colour.filled()))
    }

    /// A ring.
    pub fn ring(&self, at: Point, radius: i32, colour: Colour) -> Outcome {
        let style: ShapeStyle = colour.stroke_width(4);
        self.0.draw(&Circle::new(at, radius, CARD.filled()))?;
        self.0.draw(&Circle::new(at, radius, style))
    }
}

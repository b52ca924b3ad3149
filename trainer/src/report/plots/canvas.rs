//! The drawing surface of the report's plots: paper, heading, colors and text styles.

use std::fmt::{self, Display, Formatter};

use plot::Point;
use plot::markup::{Anchor, Escaped, Markup};
use shared::ModelId;

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color(pub u8, pub u8, pub u8);

impl Display for Color {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write!(out, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

// The page's light theme (web/style/base.css). The paper is always drawn, so that a plot is readable on a dark page too.
const PAPER: Color = Color(0xf6, 0xf2, 0xea);
pub const CARD: Color = Color(0xff, 0xfd, 0xf8);
const INK: Color = Color(0x22, 0x1d, 0x18);
const SOFT: Color = Color(0x67, 0x5e, 0x54);
const LINE: Color = Color(0xdc, 0xd3, 0xc4);
const MUTED: Color = Color(0xb9, 0xae, 0xa0);
pub const RED: Color = Color(0xa2, 0x39, 0x2b);
const BLUE: Color = Color(0x2f, 0x5d, 0x7c);

const SANS: &str = "system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,Liberation Sans,sans-serif";
const SERIF: &str = "Iowan Old Style,Palatino Linotype,Palatino,P052,Georgia,serif";

/// A class of the style sheet, and the size of its letters in pixels.
#[derive(Clone, Copy)]
pub struct TextStyle {
    pub class: &'static str,
    pub size: f64,
}

const HEADING: TextStyle = TextStyle {
    class: "heading",
    size: 17.0,
};
/// Axis titles, ticks, notes.
pub const LABEL: TextStyle = TextStyle {
    class: "label",
    size: 12.0,
};
/// The name of a row or of a mark.
pub const NAME: TextStyle = TextStyle {
    class: "name",
    size: 13.0,
};

impl TextStyle {
    /// An estimate of a text's width that is rather too large: no font is read.
    pub fn width(self, text: &str) -> f64 {
        text.chars().count() as f64 * self.size * 0.62
    }
}

/// A plot that is being drawn. Positions are in pixels.
pub struct Canvas(Markup);

impl Canvas {
    /// A sheet of paper of this size, with a heading and a note beneath it.
    pub fn new(heading: &str, note: &str, (width, height): (f64, f64)) -> Self {
        let mut canvas = Self(Markup::default());
        canvas.element(|svg| {
            svg.put(format_args!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" width=\"{width}\" height=\"{height}\" \
                 viewBox=\"0 0 {width} {height}\">"
            ));
        });
        canvas.element(|svg| svg.put(format_args!("<title>{}</title>", Escaped(heading))));
        canvas.element(|svg| svg.put(format_args!("<style>\n{}</style>", style_sheet())));
        canvas.rect("paper", (0.0, 0.0), (width, height));
        canvas.text((24.0, 28.0), heading, Anchor::Start, HEADING);
        canvas.text((24.0, 51.0), note, Anchor::Start, LABEL);
        canvas
    }

    /// The SVG file.
    pub fn finish(mut self) -> String {
        self.element(|svg| svg.put(format_args!("</svg>")));
        self.0.into_text()
    }

    /// A text whose middle is at the height of `at`.
    pub fn text(&mut self, (x, y): Point, text: &str, anchor: Anchor, style: TextStyle) {
        // The middle of a digit is about so far above the baseline.
        let baseline = y + 0.35 * style.size;
        self.element(|svg| svg.text(style.class, (x, baseline), anchor, text));
    }

    pub fn line(&mut self, class: &str, from: Point, to: Point) {
        self.element(|svg| svg.line(class, from, to));
    }

    pub fn polyline(&mut self, class: &str, points: impl IntoIterator<Item = Point>) {
        self.element(|svg| svg.polyline(class, points.into_iter()));
    }

    pub fn polygon(&mut self, class: &str, corners: impl IntoIterator<Item = Point>) {
        self.element(|svg| svg.polygon(class, corners.into_iter()));
    }

    pub fn rect(&mut self, class: &str, from: Point, to: Point) {
        self.element(|svg| svg.rect(class, from, to));
    }

    pub fn filled_rect(&mut self, fill: Color, from: Point, to: Point) {
        self.element(|svg| svg.filled_rect(fill, from, to));
    }

    /// A disc with a light rim, which sets it apart from lines and from other discs.
    pub fn dot(&mut self, class: &str, at: Point, radius: f64) {
        self.element(|svg| svg.circle("rim", at, radius + 1.5));
        self.element(|svg| svg.circle(class, at, radius));
    }

    pub fn ring(&mut self, at: Point, radius: f64) {
        self.element(|svg| svg.circle("ring", at, radius));
    }

    /// A square PNG image with its upper left corner at `at`, enlarged without smoothing.
    pub fn png(&mut self, (x, y): Point, side: f64, base64: &str) {
        self.element(|svg| {
            svg.put(format_args!(
                "<image x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\" href=\"data:image/png;base64,{base64}\"/>"
            ));
        });
    }

    /// One element on a line of its own, so that a changed plot has a short diff.
    fn element(&mut self, write: impl FnOnce(&mut Markup)) {
        write(&mut self.0);
        self.0.put(format_args!("\n"));
    }
}

/// The class of a model's mark: networks and classical models differ in color.
pub fn kind_class(model: ModelId) -> &'static str {
    if model.is_deep() {
        "network"
    } else {
        "classical"
    }
}

/// The classes of all plots.
fn style_sheet() -> String {
    format!(
        "text{{font:12px {SANS};fill:{SOFT}}}\n\
         .heading{{font:bold 17px {SERIF};fill:{INK}}}\n\
         .name{{font-size:13px;fill:{INK}}}\n\
         .bold{{font-weight:bold}}\n\
         .light,.card,.rim{{fill:{CARD}}}\n\
         .dark,.ensemble{{fill:{INK}}}\n\
         .muted,.test{{fill:{MUTED}}}\n\
         .network,.validation{{fill:{RED}}}\n\
         .classical,.training,.histogram{{fill:{BLUE}}}\n\
         .paper{{fill:{PAPER}}}\n\
         .grid{{stroke:{LINE}}}\n\
         .frame{{fill:none;stroke:{LINE}}}\n\
         .dashed{{stroke:{SOFT};stroke-width:1.5;stroke-dasharray:6}}\n\
         .frontier{{fill:none;stroke:{MUTED};stroke-width:1.5}}\n\
         .gain{{stroke:{MUTED};stroke-width:4}}\n\
         .ring{{fill:{CARD};stroke:{SOFT};stroke-width:2}}\n\
         .training-line{{fill:none;stroke:{BLUE};stroke-width:2.5}}\n\
         .validation-line{{fill:none;stroke:{RED};stroke-width:2.5}}\n\
         image{{image-rendering:pixelated}}\n"
    )
}

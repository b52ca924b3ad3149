//! A canvas on which a picture is drawn with the page's fonts and light colours, and saved as a PNG file.

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::{document, window};
use shared::image::RgbaImage;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement};

use crate::dom::save_blob;
use crate::json;
use crate::ui::canvas::paint;

/// The light colours of web/style/base.css: a picture is passed on to others, whatever the visitor's own setting.
pub const BACKGROUND: &str = "#f6f2ea";
pub const SURFACE: &str = "#fffdf8";
pub const TEXT: &str = "#221d18";
pub const TEXT_MUTED: &str = "#675e54";
pub const BORDER: &str = "#dcd3c4";
pub const ACCENT: &str = "#a2392b";
pub const MUTED: &str = "#b9aea0";

/// How a text looks.
#[derive(Clone, Copy)]
pub struct TextStyle {
    /// Pixels.
    pub size: u32,
    pub weight: u32,
    pub is_serif: bool,
    pub colour: &'static str,
    /// Whether it ends at its position instead of beginning there.
    pub is_right: bool,
}

impl TextStyle {
    /// A plain text of this size in pixels.
    pub const fn new(size: u32) -> Self {
        Self {
            size,
            weight: 400,
            is_serif: false,
            colour: TEXT,
            is_right: false,
        }
    }

    pub const fn serif(self) -> Self {
        Self {
            weight: 500,
            is_serif: true,
            ..self
        }
    }

    pub const fn bold(self) -> Self {
        Self {
            weight: 600,
            ..self
        }
    }

    pub const fn muted(self) -> Self {
        Self {
            colour: TEXT_MUTED,
            ..self
        }
    }

    pub const fn right(self) -> Self {
        Self {
            is_right: true,
            ..self
        }
    }
}

/// Below an image.
pub const CAPTION: TextStyle = TextStyle::new(18).muted();

/// A rectangle in pixels.
#[derive(Clone, Copy)]
pub struct Place {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Place {
    pub const fn square(x: f64, y: f64, side: f64) -> Self {
        Self {
            x,
            y,
            width: side,
            height: side,
        }
    }
}

/// A picture while it is drawn.
pub struct Drawing {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    serif: String,
    sans: String,
}

impl Drawing {
    /// An empty picture of this size in pixels; `None` if the browser has no memory for it.
    pub fn new(width: u32, height: u32) -> Option<Self> {
        let canvas = new_canvas()?;
        canvas.set_width(width);
        canvas.set_height(height);
        let root = document().document_element()?;
        let style = window().get_computed_style(&root).ok().flatten()?;
        let family = |name| style.get_property_value(name).ok();
        let drawing = Self {
            context: canvas.get_context("2d").ok().flatten()?.dyn_into().ok()?,
            serif: family("--serif")?,
            sans: family("--sans")?,
            canvas,
        };
        let whole = Place {
            x: 0.0,
            y: 0.0,
            width: f64::from(width),
            height: f64::from(height),
        };
        drawing.rectangle(whole, BACKGROUND);
        Some(drawing)
    }

    pub fn rectangle(&self, place: Place, colour: &str) {
        self.context.set_fill_style_str(colour);
        self.context
            .fill_rect(place.x, place.y, place.width, place.height);
    }

    pub fn disc(&self, x: f64, y: f64, radius: f64, colour: &str) {
        self.context.set_fill_style_str(colour);
        self.context.begin_path();
        // The radius is not negative.
        let _ = self.context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
        self.context.fill();
    }

    /// The page's logo, a button with four holes, and its name.
    pub fn logo(&self, x: f64, y: f64) {
        self.disc(x + 18.0, y, 18.0, ACCENT);
        for (dx, dy) in [(-4.5, -4.5), (4.5, -4.5), (-4.5, 4.5), (4.5, 4.5)] {
            self.disc(x + 18.0 + dx, y + dy, 2.7, BACKGROUND);
        }
        self.text("Haberdash", x + 50.0, y + 8.0, TextStyle::new(26).serif());
    }

    /// A line of text with its baseline at `y`.
    pub fn text(&self, text: &str, x: f64, y: f64, style: TextStyle) {
        self.set_style(style);
        // A canvas in memory accepts every text.
        let _ = self.context.fill_text(text, x, y);
    }

    /// A text whose words are put into lines of this width, the first with its baseline at `y`. Returns the next line's `y`.
    pub fn paragraph(&self, text: &str, x: f64, y: f64, width: f64, style: TextStyle) -> f64 {
        let mut line = String::new();
        let mut y = y;
        for word in text.split_whitespace() {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if !line.is_empty() && self.width(&longer, style) > width {
                self.text(&self.fitted(&line, width, style), x, y, style);
                y += line_height(style);
                line = word.to_owned();
            } else {
                line = longer;
            }
        }
        self.text(&self.fitted(&line, width, style), x, y, style);
        y + line_height(style)
    }

    /// The text, or as much of its beginning as has this width.
    pub fn fitted(&self, text: &str, width: f64, style: TextStyle) -> String {
        let mut shown = text.to_owned();
        let mut kept = text.to_owned();
        while self.width(&shown, style) > width && kept.pop().is_some() {
            shown = format!("{}…", kept.trim_end());
        }
        shown
    }

    /// The image, enlarged; with `is_smooth` its pixels are not seen as squares.
    pub fn image(&self, image: &RgbaImage, place: Place, is_smooth: bool) {
        let Some(source) = new_canvas() else { return };
        paint(&source, Some(image));
        self.context.set_image_smoothing_enabled(is_smooth);
        // The source has a size, so this cannot fail.
        let _ = self
            .context
            .draw_image_with_html_canvas_element_and_dw_and_dh(
                &source,
                place.x,
                place.y,
                place.width,
                place.height,
            );
    }

    /// The image with a thin frame and a caption below it.
    pub fn figure(&self, image: &RgbaImage, place: Place, is_smooth: bool, caption: &str) {
        let frame = Place {
            x: place.x - 1.0,
            y: place.y - 1.0,
            width: place.width + 2.0,
            height: place.height + 2.0,
        };
        self.rectangle(frame, BORDER);
        self.rectangle(place, SURFACE);
        self.image(image, place, is_smooth);
        let y = place.y + place.height + 26.0;
        self.paragraph(caption, place.x, y, place.width, CAPTION);
    }

    /// A bar of which this share is filled.
    pub fn bar(&self, place: Place, share: f32, colour: &str) {
        self.rectangle(place, BORDER);
        let width = place.width * f64::from(share.clamp(0.0, 1.0));
        self.rectangle(Place { width, ..place }, colour);
    }

    /// Saves the picture as a PNG file in the visitor's downloads.
    ///
    /// # Errors
    /// The browser does not allow it, or has no memory for it.
    pub async fn save(self, name: &str) -> Result<(), JsValue> {
        let blob = Promise::new(&mut |resolve, reject| {
            if let Err(error) = self.canvas.to_blob(&resolve) {
                // A function of the browser, which does not throw.
                let _ = reject.call1(&JsValue::NULL, &error);
            }
        });
        let blob: Blob = JsFuture::from(blob).await?.dyn_into()?;
        save_blob(name, &blob)
    }

    fn set_style(&self, style: TextStyle) {
        let family = if style.is_serif {
            &self.serif
        } else {
            &self.sans
        };
        self.context
            .set_font(&format!("{} {}px {family}", style.weight, style.size));
        self.context.set_fill_style_str(style.colour);
        self.context
            .set_text_align(if style.is_right { "right" } else { "left" });
    }

    fn width(&self, text: &str, style: TextStyle) -> f64 {
        self.set_style(style);
        let measure = Reflect::get(&self.context, &"measureText".into());
        let measure = measure.ok().and_then(|m| m.dyn_into::<Function>().ok());
        let measured = measure.and_then(|m| m.call1(&self.context, &text.into()).ok());
        measured.map_or(0.0, |m| json::number(&m, "width").unwrap_or(0.0))
    }
}

fn line_height(style: TextStyle) -> f64 {
    (f64::from(style.size) * 1.35).round()
}

fn new_canvas() -> Option<HtmlCanvasElement> {
    document().create_element("canvas").ok()?.dyn_into().ok()
}

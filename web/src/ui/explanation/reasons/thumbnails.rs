//! Thumbnails of the training images that a reason consists of, downloaded when the reason is shown.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use js_sys::{Array, Function, Promise, Reflect};
use leptos::prelude::*;
use shared::Garment;
use shared::explain::Reason;
use shared::garment::CLASSES;
use shared::image::SIDE;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Element;

use crate::engine::sleep;
use crate::json::{self, list, number};
use crate::state::AppState;

/// The trainer's list of the images' places. It describes the fields.
const INDEX: &str = "thumbnails.json";
/// A download that takes longer is given up.
const LIMIT: Duration = Duration::from_secs(60);

/// The thumbnails of some classes.
#[derive(Clone)]
pub struct Thumbnails {
    index: Index,
    /// The files of the loaded classes. The elements keep the browser from decoding a file again for each image.
    sheets: Vec<Sheet>,
}

/// Where the images are.
#[derive(Clone, Debug, PartialEq)]
struct Index {
    columns: usize,
    images: Vec<usize>,
    support_vectors: Vec<Vec<usize>>,
}

/// The file of a class.
#[derive(Clone)]
struct Sheet {
    class: usize,
    url: String,
    _image: Element,
}

/// Whether the site has thumbnails, and the reason consists of training images.
pub fn are_there(app: AppState, reason: &Reason) -> bool {
    !classes(reason).is_empty() && app.site.url(INDEX).is_some()
}

/// Downloads the thumbnails of a reason; `None` if that fails.
pub async fn load(app: AppState, reason: &Reason) -> Option<Thumbnails> {
    let load = async {
        let index = parse(&json::fetch(&app.site.url(INDEX)?).await?)?;
        let mut sheets = Vec::new();
        for class in classes(reason) {
            let url = app.site.url(&format!("thumbnails-{class}.jpg"))?;
            sheets.push(Sheet {
                _image: decoded(&url).await?,
                class,
                url,
            });
        }
        Some(Thumbnails { index, sheets })
    };
    match select(pin!(load), pin!(sleep(LIMIT))).await {
        Either::Left((loaded, _)) => loaded,
        Either::Right(_) => None,
    }
}

/// The classes of a reason's training images, in label order.
fn classes(reason: &Reason) -> Vec<usize> {
    let mut classes: Vec<usize> = match reason {
        Reason::Neighbours(neighbours) => neighbours.iter().map(|n| n.label.into()).collect(),
        Reason::SupportVectors(decision) => {
            let vectors = decision.supporting.iter().chain(&decision.opposing);
            vectors.map(|v| v.label.into()).collect()
        }
        Reason::Maps(_) | Reason::Trees(_) => Vec::new(),
    };
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// An image element with a decoded file.
async fn decoded(url: &str) -> Option<Element> {
    let image = document().create_element("img").ok()?;
    image.set_attribute("src", url).ok()?;
    // By name, as web-sys has no binding of it without another feature.
    let decode: Function = Reflect::get(&image, &"decode".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let promise: Promise = decode.call0(&image).ok()?.dyn_into().ok()?;
    JsFuture::from(promise).await.ok()?;
    Some(image)
}

fn parse(file: &JsValue) -> Option<Index> {
    let numbers = |values: Array| -> Option<Vec<usize>> {
        let number = |value: JsValue| value.as_f64().map(|n| n as usize);
        values.iter().map(number).collect()
    };
    let vectors = list(file, "support_vectors")?;
    let vectors = vectors
        .iter()
        .map(|numbers_of_class| numbers(numbers_of_class.dyn_into().ok()?));
    let index = Index {
        columns: number(file, "columns")? as usize,
        images: numbers(list(file, "images")?)?,
        support_vectors: vectors.collect::<Option<_>>()?,
    };
    let is_whole = index.images.len() == CLASSES && index.support_vectors.len() == CLASSES;
    (is_whole && index.columns > 0).then_some(index)
}

impl Thumbnails {
    /// The markup of a neighbour's image, or of what is shown in its place.
    pub fn neighbour(&self, label: u8, of_class: u32) -> String {
        let class = usize::from(label);
        let count = self.index.images.get(class).copied().unwrap_or_default();
        let number = of_class as usize;
        self.image(class, (number < count).then_some(number))
    }

    /// The markup of a support vector's image, or of what is shown in its place.
    pub fn support_vector(&self, label: u8, of_class: u32) -> String {
        let class = usize::from(label);
        let vectors = self.index.support_vectors.get(class);
        self.image(
            class,
            vectors.and_then(|v| v.get(of_class as usize)).copied(),
        )
    }

    fn image(&self, class: usize, number: Option<usize>) -> String {
        let sheet = self.sheets.iter().find(|s| s.class == class);
        let (Some(sheet), Some(number)) = (sheet, number) else {
            return "<span class=\"thumbnail small\">Photo</span>".into();
        };
        markup(&sheet.url, &self.index, class, number)
    }
}

/// A part of a class's file as SVG: style attributes are forbidden by the page's policy.
fn markup(url: &str, index: &Index, class: usize, number: usize) -> String {
    let (row, column) = (number / index.columns, number % index.columns);
    let rows = index.images[class].div_ceil(index.columns);
    let (width, height) = (index.columns * SIDE, rows * SIDE);
    // The text beside it says what it is.
    format!(
        "<svg class=\"thumbnail\" data-testid=\"thumbnail\" data-class=\"{}\" aria-hidden=\"true\" viewBox=\"{} {} {SIDE} {SIDE}\">\
         <image href=\"{}\" width=\"{width}\" height=\"{height}\"></image></svg>",
        Garment::from_index(class).map_or("", Garment::label),
        column * SIDE,
        row * SIDE,
        url.replace('&', "&amp;"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thumbnails() -> Thumbnails {
        Thumbnails {
            index: Index {
                columns: 64,
                images: vec![130; CLASSES],
                support_vectors: vec![vec![3, 129]; CLASSES],
            },
            sheets: Vec::new(),
        }
    }

    #[test]
    fn an_image_is_a_part_of_its_class_s_file() {
        let index = thumbnails().index;
        let html = markup("a?b&c", &index, 8, 129);
        for part in [
            "viewBox=\"28 56 28 28\"",
            "<image href=\"a?b&amp;c\" width=\"1792\" height=\"84\">",
            "data-class=\"Bag\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
    }

    #[test]
    fn an_image_that_the_site_does_not_have_is_named() {
        let thumbnails = thumbnails();
        for html in [
            thumbnails.neighbour(8, 130),
            thumbnails.support_vector(8, 2),
            thumbnails.support_vector(8, 0),
        ] {
            assert!(html.contains(">Photo<"), "{html}");
        }
    }
}

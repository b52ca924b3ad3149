//! Results as JavaScript objects, of the types in `js/haberdash.d.ts`.

use js_sys::{Array, Float32Array, Object, Reflect, Uint8Array, Uint8ClampedArray};
use photo::Route;
use shared::image::RgbaImage;
use shared::model::{Answer, PhotoClass, argmax};
use shared::{Garment, Grey28};
use wasm_bindgen::JsValue;

use crate::classification::Classification;
use crate::explanation::Explanation;
use crate::prepared_image::PreparedImage;

/// A `Classification`.
pub fn classification(image: &PreparedImage, result: &Classification) -> Object {
    let predictions = result.predictions.iter().map(|prediction| {
        let object = named_probabilities(&prediction.probabilities);
        set(&object, "model", prediction.model.name());
        object
    });
    object([
        ("image", greys(&image.grey)),
        ("route", route(image.route).into()),
        ("predictions", predictions.collect::<Array>().into()),
        (
            "vote",
            or_null(result.vote.map(|vote| named_probabilities(&vote))),
        ),
        ("known", or_null(result.is_known)),
        ("photo", or_null(result.photo.as_ref().map(photo))),
        ("answer", or_null(result.answer.as_ref().map(answer))),
    ])
}

/// An `Explanation`.
pub fn explanation(grey: &Grey28, result: &Explanation) -> Object {
    object([
        ("model", result.model.name().into()),
        ("label", result.class.label().into()),
        ("method", result.method().into()),
        ("image", greys(grey)),
        ("side", (result.map.rows as u32).into()),
        (
            "values",
            Float32Array::from(result.map.values.as_slice()).into(),
        ),
        ("overlay", image_like(&result.overlay).into()),
    ])
}

/// The most likely class, its probability, and all ten.
fn named_probabilities(probabilities: &[f32; shared::garment::CLASSES]) -> Object {
    let best = argmax(probabilities);
    labelled(
        Garment::ALL[best].label(),
        probabilities[best],
        probabilities,
    )
}

fn photo(probabilities: &[f32; shared::model::PHOTO_CLASSES]) -> Object {
    let class = PhotoClass::most_likely(probabilities);
    labelled(class.label(), probabilities[class.index()], probabilities)
}

fn answer(answer: &Answer) -> Object {
    let object = labelled(
        answer.class.label(),
        answer.confidence,
        &answer.probabilities,
    );
    set(&object, "known", answer.is_known);
    object
}

fn labelled(label: &str, probability: f32, probabilities: &[f32]) -> Object {
    object([
        ("label", label.into()),
        ("probability", probability.into()),
        ("probabilities", Float32Array::from(probabilities).into()),
    ])
}

fn image_like(image: &RgbaImage) -> Object {
    object([
        ("width", image.width().into()),
        ("height", image.height().into()),
        ("data", Uint8ClampedArray::from(image.rgba()).into()),
    ])
}

fn greys(grey: &Grey28) -> JsValue {
    Uint8Array::from(grey.pixels().as_slice()).into()
}

fn route(route: Route) -> &'static str {
    match route {
        Route::AsIs { .. } => "as-is",
        Route::Product { .. } => "product",
        Route::Scene { .. } => "scene",
    }
}

fn or_null(value: Option<impl Into<JsValue>>) -> JsValue {
    value.map_or(JsValue::NULL, Into::into)
}

fn object<const N: usize>(properties: [(&str, JsValue); N]) -> Object {
    let object = Object::new();
    for (name, value) in properties {
        set(&object, name, value);
    }
    object
}

fn set(object: &Object, name: &str, value: impl Into<JsValue>) {
    let is_set = Reflect::set(object, &name.into(), &value.into());
    is_set.expect("invariant: a new object accepts properties");
}

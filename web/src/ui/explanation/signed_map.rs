//! A small map of signed values, with its value below the pointer and its text equivalent.

use leptos::ev::PointerEvent;
use leptos::prelude::*;
use shared::explain::{DivergingColours, HeatMap};
use shared::image::RgbaImage;
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::ui::canvas::Canvas;

/// Pixels of a map's canvas along each side: a multiple of 28.
const SIDE: usize = 112;

/// A map, the value that is shown at full strength, and its texts.
#[derive(Clone)]
pub struct SignedMap {
    pub map: HeatMap,
    pub full: f32,
    /// Its text equivalent.
    pub text: String,
    /// A value as a sentence.
    pub value_text: fn(f32) -> String,
}

/// The map's canvas. The line below it says where the map is strongest, and while the pointer is over the map what the value there
/// is.
#[component]
pub fn SignedMapView(#[prop(into)] shown: Signal<Option<SignedMap>>) -> impl IntoView {
    let pointed = RwSignal::new(None::<String>);
    let image = Signal::derive(move || shown.with(|shown| shown.as_ref().map(paint)));
    let text = move || shown.with(|s| s.as_ref().map(|s| s.text.clone()).unwrap_or_default());
    let point = move |event: PointerEvent| {
        let target = event.current_target();
        let Some(element) = target.and_then(|t| t.dyn_into::<Element>().ok()) else {
            return;
        };
        let frame = element.get_bounding_client_rect();
        let u = (f64::from(event.client_x()) - frame.left()) / frame.width().max(1.0);
        let v = (f64::from(event.client_y()) - frame.top()) / frame.height().max(1.0);
        let value = shown.with_untracked(|shown| {
            let shown = shown.as_ref()?;
            let value = shown.map.sample(u as f32, v as f32);
            Some((shown.value_text)(value))
        });
        pointed.set(value);
    };
    view! {
        <div class="signed-map">
            <div class="frame" on:pointermove=point on:pointerleave=move |_| pointed.set(None)>
                <Canvas image label=Signal::derive(text)/>
            </div>
            <p class="small" prop:textContent=move || pointed.get().unwrap_or_else(text)></p>
        </div>
    }
}

fn paint(shown: &SignedMap) -> RgbaImage {
    let values = shown.map.upsample_to(SIDE, shown.full);
    let rgba = DivergingColours::default().apply(&values);
    let image = RgbaImage::new(SIDE as u32, SIDE as u32, rgba);
    image.expect("invariant: four bytes a pixel")
}

//! Signals from the browser's observers: the width of an element (`ResizeObserver`), and whether it is near the viewport
//! (`IntersectionObserver`).

use js_sys::Array;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{
    IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit, ResizeObserver,
};

/// How far below the viewport an element counts as near.
const MARGIN: &str = "300px";

/// The element's width in pixels; `None` before it is laid out. Plots are drawn in CSS pixels, so that their text has the
/// size of the page's.
pub fn width(node: NodeRef<html::Div>) -> RwSignal<Option<f64>> {
    let width = RwSignal::new(None);
    Effect::new(move |_| {
        let Some(element) = node.get() else { return };
        let measured = element.clone();
        let measure = Closure::<dyn Fn()>::new(move || {
            let now = f64::from(measured.client_width());
            if now > 0.0 && width.get_untracked() != Some(now) {
                width.set(Some(now));
            }
        });
        // Without an observer there is no plot; the table above it holds the same numbers.
        if let Ok(observer) = ResizeObserver::new(measure.as_ref().unchecked_ref()) {
            observer.observe(&element);
            // The section is never removed from the page, so the closure has to live as long.
            measure.forget();
        }
    });
    width
}

/// Whether the element has ever been near the viewport.
pub fn near_viewport(node: NodeRef<html::Section>) -> RwSignal<bool> {
    let near = RwSignal::new(false);
    Effect::new(move |_| {
        let Some(element) = node.get() else { return };
        let check = Closure::<dyn Fn(Array)>::new(move |entries: Array| {
            let is_near = entries.iter().any(|entry| {
                let entry: IntersectionObserverEntry = entry.unchecked_into();
                entry.is_intersecting()
            });
            if is_near && !near.get_untracked() {
                near.set(true);
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin(MARGIN);
        let observer =
            IntersectionObserver::new_with_options(check.as_ref().unchecked_ref(), &options);
        match observer {
            Ok(observer) => {
                observer.observe(&element);
                check.forget();
            }
            // Without an observer the content is loaded at once.
            Err(_) => near.set(true),
        }
    });
    near
}

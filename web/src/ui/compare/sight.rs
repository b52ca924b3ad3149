//! What the browser tells of an element: whether it has come near the window, and how wide it is. Plots are drawn in
//! the page's own pixels, so that their letters are as large as the others'.

use js_sys::Array;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{
    IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit, ResizeObserver,
};

/// How far below the window's edge something counts as near.
const NEAR: &str = "300px";

/// The element's width in pixels, once it is there.
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
        // Without an observer there is no plot; the table above it holds the same figures.
        if let Ok(observer) = ResizeObserver::new(measure.as_ref().unchecked_ref()) {
            observer.observe(&element);
            // As long as the page: the section is never taken away.
            measure.forget();
        }
    });
    width
}

/// Whether the element has come near the window, once.
pub fn near(node: NodeRef<html::Section>) -> RwSignal<bool> {
    let near = RwSignal::new(false);
    Effect::new(move |_| {
        let Some(element) = node.get() else { return };
        let see = Closure::<dyn Fn(Array)>::new(move |entries: Array| {
            let seen = entries.iter().any(|entry| {
                let entry: IntersectionObserverEntry = entry.unchecked_into();
                entry.is_intersecting()
            });
            if seen && !near.get_untracked() {
                near.set(true);
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin(NEAR);
        let observer =
            IntersectionObserver::new_with_options(see.as_ref().unchecked_ref(), &options);
        match observer {
            Ok(observer) => {
                observer.observe(&element);
                see.forget();
            }
            // Then at once rather than never.
            Err(_) => near.set(true),
        }
    });
    near
}

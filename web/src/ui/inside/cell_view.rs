//! The parts of the chosen value beside its map.

use leptos::html;
use leptos::prelude::*;
use shared::inside::{Cell, FeatureMap};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlCanvasElement};

use super::cell_markup::{Inputs, markup};
use super::tones::Tones;
use super::words;
use crate::state::inside::{InsideState, ShownLayers};
use crate::ui::canvas::paint;

#[component]
pub fn CellView(inside: InsideState) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let shown = inside.shown();
    Effect::new(move |_| {
        let (Some(parts), Some(cell)) = (node.get(), inside.cell()) else {
            return;
        };
        shown.with(|shown| {
            if let Some(shown) = shown {
                let layer = usize::from(inside.place().get_untracked().layer);
                draw(&parts, &cell, shown, layer.saturating_sub(1));
            }
        });
    });
    let title = move || {
        let cell = inside.cell()?;
        let value = words::number(value(&cell));
        let place = inside.place().get();
        shown.with(|shown| {
            let layers = &shown.as_ref()?.network.layers;
            let layer = layers.get(usize::from(place.layer))?;
            Some(if layer.rows == 1 {
                format!("The value is {value}")
            } else {
                let (row, column) = (place.row + 1, place.column + 1);
                format!("Row {row}, column {column}: {value}")
            })
        })
    };
    view! {
        <div
            class="cell-view"
            data-testid="cell"
            data-value=move || inside.cell().map(|cell| value(&cell).to_string())
            aria-busy=move || if inside.cell().is_some() { "false" } else { "true" }
        >
            <p class="cell-title" role="status" prop:textContent=title></p>
            <div node_ref=node></div>
            <p class="small">"All numbers are rounded to three decimals."</p>
        </div>
    }
}

/// The value itself.
fn value(cell: &Cell) -> f32 {
    match cell {
        Cell::Pixel { value, .. } | Cell::Largest { value, .. } | Cell::Mean { value, .. } => {
            *value
        }
        Cell::Sum(sum) => sum.value,
    }
}

/// Writes the parts and draws their pictures. `before` is the index of the layer with the inputs.
fn draw(parts: &Element, cell: &Cell, shown: &ShownLayers, before: usize) {
    let names = words::names(&shown.network);
    let Some((layer, name)) = shown.network.layers.get(before).zip(names.get(before)) else {
        return;
    };
    let inputs = Inputs {
        name,
        kind: layer.kind,
        rows: layer.rows,
        columns: layer.columns,
    };
    parts.set_inner_html(&markup(cell, &inputs));
    let Cell::Sum(sum) = cell else { return };
    for (i, window) in sum.windows.iter().enumerate() {
        let canvas = |of: &str| -> Option<HtmlCanvasElement> {
            let selector = format!("canvas[data-window=\"{i}\"][data-of=\"{of}\"]");
            let found = parts.query_selector(&selector).ok().flatten()?;
            found.dyn_into().ok()
        };
        let map = layer.maps.get(usize::from(window.channel));
        if let (Some(canvas), Some(map)) = (canvas("inputs"), map) {
            paint(
                &canvas,
                Tones::of_map(layer, map).paint(map, layer.columns).as_ref(),
            );
        }
        let products: Vec<f32> = window.products().collect();
        for (of, values) in [("weights", &window.weights), ("products", &products)] {
            if let Some(canvas) = canvas(of) {
                let map = FeatureMap::new(values);
                let image = Tones::around_zero(&map).paint(&map, window.columns);
                paint(&canvas, image.as_ref());
            }
        }
    }
}

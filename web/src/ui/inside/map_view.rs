//! The chosen map, enlarged, with a cursor that chooses one of its values.

use leptos::ev::{KeyboardEvent, PointerEvent};
use leptos::html;
use leptos::prelude::*;
use shared::inside::{CellPlace, LayerMaps};

use super::tones::Tones;
use super::words;
use crate::state::inside::InsideState;
use crate::ui::canvas::Canvas;

#[component]
pub fn MapView(inside: InsideState) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let shown = inside.shown();
    let place = inside.place();
    // Not the place in it, which changes with each movement of the pointer.
    let chosen = Memo::new(move |_| inside.chosen_map());
    let with_layer = move |text: &dyn Fn(&LayerMaps, &str, u16) -> String| {
        shown.with(|shown| {
            let (layer, channel) = chosen.get();
            let network = shown.as_ref().map(|s| &s.network)?;
            let names = words::names(network);
            let at = usize::from(layer);
            // Another model may not have this layer.
            let (layer, name) = network.layers.get(at).zip(names.get(at))?;
            Some(text(layer, name, channel))
        })
    };
    let image = Signal::derive(move || {
        shown.with(|shown| {
            let (layer, channel) = chosen.get();
            let layer = shown.as_ref()?.network.layers.get(usize::from(layer))?;
            let map = layer.maps.get(usize::from(channel))?;
            Tones::of_map(layer, map).paint(map, layer.columns)
        })
    });
    let size = Memo::new(move |_| {
        shown.with(|shown| {
            let layers = shown.as_ref().map(|s| &s.network.layers);
            let layer = layers.and_then(|l| l.get(usize::from(chosen.get().0)));
            layer.map_or([1, 1], |l| [l.rows.max(1), l.columns.max(1)])
        })
    });
    let title = move || {
        with_layer(&|layer, name, channel| format!("{name}: {}", words::channel(layer, channel)))
    };
    let explanation = move || with_layer(&|layer, _, _| words::explanation(layer.kind).into());
    let full_tone = move || {
        with_layer(&|layer, _, channel| {
            let map = layer.maps.get(usize::from(channel));
            map.map_or(String::new(), |map| words::full_tone(layer, map))
        })
    };
    let label = move || {
        with_layer(&|layer, name, channel| {
            let map = layer.maps.get(usize::from(channel));
            let text = map.map_or(String::new(), |map| words::map_text(map, layer.columns));
            format!(
                "{name}, {}: {text}. The arrow keys choose a value; its parts are listed after this map.",
                words::channel(layer, channel)
            )
        })
    };
    let point = move |event: PointerEvent| {
        let Some(map) = node.get_untracked() else {
            return;
        };
        let frame = map.get_bounding_client_rect();
        let [rows, columns] = size.get_untracked();
        let at = |position: i32, start: f64, length: f64, count: u16| {
            let share = (f64::from(position) - start) / length.max(1.0);
            // A conversion to whole numbers stays at 0 below 0.
            ((share * f64::from(count)) as u16).min(count - 1)
        };
        inside.set_place(CellPlace {
            row: at(event.client_y(), frame.top(), frame.height(), rows),
            column: at(event.client_x(), frame.left(), frame.width(), columns),
            ..place.get_untracked()
        });
    };
    let key_down = move |event: KeyboardEvent| {
        let [rows, columns] = size.get_untracked();
        let now = place.get_untracked();
        let Some([row, column]) = moved(&event.key(), [now.row, now.column], [rows, columns])
        else {
            return;
        };
        // The arrow keys must not scroll the page, not even at the edge.
        event.prevent_default();
        inside.set_place(CellPlace { row, column, ..now });
    };
    let cursor = move || {
        let place = place.get();
        format!(
            "<rect x=\"{0}\" y=\"{1}\" width=\"1\" height=\"1\"/><rect x=\"{0}\" y=\"{1}\" width=\"1\" height=\"1\"/>",
            place.column, place.row
        )
    };
    view! {
        <div class="map-view">
            <h3 prop:textContent=title></h3>
            <div
                class="large-map"
                class:single=move || size.get() == [1, 1]
                data-testid="large-map"
                data-layer=move || place.get().layer
                data-channel=move || place.get().channel
                data-row=move || place.get().row
                data-column=move || place.get().column
                node_ref=node
                tabindex="0"
                role="application"
                aria-label=label
                on:pointerdown=point
                on:pointermove=point
                on:keydown=key_down
            >
                <Canvas image pixelated=true/>
                <svg
                    aria-hidden="true"
                    preserveAspectRatio="none"
                    viewBox=move || { let [rows, columns] = size.get(); format!("0 0 {columns} {rows}") }
                    inner_html=cursor
                ></svg>
            </div>
            <p class="small" prop:textContent=full_tone></p>
            <p prop:textContent=explanation></p>
        </div>
    }
}

/// The row and the column to which a key leads; `None` for other keys.
fn moved(key: &str, [row, column]: [u16; 2], [rows, columns]: [u16; 2]) -> Option<[u16; 2]> {
    Some(match key {
        "ArrowUp" => [row.saturating_sub(1), column],
        "ArrowDown" => [(row + 1).min(rows - 1), column],
        "ArrowLeft" => [row, column.saturating_sub(1)],
        "ArrowRight" => [row, (column + 1).min(columns - 1)],
        "Home" => [row, 0],
        "End" => [row, columns - 1],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arrow_keys_stay_inside_the_map() {
        let size = [3, 4];
        assert_eq!(moved("ArrowDown", [1, 2], size), Some([2, 2]));
        assert_eq!(moved("ArrowDown", [2, 2], size), Some([2, 2]));
        assert_eq!(moved("ArrowUp", [0, 2], size), Some([0, 2]));
        assert_eq!(moved("ArrowLeft", [0, 0], size), Some([0, 0]));
        assert_eq!(moved("ArrowRight", [0, 3], size), Some([0, 3]));
        assert_eq!(moved("End", [1, 1], size), Some([1, 3]));
        assert_eq!(moved("Enter", [1, 1], size), None);
    }
}

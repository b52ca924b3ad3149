//! For each model a change of few pixels after which it predicts another class, as a difference image with words.

use std::fmt::Write;

use leptos::prelude::*;
use shared::explain::{SearchState, SmallestChange};
use shared::image::{RgbaImage, SIDE};
use shared::{Grey28, ModelId};

use crate::requests::painting::{change, present};
use crate::requests::smallest_change::{Search, search};
use crate::state::AppState;
use crate::ui::canvas::Canvas;
use crate::ui::ensemble_text::name_in_sentence;

/// Pixels that the change makes lighter, and darker.
const LIGHTER: [u8; 4] = [245, 140, 40, 255];
const DARKER: [u8; 4] = [60, 140, 245, 255];

#[component]
pub fn SmallestChanges() -> impl IntoView {
    let app = expect_context::<AppState>();
    let searches = ModelId::ALL.map(|model| (model, RwSignal::new(Search::None)));
    let grey = Memo::new(move |_| present(app));
    let is_searching = move || {
        let is_running = |(_, found): &(ModelId, RwSignal<Search>)| {
            found.with(|f| matches!(f, Some((_, SearchState::Running { .. }))))
        };
        searches.iter().any(is_running)
    };
    view! {
        <section class="flips" aria-labelledby="flips-title">
            <h3 id="flips-title">"Which few pixels change a prediction?"</h3>
            <p class="small">
                "The search changes one pixel after the other, each time one that weakens the prediction most, and takes back what was not needed. It finds a small change, not always the smallest."
            </p>
            <button
                type="button"
                class="secondary-button"
                data-testid="flip-all"
                disabled=is_searching
                on:click=move |_| {
                    let ready = searches.iter().filter(|(m, _)| untrack(|| app.models.is_ready(*m)));
                    search(app, ready.copied().collect());
                }
            >
                "Search for all models"
            </button>
            <ul class="flip-row">
                {searches.map(|(model, found)| view! { <Flip model found grey/> }).collect_view()}
            </ul>
        </section>
    }
}

/// One model: the button that starts its search, and what was found.
#[component]
fn Flip(model: ModelId, found: RwSignal<Search>, grey: Memo<Option<Grey28>>) -> impl IntoView {
    let app = expect_context::<AppState>();
    // What was found for the image as it is painted now.
    let state = Memo::new(move |_| {
        let found = found.get();
        grey.with(|grey| {
            let (of, state) = found?;
            (grey.as_ref() == Some(&of)).then_some(state)
        })
    });
    let is_running = move || state.with(|s| matches!(s, Some(SearchState::Running { .. })));
    let smallest = Memo::new(move |_| match state.get() {
        Some(SearchState::Found(change)) => Some(change),
        _ => None,
    });
    let difference = Signal::derive(move || {
        let change = smallest.get()?;
        grey.with(|grey| Some(difference(grey.as_ref()?, &change)))
    });
    let pixels = move || smallest.with(|s| s.as_ref().map(|s| s.pixels.len()));
    let is_ready = Memo::new(move |_| app.models.is_ready(model));
    view! {
        <li>
            <button
                type="button"
                class="secondary-button"
                data-testid="flip"
                data-model=model.name()
                data-pixels=move || pixels().map(|n| n.to_string())
                data-state=move || state.with(|s| s.as_ref().map(state_name))
                aria-busy=move || if is_running() { "true" } else { "false" }
                disabled=move || is_running() || !is_ready.get()
                on:click=move |_| search(app, vec![(model, found)])
            >
                {model.title()}
            </button>
            <Show when=move || smallest.with(Option::is_some)>
                <div class="frame">
                    <Canvas
                        image=difference
                        pixelated=true
                        label=Signal::derive(move || {
                            smallest.with(|s| s.as_ref().map(in_words).unwrap_or_default())
                        })
                    />
                </div>
            </Show>
            <p
                class="small"
                role="status"
                prop:textContent=move || {
                    state.with(|s| s.as_ref().map(|state| sentence(model, state)).unwrap_or_default())
                }
            ></p>
            <Show when=move || smallest.with(Option::is_some)>
                <button
                    type="button"
                    class="link-button"
                    data-testid="flip-apply"
                    data-model=model.name()
                    on:click=move |_| {
                        if let Some(smallest) = smallest.get_untracked() {
                            change(app, |steps| steps.add(smallest.apply(steps.current())));
                        }
                    }
                >
                    "Paint it"
                    <span class="visually-hidden">" for " {model.title()}</span>
                </button>
            </Show>
        </li>
    }
}

const fn state_name(state: &SearchState) -> &'static str {
    match state {
        SearchState::Running { .. } => "running",
        SearchState::Found(_) => "found",
        SearchState::NotFound { .. } => "none",
    }
}

/// The image with the changed pixels in colour.
fn difference(grey: &Grey28, change: &SmallestChange) -> RgbaImage {
    let mut image = RgbaImage::from(grey);
    for pixel in &change.pixels {
        let at = usize::from(pixel.at);
        if let (Some(colour), Some(before)) =
            (image.pixels_mut().get_mut(at), grey.pixels().get(at))
        {
            *colour = if pixel.level > *before {
                LIGHTER
            } else {
                DARKER
            };
        }
    }
    image
}

fn sentence(model: ModelId, state: &SearchState) -> String {
    match state {
        SearchState::Running { pixels: 0 } => "Searching.".into(),
        SearchState::Running { pixels } => format!("Searching: {} changed so far.", count(*pixels)),
        SearchState::Found(change) => {
            let (pixels, before, after) = (change.pixels.len() as u16, change.before, change.after);
            format!(
                "{} {} {}’s prediction from {before} to {after}.",
                count(pixels),
                if pixels == 1 { "changes" } else { "change" },
                name_in_sentence(model)
            )
        }
        SearchState::NotFound { pixels } => format!(
            "Nothing was found: after {}, no further one helped. Another change may exist.",
            count(*pixels)
        ),
    }
}

/// `1 pixel`, `4 pixels`.
fn count(pixels: u16) -> String {
    if pixels == 1 {
        "1 pixel".into()
    } else {
        format!("{pixels} pixels")
    }
}

/// The text equivalent of the difference: each changed pixel.
fn in_words(change: &SmallestChange) -> String {
    let mut text = String::from("The image with the changed pixels:");
    for pixel in &change.pixels {
        let (row, column) = (
            usize::from(pixel.at) / SIDE + 1,
            usize::from(pixel.at) % SIDE + 1,
        );
        let level = if pixel.level > 0 { "white" } else { "black" };
        // Writing to a string cannot fail.
        let _ = write!(text, " row {row}, column {column} {level};");
    }
    text.pop();
    text + "."
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Garment;
    use shared::explain::smallest_change::ChangedPixel;
    use shared::image::PIXELS;

    fn found(pixels: &[(u16, u8)]) -> SmallestChange {
        SmallestChange {
            before: Garment::Shirt,
            after: Garment::Coat,
            pixels: pixels
                .iter()
                .map(|&(at, level)| ChangedPixel { at, level })
                .collect(),
        }
    }

    #[test]
    fn a_change_is_said_in_words() {
        let change = found(&[(0, 255), (30, 0)]);
        assert_eq!(
            in_words(&change),
            "The image with the changed pixels: row 1, column 1 white; row 2, column 3 black."
        );
        let said = |change| sentence(ModelId::Cnn, &SearchState::Found(change));
        assert_eq!(
            said(change),
            "2 pixels change the CNN’s prediction from Shirt to Coat."
        );
        assert_eq!(
            said(found(&[(9, 255)])),
            "1 pixel changes the CNN’s prediction from Shirt to Coat."
        );
    }

    #[test]
    fn the_difference_marks_the_changed_pixels_only() {
        let grey = Grey28::new([90; PIXELS]);
        let image = difference(&grey, &found(&[(0, 255), (30, 0), (9999, 0)]));
        let coloured = |i: &usize| image.pixels()[*i] != [90, 90, 90, 255];
        assert!((0..PIXELS).filter(coloured).eq([0, 30]));
        assert_eq!((image.pixels()[0], image.pixels()[30]), (LIGHTER, DARKER));
    }
}

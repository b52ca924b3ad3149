//! The photo network's prediction, above the vote's: shown for photos only.

use leptos::prelude::*;
use plot::format::{milliseconds, probability};
use shared::model::{PhotoClass, photo_network};

use super::canvas::Canvas;
use crate::engine::WeightsState;
use crate::requests::photo_network::{explain, load};
use crate::state::AppState;
use crate::state::models::ModelStatus;

#[component]
pub fn PhotoNetworkPanel() -> impl IntoView {
    let app = expect_context::<AppState>();
    let prediction = Memo::new(move |_| app.photo_prediction());
    let status = Memo::new(move |_| status(app));
    let class = move || {
        prediction
            .get()
            .map(|p| PhotoClass::most_likely(&p.probabilities))
    };
    let confidence = move || {
        let index = class().map(PhotoClass::index);
        prediction
            .get()
            .zip(index)
            .map_or(0.0, |(p, index)| p.probabilities[index])
    };
    view! {
        <div
            class="ensemble photo-network"
            class:unsure=move || class().is_some_and(|class| class.garment().is_none())
            hidden=move || !app.is_photo()
            data-testid="photo-network"
            data-model=photo_network::NAME
            data-state=move || status.get().name()
            data-label=move || class().map(PhotoClass::label)
            data-confidence=move || prediction.get().map(|_| confidence().to_string())
            aria-busy=move || if status.get().is_awaited() { "true" } else { "false" }
        >
            <div class="result">
                <h3>"Photo network"</h3>
                <p
                    class="label"
                    class:placeholder=move || prediction.get().is_none()
                    prop:textContent=move || class().map_or("No prediction yet", PhotoClass::label)
                ></p>
                <p class="confidence">
                    <span class="track" aria-hidden="true">
                        <span style:width=move || format!("{:.2}%", confidence() * 100.0)></span>
                    </span>
                    <span
                        class="number"
                        prop:textContent=move || prediction.get().map(|_| probability(confidence()))
                    ></span>
                </p>
            </div>
            <p class="agreement">
                <span prop:textContent=move || text(app)></span>
                <Show when=move || {
                    matches!(status.get(), ModelStatus::Error | ModelStatus::Deferred)
                }>
                    " "
                    <button
                        type="button"
                        class="link-button"
                        data-testid="retry-photo-network"
                        on:click=move |_| load(app)
                        prop:textContent=move || match status.get() {
                            ModelStatus::Deferred => "Load them",
                            _ => "Try again",
                        }
                    ></button>
                </Show>
            </p>
            <Show when=move || prediction.get().is_some()>
                <PhotoHeatMap/>
            </Show>
        </div>
    }
}

/// The heat map on the photo, for a class that the visitor chooses.
#[component]
fn PhotoHeatMap() -> impl IntoView {
    let app = expect_context::<AppState>();
    let map = app.photo_network.heat_map();
    let shown = Memo::new(move |_| {
        let image = app.upload.image_number();
        map.with(|map| {
            let map = map.as_ref().filter(|(number, ..)| image == Some(*number));
            map.map(|(_, class, _)| *class)
        })
    });
    let pixels = move || {
        map.with(|map| map.as_ref().map(|(.., overlay)| overlay.clone()))
            .filter(|_| shown.get().is_some())
    };
    let most_likely = move || {
        let prediction = app.photo_prediction();
        prediction.map(|p| PhotoClass::most_likely(&p.probabilities))
    };
    let choose = move |index: &str| {
        let class = index.parse().ok().and_then(PhotoClass::from_index);
        if let Some(class) = class {
            explain(app, class);
        }
    };
    view! {
        <div class="photo-heat-map">
            <button
                type="button"
                class="link-button"
                data-testid="explain-photo"
                on:click=move |_| {
                    if shown.get_untracked().is_some() {
                        app.photo_network.set_heat_map(None);
                    } else if let Some(class) = most_likely() {
                        explain(app, class);
                    }
                }
                prop:textContent=move || {
                    if shown.get().is_some() { "Hide the heat map" } else { "Show a heat map on the photo" }
                }
            ></button>
            <Show when=move || shown.get().is_some()>
                <label class="small">
                    "Parts that support "
                    <select
                        data-testid="photo-class"
                        on:change=move |event| choose(&event_target_value(&event))
                    >
                        {PhotoClass::all()
                            .map(|class| {
                                view! {
                                    <option
                                        value=class.index().to_string()
                                        selected=move || shown.get() == Some(class)
                                    >
                                        {class.label()}
                                    </option>
                                }
                            })
                            .collect_view()}
                    </select>
                </label>
                <Canvas
                    image=Signal::derive(pixels)
                    label="The photo, coloured where it supports the class (Grad-CAM)"
                />
            </Show>
        </div>
    }
}

fn status(app: AppState) -> ModelStatus {
    let image = app.upload.image_number();
    match app.photo_network.weights().get() {
        WeightsState::Absent => ModelStatus::Absent,
        WeightsState::Failed(_) => ModelStatus::Error,
        WeightsState::Deferred => ModelStatus::Deferred,
        WeightsState::Queued => ModelStatus::Waiting,
        WeightsState::Loading(_) => ModelStatus::Loading,
        WeightsState::Ready(_) => {
            let is_answered =
                image.is_some_and(|image| app.photo_network.prediction.since(image).is_some());
            let has_failed =
                image.is_some_and(|image| app.photo_network.prediction.error(image).is_some());
            match (is_answered, has_failed) {
                (true, _) => ModelStatus::Ready,
                (_, true) => ModelStatus::Error,
                _ => ModelStatus::Answering,
            }
        }
    }
}

/// What the network is, or how far it is.
fn text(app: AppState) -> String {
    let image = app.upload.image_number();
    let error = image.and_then(|image| app.photo_network.prediction.error(image));
    match app.photo_network.weights().get() {
        WeightsState::Failed(error) => {
            format!("{error} The answer is the vote's, which sees 28x28 grey pixels.")
        }
        WeightsState::Absent => {
            "The photo network is not part of this build: the answer is the vote's.".into()
        }
        WeightsState::Loading(bytes) if bytes > 0 => format!(
            "{:.1} MB of its weights are loaded. Until then the answer is the vote's.",
            f64::from(bytes) / 1e6
        ),
        WeightsState::Deferred => {
            "This browser is set to save data, and its weights are 3.5 MB in size. Until they are loaded the answer is the vote's.".into()
        }
        WeightsState::Queued | WeightsState::Loading(_) => {
            "Its weights are being loaded. Until then the answer is the vote's.".into()
        }
        WeightsState::Ready(_) => match (error, app.photo_prediction()) {
            (Some(error), _) => format!("{error} The answer is the vote's."),
            (None, Some(prediction)) => format!(
                "It sees the photo itself, in colour, and was pretrained on ImageNet. It and the vote together decide the answer. It took {}.",
                milliseconds(prediction.micros)
            ),
            (None, None) => "It is classifying the photo.".into(),
        },
    }
}

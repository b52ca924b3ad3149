//! The explanation of a prediction: a heat map for a model and a class that the visitor can choose.

use leptos::prelude::*;
use protocol::{Method, RawHeatMap};
use shared::{Garment, ModelId};

use super::heat_map::{self, ScaledMap};
use super::reasons;
use super::scale;
use super::words;
use crate::state::AppState;
use crate::state::image::InputImage;
use crate::ui::canvas::Canvas;
use crate::ui::disclosure::Disclosure;
use crate::ui::ensemble_text::name_in_sentence;
use crate::ui::inside;
use crate::ui::lazy_part::{LazyPart, Loading};
use shared::image::RgbaImage;

#[component]
pub fn ExplanationSection() -> impl IntoView {
    let app = expect_context::<AppState>();
    let shown = app.explanation.shown();
    let drawn = move |draw: fn(&ScaledMap, &InputImage) -> RgbaImage| {
        Signal::derive(move || {
            shown.with(|e| {
                let explanation = e.as_ref()?;
                let map = ScaledMap::from_raw(&explanation.map)?;
                Some(draw(&map, &explanation.image))
            })
        })
    };
    let heat_alone = drawn(|map, _| heat_map::alone(map));
    let is_signed = Memo::new(move |_| {
        shown.with(|e| {
            e.as_ref()
                .is_some_and(|e| e.map.method == Method::Occlusion)
        })
    });
    let overlay = drawn(heat_map::over_input);
    let photo = drawn(heat_map::over_photo);
    let input = Signal::derive(move || shown.with(|e| e.as_ref().map(|e| e.image.input())));
    let has_photo = move || shown.with(|e| e.as_ref().is_some_and(|e| e.image.has_photo()));
    let class = move || {
        let class = shown.with(|e| e.as_ref().map(|e| e.map.class));
        class.map_or("the class", Garment::label)
    };
    view! {
        <section class="explanation" id="reasons" tabindex="-1" aria-labelledby="reasons-title">
            <div class="heading">
                <div>
                    <h2 id="reasons-title">"Why this prediction"</h2>
                    <p class="lead" role="status" data-testid="method" data-method=move || {
                        shown.with(|e| e.as_ref().map(|e| e.map.method.name()))
                    }>
                        <span prop:textContent=move || {
                            shown
                                .with(|e| match e {
                                    Some(e) => description(&e.map),
                                    None => {
                                        "A heat map will show which regions of the image support a class.".into()
                                    }
                                })
                        }></span>
                        <span prop:textContent=move || missing_prediction(app)></span>
                    </p>
                </div>
                <Choices/>
            </div>
            <div class="heat-maps" class:empty=move || shown.with(Option::is_none)>
                <figure>
                    <div class="frame">
                        <Canvas image=input pixelated=true label=Signal::stored("The 28 by 28 input".to_string())/>
                    </div>
                    <figcaption>"Input"</figcaption>
                </figure>
                <figure>
                    <div class="frame">
                        <Canvas
                            image=heat_alone
                            testid="gradcam-heatmap"
                            label=Signal::derive(move || format!("Heat map for {}", class()))
                        />
                    </div>
                    <figcaption>"Heat map"</figcaption>
                </figure>
                <figure>
                    <div class="frame">
                        <Canvas
                            image=overlay
                            testid="gradcam-overlay"
                            label=Signal::derive(move || format!("Heat map for {} over the input", class()))
                        />
                    </div>
                    <figcaption>"Overlay"</figcaption>
                </figure>
                <Show when=has_photo>
                    <figure>
                        <div class="frame">
                            <Canvas
                                image=photo
                                label=Signal::derive(move || format!("Heat map for {} over the photo", class()))
                            />
                        </div>
                        <figcaption>"Overlay on the photo"</figcaption>
                    </figure>
                </Show>
            </div>
            <div class="scale">
                <span class="small" prop:textContent=move || scale::ends(is_signed.get())[0]></span>
                <Canvas image=Signal::derive(move || Some(heat_map::colour_bar(is_signed.get())))/>
                <span class="small" prop:textContent=move || scale::ends(is_signed.get())[1]></span>
                <p class="small" data-testid="scale-text" prop:textContent=move || scale::text(is_signed.get(), class())></p>
            </div>
            <LazyDisclosure
                testid="open-reasons"
                id="model-reasons"
                title="The reasons of all seven models"
                name="The reasons of the models"
                load=reasons::load
            />
            <LazyDisclosure
                testid="open-inside"
                id="model-inside"
                title="Look inside: from the image to the answer, layer by layer"
                name="The view inside the models"
                load=inside::load
            />
        </section>
    }
}

/// A button that opens a part of the page, and the part's place.
#[component]
fn LazyDisclosure(
    testid: &'static str,
    id: &'static str,
    title: &'static str,
    /// The part's name, as for [`LazyPart`].
    name: &'static str,
    load: fn() -> Loading,
) -> impl IntoView {
    let is_open = RwSignal::new(false);
    view! {
        <Disclosure is_open testid controls=id title/>
        <div class="reasons" id=id hidden=move || !is_open.get()>
            <Show when=move || is_open.get()>
                <LazyPart name load/>
            </Show>
        </div>
    }
}

/// The choices of the model and of the class.
#[component]
fn Choices() -> impl IntoView {
    let app = expect_context::<AppState>();
    let model = app.explanation.model();
    let class = move || app.explanation_target().map(|(_, _, class)| class);
    view! {
        <div class="choices">
            <label>
                <span class="small">"Model"</span>
                <select
                    data-testid="gradcam-model"
                    prop:value=move || model.get().name()
                    on:change=move |event| {
                        if let Some(model) = ModelId::from_name(&event_target_value(&event)) {
                            app.explanation.set_model(model);
                        }
                    }
                >
                    {ModelId::ALL
                        .map(|m| {
                            view! {
                                <option value=m.name() selected=m == model.get_untracked()>
                                    {m.title()}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
            <label>
                <span class="small">"Class"</span>
                <select
                    data-testid="gradcam-class"
                    prop:value=move || class().unwrap_or(Garment::ALL[0]).label()
                    on:change=move |event| {
                        let class = Garment::from_label(&event_target_value(&event));
                        app.explanation.set_class(class);
                    }
                >
                    {Garment::ALL
                        .map(|g| view! { <option value=g.label()>{g.label()}</option> })
                        .collect_view()}
                </select>
            </label>
        </div>
    }
}

/// The method of a map, and how to read it.
fn description(map: &RawHeatMap) -> String {
    let (model, class) = (name_in_sentence(map.model), map.class);
    let is_empty = map.values.iter().all(|&v| v <= 0.0);
    match (map.method, is_empty) {
        (Method::GradCam, true) => format!(
            "Grad-CAM finds no region of this image that supports {class} for {model}: the map is zero everywhere."
        ),
        (Method::GradCam, false) => format!(
            "Grad-CAM, from the last convolution of {model}: the warmer a region, the more it supports {class}."
        ),
        (Method::Occlusion, true) => format!(
            "Occlusion, for {model}: covering a region never lowers the probability of {class}."
        ),
        (Method::Occlusion, false) => format!(
            "Occlusion, for {model}: a black patch covers one region after the other; the more orange a region, the more the probability of {class} falls when it is covered. {}",
            heat_map::grid(map)
                .map(|map| words::occlusion_text(&map))
                .unwrap_or_default()
        ),
    }
}

/// A sentence about a model that was chosen and has not classified the image, while another's map is shown.
fn missing_prediction(app: AppState) -> Option<String> {
    let chosen = app.explanation.model().get();
    let shown = app
        .explanation
        .shown()
        .with(|e| e.as_ref().map(|e| e.map.model))?;
    let has_prediction = app.explanation_target().is_some();
    (chosen != shown && !has_prediction)
        .then(|| format!(" {} has not classified the image yet.", chosen.title()))
}

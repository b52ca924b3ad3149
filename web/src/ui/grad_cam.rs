//! Why a model answered as it did: Grad-CAM for either model and any class.

use leptos::prelude::*;
use shared::image::SIDE;
use shared::{Garment, ModelId};

use super::bitmap::Bitmap;
use super::canvas::Canvas;
use super::heat;
use super::page::{Explanation, Page};
use super::picture::{Picture, rgba};

#[component]
pub fn GradCam() -> impl IntoView {
    let page = expect_context::<Page>();
    let shown = move |draw: fn(&shared::explain::HeatMap, &Picture) -> Bitmap| {
        Signal::derive(move || {
            page.map.with(|e| {
                let Explanation { picture, map } = e.as_ref()?;
                Some(draw(&heat::heat_map(map)?, picture))
            })
        })
    };
    let heat_alone = shown(|map, _| heat::alone(map));
    let overlay = shown(heat::over_input);
    let photo = shown(heat::over_photo);
    let input = Signal::derive(move || {
        page.map.with(|e| {
            e.as_ref().map(|e| Bitmap {
                width: SIDE as u32,
                height: SIDE as u32,
                rgba: rgba(&e.picture.grey),
            })
        })
    });
    let has_photo = move || {
        page.map
            .with(|e| e.as_ref().is_some_and(|e| e.picture.has_photo()))
    };
    let class = move || page.map.with(|e| e.as_ref().map(|e| e.map.class));
    let nothing = move || {
        page.map.with(|e| {
            e.as_ref()
                .is_some_and(|e| e.map.values.iter().all(|&v| v <= 0.0))
        })
    };
    let name = move || class().map_or("the class", Garment::label);
    view! {
        <section class="reasons" aria-labelledby="reasons-title">
            <div class="heading">
                <div>
                    <h2 id="reasons-title">"Where it looked"</h2>
                    <p class="lead" role="status">
                        {move || match (page.map.with(Option::is_some), nothing()) {
                            (false, _) => {
                                "Once there is a picture: the regions that speak for a class, by Grad-CAM."
                                    .to_string()
                            }
                            (true, true) => {
                                format!(
                                    "Nothing in this picture speaks for {}: the map is zero everywhere.",
                                    name(),
                                )
                            }
                            (true, false) => {
                                format!(
                                    "The warmer a region, the more it speaks for {}, as {} sees it.",
                                    name(),
                                    page.map.with(|e| e.as_ref().map_or("", |e| e.map.model.title())),
                                )
                            }
                        }}
                    </p>
                </div>
                <Questions/>
            </div>
            <div class="plates" class:empty=move || page.map.with(Option::is_none)>
                <figure>
                    <div class="frame">
                        <Canvas bitmap=input pixelated=true label=Signal::stored("The 28 by 28 picture".to_string())/>
                    </div>
                    <figcaption>"Picture"</figcaption>
                </figure>
                <figure>
                    <div class="frame">
                        <Canvas
                            bitmap=heat_alone
                            hook="gradcam-heatmap"
                            label=Signal::derive(move || format!("Heat map for {}", name()))
                        />
                    </div>
                    <figcaption>"Heat map"</figcaption>
                </figure>
                <figure>
                    <div class="frame">
                        <Canvas
                            bitmap=overlay
                            hook="gradcam-overlay"
                            label=Signal::derive(move || format!("Heat map for {} over the picture", name()))
                        />
                    </div>
                    <figcaption>"Overlay"</figcaption>
                </figure>
                <Show when=has_photo>
                    <figure>
                        <div class="frame">
                            <Canvas
                                bitmap=photo
                                label=Signal::derive(move || format!("Heat map for {} over the photo", name()))
                            />
                        </div>
                        <figcaption>"On your photo"</figcaption>
                    </figure>
                </Show>
            </div>
            <div class="scale">
                <span class="small">"0"</span>
                <Canvas bitmap=Signal::stored(Some(heat::colour_bar()))/>
                <span class="small">"1"</span>
                <p class="small">
                    {move || {
                        format!("How much this region speaks for {}, relative to the strongest.", name())
                    }}
                </p>
            </div>
        </section>
    }
}

/// Which model is asked, and about which class.
#[component]
fn Questions() -> impl IntoView {
    let page = expect_context::<Page>();
    view! {
        <div class="questions">
            <label>
                <span class="small">"Network"</span>
                <select
                    data-testid="gradcam-model"
                    prop:value=move || page.asked_model.get().name()
                    on:change=move |event| {
                        if let Some(model) = ModelId::from_name(&event_target_value(&event)) {
                            page.asked_model.set(model);
                        }
                    }
                >
                    {ModelId::ALL
                        .map(|model| {
                            view! {
                                <option
                                    value=model.name()
                                    selected=model == page.asked_model.get_untracked()
                                >
                                    {model.title()}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
            <label>
                <span class="small">"What speaks for"</span>
                <select
                    data-testid="gradcam-class"
                    prop:value=move || page.wanted_class().unwrap_or(Garment::ALL[0]).label()
                    on:change=move |event| {
                        page.asked_class.set(Garment::from_label(&event_target_value(&event)));
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

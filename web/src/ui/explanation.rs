//! Why a model answered as it did: for any of the seven and any class.

use leptos::prelude::*;
use shared::Garment;
use shared::image::RgbaImage;

use super::canvas::Canvas;
use super::questions::Questions;
use crate::state::image::Picture;
use crate::state::page::{Explanation, Page};
use crate::ui::ensemble_text;
use crate::ui::heat_map;
use protocol::{Method, RawHeatMap};

#[component]
pub fn Reasons() -> impl IntoView {
    let page = expect_context::<Page>();
    let shown = move |draw: fn(&shared::explain::HeatMap, &Picture) -> RgbaImage| {
        Signal::derive(move || {
            page.map.with(|e| {
                let Explanation { picture, map } = e.as_ref()?;
                Some(draw(&heat_map::heat_map(map)?, picture))
            })
        })
    };
    let heat_alone = shown(|map, _| heat_map::alone(map));
    let overlay = shown(heat_map::over_input);
    let photo = shown(heat_map::over_photo);
    let input = Signal::derive(move || {
        page.map
            .with(|e| e.as_ref().map(|e| RgbaImage::from(&e.picture.grey)))
    });
    let has_photo = move || {
        page.map
            .with(|e| e.as_ref().is_some_and(|e| e.picture.has_photo()))
    };
    let class = move || page.map.with(|e| e.as_ref().map(|e| e.map.class));
    let name = move || class().map_or("the class", Garment::label);
    view! {
        <section class="reasons" id="reasons" aria-labelledby="reasons-title">
            <div class="heading">
                <div>
                    <h2 id="reasons-title">"Why this answer"</h2>
                    <p class="lead" role="status" data-testid="method" data-method=move || {
                        page.map.with(|e| e.as_ref().map(|e| method_name(e.map.method)))
                    }>
                        {move || {
                            page.map
                                .with(|e| match e {
                                    Some(e) => reading(&e.map),
                                    None => {
                                        "Once there is a picture: the places that speak for a class.".into()
                                    }
                                })
                        }}
                        {move || waiting(page)}
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
                <Canvas bitmap=Signal::stored(Some(heat_map::colour_bar()))/>
                <span class="small">"1"</span>
                <p class="small">
                    {move || {
                        format!("How much a place speaks for {}, relative to the strongest.", name())
                    }}
                </p>
            </div>
        </section>
    }
}

const fn method_name(method: Method) -> &'static str {
    match method {
        Method::GradCam => "grad-cam",
        Method::Occlusion => "occlusion",
    }
}

/// What the map is, and how to read it.
fn reading(map: &RawHeatMap) -> String {
    let (model, class) = (ensemble_text::name(map.model), map.class);
    let nothing = map.values.iter().all(|&v| v <= 0.0);
    match (map.method, nothing) {
        (Method::GradCam, true) => format!(
            "Grad-CAM finds nothing in this picture that speaks for {class} to {model}: the map is zero everywhere."
        ),
        (Method::GradCam, false) => format!(
            "Grad-CAM, from {model}'s last convolution: the warmer a place, the more it speaks for {class}."
        ),
        (Method::Occlusion, true) => format!(
            "Occlusion, of {model}: no place makes {class} less likely when it is covered, so the map is zero everywhere."
        ),
        (Method::Occlusion, false) => format!(
            "Occlusion: a black patch covers one place after the other; the warmer, the more of {class}'s probability {model} would lose with it."
        ),
    }
}

/// That the model asked has yet to answer, where the map on show is another's.
fn waiting(page: Page) -> Option<String> {
    let asked = page.asked_model.get();
    let shown = page.map.with(|e| e.as_ref().map(|e| e.map.model))?;
    let answers = page.wanted_class().is_some();
    (asked != shown && !answers).then(|| format!(" {} has not answered yet.", asked.title()))
}

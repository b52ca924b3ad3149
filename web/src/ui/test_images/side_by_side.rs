//! The predictions of all seven models and the ensemble for the image on the page, beside those for an image that was kept.

use leptos::prelude::*;
use plot::format::probability;
use plot::markup::{Escaped, Markup};
use shared::image::RgbaImage;
use shared::{Garment, Grey28, ModelId};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use super::selection::CONTENDERS;
use crate::contender::Contender;
use crate::state::AppState;
use crate::state::image::Origin;
use crate::ui::canvas::Canvas;

/// An image, and the predictions for it so far.
#[derive(Clone, PartialEq)]
struct ClassifiedImage {
    name: String,
    /// Known of a test image.
    truth: Option<Garment>,
    grey: Grey28,
    /// In the order of the contenders: class and confidence.
    predictions: [Option<(Garment, f32)>; CONTENDERS],
}

#[component]
pub fn SideBySide(
    /// The number of the image on the page, if it was chosen from the list.
    chosen: Signal<Option<usize>>,
) -> impl IntoView {
    let app = expect_context::<AppState>();
    let current = Memo::new(move |_| current(app, chosen.get()));
    let kept = RwSignal::new(None::<ClassifiedImage>);
    let has_current = move || current.with(Option::is_some);
    let has_kept = move || kept.with(Option::is_some);
    view! {
        <div class="side-by-side" data-testid="side-by-side">
            <h4>"Predictions side by side"</h4>
            <p class="small" hidden=has_current>
                "Choose an image to see what each model predicts."
            </p>
            <div class="pair" hidden=move || !has_current()>
                <ImageOfPair heading="This image" image=Signal::from(current)/>
                <div hidden=move || !has_kept()>
                    <ImageOfPair heading="Kept image" image=Signal::from(kept)/>
                </div>
            </div>
            <div
                hidden=move || !has_current()
                inner_html=move || {
                    current
                        .with(|current| {
                            let current = current.as_ref();
                            kept.with(|kept| current.map(|c| table(c, kept.as_ref())))
                        })
                        .unwrap_or_default()
                }
            ></div>
            <p class="pair-actions" hidden=move || !has_current()>
                <button
                    type="button"
                    class="outlined-button"
                    data-testid="keep-image"
                    on:click=move |_| kept.set(current.get_untracked())
                >
                    "Keep for comparison"
                </button>
                <button
                    type="button"
                    class="outlined-button"
                    data-testid="go-to-image"
                    on:click=move |_| go_to_predictions()
                >
                    "Go to the image"
                </button>
            </p>
        </div>
    }
}

/// One of the two images, with its name and its true class.
#[component]
fn ImageOfPair(heading: &'static str, image: Signal<Option<ClassifiedImage>>) -> impl IntoView {
    let sprite = move || image.with(|i| i.as_ref().map(|i| RgbaImage::from(&i.grey)));
    let name = move || {
        image.with(|image| {
            let image = image.as_ref()?;
            Some(match image.truth {
                Some(truth) => format!("{}, true class {truth}", image.name),
                None => image.name.clone(),
            })
        })
    };
    view! {
        <figure>
            <Canvas image=Signal::derive(sprite) pixelated=true/>
            <figcaption class="small">
                <strong>{heading}</strong>
                <span prop:textContent=name></span>
            </figcaption>
        </figure>
    }
}

/// The image on the page.
fn current(app: AppState, chosen: Option<usize>) -> Option<ClassifiedImage> {
    let image = app.upload.image().get()?;
    let of_model = |model| {
        let state = app.models.state(model);
        state.with(|m| {
            let prediction = m.prediction_for(image.number)?;
            Some((prediction.garment(), prediction.confidence()))
        })
    };
    let vote = app.ensemble_prediction();
    let vote = vote.filter(|vote| vote.image == image.number);
    let vote = vote.map(|vote| (vote.garment(), vote.confidence()));
    let mut predictions = [vote; CONTENDERS];
    for (place, model) in predictions.iter_mut().zip(ModelId::ALL) {
        *place = of_model(model);
    }
    let (name, truth) = match (&image.origin, chosen) {
        (Origin::Gallery(truth), Some(index)) => (format!("Test image {index}"), Some(*truth)),
        (Origin::Gallery(truth), None) => ("Test image".to_string(), Some(*truth)),
        (Origin::Visitor(name), _) => (name.clone(), None),
    };
    Some(ClassifiedImage {
        name,
        truth,
        grey: image.grey.clone(),
        predictions,
    })
}

/// The predictions of each contender as an HTML table.
fn table(current: &ClassifiedImage, kept: Option<&ClassifiedImage>) -> String {
    let mut html = Markup::default();
    html.put(format_args!(
        "<table class=\"report\"><caption class=\"visually-hidden\">The models’ predictions</caption><thead><tr>"
    ));
    html.head("col", "Model");
    html.head("col", "This image");
    if kept.is_some() {
        html.head("col", "Kept image");
    }
    html.put(format_args!("</tr></thead><tbody>"));
    for (place, contender) in Contender::all().enumerate() {
        html.put(format_args!("<tr data-model=\"{}\">", contender.name()));
        html.head("row", contender.title());
        cell(&mut html, "current", current, place);
        if let Some(kept) = kept {
            cell(&mut html, "kept", kept, place);
        }
        html.put(format_args!("</tr>"));
    }
    html.put(format_args!("</tbody></table>"));
    html.into_text()
}

fn cell(html: &mut Markup, side: &str, image: &ClassifiedImage, place: usize) {
    let Some((garment, confidence)) = image.predictions[place] else {
        html.put(format_args!("<td data-side=\"{side}\">–</td>"));
        return;
    };
    let is_wrong = image.truth.is_some_and(|truth| truth != garment);
    let (class, mark) = if is_wrong {
        (" class=\"wrong\"", " (wrong)")
    } else {
        ("", "")
    };
    html.put(format_args!(
        "<td{class} data-side=\"{side}\" data-label=\"{garment}\" data-confidence=\"{confidence}\">{}{mark}, {}</td>",
        Escaped(garment.label()),
        probability(confidence)
    ));
}

/// Moves to the image and its predictions at the top of the page.
fn go_to_predictions() {
    let answers = document().get_element_by_id("answers");
    if let Some(answers) = answers.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        answers.scroll_into_view();
        // The element can get the focus: it has a tabindex.
        let _ = answers.focus();
    }
}

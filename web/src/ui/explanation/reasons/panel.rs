//! Seven maps of one class, the chosen model's own reason, and a test of its maps.

use leptos::prelude::*;
use leptos::task::spawn_local;
use plot::format::probability;
use protocol::Pixels;
use shared::ModelId;
use shared::explain::Trust;

use super::own_reason::{OwnReason, OwnReasonView};
use super::signed_map::{SignedMap, SignedMapView};
use super::trust::TrustView;
use crate::state::AppState;
use crate::state::explanation::ExplanationTarget;
use crate::ui::explanation::{heat_map, words};

/// The panel.
#[component]
pub fn Panel() -> impl IntoView {
    let app = expect_context::<AppState>();
    let target = Memo::new(move |_| app.explanation_target());
    // What belongs to another image, model or class is not shown.
    let current = move |of: Option<ExplanationTarget>| of.is_some() && of == target.get();
    let reason = RwSignal::new(None::<(ExplanationTarget, OwnReason)>);
    let trust = RwSignal::new(None::<(ExplanationTarget, Trust)>);
    // What the maps are being tested for.
    let tested = RwSignal::new(None::<ExplanationTarget>);
    Effect::new(move |_| {
        if let Some(wanted) = target.get() {
            request_reason(app, wanted, target, reason);
        }
    });
    let shown_reason = Signal::derive(move || {
        let found = reason.get();
        let is_current = current(found.as_ref().map(|(of, _)| *of));
        found.filter(|_| is_current).map(|(_, reason)| reason)
    });
    let shown_trust = Signal::derive(move || {
        let found = trust.get();
        let is_current = current(found.as_ref().map(|(of, _)| *of));
        found.filter(|_| is_current).map(|(_, trust)| trust)
    });
    let class = move || {
        target
            .get()
            .map_or("the class", |(.., class)| class.label())
    };
    view! {
        <h3 prop:textContent=move || format!("Evidence for {}, by model", class())></h3>
        <p class="small">
            "Occlusion: a black patch covers one region after the other. Orange: the probability of the class falls, darkest from 50 points on. Blue: it rises."
        </p>
        <div class="map-row">
            {ModelId::ALL.map(|model| view! { <ModelMap model target/> }).collect_view()}
        </div>
        <OwnReasonView shown=shown_reason/>
        <TrustView
            shown=shown_trust
            is_running=Signal::derive(move || current(tested.get()))
            on_test=move || {
                if let Some(wanted) = target.get_untracked() {
                    tested.set(Some(wanted));
                    request_trust(app, wanted, target, trust, tested);
                }
            }
        />
    }
}

/// The occlusion map of one of the seven models, for the class that is explained.
#[component]
fn ModelMap(model: ModelId, target: Memo<Option<ExplanationTarget>>) -> impl IntoView {
    let app = expect_context::<AppState>();
    // The image and the class, once this model has classified the image.
    let wanted = Memo::new(move |_| {
        let (image, _, class) = target.get()?;
        let state = app.models.state(model);
        state
            .with(|m| m.prediction_for(image).is_some())
            .then_some((image, model, class))
    });
    let found = RwSignal::new(None::<(ExplanationTarget, SignedMap)>);
    Effect::new(move |_| {
        if let Some(asked) = wanted.get() {
            request_map(app, asked, wanted, found);
        }
    });
    let shown = Signal::derive(move || {
        let now = wanted.get();
        let found = found.get().filter(|(of, _)| now == Some(*of));
        found.map(|(_, map)| map)
    });
    let share = move || {
        let (image, _, class) = wanted.get()?;
        let state = app.models.state(model);
        state.with(|m| {
            let prediction = m.prediction_for(image)?;
            Some(probability(prediction.timed.probabilities[class.index()]))
        })
    };
    view! {
        <figure
            data-testid="reason-map"
            data-model=model.name()
            data-method="occlusion"
            aria-busy=move || if shown.with(Option::is_none) { "true" } else { "false" }
        >
            <figcaption>
                {model.title()} " "
                <span class="small" prop:textContent=move || {
                    share().unwrap_or_else(|| "no prediction yet".into())
                }></span>
            </figcaption>
            <SignedMapView shown/>
        </figure>
    }
}

/// The pixels of the image of a target, if it is still the page's image.
fn pixels(app: AppState, number: u32) -> Option<Pixels> {
    let image = app.upload.image().get_untracked()?;
    (image.number == number).then(|| Pixels::from(&image.grey))
}

fn request_map(
    app: AppState,
    asked: ExplanationTarget,
    wanted: Memo<Option<ExplanationTarget>>,
    found: RwSignal<Option<(ExplanationTarget, SignedMap)>>,
) {
    let (number, model, class) = asked;
    let Some(grey) = pixels(app, number) else {
        return;
    };
    spawn_local(async move {
        let reply = app.engines.client().occlude(model, grey, class).await;
        // The panel may have been closed.
        if wanted.try_get_untracked() != Some(Some(asked)) {
            return;
        }
        match reply {
            Ok(raw) => {
                let map = heat_map::grid(&raw).map(|map| SignedMap {
                    text: words::occlusion_text(&map),
                    map,
                    full: raw.full,
                    value_text: words::cost,
                });
                found.set(map.map(|map| (asked, map)));
            }
            Err(error) => app.messages.add_error(error.to_string()),
        }
    });
}

fn request_reason(
    app: AppState,
    asked: ExplanationTarget,
    target: Memo<Option<ExplanationTarget>>,
    found: RwSignal<Option<(ExplanationTarget, OwnReason)>>,
) {
    let (number, model, class) = asked;
    let Some(grey) = pixels(app, number) else {
        return;
    };
    spawn_local(async move {
        let reply = app.engines.client().reason(model, grey, class).await;
        if target.try_get_untracked() != Some(Some(asked)) {
            return;
        }
        match reply {
            Ok(reason) => found.set(Some((
                asked,
                OwnReason {
                    model,
                    class,
                    reason,
                },
            ))),
            Err(error) => app.messages.add_error(error.to_string()),
        }
    });
}

fn request_trust(
    app: AppState,
    asked: ExplanationTarget,
    target: Memo<Option<ExplanationTarget>>,
    found: RwSignal<Option<(ExplanationTarget, Trust)>>,
    tested: RwSignal<Option<ExplanationTarget>>,
) {
    let (number, model, class) = asked;
    let Some(grey) = pixels(app, number) else {
        return;
    };
    spawn_local(async move {
        let reply = app.engines.client().test_maps(model, grey, class).await;
        if target.try_get_untracked() != Some(Some(asked)) {
            return;
        }
        match reply {
            Ok(trust) => found.set(Some((asked, trust))),
            Err(error) => {
                tested.set(None);
                app.messages.add_error(error.to_string());
            }
        }
    });
}

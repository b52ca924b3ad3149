//! Requests for the painted image: all models, the ensemble and the novelty detector answer it in one message of the CPU engine,
//! whichever engine is active, so that a stroke is answered within a frame or two.
//!
//! One request is under way at a time. The next one has the latest version, however many strokes there were in between. The page's
//! image changes together with its answers. The explanation and the address follow after a pause.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{AllAnswers, Pixels};
use shared::image::PIXELS;
use shared::{Grey28, Prediction};

use super::{ensemble, upload};
use crate::engine::{Engine, Novelty, sleep};
use crate::state::AppState;
use crate::state::image::{InputImage, Origin};
use crate::state::models::ModelPrediction;
use crate::state::painting::{Original, PAINTED};
use crate::state::painting_steps::PaintingSteps;

/// Without a change for this long, the painted image is explained.
const PAUSE: Duration = Duration::from_millis(300);

/// Changes the painting, which begins with the image on the page if that is none of its versions.
pub fn change(app: AppState, change: impl FnOnce(&mut PaintingSteps)) {
    let Some(image) = app.upload.image().get_untracked() else {
        return;
    };
    if !untrack(|| app.painting.is_of(Some(image.number))) {
        app.painting.begin(untrack(|| original(app, image)));
    }
    app.painting.update(change);
    hold_explanation(app);
    apply(app);
}

/// The 28x28 image as it is painted, which the page's image follows; tracked.
pub fn present(app: AppState) -> Option<Grey28> {
    let image = app.upload.image().get()?;
    if app.painting.is_of(Some(image.number)) {
        let steps = app.painting.steps();
        return steps.with(|steps| Some(steps.as_ref()?.current().clone()));
    }
    Some(image.grey.clone())
}

/// The image that the painting began with, if something is painted; tracked.
pub fn painted_from(app: AppState) -> Option<Arc<Original>> {
    if !app.painting.is_of(app.upload.image_number()) {
        return None;
    }
    let original = app.painting.original().get()?;
    (present(app)? != original.image.grey).then_some(original)
}

/// Begins a drawing on an empty image, in the open section.
pub fn draw(app: AppState) {
    let number = app.upload.start();
    app.messages.set_notice(None);
    let empty = Grey28::new([0; PIXELS]);
    let image = InputImage::as_it_is(number, empty, Origin::Visitor(PAINTED.to_owned()));
    upload::show(app, image, &[]);
    app.painting.open_with_focus();
}

/// The image with its predictions.
fn original(app: AppState, image: Arc<InputImage>) -> Original {
    let number = image.number;
    let predictions = app
        .models
        .predictions_for(number, |p| Prediction::from(&p.timed));
    let ensemble = app.ensemble_prediction().filter(|p| p.image == number);
    Original {
        image,
        predictions,
        ensemble: ensemble.map(|p| p.probabilities),
    }
}

/// Requests the answers to the latest version, unless it is on the page or a request is under way.
fn apply(app: AppState) {
    if untrack(|| app.painting.is_busy()) {
        return;
    }
    app.painting.set_busy(true);
    spawn_local(async move {
        while let Some(image) = pending(app) {
            let client = app.engines.client();
            let answers = client.classify_by_all(Pixels::from(&image.grey)).await;
            if app.upload.is_stale(image.number) {
                continue;
            }
            match answers {
                Ok(answers) => show(app, image, answers),
                Err(error) => {
                    app.messages.add_error(error.to_string());
                    break;
                }
            }
        }
        app.painting.set_busy(false);
    });
}

/// The latest version with a number of its own, if the page does not show it yet.
fn pending(app: AppState) -> Option<InputImage> {
    // Another image will replace this one.
    if untrack(|| app.upload.is_preparing()) {
        return None;
    }
    let shown = app.upload.image().get_untracked()?;
    if !untrack(|| app.painting.is_of(Some(shown.number))) {
        return None;
    }
    let mut image = app.painting.version(shown.number)?;
    if image.grey == shown.grey {
        return None;
    }
    // Answers to the image before are stale from now on.
    image.number = app.upload.next_number();
    Some(image)
}

/// Shows a version with its answers. Their times are not recorded: the tables of times would change with every stroke.
fn show(app: AppState, image: InputImage, answers: AllAnswers) {
    let number = image.number;
    let members: Vec<Prediction> = answers.predictions.iter().map(Into::into).collect();
    app.painting.set_shown(number);
    app.messages.clear_errors();
    app.upload.replace_untracked(image);
    for timed in answers.predictions {
        app.models.set_prediction(ModelPrediction {
            image: number,
            timed,
            engine: Engine::Cpu,
        });
    }
    if let Some((probabilities, contributions)) = answers.ensemble {
        ensemble::set_prediction(app, number, members, probabilities, contributions);
    }
    if let Some((is_known, rotation)) = answers.novelty {
        let novelty = Novelty { is_known, rotation };
        app.novelty.result.set(number, Ok(novelty));
    }
    app.upload.notify();
}

/// Keeps the explanation of the image before until nothing has changed for a while.
fn hold_explanation(app: AppState) {
    app.explanation.hold(untrack(|| app.explanation_target()));
    let change = app.painting.changes.next();
    spawn_local(async move {
        sleep(PAUSE).await;
        while untrack(|| app.painting.is_busy()) {
            sleep(PAUSE).await;
        }
        if !app.painting.changes.is_stale(change) {
            app.explanation.hold(None);
        }
    });
}

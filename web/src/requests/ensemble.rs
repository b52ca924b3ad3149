//! Requests for the ensemble's prediction.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::Prediction;
use shared::garment::CLASSES;

use crate::state::AppState;
use crate::state::ensemble::{EnsemblePrediction, Member};

/// Every prediction for the image changes that of the ensemble.
pub fn watch(app: AppState) {
    let members = Memo::new(move |_| {
        let image = app.upload.image_number()?;
        let predictions = app
            .models
            .predictions_for(image, |p| Prediction::from(&p.timed));
        (app.ensemble.is_ready() && !predictions.is_empty()).then_some((image, predictions))
    });
    Effect::new(move |_| {
        if let Some((image, predictions)) = members.get()
            && !app.ensemble.is_combined(image, &predictions)
        {
            combine(app, image, predictions);
        }
    });
}

fn combine(app: AppState, image: u32, predictions: Vec<Prediction>) {
    let request = app.ensemble.start_request();
    spawn_local(async move {
        let client = app.engines.client();
        let reply = client.ensemble(predictions.clone()).await;
        if app.ensemble.is_stale(request) {
            return;
        }
        match reply {
            Ok((probabilities, contributions)) => {
                set_prediction(app, image, predictions, probabilities, contributions);
            }
            Err(error) => app.messages.add_error(error.to_string()),
        }
    });
}

/// Sets the ensemble's prediction for the image of that number, from the models' predictions and what each of them contributes.
pub(super) fn set_prediction(
    app: AppState,
    image: u32,
    predictions: Vec<Prediction>,
    probabilities: [f32; CLASSES],
    contributions: Vec<f32>,
) {
    let members = predictions.iter().zip(contributions);
    let prediction = EnsemblePrediction {
        image,
        probabilities,
        members: members
            .map(|(prediction, contribution)| Member {
                model: prediction.model,
                garment: prediction.garment(),
                contribution,
            })
            .collect(),
    };
    app.ensemble.set_prediction(prediction, predictions);
}

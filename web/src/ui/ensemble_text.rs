//! The ensemble's prediction in words: which models agree, which do not, and which are missing.

use leptos::prelude::*;
use shared::{Garment, ModelId};

use crate::engine::WeightsState;
use crate::state::AppState;
use crate::state::models::{ModelPrediction, ModelStatus};

/// Shown for an image that the novelty detector rejects.
pub const NONE_OF_THE_TEN: &str = "Probably none of the ten classes.";

const CLASSIFYING: &str = "The models are classifying the image.";

/// The sentence beside the image.
pub fn summary(app: AppState) -> String {
    let Some(image) = app.upload.image_number() else {
        return "Choose an image from the gallery or upload your own: seven models will classify it."
            .into();
    };
    if let Some(prediction) = app.ensemble_prediction() {
        if app.is_known() == Some(false) {
            return NONE_OF_THE_TEN.into();
        }
        let missing = app.missing_members(&prediction);
        return headline(prediction.garment(), &prediction.members, missing);
    }
    if app.ensemble.weights().with(WeightsState::may_load) {
        return CLASSIFYING.into();
    }
    // Without the ensemble, the first model's prediction is shown.
    let predictions = app
        .models
        .predictions_for(image, |p| (p.timed.model, ModelPrediction::garment(p)));
    match predictions.first() {
        Some((model, garment)) => format!("{} predicts {garment}.", model.title()),
        None => CLASSIFYING.into(),
    }
}

/// The ensemble's prediction for screen readers, once all loaded models have classified the image.
pub fn announcement(app: AppState) -> String {
    let is_busy = |m| app.model_status(m) == ModelStatus::Answering;
    match app.ensemble_prediction() {
        Some(prediction) if !ModelId::ALL.into_iter().any(is_busy) => {
            let (warning, space) = if app.is_known() == Some(false) {
                (NONE_OF_THE_TEN, " ")
            } else {
                ("", "")
            };
            format!(
                "{warning}{space}The vote: {}, {:.0} percent. {}",
                prediction.garment(),
                prediction.confidence() * 100.0,
                agreement(
                    prediction.garment(),
                    &prediction.members,
                    app.missing_members(&prediction)
                )
            )
        }
        _ => String::new(),
    }
}

/// A model's name within a sentence.
pub fn name_in_sentence(model: ModelId) -> &'static str {
    match model {
        ModelId::Cnn => "the CNN",
        ModelId::Resnet => "the ResNet",
        ModelId::Mlp => "the MLP",
        ModelId::Svm => "the SVM",
        ModelId::Forest => "the random forest",
        ModelId::Knn => "k-nearest neighbours",
        ModelId::Logistic => "logistic regression",
    }
}

/// How many models predict the ensemble's class; `missing` models have not answered yet.
fn headline(ensemble: Garment, members: &[(ModelId, Garment)], missing: usize) -> String {
    let agreeing = members.iter().filter(|(_, g)| *g == ensemble).count();
    let answered = members.len();
    let is_final = missing == 0;
    if agreeing == answered {
        return if !is_final {
            format!("So far, all models predict {ensemble}.")
        } else if answered == 1 {
            format!("The only model that answered predicts {ensemble}.")
        } else {
            format!("All {answered} models predict {ensemble}.")
        };
    }
    let so_far = if is_final { "" } else { "So far, " };
    if 2 * agreeing > answered {
        format!("{so_far}{agreeing} of {answered} models predict {ensemble}.")
    } else {
        let the = if is_final { "The" } else { "the" };
        format!("{so_far}{the} vote is {ensemble}, predicted by {agreeing} of {answered} models.")
    }
}

/// Which models agree with the ensemble and which do not; `missing` models have not answered yet.
pub fn agreement(ensemble: Garment, members: &[(ModelId, Garment)], missing: usize) -> String {
    let agreeing = members.iter().filter(|(_, g)| *g == ensemble).count();
    let answered = members.len();
    let others = other_predictions(ensemble, members);
    if missing > 0 {
        let total = answered + missing;
        if others.is_empty() {
            format!("{answered} of {total} so far: all agree.")
        } else {
            format!("{answered} of {total} so far: {agreeing} agree; {others}.")
        }
    } else if others.is_empty() {
        format!("All {answered} agree.")
    } else {
        format!("{agreeing} of {answered} agree; {others}.")
    }
}

/// The predictions that differ from the ensemble's, by class.
fn other_predictions(ensemble: Garment, members: &[(ModelId, Garment)]) -> String {
    let classes: Vec<String> = Garment::ALL
        .into_iter()
        .filter(|g| *g != ensemble)
        .filter_map(|garment| {
            let names: Vec<&str> = members
                .iter()
                .filter(|(_, g)| *g == garment)
                .map(|(model, _)| name_in_sentence(*model))
                .collect();
            let (last, others) = names.split_last()?;
            Some(if others.is_empty() {
                format!("{last} predicts {garment}")
            } else {
                format!("{} and {last} predict {garment}", others.join(", "))
            })
        })
        .collect();
    classes.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Garment::{Bag, Coat, Shirt};

    fn all_predict(garment: Garment) -> Vec<(ModelId, Garment)> {
        ModelId::ALL.map(|model| (model, garment)).to_vec()
    }

    #[test]
    fn all_models_agree() {
        let members = all_predict(Bag);
        assert_eq!(agreement(Bag, &members, 0), "All 7 agree.");
        assert_eq!(headline(Bag, &members, 0), "All 7 models predict Bag.");
    }

    #[test]
    fn names_the_models_that_disagree_with_their_predictions() {
        let mut members = all_predict(Coat);
        members[2].1 = Shirt;
        assert_eq!(
            agreement(Coat, &members, 0),
            "6 of 7 agree; the MLP predicts Shirt."
        );
        assert_eq!(headline(Coat, &members, 0), "6 of 7 models predict Coat.");
        members[4].1 = Bag;
        members[5].1 = Shirt;
        members[6].1 = Shirt;
        assert_eq!(
            agreement(Coat, &members, 0),
            "3 of 7 agree; the MLP, k-nearest neighbours and logistic regression predict Shirt; the random forest predicts Bag."
        );
        assert_eq!(
            headline(Coat, &members, 0),
            "The vote is Coat, predicted by 3 of 7 models."
        );
        assert_eq!(
            headline(Coat, &members, 1),
            "So far, the vote is Coat, predicted by 3 of 7 models."
        );
    }

    #[test]
    fn states_how_many_models_are_missing() {
        let mut members = all_predict(Coat);
        members.truncate(4);
        assert_eq!(agreement(Coat, &members, 3), "4 of 7 so far: all agree.");
        assert_eq!(
            headline(Coat, &members, 3),
            "So far, all models predict Coat."
        );
        members[1].1 = Bag;
        assert_eq!(
            agreement(Coat, &members, 3),
            "4 of 7 so far: 3 agree; the ResNet predicts Bag."
        );
        assert_eq!(
            headline(Coat, &members, 3),
            "So far, 3 of 4 models predict Coat."
        );
    }

    #[test]
    fn one_model_is_enough() {
        let members = [(ModelId::Svm, Bag)];
        assert_eq!(
            headline(Bag, &members, 0),
            "The only model that answered predicts Bag."
        );
        assert_eq!(agreement(Bag, &members, 6), "1 of 7 so far: all agree.");
    }
}

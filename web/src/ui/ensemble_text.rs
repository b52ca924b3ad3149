//! The ensemble's prediction in words: the headline, and how many models chose its class.

use leptos::prelude::*;
use shared::advice::{capitalised, in_words};
use shared::model::PhotoClass;
use shared::{Garment, ModelId};

use crate::engine::WeightsState;
use crate::state::AppState;
use crate::state::ensemble::Member;
use crate::state::models::{ModelPrediction, ModelStatus};

const CLASSIFYING: &str = "The models are classifying the image.";

/// The class in the headline: the answer's, or without an ensemble the first model's.
pub fn headline_class(app: AppState) -> Option<PhotoClass> {
    let image = app.upload.image_number()?;
    if let Some(answer) = app.answer() {
        return Some(answer.class);
    }
    if app.ensemble.weights().with(WeightsState::may_load) {
        return None;
    }
    let classes = app.models.predictions_for(image, ModelPrediction::garment);
    classes.first().copied().map(PhotoClass::Garment)
}

/// The headline, beside the image.
pub fn headline(app: AppState) -> String {
    if app.upload.image_number().is_none() {
        return "Choose an image from the gallery or upload your own: seven models will classify it."
            .into();
    }
    let Some(class) = headline_class(app) else {
        return CLASSIFYING.into();
    };
    let is_partial = app
        .ensemble_prediction()
        .is_some_and(|prediction| app.missing_members(&prediction) > 0);
    match class.garment() {
        None => none_of_ten(class),
        Some(garment) if app.is_unsure() => not_sure(garment),
        Some(garment) if is_partial && app.photo_prediction().is_none() => {
            format!("So far: {garment}")
        }
        Some(garment) => garment.label().into(),
    }
}

/// Beside the mark that says whether the headline is correct: the image's true class; nothing while there is no prediction, and
/// where the class is not known.
pub fn truth(app: AppState) -> Option<String> {
    let class = app.true_class().filter(|_| headline_class(app).is_some())?;
    Some(format!("The true class of this test image is {class}."))
}

/// Shown for clothes that are none of the ten classes.
pub fn none_of_ten(class: PhotoClass) -> String {
    format!("{}: none of the ten classes", class.label())
}

/// Shown in place of the class of an image that the novelty detector rejects.
pub fn not_sure(closest: Garment) -> String {
    format!("Not sure. Closest: {closest}")
}

/// The ensemble's prediction for screen readers, once all loaded models and the novelty detector have answered.
pub fn announcement(app: AppState) -> String {
    let is_busy = |m| app.model_status(m) == ModelStatus::Answering;
    let unchecked = app.unchecked();
    let is_checking = app.novelty.is_ready() && app.is_known().is_none() && unchecked.is_none();
    match app.ensemble_prediction() {
        Some(prediction) if !is_checking && !ModelId::ALL.into_iter().any(is_busy) => {
            let garment = prediction.garment();
            let answer = match app.photo_prediction() {
                Some(_) => headline(app),
                None if app.is_unsure() => not_sure(garment),
                None => format!("The vote: {garment}"),
            };
            let confidence = app
                .answer()
                .map_or(prediction.confidence(), |a| a.confidence);
            format!(
                "{answer}, {:.0} percent. {} {}",
                confidence * 100.0,
                votes(
                    garment,
                    &prediction.members,
                    app.missing_members(&prediction)
                ),
                unchecked.unwrap_or_default()
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

/// How many models chose the ensemble's class; `missing` models have not answered yet.
pub fn votes(ensemble: Garment, members: &[Member], missing: usize) -> String {
    let mut choosing = members.iter().filter(|m| m.garment == ensemble);
    let first = choosing.next().map(|m| m.model);
    let (agreeing, answered) = (
        usize::from(first.is_some()) + choosing.count(),
        members.len(),
    );
    if missing > 0 {
        return votes_so_far(ensemble, agreeing, answered, answered + missing);
    }
    let Some(first) = first else {
        return "No single model put it first, but together they do.".into();
    };
    let (count, of) = (capitalised(agreeing), in_words(answered));
    match (agreeing, answered) {
        (_, 1) => format!(
            "Only {} has answered: it chose {ensemble}.",
            name_in_sentence(first)
        ),
        (2, 2) => format!("Both models chose {ensemble}."),
        (n, all) if n == all => format!("All {of} models chose {ensemble}."),
        (n, all) if 2 * n > all => format!("{count} of {of} models chose {ensemble}."),
        (1, _) => format!(
            "Only {} chose {ensemble}, but the {of} models together put it first.",
            name_in_sentence(first)
        ),
        _ => format!(
            "{count} of {of} models chose {ensemble}, and the {of} models together put it first."
        ),
    }
}

/// The same before all models have answered.
fn votes_so_far(ensemble: Garment, agreeing: usize, answered: usize, total: usize) -> String {
    let (count, total) = (capitalised(answered), in_words(total));
    if answered == 1 {
        return format!("{count} of {total} models has answered so far: it chose {ensemble}.");
    }
    let what = match agreeing {
        0 => "none put it first, but together they do".into(),
        n if n == answered => format!("all chose {ensemble}"),
        n => format!("{} chose {ensemble}", in_words(n)),
    };
    format!("{count} of {total} models have answered so far: {what}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Garment::{Bag, Coat, Shirt};

    /// `answered` models, of which the first `agreeing` chose the coat.
    fn members(agreeing: usize, answered: usize) -> Vec<Member> {
        let models = ModelId::ALL.into_iter().take(answered).enumerate();
        let member = |(i, model)| Member {
            model,
            garment: if i < agreeing { Coat } else { Shirt },
            contribution: 0.0,
        };
        models.map(member).collect()
    }

    fn said(agreeing: usize, answered: usize, missing: usize) -> String {
        votes(Coat, &members(agreeing, answered), missing)
    }

    #[test]
    fn every_number_of_seven_models_is_a_sentence() {
        let expected = [
            "No single model put it first, but together they do.",
            "Only the CNN chose Coat, but the seven models together put it first.",
            "Two of seven models chose Coat, and the seven models together put it first.",
            "Three of seven models chose Coat, and the seven models together put it first.",
            "Four of seven models chose Coat.",
            "Five of seven models chose Coat.",
            "Six of seven models chose Coat.",
            "All seven models chose Coat.",
        ];
        for (agreeing, expected) in expected.into_iter().enumerate() {
            assert_eq!(said(agreeing, 7, 0), expected);
        }
    }

    #[test]
    fn fewer_models_are_counted_too() {
        assert_eq!(said(1, 1, 0), "Only the CNN has answered: it chose Coat.");
        assert_eq!(said(2, 2, 0), "Both models chose Coat.");
        assert_eq!(
            said(1, 2, 0),
            "Only the CNN chose Coat, but the two models together put it first."
        );
        assert_eq!(said(6, 6, 0), "All six models chose Coat.");
        assert_eq!(said(2, 3, 0), "Two of three models chose Coat.");
    }

    #[test]
    fn says_how_many_models_have_answered_so_far() {
        for (agreeing, answered, expected) in [
            (
                1,
                1,
                "One of seven models has answered so far: it chose Coat.",
            ),
            (
                4,
                4,
                "Four of seven models have answered so far: all chose Coat.",
            ),
            (
                1,
                4,
                "Four of seven models have answered so far: one chose Coat.",
            ),
            (
                0,
                4,
                "Four of seven models have answered so far: none put it first, but together they do.",
            ),
        ] {
            assert_eq!(said(agreeing, answered, 7 - answered), expected);
        }
    }

    #[test]
    fn no_sentence_counts_nobody() {
        for answered in 1..=7 {
            for agreeing in 0..=answered {
                for missing in [0, 7 - answered] {
                    let text = said(agreeing, answered, missing);
                    assert!(text.ends_with('.'), "{text}");
                    assert!(!text.contains("of one "), "{text}");
                    for nobody in ["0 of", "No of", "no of", "no models", "no chose"] {
                        assert!(!text.contains(nobody), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_unknown_image_has_a_closest_class() {
        assert_eq!(not_sure(Bag), "Not sure. Closest: Bag");
    }
}

//! Calibration of a model on the validation split: its temperature, and the slope of an SVM.

use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::model::svm::pairwise_scores;
use shared::{AnyClassifier, ModelId};

use super::JobError;
use crate::data::Examples;
use crate::evaluate::map_examples;
use crate::fit::calibrate;
use crate::fit::train_loop::FitError;

/// Slopes of the sigmoid that turns an SVM's decision values into pairwise probabilities. The one with the lowest loss on
/// the validation split is used.
const SLOPES: [f32; 6] = [0.5, 1.0, 1.5, 2.0, 3.0, 4.0];

/// The weights with the temperature that is fitted on the validation split, and for an SVM the slope.
pub(super) fn with_calibration(
    model: ModelId,
    artifact: Artifact,
    validation: &Examples,
) -> Result<Artifact, JobError> {
    // The weights must be rounded as in the file before they are calibrated.
    let bytes = artifact.to_bytes().map_err(FitError::from)?;
    let mut artifact = Artifact::from_bytes(&bytes).map_err(FitError::from)?;
    let labels: Vec<usize> = validation.labels.iter().map(|l| l.index()).collect();
    let fit = |scores: &[[f32; CLASSES]]| calibrate::temperature(scores, &labels);
    let temperature = if model == ModelId::Svm {
        let decisions = map_examples(model, &artifact, validation, |classifier, sample| {
            let AnyClassifier::Svm(svm) = classifier else {
                unreachable!("invariant: this is the SVM");
            };
            svm.decision_values(std::slice::from_ref(sample))[0]
        })?;
        let mut candidates = SLOPES.map(|slope| {
            let scores = decisions.iter().map(|d| pairwise_scores(d, slope));
            let (temperature, loss) = fit(&scores.collect::<Vec<_>>());
            (loss, slope, temperature)
        });
        candidates.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (_, slope, temperature) = candidates[0];
        let tensor = artifact.tensors.iter_mut().find(|t| t.name == "slope");
        tensor.expect("invariant: an SVM has a slope").values = vec![slope];
        temperature
    } else {
        let scores = map_examples(model, &artifact, validation, |classifier, sample| {
            classifier.classifier().scores(sample)
        })?;
        fit(&scores).0
    };
    artifact.set_temperature(temperature);
    Ok(artifact)
}

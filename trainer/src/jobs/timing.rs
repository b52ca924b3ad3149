//! Timing of predictions on one thread of this machine.

use std::hint::black_box;
use std::time::Instant;

use shared::artifact::Artifact;
use shared::model::ModelError;
use shared::{AnyClassifier, Grey28, ModelId, Sample};

/// Test images that are timed.
const TIMED: usize = 200;

/// The median time of a prediction, in microseconds, without the features of classical models.
pub(super) fn prediction_micros(
    model: ModelId,
    artifact: &Artifact,
    images: &[Grey28],
) -> Result<f64, ModelError> {
    let mut classifier = AnyClassifier::new(model, artifact)?;
    Ok(median_micros(images, |sample| {
        if !model.is_deep() {
            sample.features();
        }
        let started = Instant::now();
        black_box(classifier.classifier().classify(sample));
        started
    }))
}

/// The median time of an image's features, in microseconds.
pub(super) fn features_micros(images: &[Grey28]) -> f64 {
    median_micros(images, |sample| {
        let started = Instant::now();
        black_box(sample.features());
        started
    })
}

/// The median time since the instant that `run` returns, in microseconds to one decimal.
fn median_micros(images: &[Grey28], mut run: impl FnMut(&Sample) -> Instant) -> f64 {
    let times = images.iter().take(TIMED).map(|image| {
        let sample = Sample::new(image.clone());
        run(&sample).elapsed().as_secs_f64() * 1e6
    });
    let mut times: Vec<f64> = times.collect();
    times.sort_by(f64::total_cmp);
    let median = times
        .get(times.len() / 2)
        .expect("invariant: there are test images");
    (median * 10.0).round() / 10.0
}

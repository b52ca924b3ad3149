//! Batches of images: the checks of their sizes, and the images of a measurement.

use protocol::{MAX_BATCH, MAX_RUNS, Reply, RequestError};
use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::model::argmax;
use shared::{Grey28, ModelId, Prediction, Sample};

/// The images of a measurement: all different, and none of them blank, as classical models skip zeros.
///
/// # Errors
/// The number of images or runs is out of range.
pub fn measurement_samples(batch: u32, runs: u32) -> Result<Vec<Sample>, RequestError> {
    let is_valid = |count: u32, max: usize| (1..=max).contains(&(count as usize));
    if !is_valid(batch, MAX_BATCH) || !is_valid(runs, MAX_RUNS) {
        return Err(RequestError::Measurement { batch, runs });
    }
    Ok((0..batch as usize)
        .map(|n| Sample::new(synthetic_image(n)))
        .collect())
}

/// One of 65,536 different images.
pub fn synthetic_image(number: usize) -> Grey28 {
    let slope = 7 + number / 256;
    Grey28::new(core::array::from_fn(|i| (i * slope + number) as u8))
}

/// The images of a request.
///
/// # Errors
/// The bytes are not a whole number of images, or the number is out of range.
pub fn samples(bytes: &[u8]) -> Result<Vec<Sample>, RequestError> {
    let count = bytes.len() / PIXELS;
    if !bytes.len().is_multiple_of(PIXELS) || !(1..=MAX_BATCH).contains(&count) {
        let bytes = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        return Err(RequestError::BatchSize { bytes });
    }
    let images = bytes.chunks_exact(PIXELS).filter_map(Grey28::from_slice);
    Ok(images.map(Sample::new).collect())
}

/// The predictions of one model, calculated as for a single image, so that both always agree.
pub fn predictions(
    model: ModelId,
    scores: &[[f32; CLASSES]],
    temperature: f32,
) -> impl Iterator<Item = Prediction> {
    let prediction = move |scores| Prediction::from_scores(model, scores, temperature);
    scores.iter().map(prediction)
}

/// The reply to a batch: the most likely class of each image and its probability.
pub fn reply(probabilities: impl Iterator<Item = [f32; CLASSES]>, micros: u32) -> Reply {
    let (classes, confidences) = probabilities
        .map(|p| {
            let class = argmax(&p);
            (class as u8, p[class])
        })
        .unzip();
    Reply::Batch {
        classes,
        confidences,
        micros,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_images_of_a_measurement_differ_and_none_is_blank() {
        let all = measurement_samples(MAX_BATCH as u32, 1).unwrap();
        let different: HashSet<_> = all.iter().map(|s| *s.grey().pixels()).collect();
        assert_eq!(different.len(), MAX_BATCH);
        let blank = |s: &Sample| s.grey().pixels().iter().filter(|p| **p == 0).count();
        assert!(all.iter().all(|s| blank(s) < PIXELS / 10));
    }

    #[test]
    fn rejects_sizes_out_of_range() {
        for (batch, runs) in [(0, 1), (1, 0), (1025, 1), (1, 10_001), (u32::MAX, u32::MAX)] {
            let error = measurement_samples(batch, runs).unwrap_err();
            assert_eq!(error, RequestError::Measurement { batch, runs });
            assert!(error.to_string().contains("1 to 1024"), "{error}");
        }
        for bytes in [0, 1, PIXELS - 1, 3 * PIXELS + 1, (MAX_BATCH + 1) * PIXELS] {
            let error = samples(&vec![1; bytes]).unwrap_err();
            assert!(matches!(error, RequestError::BatchSize { .. }), "{error}");
        }
        assert_eq!(samples(&[1; 3 * PIXELS]).unwrap().len(), 3);
    }
}

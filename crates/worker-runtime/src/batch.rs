//! Many pictures at once: how many a request may ask for, and the pictures of a measurement.

use shared::garment::CLASSES;
use shared::image::{PIXELS, SIDE};
use shared::{Grey28, ModelId, Prediction, Sample};

/// Pictures of a batch, at most: more would make a graphics processor run out of memory before they make it faster.
pub const LARGEST: usize = 1024;
/// Runs of a measurement, at most.
pub const MOST_RUNS: usize = 10_000;

/// The pictures of a measurement: different ones, none of them blank, as classical models skip what is zero.
///
/// # Errors
/// A sentence, where it would take for ever, or no time at all.
pub fn specimens(batch: u32, runs: u32) -> Result<Vec<Sample>, String> {
    let within = |count: u32, most: usize| (1..=most).contains(&(count as usize));
    if !within(batch, LARGEST) || !within(runs, MOST_RUNS) {
        return Err(format!(
            "{runs} runs of {batch} pictures cannot be measured: ask for 1 to {MOST_RUNS} runs of 1 to {LARGEST}."
        ));
    }
    Ok((0..batch as usize)
        .map(|n| Sample::new(specimen(n)))
        .collect())
}

/// One of 65,536 different pictures.
pub fn specimen(number: usize) -> Grey28 {
    let slope = 7 + number / 256;
    Grey28::new(core::array::from_fn(|i| (i * slope + number) as u8))
}

/// The pictures of a request.
///
/// # Errors
/// A sentence, where they are too many, none, or no whole number of pictures.
pub fn pictures(bytes: &[u8]) -> Result<Vec<Sample>, String> {
    let count = bytes.len() / PIXELS;
    if !bytes.len().is_multiple_of(PIXELS) || !(1..=LARGEST).contains(&count) {
        return Err(format!(
            "{} bytes arrived that are not 1 to {LARGEST} pictures of {SIDE} x {SIDE}: reload the page and try again.",
            bytes.len()
        ));
    }
    let pictures = bytes.chunks_exact(PIXELS).filter_map(Grey28::from_slice);
    Ok(pictures.map(Sample::new).collect())
}

/// The label's place of each answer: as of a verdict, so that a batch never says anything else than one by one.
pub fn classes(model: ModelId, scores: &[[f32; CLASSES]], temperature: f32) -> Vec<u8> {
    let class = |scores| Prediction::from_scores(model, scores, temperature).garment();
    scores.iter().map(|s| class(s).index() as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn specimens_differ_and_none_is_blank() {
        let all = specimens(LARGEST as u32, 1).unwrap();
        let different: HashSet<_> = all.iter().map(|s| *s.grey().pixels()).collect();
        assert_eq!(different.len(), LARGEST);
        let blank = |s: &Sample| s.grey().pixels().iter().filter(|p| **p == 0).count();
        assert!(all.iter().all(|s| blank(s) < PIXELS / 10));
    }

    #[test]
    fn absurd_sizes_are_refused_in_a_sentence() {
        for (batch, runs) in [(0, 1), (1, 0), (1025, 1), (1, 10_001), (u32::MAX, u32::MAX)] {
            let sentence = specimens(batch, runs).unwrap_err();
            assert!(sentence.contains("1 to 1024"), "{sentence}");
        }
        for bytes in [0, 1, PIXELS - 1, 3 * PIXELS + 1, (LARGEST + 1) * PIXELS] {
            let sentence = pictures(&vec![1; bytes]).unwrap_err();
            assert!(sentence.contains("try again"), "{sentence}");
        }
        assert_eq!(pictures(&[1; 3 * PIXELS]).unwrap().len(), 3);
    }
}

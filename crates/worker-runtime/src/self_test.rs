//! An engine's self-test: the largest difference between its probabilities and the reference's.

use protocol::{Case, Reply, RequestError, TimedPrediction};
use shared::ModelId;

/// The comparison of the cases so far.
#[derive(Default)]
pub struct SelfTest {
    cases: usize,
    largest_difference: f32,
    /// The time of each model's last case.
    micros: [u32; ModelId::ALL.len()],
}

impl SelfTest {
    /// Compares an engine's prediction with the reference's.
    pub fn add(&mut self, case: &Case, prediction: &TimedPrediction) {
        self.cases += 1;
        for (ours, theirs) in prediction.probabilities.iter().zip(case.probabilities) {
            let difference = (ours - theirs).abs();
            // `max` ignores NaN, so an engine that computes NaN would pass the test.
            self.largest_difference = if difference.is_nan() {
                f32::INFINITY
            } else {
                self.largest_difference.max(difference)
            };
        }
        self.micros[case.model as usize] = prediction.micros;
    }

    /// The reply to the page.
    ///
    /// # Errors
    /// There were no cases, which would otherwise look like perfect agreement.
    pub fn reply(&self) -> Result<Reply, RequestError> {
        if self.cases == 0 {
            return Err(RequestError::NoTestCases);
        }
        Ok(Reply::SelfTest {
            largest_difference: self.largest_difference,
            micros: self.micros.iter().sum(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Pixels;
    use shared::Grey28;
    use shared::garment::CLASSES;
    use shared::image::PIXELS;

    fn compared(pairs: &[(ModelId, f32, f32)]) -> Result<(f32, u32), RequestError> {
        let mut self_test = SelfTest::default();
        for (i, &(model, ours, theirs)) in pairs.iter().enumerate() {
            let case = Case {
                model,
                grey: Pixels::from(&Grey28::new([0; PIXELS])),
                probabilities: [theirs; CLASSES],
            };
            let prediction = TimedPrediction {
                model,
                probabilities: [ours; CLASSES],
                scores: [0.0; CLASSES],
                micros: 10 + i as u32,
                features_micros: None,
            };
            self_test.add(&case, &prediction);
        }
        match self_test.reply()? {
            Reply::SelfTest {
                largest_difference,
                micros,
            } => Ok((largest_difference, micros)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn takes_the_largest_absolute_difference_and_sums_each_model_s_last_time() {
        let (difference, micros) = compared(&[
            (ModelId::Cnn, 0.5, 0.25),
            (ModelId::Cnn, 0.25, 1.0),
            (ModelId::Resnet, 0.5, 0.5),
        ])
        .unwrap();
        assert_eq!(difference, 0.75);
        assert_eq!(micros, 11 + 12);
    }

    #[test]
    fn nan_is_an_infinite_difference() {
        let pairs = [(ModelId::Cnn, f32::NAN, 0.5), (ModelId::Resnet, 0.5, 0.5)];
        assert_eq!(compared(&pairs).unwrap().0, f32::INFINITY);
    }

    #[test]
    fn rejects_a_test_without_cases() {
        assert_eq!(compared(&[]), Err(RequestError::NoTestCases));
    }
}

//! How far an engine's answers are from the reference's: its self-test.

use shared::ModelId;

use protocol::{Case, Reply, TimedPrediction};

/// What the cases seen so far have shown.
#[derive(Default)]
pub struct Agreement {
    cases: usize,
    largest_difference: f32,
    /// Of each model's last case.
    micros: [u32; ModelId::ALL.len()],
}

impl Agreement {
    /// Compares an engine's verdict with the case's.
    pub fn add(&mut self, case: &Case, verdict: &TimedPrediction) {
        self.cases += 1;
        for (ours, theirs) in verdict.probabilities.iter().zip(case.probabilities) {
            let difference = (ours - theirs).abs();
            // `max` would pass over a NaN, and a GPU that computes nonsense would pass the test.
            self.largest_difference = if difference.is_nan() {
                f32::INFINITY
            } else {
                self.largest_difference.max(difference)
            };
        }
        self.micros[case.model as usize] = verdict.micros;
    }

    /// The self-test's answer.
    ///
    /// # Errors
    /// A sentence, where there was nothing to compare: that would look like perfect agreement.
    pub fn reply(&self) -> Result<Reply, String> {
        if self.cases == 0 {
            return Err(
                "The engine was given no pictures to test itself on: reload the page.".into(),
            );
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

    fn compared(pairs: &[(ModelId, f32, f32)]) -> Result<(f32, u32), String> {
        let mut agreement = Agreement::default();
        for (i, &(model, ours, theirs)) in pairs.iter().enumerate() {
            let case = Case {
                model,
                grey: Pixels::from(&Grey28::new([0; PIXELS])),
                probabilities: [theirs; CLASSES],
            };
            let verdict = TimedPrediction {
                model,
                probabilities: [ours; CLASSES],
                scores: [0.0; CLASSES],
                micros: 10 + i as u32,
                features_micros: None,
            };
            agreement.add(&case, &verdict);
        }
        match agreement.reply()? {
            Reply::SelfTest {
                largest_difference,
                micros,
            } => Ok((largest_difference, micros)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_largest_difference_counts_in_either_direction_and_each_model_s_last_time() {
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
    fn nonsense_never_agrees() {
        let pairs = [(ModelId::Cnn, f32::NAN, 0.5), (ModelId::Resnet, 0.5, 0.5)];
        assert_eq!(compared(&pairs).unwrap().0, f32::INFINITY);
    }

    #[test]
    fn no_cases_are_no_agreement() {
        assert!(compared(&[]).unwrap_err().contains("no pictures"));
    }
}

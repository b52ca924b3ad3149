//! The time of predictions in this browser: the median of those made so far.

use shared::ModelId;

use protocol::TimedPrediction;

/// Older times are dropped.
const KEPT: usize = 200;

/// The times of the predictions made so far, in microseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timings {
    models: [Durations; ModelId::ALL.len()],
    /// The features, which the classical models share.
    features: Durations,
}

/// Several times of the same computation.
#[derive(Clone, Debug, Default, PartialEq)]
struct Durations {
    /// The first run includes the compilation in the browser, so it is used only until there is another.
    first: Option<u32>,
    later: Vec<u32>,
}

impl Timings {
    /// Records the times of a prediction.
    pub fn record(&mut self, prediction: &TimedPrediction) {
        self.record_model(prediction.model, prediction.micros);
        if let Some(micros) = prediction.features_micros {
            self.features.push(micros);
        }
    }

    /// Records the time of a model.
    pub fn record_model(&mut self, model: ModelId, micros: u32) {
        self.models[model as usize].push(micros);
    }

    /// The time of a model, without its features.
    pub fn model(&self, model: ModelId) -> Option<u32> {
        self.models[model as usize].median()
    }

    /// The time of the features of an image.
    pub fn features(&self) -> Option<u32> {
        self.features.median()
    }

    /// The time of all models, with the features once; `None` before all of them were timed.
    pub fn total(&self) -> Option<u32> {
        let models: Option<u32> = ModelId::ALL.iter().map(|m| self.model(*m)).sum();
        Some(models? + self.features()?)
    }
}

impl Durations {
    fn push(&mut self, micros: u32) {
        if self.first.is_none() {
            self.first = Some(micros);
            return;
        }
        if self.later.len() == KEPT {
            self.later.remove(0);
        }
        self.later.push(micros);
    }

    /// For an even number of times, the mean of the two in the middle.
    fn median(&self) -> Option<u32> {
        let mut sorted = self.later.clone();
        sorted.sort_unstable();
        let Some(&upper) = sorted.get(sorted.len() / 2) else {
            return self.first;
        };
        Some(match sorted.len() % 2 {
            1 => upper,
            _ => sorted[sorted.len() / 2 - 1].midpoint(upper),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prediction(model: ModelId, micros: u32) -> TimedPrediction {
        TimedPrediction {
            model,
            probabilities: [0.1; 10],
            scores: [0.0; 10],
            micros,
            features_micros: (!model.is_deep()).then_some(900),
        }
    }

    #[test]
    fn the_median_ignores_a_slow_run() {
        let mut timings = Timings::default();
        assert_eq!(timings.model(ModelId::Knn), None);
        for micros in [7_000, 400, 90_000, 600] {
            timings.record(&prediction(ModelId::Knn, micros));
        }
        assert_eq!(timings.model(ModelId::Knn), Some(600));
        timings.record(&prediction(ModelId::Knn, 500));
        assert_eq!(timings.model(ModelId::Knn), Some(550));
    }

    #[test]
    fn the_first_time_is_used_until_there_is_another() {
        let mut timings = Timings::default();
        for (micros, median) in [(7_000, 7_000), (400, 400), (500, 450)] {
            timings.record_model(ModelId::Cnn, micros);
            assert_eq!(timings.model(ModelId::Cnn), Some(median));
        }
    }

    #[test]
    fn the_total_includes_the_features_once() {
        let mut timings = Timings::default();
        for model in ModelId::ALL {
            assert_eq!(timings.total(), None);
            timings.record(&prediction(model, 100));
        }
        assert_eq!(timings.total(), Some(7 * 100 + 900));
    }
}

//! How long answers take in this browser: the median of those given so far.

use shared::ModelId;

use protocol::TimedPrediction;

/// Older times are forgotten.
const KEPT: usize = 200;

/// The times of the answers given so far, in microseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stopwatch {
    models: [Times; ModelId::ALL.len()],
    /// Of the features, which the classical models share.
    features: Times,
}

/// What has been timed several times.
#[derive(Clone, Debug, Default, PartialEq)]
struct Times {
    /// The browser compiles while it runs, so it counts only until there is another.
    first: Option<u32>,
    later: Vec<u32>,
}

impl Stopwatch {
    /// Notes a verdict's times.
    pub fn note(&mut self, verdict: &TimedPrediction) {
        self.note_model(verdict.model, verdict.micros);
        if let Some(micros) = verdict.features_micros {
            self.features.keep(micros);
        }
    }

    /// Notes a model's time.
    pub fn note_model(&mut self, model: ModelId, micros: u32) {
        self.models[model as usize].keep(micros);
    }

    /// A model alone, its features not counted.
    pub fn model(&self, model: ModelId) -> Option<u32> {
        self.models[model as usize].median()
    }

    /// A picture's features.
    pub fn features(&self) -> Option<u32> {
        self.features.median()
    }

    /// All models that have a time, and the features once.
    pub fn all(&self) -> Option<u32> {
        let times: Vec<u32> = ModelId::ALL.iter().filter_map(|m| self.model(*m)).collect();
        (times.len() == ModelId::ALL.len())
            .then(|| times.iter().sum::<u32>() + self.features().unwrap_or_default())
    }
}

impl Times {
    fn keep(&mut self, micros: u32) {
        if self.first.is_none() {
            self.first = Some(micros);
            return;
        }
        if self.later.len() == KEPT {
            self.later.remove(0);
        }
        self.later.push(micros);
    }

    /// The middle one; of an even number, the mean of the two in the middle.
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

    fn verdict(model: ModelId, micros: u32) -> TimedPrediction {
        TimedPrediction {
            model,
            probabilities: [0.1; 10],
            scores: [0.0; 10],
            micros,
            features_micros: (!model.is_deep()).then_some(900),
        }
    }

    #[test]
    fn one_slow_answer_does_not_count_for_more_than_one() {
        let mut watch = Stopwatch::default();
        assert_eq!(watch.model(ModelId::Knn), None);
        for micros in [7_000, 400, 90_000, 600] {
            watch.note(&verdict(ModelId::Knn, micros));
        }
        assert_eq!(watch.model(ModelId::Knn), Some(600));
        watch.note(&verdict(ModelId::Knn, 500));
        assert_eq!(watch.model(ModelId::Knn), Some(550));
    }

    #[test]
    fn the_first_time_counts_until_there_is_another() {
        let mut watch = Stopwatch::default();
        for (micros, median) in [(7_000, 7_000), (400, 400), (500, 450)] {
            watch.note_model(ModelId::Cnn, micros);
            assert_eq!(watch.model(ModelId::Cnn), Some(median));
        }
    }

    #[test]
    fn all_seven_share_their_features() {
        let mut watch = Stopwatch::default();
        for model in ModelId::ALL {
            assert_eq!(watch.all(), None);
            watch.note(&verdict(model, 100));
        }
        assert_eq!(watch.all(), Some(7 * 100 + 900));
    }
}

//! The selection of test images that fit a query, and their order in the list.

use shared::{Garment, ModelId};

use crate::contender::Contender;
use crate::state::test_images::{Outcome, Query, Subject, TestRunPredictions};

/// The seven models and the ensemble.
pub const CONTENDERS: usize = ModelId::ALL.len() + 1;

/// A test image in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedImage {
    /// Its place in the test set.
    pub index: usize,
    pub truth: Garment,
    pub predicted: Garment,
    /// The one model that is wrong, if the query is for such images.
    pub model: Option<ModelId>,
    /// `None` before the models have classified the image in this browser.
    pub confidence: Option<f32>,
}

impl ListedImage {
    /// The models whose confidence counts: the image gets the lowest of theirs.
    pub fn classified_by(&self, subject: Subject) -> Vec<Contender> {
        match subject {
            Subject::Recorded(contender) => vec![contender],
            Subject::Run => Vec::new(),
            Subject::OneWrong => self.model.map(Contender::Model).into_iter().collect(),
            Subject::AllWrong | Subject::Mislabelled => ModelId::ALL.map(Contender::Model).to_vec(),
        }
    }
}

/// The labels of the test set, and the predictions for its images.
pub struct Predictions<'a> {
    pub labels: &'a [u8],
    /// The labels that each contender predicts, in the contenders' order; empty where they could not be loaded.
    pub recorded: &'a [Vec<u8>; CONTENDERS],
    pub run: Option<&'a TestRunPredictions>,
}

/// A prediction that fits a subject.
struct Candidate {
    predicted: Garment,
    model: Option<ModelId>,
    confidence: Option<f32>,
}

impl Predictions<'_> {
    /// The images that fit the query but for its confidence, in the order of the test set.
    ///
    /// # Errors
    /// A sentence that says which predictions are missing.
    pub fn select(&self, query: &Query) -> Result<Vec<ListedImage>, String> {
        self.check(query.subject)?;
        let images = self.labels.iter().enumerate();
        let images = images.filter_map(|(index, label)| {
            let truth = Garment::from_index(usize::from(*label))?;
            let candidate = self.candidate(query.subject, index, truth)?;
            Some(ListedImage {
                index,
                truth,
                predicted: candidate.predicted,
                model: candidate.model,
                confidence: candidate.confidence,
            })
        });
        let fits = |image: &ListedImage| {
            let is_right = image.truth == image.predicted;
            query.truth.is_none_or(|truth| truth == image.truth)
                && query.predicted.is_none_or(|p| p == image.predicted)
                && match query.outcome {
                    Outcome::Any => true,
                    Outcome::Right => is_right,
                    Outcome::Wrong => !is_right,
                }
        };
        Ok(images.filter(fits).collect())
    }

    /// Whether the predictions that the subject needs are there.
    fn check(&self, subject: Subject) -> Result<(), String> {
        let needed: Vec<Contender> = match subject {
            Subject::Run if self.run.is_none() => return Err(NO_RUN.to_string()),
            Subject::Run => Vec::new(),
            Subject::Recorded(contender) => vec![contender],
            Subject::AllWrong | Subject::OneWrong | Subject::Mislabelled => {
                Contender::all().collect()
            }
        };
        let is_missing = |c: &Contender| self.recorded[place(*c)].len() != self.labels.len();
        match needed.into_iter().find(is_missing) {
            None => Ok(()),
            Some(contender) => Err(format!(
                "The recorded predictions of {} could not be loaded: reload the page.",
                contender.title()
            )),
        }
    }

    /// The prediction for an image that the list shows; `None` if the image is not of the subject.
    fn candidate(&self, subject: Subject, index: usize, truth: Garment) -> Option<Candidate> {
        let by = |contender| self.recorded_by(contender, index);
        let recorded = |predicted, model| Candidate {
            predicted,
            model,
            confidence: None,
        };
        let wrong = || {
            let seven = ModelId::ALL.into_iter();
            seven.filter(|model| by(Contender::Model(*model)) != Some(truth))
        };
        match subject {
            Subject::Recorded(contender) => Some(recorded(by(contender)?, None)),
            Subject::Run => {
                let prediction = self.run?.predictions.get(index)?;
                Some(Candidate {
                    predicted: prediction.class,
                    model: None,
                    confidence: Some(prediction.confidence),
                })
            }
            Subject::AllWrong if wrong().count() == ModelId::ALL.len() => {
                Some(recorded(by(Contender::Vote)?, None))
            }
            Subject::OneWrong if wrong().count() == 1 => {
                let model = wrong().next()?;
                Some(recorded(by(Contender::Model(model))?, Some(model)))
            }
            Subject::Mislabelled => {
                let first = by(Contender::Model(ModelId::ALL[0]))?;
                let mut seven = ModelId::ALL.into_iter().map(Contender::Model);
                let is_other = first != truth && seven.all(|model| by(model) == Some(first));
                is_other.then(|| recorded(first, None))
            }
            Subject::AllWrong | Subject::OneWrong => None,
        }
    }

    fn recorded_by(&self, contender: Contender, index: usize) -> Option<Garment> {
        let label = self.recorded[place(contender)].get(index)?;
        Garment::from_index(usize::from(*label))
    }
}

/// The contender's place among all of them.
pub fn place(contender: Contender) -> usize {
    match contender {
        Contender::Model(model) => model as usize,
        Contender::Vote => ModelId::ALL.len(),
    }
}

const NO_RUN: &str = "No model has classified the test images in this browser yet: start one in the section “This machine”.";

/// The most confident first; images of unknown confidence last, and equal ones in the order of the test set.
pub fn sort(images: &mut [ListedImage]) {
    images.sort_by(|one, other| {
        match (one.confidence, other.confidence) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
        .then_with(|| one.index.cmp(&other.index))
    });
}

/// What the list shows, in words.
pub fn describe(query: &Query, shown: usize, is_sorted: bool) -> String {
    if shown == 0 {
        return "No test image fits this choice.".to_string();
    }
    let images = if shown == 1 { "image" } else { "images" };
    let order = if shown < 2 {
        ""
    } else if is_sorted {
        ", the most confident predictions first"
    } else {
        ", in the order of the test set"
    };
    let meaning = match query.subject {
        Subject::Recorded(_) | Subject::Run => "",
        Subject::AllWrong => {
            " All seven models are wrong about each. The prediction shown is the vote’s, the confidence the lowest of the seven."
        }
        Subject::OneWrong => {
            " One model is wrong about each, the six others are right. Prediction and confidence are that model’s."
        }
        Subject::Mislabelled => {
            " All seven models predict the same class, which is not the label; the more confident they are, the more likely the label is wrong. The confidence is the lowest of the seven."
        }
    };
    let count = plot::format::thousands(shown as u64);
    format!("{count} test {images}{order}.{meaning}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::BatchPrediction;

    /// Eight images of shirts: what each contender predicts for them, the ensemble last.
    const ANSWERS: [&str; CONTENDERS] = [
        "64466460", "64466460", "64466460", "64466460", "64466460", "64462460", "64466467",
        "66466460",
    ];

    fn recorded() -> [Vec<u8>; CONTENDERS] {
        ANSWERS.map(|digits| digits.bytes().map(|digit| digit - b'0').collect())
    }

    fn listed(query: Query) -> Vec<ListedImage> {
        let predictions = Predictions {
            labels: &[6; 8],
            recorded: &recorded(),
            run: None,
        };
        predictions.select(&query).unwrap()
    }

    fn indices(subject: Subject) -> Vec<usize> {
        let images = listed(Query::new(subject));
        images.iter().map(|image| image.index).collect()
    }

    #[test]
    fn the_questions_across_the_models_are_answered() {
        assert_eq!(indices(Subject::AllWrong), [1, 2, 5, 7]);
        // On the last image the seven do not agree.
        assert_eq!(indices(Subject::Mislabelled), [1, 2, 5]);
        let one = listed(Query::new(Subject::OneWrong));
        assert_eq!(one.len(), 1);
        assert_eq!((one[0].index, one[0].predicted), (4, Garment::Pullover));
        assert_eq!(one[0].model, Some(ModelId::ALL[5]));
        // The vote is right where all seven are wrong.
        let all = listed(Query::new(Subject::AllWrong));
        assert_eq!(all[0].predicted, Garment::Shirt);
    }

    #[test]
    fn a_cell_has_the_images_of_its_two_classes() {
        let subject = Subject::Recorded(Contender::Vote);
        let cell = Query {
            truth: Some(Garment::Shirt),
            predicted: Some(Garment::Coat),
            ..Query::new(subject)
        };
        let images = listed(cell);
        assert!(images.iter().map(|i| i.index).eq([2, 5]));
        let wrong = Query {
            outcome: Outcome::Wrong,
            ..Query::new(subject)
        };
        assert!(listed(wrong).iter().map(|i| i.index).eq([2, 5, 7]));
        let right = Query {
            outcome: Outcome::Right,
            ..Query::new(subject)
        };
        assert_eq!(listed(right).len(), 5);
        let none = Query {
            truth: Some(Garment::Bag),
            ..Query::new(subject)
        };
        assert!(listed(none).is_empty());
    }

    #[test]
    fn a_run_brings_its_confidences_and_may_have_been_stopped() {
        let run = TestRunPredictions {
            model: ModelId::Cnn,
            predictions: vec![
                BatchPrediction {
                    class: Garment::Coat,
                    confidence: 0.75,
                };
                3
            ],
        };
        let recorded = recorded();
        let mut predictions = Predictions {
            labels: &[6; 8],
            recorded: &recorded,
            run: Some(&run),
        };
        let images = predictions.select(&Query::new(Subject::Run)).unwrap();
        assert_eq!((images.len(), images[2].confidence), (3, Some(0.75)));
        predictions.run = None;
        let error = predictions.select(&Query::new(Subject::Run)).unwrap_err();
        assert!(error.contains("start one"), "{error}");
    }

    #[test]
    fn missing_predictions_are_named() {
        let mut recorded = recorded();
        recorded[place(Contender::Model(ModelId::Svm))].clear();
        let predictions = Predictions {
            labels: &[6; 8],
            recorded: &recorded,
            run: None,
        };
        let error = |subject| predictions.select(&Query::new(subject)).unwrap_err();
        assert!(error(Subject::AllWrong).contains("SVM"));
        let vote = Query::new(Subject::Recorded(Contender::Vote));
        assert!(predictions.select(&vote).is_ok());
        assert!(Contender::all().map(place).eq(0..CONTENDERS));
    }

    #[test]
    fn the_most_confident_predictions_come_first() {
        let mut images = listed(Query::new(Subject::Recorded(Contender::Vote)));
        for (image, confidence) in images.iter_mut().zip([0.5, 0.9, 0.9, 0.7]) {
            image.confidence = Some(confidence);
        }
        sort(&mut images);
        assert!(images.iter().map(|i| i.index).eq([1, 2, 3, 0, 4, 5, 6, 7]));
    }
}

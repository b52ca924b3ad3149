//! The evaluation of a batch whose files have true classes: the accuracy and the confusion matrix of the answer and of each model.

use shared::garment::CLASSES;
use shared::model::{PhotoClass, answer, ensemble, photo_network};
use shared::{Garment, ModelId};

use crate::state::batch::{BatchItem, ItemPredictions, ItemStatus};

/// What is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluated {
    Answer,
    Model(ModelId),
    Vote,
    PhotoNetwork,
}

/// The evaluation of all files that have a true class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// How many files have a true class.
    pub labelled: usize,
    /// How many of them the visitor has corrected.
    pub corrected: usize,
    /// How many of them have no predictions.
    pub failed: usize,
    /// How many of them have the answer "not sure". Their closest class counts.
    pub unsure: usize,
    /// Of everything that has classified a file.
    pub outcomes: Vec<(Evaluated, Outcome)>,
}

/// How the predictions compare with the true classes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub total: u32,
    pub correct: u32,
    /// Rows are true classes, columns predicted ones.
    pub confusion: [[u32; CLASSES]; CLASSES],
    /// Predictions that are none of the ten classes; they count as wrong.
    pub outside: u32,
}

impl Evaluated {
    pub fn all() -> impl Iterator<Item = Self> {
        let models = ModelId::ALL.into_iter().map(Self::Model);
        let others = [Self::Vote, Self::PhotoNetwork];
        [Self::Answer].into_iter().chain(models).chain(others)
    }

    /// The name in files and `data-*` attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answer => answer::NAME,
            Self::Model(model) => model.name(),
            Self::Vote => ensemble::NAME,
            Self::PhotoNetwork => photo_network::NAME,
        }
    }

    /// The name on the page.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Answer => "The answer",
            Self::Model(model) => model.title(),
            Self::Vote => ensemble::TITLE,
            Self::PhotoNetwork => "Photo network",
        }
    }

    /// The one with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::all().find(|evaluated| evaluated.name() == name)
    }

    /// The predicted class; `None` without a prediction.
    fn class(self, predictions: &ItemPredictions) -> Option<PhotoClass> {
        match self {
            Self::Answer => predictions.answer().map(|answer| answer.class),
            Self::Model(model) => {
                let prediction = predictions.prediction(model)?;
                Some(PhotoClass::Garment(prediction.garment()))
            }
            Self::Vote => {
                let (garment, _) = predictions.ensemble()?;
                Some(PhotoClass::Garment(garment))
            }
            Self::PhotoNetwork => Some(PhotoClass::most_likely(predictions.photo.as_ref()?)),
        }
    }
}

impl Outcome {
    fn add(&mut self, truth: Garment, class: PhotoClass) {
        self.total += 1;
        match class.garment() {
            Some(garment) => {
                self.correct += u32::from(garment == truth);
                self.confusion[truth.index()][garment.index()] += 1;
            }
            None => self.outside += 1,
        }
    }

    /// The fraction of correct predictions; `None` without predictions.
    pub fn accuracy(&self) -> Option<f64> {
        (self.total > 0).then(|| f64::from(self.correct) / f64::from(self.total))
    }
}

impl Evaluation {
    pub fn new(items: &[BatchItem]) -> Self {
        let mut evaluation = Self::default();
        let mut outcomes: Vec<_> = Evaluated::all().map(|e| (e, Outcome::default())).collect();
        for item in items {
            let Some(truth) = item.true_class() else {
                continue;
            };
            evaluation.labelled += 1;
            evaluation.corrected += usize::from(item.correction.is_some());
            evaluation.failed += usize::from(matches!(item.status, ItemStatus::Failed(_)));
            let Some(predictions) = item.status.predictions() else {
                continue;
            };
            evaluation.unsure += usize::from(predictions.known() == Some(false));
            for (evaluated, outcome) in &mut outcomes {
                if let Some(class) = evaluated.class(predictions) {
                    outcome.add(truth, class);
                }
            }
        }
        outcomes.retain(|(_, outcome)| outcome.total > 0);
        evaluation.outcomes = outcomes;
        evaluation
    }

    /// The outcome of one of them.
    pub fn outcome(&self, of: Evaluated) -> Option<&Outcome> {
        let found = self.outcomes.iter().find(|(evaluated, _)| *evaluated == of);
        found.map(|(_, outcome)| outcome)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::state::batch::Available;
    use protocol::{FileAnswer, Pixels};
    use shared::{Grey28, Prediction};

    /// Ten probabilities, with this one for a class.
    fn sure(class: Garment, share: f32) -> [f32; CLASSES] {
        let rest = (1.0 - share) / 9.0;
        core::array::from_fn(|i| if i == class.index() { share } else { rest })
    }

    /// A file with the vote's class and confidence if it is answered, which the CNN shares, and its folder's class.
    pub fn item(name: &str, vote: Option<(Garment, f32)>, truth: Option<Garment>) -> BatchItem {
        let mut item = BatchItem {
            name: name.to_owned().into(),
            folder_class: truth,
            ..BatchItem::default()
        };
        if let Some((garment, share)) = vote {
            let answer = FileAnswer {
                grey: Pixels::from(&Grey28::new([0; 784])),
                is_photo: false,
                is_plain: false,
                is_damaged: false,
                predictions: vec![Prediction {
                    model: ModelId::Cnn,
                    probabilities: sure(garment, share),
                }],
                is_known: Some(true),
                ensemble: Some(sure(garment, share)),
                photo: None,
            };
            let predictions = ItemPredictions::new(answer, Available::default());
            item.status = ItemStatus::Answered(Box::new(predictions.expect("784 pixels")));
        }
        item
    }

    #[test]
    fn answer_and_models_are_compared_with_the_true_classes() {
        let mut items = vec![
            item("1", Some((Garment::Coat, 0.9)), Some(Garment::Coat)),
            item("2", Some((Garment::Bag, 0.9)), Some(Garment::Coat)),
            item("3", Some((Garment::Bag, 0.9)), None),
            item("4", None, Some(Garment::Shirt)),
        ];
        items[3].status = ItemStatus::Failed("Why.".into());
        let evaluation = Evaluation::new(&items);
        assert_eq!((evaluation.labelled, evaluation.failed), (3, 1));
        let names: Vec<_> = evaluation.outcomes.iter().map(|(e, _)| e.name()).collect();
        // The SVM has classified nothing.
        assert_eq!(names, ["answer", "cnn", "vote"]);
        for (evaluated, outcome) in &evaluation.outcomes {
            assert_eq!((outcome.correct, outcome.total), (1, 2), "{evaluated:?}");
            assert_eq!(outcome.accuracy(), Some(0.5));
            let coat = outcome.confusion[Garment::Coat.index()];
            assert_eq!(
                (coat[Garment::Coat.index()], coat[Garment::Bag.index()]),
                (1, 1)
            );
            assert_eq!(outcome.confusion.iter().flatten().sum::<u32>(), 2);
        }
        // The visitor corrects two files.
        items[1].correction = Some(Garment::Bag);
        items[2].correction = Some(Garment::Bag);
        let evaluation = Evaluation::new(&items);
        let answer = evaluation.outcome(Evaluated::Answer).unwrap();
        assert_eq!((answer.correct, answer.total), (3, 3));
        assert_eq!((evaluation.labelled, evaluation.corrected), (4, 2));
    }

    #[test]
    fn a_hat_is_wrong_and_outside_of_the_matrix() {
        let mut outcome = Outcome::default();
        outcome.add(Garment::Bag, PhotoClass::Hat);
        assert_eq!((outcome.total, outcome.correct, outcome.outside), (1, 0, 1));
        assert_eq!(outcome.confusion.iter().flatten().sum::<u32>(), 0);
    }

    #[test]
    fn names_round_trip() {
        assert_eq!(Evaluated::all().count(), 10);
        for evaluated in Evaluated::all() {
            assert_eq!(Evaluated::from_name(evaluated.name()), Some(evaluated));
        }
    }
}

//! What became of one of several files.

use shared::garment::CLASSES;
use shared::model::argmax;
use shared::{Garment, Grey28, ModelId, Prediction};

use shared::image::RgbaImage;

/// A file's state.
#[derive(Clone, Default)]
pub enum Outcome {
    /// Its turn has not come.
    #[default]
    Waiting,
    /// It is being read and prepared.
    Answering,
    Answered(Answers),
    /// Why it has no answer, as a sentence.
    Failed(String),
}

/// A photo's answers: those of the models that had their weights when it was its turn, and of those that came later.
#[derive(Clone)]
pub struct Answers {
    pub thumbnail: RgbaImage,
    pub grey: Grey28,
    pub verdicts: Vec<Prediction>,
    /// Who was asked; one that failed is not asked again.
    pub asked: Vec<ModelId>,
    /// Whether it may be one of the ten, once that is known.
    pub known: Option<bool>,
    /// The vote's ten probabilities, in label order.
    pub vote: Option<[f32; CLASSES]>,
    /// How many verdicts that counts.
    pub counted: usize,
}

impl Outcome {
    /// The state's name in files and page hooks.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Answering => "answering",
            Self::Answered(_) => "answered",
            Self::Failed(_) => "error",
        }
    }

    /// Whether its turn is over.
    pub const fn is_done(&self) -> bool {
        matches!(self, Self::Answered(_) | Self::Failed(_))
    }

    pub const fn answers(&self) -> Option<&Answers> {
        match self {
            Self::Answered(answers) => Some(answers),
            _ => None,
        }
    }
}

impl Answers {
    /// Nobody has been asked yet.
    pub const fn new(thumbnail: RgbaImage, grey: Grey28) -> Self {
        Self {
            thumbnail,
            grey,
            verdicts: Vec::new(),
            asked: Vec::new(),
            known: None,
            vote: None,
            counted: 0,
        }
    }

    /// The vote's verdict and how sure it is.
    pub fn vote(&self) -> Option<(Garment, f32)> {
        let probabilities = self.vote?;
        let best = argmax(&probabilities);
        Some((Garment::ALL[best], probabilities[best]))
    }

    /// A model's verdict and how sure it is.
    pub fn of(&self, model: ModelId) -> Option<(Garment, f32)> {
        let verdict = self.verdicts.iter().find(|v| v.model == model)?;
        Some((verdict.garment(), verdict.confidence()))
    }

    /// Whether all of `ready` have been asked and, where it `votes`, all they said is counted; and where it `recognises`, whether
    /// it may be one of the ten.
    pub fn are_complete(&self, ready: &[ModelId], votes: bool, recognises: bool) -> bool {
        let heard = ready.iter().all(|model| self.asked.contains(model));
        heard
            && (!votes || self.counted == self.verdicts.len())
            && (!recognises || self.known.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_complete_when_all_who_can_were_asked_and_counted() {
        let blank = RgbaImage::default();
        let mut answers = Answers::new(blank, Grey28::new([0; 784]));
        assert!(answers.are_complete(&[], true, false));
        assert!(!answers.are_complete(&[ModelId::Cnn], false, false));
        answers.asked.push(ModelId::Cnn);
        answers.verdicts.push(Prediction {
            model: ModelId::Cnn,
            probabilities: core::array::from_fn(|i| if i == 8 { 0.91 } else { 0.01 }),
        });
        assert!(answers.are_complete(&[ModelId::Cnn], false, false));
        assert!(!answers.are_complete(&[ModelId::Cnn], true, false));
        answers.counted = 1;
        assert!(answers.are_complete(&[ModelId::Cnn], true, false));
        assert!(!answers.are_complete(&[ModelId::Cnn], true, true));
        answers.known = Some(false);
        assert!(answers.are_complete(&[ModelId::Cnn], true, true));
        assert_eq!(answers.of(ModelId::Cnn), Some((Garment::Bag, 0.91)));
        assert_eq!(answers.of(ModelId::Svm), None);
        // A model whose weights have come meanwhile.
        assert!(!answers.are_complete(&[ModelId::Cnn, ModelId::Svm], true, false));
    }
}

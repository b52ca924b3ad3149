//! What the page knows of a model: whether it can answer, and what it answered last.

use shared::Garment;
use shared::garment::CLASSES;
use shared::model::argmax;

use crate::engine::protocol::Verdict;
use crate::engine::report::Engine;

/// What the page knows of a model.
#[derive(Clone, Default)]
pub struct Model {
    pub weights: Weights,
    pub answer: Option<Answer>,
    /// Why the current picture has no answer, as a sentence.
    pub failure: Option<String>,
    /// Counts the questions; only the latest one's answer is taken.
    pub asked: u32,
    pub pending: bool,
}

/// Whether a model can answer.
#[derive(Clone, Default, PartialEq)]
pub enum Weights {
    #[default]
    Loading,
    /// How many numbers they hold.
    Ready(u32),
    /// Why not, as a sentence.
    Failed(String),
}

/// A model's answer to a picture.
#[derive(Clone)]
pub struct Answer {
    /// The picture's number.
    pub picture: u32,
    pub verdict: Verdict,
    pub engine: Engine,
}

impl Answer {
    pub fn garment(&self) -> Garment {
        Garment::ALL[argmax(&self.verdict.probabilities)]
    }

    pub fn confidence(&self) -> f32 {
        self.verdict.probabilities[argmax(&self.verdict.probabilities)]
    }
}

/// A model's state in the page's hooks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum State {
    Loading,
    Ready,
    Error,
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Ready => "ready",
            Self::Error => "error",
        }
    }
}

impl Weights {
    pub fn are_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }
}

impl Model {
    /// The ten probabilities, or ten zeros before there is an answer.
    pub fn probabilities(&self) -> [f32; CLASSES] {
        self.answer
            .as_ref()
            .map_or([0.0; CLASSES], |a| a.verdict.probabilities)
    }
}

//! What the page knows of a model: whether it can answer, and what it answered last.

use shared::garment::CLASSES;
use shared::model::argmax;
use shared::{Garment, ModelId};

use crate::engine::{Engine, WeightsState};
use protocol::TimedPrediction;

/// What the page knows of a model.
#[derive(Clone, Default)]
pub struct Model {
    pub weights: WeightsState,
    pub answer: Option<Answer>,
    /// Why the current picture has no answer, as a sentence.
    pub failure: Option<String>,
    /// Counts the questions; only the latest one's answer is taken.
    pub asked: u32,
    pub pending: bool,
}

/// A model's answer to a picture.
#[derive(Clone)]
pub struct Answer {
    /// The picture's number.
    pub picture: u32,
    pub verdict: TimedPrediction,
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

/// What the page knows of the vote.
#[derive(Clone, Default)]
pub struct Poll {
    pub weights: WeightsState,
    pub count: Option<Count>,
    /// Counts the counts; only the latest one is taken.
    pub asked: u32,
}

/// The vote on a picture.
#[derive(Clone, PartialEq)]
pub struct Count {
    /// The picture's number.
    pub picture: u32,
    pub probabilities: [f32; CLASSES],
    /// Who was heard, and what they said.
    pub said: Vec<(ModelId, Garment)>,
}

impl Count {
    pub fn garment(&self) -> Garment {
        Garment::ALL[argmax(&self.probabilities)]
    }

    pub fn confidence(&self) -> f32 {
        self.probabilities[argmax(&self.probabilities)]
    }

    /// How many of those heard say what the vote says.
    pub fn agreeing(&self) -> usize {
        self.said
            .iter()
            .filter(|(_, g)| *g == self.garment())
            .count()
    }
}

/// A model's state in the page's hooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its weights' turn has not come.
    Waiting,
    /// Its weights wait to be asked for.
    Deferred,
    /// Its weights are on their way.
    Loading,
    /// It is looking at a picture.
    Answering,
    Ready,
    Error,
    /// It is not part of this build.
    Absent,
}

impl State {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Deferred => "deferred",
            Self::Loading => "loading",
            Self::Answering => "answering",
            Self::Ready => "ready",
            Self::Error => "error",
            Self::Absent => "absent",
        }
    }

    /// Whether an answer will come by itself.
    pub const fn is_to_come(self) -> bool {
        matches!(self, Self::Waiting | Self::Loading | Self::Answering)
    }
}

impl Model {
    /// The state, where `preparing` says that the next picture is on its way.
    pub fn state(&self, preparing: bool) -> State {
        match &self.weights {
            WeightsState::Absent => State::Absent,
            WeightsState::Failed(_) => State::Error,
            WeightsState::Queued => State::Waiting,
            WeightsState::Deferred => State::Deferred,
            WeightsState::Loading(_) => State::Loading,
            WeightsState::Ready(_) if self.pending || preparing => State::Answering,
            WeightsState::Ready(_) if self.failure.is_some() => State::Error,
            WeightsState::Ready(_) => State::Ready,
        }
    }

    /// The answer to the picture of that number.
    pub fn answer_to(&self, picture: u32) -> Option<&Answer> {
        self.answer.as_ref().filter(|a| a.picture == picture)
    }
}

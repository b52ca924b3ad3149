//! What is compared: the engines, the backends and the networks, and how often.

use shared::ModelId;

/// The networks that all engines run.
pub const MODELS: [ModelId; 2] = [ModelId::Cnn, ModelId::Resnet];

/// Most turns on a software GPU, where a turn takes a minute.
pub const GPU_ROUNDS: usize = 3;

/// A library that runs the networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    Haberdash,
    Onnx,
    TensorFlow,
}

impl Engine {
    pub const ALL: [Self; 3] = [Self::Haberdash, Self::Onnx, Self::TensorFlow];

    pub fn title(self) -> &'static str {
        match self {
            Self::Haberdash => "Haberdash",
            Self::Onnx => "ONNX Runtime Web",
            Self::TensorFlow => "TensorFlow.js",
        }
    }

    /// The order of the engines in a round: each round starts with another one.
    pub fn order(round: usize) -> [Self; 3] {
        let mut order = Self::ALL;
        order.rotate_left(round % Self::ALL.len());
        order
    }
}

/// The processor that a network runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    Cpu,
    Gpu,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_engine_is_first_equally_often() {
        let firsts: BTreeSet<Engine> = (0..3).map(|round| Engine::order(round)[0]).collect();
        assert_eq!(firsts.len(), 3);
        for round in 0..7 {
            let all: BTreeSet<Engine> = Engine::order(round).into_iter().collect();
            assert_eq!(all.len(), 3);
        }
    }
}

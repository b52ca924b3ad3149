//! The engines beside ONNX Runtime Web and TensorFlow.js: the same networks in the same Chromium, in alternation.
//!
//! `cargo xtask bench-web` prepares what this needs: the built site, the peers, the networks as ONNX files.

mod arena;
mod compute;
pub mod document;
pub mod figures;
pub mod goal;
pub mod keras;
mod load;
mod machine;
pub mod record;
mod rows;
mod tasks;
pub mod weight;

use shared::ModelId;

pub use arena::{Arena, Places};
use record::{Measure, Record};

/// The networks that all engines run.
pub const MODELS: [ModelId; 2] = [ModelId::Cnn, ModelId::Resnet];
/// Turns on a software GPU, at most: one takes a minute; the slowest of all, TensorFlow.js there, has one.
const GPU_ROUNDS: usize = 3;
/// Largest difference of a probability between an engine and the same network run natively.
const TOLERANCE: f32 = 1e-3;

/// Who is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    Ours,
    Onnx,
    TensorFlow,
}

impl Engine {
    pub const ALL: [Self; 3] = [Self::Ours, Self::Onnx, Self::TensorFlow];

    pub fn title(self) -> &'static str {
        match self {
            Self::Ours => "Haberdash",
            Self::Onnx => "ONNX Runtime Web",
            Self::TensorFlow => "TensorFlow.js",
        }
    }

    /// All three, another one first in each round.
    fn turns(round: usize) -> [Self; 3] {
        let mut turns = Self::ALL;
        turns.rotate_left(round % Self::ALL.len());
        turns
    }
}

/// What a network runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    Cpu,
    Gpu,
}

/// Measures everything, each engine in as many turns; a turn is a browser of its own.
///
/// # Errors
/// A sentence: something is missing, or an engine gives other answers than the network has.
pub fn run(arena: &Arena, rounds: usize) -> Result<Record, String> {
    let mut record = Record::new(arena, rounds)?;
    for round in 0..rounds {
        println!("  round {} of {rounds}: loading, and the CPU", round + 1);
        for engine in Engine::turns(round) {
            let loading = load::cold(arena, engine)?;
            record.note(Measure::FirstVerdict, engine, [loading.millis]);
            record.downloads.insert(engine, loading.parts);
            let longest = tasks::longest(arena, engine)?;
            record.note(Measure::LongestTask, engine, [longest]);
            compute::turn(arena, engine, Backend::Cpu, &mut record)?;
            if engine == Engine::Ours {
                compute::seven(arena, &mut record)?;
                compute::test_set(arena, &mut record)?;
            }
        }
    }
    if !arena.has_gpu_worker() {
        println!("  the site has no GPU worker: nothing is measured on WebGPU");
        return Ok(record);
    }
    let rounds = rounds.min(GPU_ROUNDS);
    for round in 0..rounds {
        println!("  round {} of {rounds}: WebGPU", round + 1);
        for engine in Engine::turns(round) {
            if engine == Engine::TensorFlow && round > 0 {
                continue;
            }
            let parts = compute::turn(arena, engine, Backend::Gpu, &mut record)?;
            record.gpu_downloads.insert(engine, parts);
        }
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn everyone_is_first_as_often_as_the_others() {
        let firsts: BTreeSet<Engine> = (0..3).map(|round| Engine::turns(round)[0]).collect();
        assert_eq!(firsts.len(), 3);
        for round in 0..7 {
            let all: BTreeSet<Engine> = Engine::turns(round).into_iter().collect();
            assert_eq!(all.len(), 3);
        }
    }
}

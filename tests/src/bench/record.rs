//! All that was measured.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use shared::ModelId;

use super::figures::{Spread, spread};
use super::machine::{self, Machine};
use super::weight::Parts;
use super::{Arena, Backend, Engine};

/// What a time is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// From navigation, nothing cached.
    FirstVerdict,
    /// On the UI thread, while loading and answering.
    LongestTask,
    /// One picture.
    One(Backend, ModelId),
    /// A batch of [`BATCH`](super::compute::BATCH).
    Batch(Backend, ModelId),
    /// All models on one picture.
    Seven,
    /// The test pictures through the CNN.
    TestSet,
}

/// The record of a run.
pub struct Record {
    samples: BTreeMap<(Measure, Engine), Vec<f64>>,
    /// Until the first verdict, on the CPU.
    pub downloads: BTreeMap<Engine, Parts>,
    /// With WebGPU.
    pub gpu_downloads: BTreeMap<Engine, Parts>,
    /// Each engine's turns.
    pub rounds: usize,
    /// Name and version.
    pub browser: String,
    pub machine: Machine,
    /// Of everyone.
    pub versions: BTreeMap<Engine, String>,
}

impl Record {
    /// An empty one, but for who takes part and where.
    ///
    /// # Errors
    /// A peer's version cannot be read.
    pub fn new(arena: &Arena, rounds: usize) -> Result<Self, String> {
        let peer = |package: &str| {
            let path = arena.peers.join(package).join("package.json");
            let text = fs::read_to_string(&path);
            let facts: Option<Value> = text.ok().and_then(|t| serde_json::from_str(&t).ok());
            let version = facts.and_then(|f| f["version"].as_str().map(str::to_owned));
            version.ok_or_else(|| {
                format!(
                    "{} holds no version: run `cargo xtask bench-web`, which installs it",
                    path.display()
                )
            })
        };
        let ours = trainer::weights::versions();
        let ours = ours.get("git").cloned().unwrap_or_default();
        Ok(Self {
            samples: BTreeMap::new(),
            downloads: BTreeMap::new(),
            gpu_downloads: BTreeMap::new(),
            rounds,
            browser: String::new(),
            machine: machine::this(),
            versions: BTreeMap::from([
                (Engine::Ours, ours),
                (Engine::Onnx, peer("onnxruntime-web")?),
                (Engine::TensorFlow, peer("@tensorflow/tfjs-core")?),
            ]),
        })
    }

    /// Adds milliseconds.
    pub fn note(
        &mut self,
        measure: Measure,
        engine: Engine,
        millis: impl IntoIterator<Item = f64>,
    ) {
        self.samples
            .entry((measure, engine))
            .or_default()
            .extend(millis);
    }

    /// The spread of what was measured; none where nothing was.
    pub fn spread(&self, measure: Measure, engine: Engine) -> Option<Spread> {
        spread(self.samples.get(&(measure, engine))?)
    }

    /// The measure's median.
    pub fn median(&self, measure: Measure, engine: Engine) -> Option<f64> {
        Some(self.spread(measure, engine)?.median)
    }
}

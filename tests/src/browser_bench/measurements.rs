//! The measured times and sizes, with the machine and the versions they belong to.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;
use shared::ModelId;

use super::download_size::DownloadSizes;
use super::engine::{Backend, Engine};
use super::harness::Harness;
use super::statistics::Spread;

/// What a time was measured of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// From navigation to the first prediction, with an empty cache.
    FirstPrediction,
    /// The same on a slow line with a slow processor.
    SlowFirstPrediction,
    /// The first contentful paint there.
    SlowFirstPaint,
    /// The longest task of the UI thread during loading and two predictions.
    LongestTask,
    /// One image.
    SingleImage(Backend, ModelId),
    /// A batch of [`BATCH_SIZE`](super::inference_time::BATCH_SIZE) images.
    Batch(Backend, ModelId),
    /// All seven models on one image.
    AllModels,
    /// The CNN on the test set.
    TestSet,
    /// All seven models on the test set, one after the other, by the page's own runs.
    PageTestSet,
    /// One of [`FILES`](super::page_runs::FILES) files that are chosen at once.
    File,
    /// The longest task of the UI thread meanwhile.
    LongestTaskOfFiles,
    /// The memory of the page's process after many images, as a multiple of that after a few.
    MemoryGrowth,
}

/// All measurements of a run.
pub struct Measurements {
    millis: BTreeMap<(Metric, Engine), Vec<f64>>,
    /// Download sizes up to the first prediction, on the CPU.
    pub downloads: BTreeMap<Engine, DownloadSizes>,
    /// Download sizes with WebGPU.
    pub gpu_downloads: BTreeMap<Engine, DownloadSizes>,
    /// Turns of each engine.
    pub rounds: usize,
    /// The browser's name and version; `None` before the first browser has started.
    pub browser: Option<String>,
    pub machine: Machine,
    pub versions: BTreeMap<Engine, String>,
}

impl Measurements {
    /// No measurements yet, but the machine and the versions.
    ///
    /// # Errors
    /// The version of a library cannot be read.
    pub fn new(harness: &Harness, rounds: usize) -> Result<Self> {
        let installed_version = |package: &str| {
            let path = harness.peers.join(package).join("package.json");
            let facts = fs::read_to_string(&path).ok();
            let facts: Option<Value> = facts.and_then(|text| serde_json::from_str(&text).ok());
            let version = facts.and_then(|facts| facts["version"].as_str().map(str::to_owned));
            version.with_context(|| {
                format!(
                    "{} contains no version: run `cargo xtask bench-web`, which installs the package",
                    path.display()
                )
            })
        };
        let commit = trainer::provenance::versions().remove("git");
        Ok(Self {
            millis: BTreeMap::new(),
            downloads: BTreeMap::new(),
            gpu_downloads: BTreeMap::new(),
            rounds,
            browser: None,
            machine: Machine::detect(),
            versions: BTreeMap::from([
                (
                    Engine::Haberdash,
                    commit.unwrap_or_else(|| "of an unknown commit".into()),
                ),
                (Engine::Onnx, installed_version("onnxruntime-web")?),
                (
                    Engine::TensorFlow,
                    installed_version("@tensorflow/tfjs-core")?,
                ),
            ]),
        })
    }

    /// Adds measured milliseconds, or multiples.
    pub fn add(&mut self, metric: Metric, engine: Engine, millis: impl IntoIterator<Item = f64>) {
        self.millis
            .entry((metric, engine))
            .or_default()
            .extend(millis);
    }

    /// The median and the quartiles; `None` if nothing was measured.
    pub fn spread(&self, metric: Metric, engine: Engine) -> Option<Spread> {
        Spread::from_samples(self.millis.get(&(metric, engine))?)
    }

    pub fn median(&self, metric: Metric, engine: Engine) -> Option<f64> {
        Some(self.spread(metric, engine)?.median)
    }
}

/// The machine that runs the benchmark.
pub struct Machine {
    pub processor: String,
    pub cores: usize,
}

impl Machine {
    /// This machine; the processor's name is known on Linux only.
    pub fn detect() -> Self {
        let facts = fs::read_to_string("/proc/cpuinfo").ok();
        Self {
            processor: facts
                .as_deref()
                .and_then(processor_name)
                .unwrap_or("a processor without a name")
                .into(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

fn processor_name(facts: &str) -> Option<&str> {
    let line = facts.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_processor_s_name() {
        let facts = "processor\t: 0\nmodel name\t: Some CPU @ 2.0 GHz\ncores\t: 2\n";
        assert_eq!(processor_name(facts), Some("Some CPU @ 2.0 GHz"));
        assert_eq!(processor_name("no such line"), None);
        assert!(Machine::detect().cores > 0);
    }
}

//! Benchmark of SVM and forest against scikit-learn: times our fits, and writes their inputs for scikit-learn.
//!
//! `cargo xtask bench-classical` runs it, and then scikit-learn on the same inputs with the same settings.

use std::path::Path;
use std::time::Instant;

use linfa_linalg::LinalgError;
use ndarray::Array2;
use serde::Serialize;
use shared::ModelId;
use shared::features::{self, DIMENSIONS};
use thiserror::Error;

use super::{classical_predictions, npy};
use crate::atomic_file::{FileError, write_json};
use crate::data::split::{Split, VALIDATION, split};
use crate::data::{DataSet, Examples};
use crate::fit::Recipe;
use crate::fit::classical::forest::{self, FeatureColumns, Node};
use crate::fit::classical::matrix::from_rows;
use crate::fit::classical::projection::Projection;
use crate::fit::classical::quantisation::{round_to_bytes, scale_to_bytes};
use crate::fit::classical::svm;
use crate::fit::recipe::{ForestRecipe, ProjectionRecipe};

/// Why the benchmark failed.
#[derive(Debug, Error)]
pub enum BenchmarkError {
    #[error("the projection of {model} could not be fitted ({source}): use more images")]
    Projection { model: ModelId, source: LinalgError },
    #[error("a pool of one thread could not be made ({0}): close some programs and run again")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    #[error(
        "the benchmark's files could not be written ({0}): free some space or check the permissions, then run again"
    )]
    Write(#[from] std::io::Error),
    #[error(transparent)]
    Record(#[from] FileError),
}

/// The results, with the settings they were measured with.
#[derive(Clone, Debug, Serialize)]
pub struct ClassicalBenchmark {
    /// Training images.
    #[serde(rename = "pictures")]
    pub images: usize,
    /// Threads of the multi-threaded timing.
    pub threads: usize,
    pub svm: Timed<svm::Settings>,
    pub forest: Timed<ForestRecipe>,
}

/// The time of a fit.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Duration {
    pub seconds: f64,
    /// CPU time of all cores together, if the system measures it. It can be compared even if other programs are running.
    pub processor_seconds: Option<f64>,
}

/// One model's fit, without features and projection.
#[derive(Clone, Debug, Serialize)]
pub struct Timed<S> {
    pub settings: S,
    /// With all threads.
    pub time: Duration,
    pub time_on_one_thread: Duration,
    /// Whether both fits gave the same model.
    pub same: bool,
    /// The accuracy on the validation split.
    #[serde(rename = "validation")]
    pub validation_accuracy: f64,
    /// Support vectors, or leaves.
    pub size: usize,
}

/// Fits SVM and forest to the training images, or the first `limit` of them, and writes the inputs and the results into the
/// folder `out`, which is created.
///
/// The files are the projected features `svm.npy`, `[images, dimensions]`, and `forest.npy`, in bytes; those of the
/// validation images, `*-validation.npy`; the labels, `labels.npy` and `labels-validation.npy`; and the results, `ours.json`.
///
/// Images are not mirrored, whatever the recipes say: the peer's fit would take hours.
///
/// # Errors
/// See [`BenchmarkError`].
pub fn run(
    data: &DataSet,
    limit: Option<usize>,
    seed: u64,
    out: &Path,
) -> Result<ClassicalBenchmark, BenchmarkError> {
    std::fs::create_dir_all(out)?;
    let Split {
        train, validation, ..
    } = split(&data.train, VALIDATION);
    let train = train.first(limit.unwrap_or(usize::MAX));
    let (labels, validation_labels) = (class_indices(&train), class_indices(&validation));
    npy::write_list(&out.join("labels.npy"), &labels)?;
    npy::write_list(&out.join("labels-validation.npy"), &validation_labels)?;
    let (features, validation_features) = (features_of(&train), features_of(&validation));
    let single_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
    let project = |model, recipe: ProjectionRecipe| {
        Projection::fit(&features, &labels, recipe, seed)
            .map_err(|source| BenchmarkError::Projection { model, source })
    };

    let svm = {
        let Recipe::Svm(recipe) = Recipe::for_model(ModelId::Svm) else {
            unreachable!("invariant: the SVM has an SVM's recipe");
        };
        let projection = project(ModelId::Svm, recipe.projection)?;
        let points = projection.apply(&features);
        let validation_points = projection.apply(&validation_features);
        let settings = svm::Settings::from_recipe(&recipe, &points);
        npy::write_floats(&out.join("svm.npy"), &points)?;
        npy::write_floats(&out.join("svm-validation.npy"), &validation_points)?;
        let fit = || svm::fit(&points, &labels, settings, &|| ());
        let (time, model) = time(fit);
        let (time_on_one_thread, again) = single_thread.install(|| self::time(fit));
        let answers =
            classical_predictions::svm(&model, &points, settings.gamma, &validation_points);
        Timed {
            settings,
            time,
            time_on_one_thread,
            same: model == again,
            validation_accuracy: accuracy(&answers, &validation_labels),
            size: model.support.len(),
        }
    };

    let forest = {
        let Recipe::Forest(settings) = Recipe::for_model(ModelId::Forest) else {
            unreachable!("invariant: the forest has a forest's recipe");
        };
        let mut projection = project(ModelId::Forest, settings.projection)?;
        let mut points = projection.apply(&features);
        scale_to_bytes(&mut projection, &mut points);
        let samples = round_to_bytes(&points);
        let validation_samples = round_to_bytes(&projection.apply(&validation_features));
        npy::write_bytes(&out.join("forest.npy"), &samples)?;
        npy::write_bytes(&out.join("forest-validation.npy"), &validation_samples)?;
        let fit = || {
            let columns = FeatureColumns::from_samples(&samples);
            forest::fit(&columns, &labels, settings, seed, &|| ())
        };
        let (time, trees) = time(fit);
        let (time_on_one_thread, again) = single_thread.install(|| self::time(fit));
        let answers = classical_predictions::forest(&trees, &validation_samples);
        let nodes = trees.iter().flat_map(|tree| &tree.nodes);
        Timed {
            settings,
            time,
            time_on_one_thread,
            same: trees == again,
            validation_accuracy: accuracy(&answers, &validation_labels),
            size: nodes.filter(|node| matches!(node, Node::Leaf(_))).count(),
        }
    };

    let benchmark = ClassicalBenchmark {
        images: train.len(),
        threads: rayon::current_num_threads(),
        svm,
        forest,
    };
    write_json(&out.join("ours.json"), &benchmark)?;
    Ok(benchmark)
}

fn class_indices(examples: &Examples) -> Vec<u8> {
    examples.labels.iter().map(|l| l.index() as u8).collect()
}

fn features_of(examples: &Examples) -> Array2<f32> {
    from_rows(&examples.images, DIMENSIONS, features::extract)
}

fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let (started, cpu_before) = (Instant::now(), processor_seconds());
    let result = work();
    let duration = Duration {
        seconds: started.elapsed().as_secs_f64(),
        processor_seconds: processor_seconds()
            .zip(cpu_before)
            .map(|(end, start)| end - start),
    };
    (duration, result)
}

/// The CPU time of this process so far, as Linux measures it (proc(5), `stat`, fields 14 and 15, in hundredths of a second);
/// `None` on other systems.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, the program's name in brackets, may contain spaces.
    let fields = stat.rsplit_once(')')?.1.split_whitespace();
    let ticks: Option<Vec<u64>> = fields.skip(11).take(2).map(|f| f.parse().ok()).collect();
    Some(ticks?.iter().sum::<u64>() as f64 / 100.0)
}

fn accuracy(answers: &[u8], labels: &[u8]) -> f64 {
    let pairs = answers.iter().zip(labels);
    pairs.filter(|(a, l)| a == l).count() as f64 / labels.len().max(1) as f64
}

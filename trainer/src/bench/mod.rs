//! Times our support vector machine and forest alone, and writes what they saw for others to be timed on.
//!
//! `cargo xtask bench-classical` runs it, and scikit-learn on the same points with the same settings.

mod answers;
mod npy;
pub mod speed;

use std::path::Path;
use std::time::Instant;

use serde::Serialize;
use shared::ModelId;
use shared::features::{self, DIMENSIONS};
use thiserror::Error;

use crate::data::split::{Split, VALIDATION, split};
use crate::data::{DataSet, Examples};
use crate::fit::Recipe;
use crate::fit::classical::forest::{self, Columns, Node};
use crate::fit::classical::matrix::Matrix;
use crate::fit::classical::places::{as_bytes, to_bytes};
use crate::fit::classical::projection::Projection;
use crate::fit::classical::svm;
use crate::fit::recipe;
use crate::manifest;

/// Why nothing could be timed.
#[derive(Debug, Error)]
pub enum BenchError {
    #[error("{0} could not be fitted ({1}): use more pictures")]
    Fit(ModelId, String),
    #[error("a pool of one thread could not be made ({0}): close some programs and run again")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    #[error(
        "the benchmark's files could not be written ({0}): free some space or check the rights, then run again"
    )]
    Write(#[from] std::io::Error),
    #[error(transparent)]
    Record(#[from] manifest::ManifestError),
}

/// What was measured, beside the settings that it was measured with.
#[derive(Clone, Debug, Serialize)]
pub struct Bench {
    pub pictures: usize,
    /// Threads of the timing that is not on one.
    pub threads: usize,
    pub svm: Timed<svm::Settings>,
    pub forest: Timed<recipe::ForestRecipe>,
}

/// How long a fit took.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spent {
    pub seconds: f64,
    /// Of all processors together, where the system counts it: what can be compared while others use the machine too.
    pub processor_seconds: Option<f64>,
}

/// One model's fit, without features and projection.
#[derive(Clone, Debug, Serialize)]
pub struct Timed<S> {
    pub settings: S,
    /// On all threads.
    pub time: Spent,
    pub time_on_one_thread: Spent,
    /// Whether both gave the same model.
    pub same: bool,
    /// The share of the validation pictures that is answered rightly.
    pub validation: f64,
    /// Support vectors, or leaves.
    pub size: usize,
}

/// Fits both to the training pictures, or the first `limit` of them, and writes into `out` (which is made) the points as
/// `svm.npy` `[pictures, dimensions]`, `forest.npy` in bytes, those of the validation pictures as `*-validation.npy`,
/// `labels.npy`, `labels-validation.npy`, and the figures as `ours.json`.
///
/// Pictures are never mirrored, whatever the recipes say: others would take hours.
///
/// # Errors
/// See [`BenchError`].
pub fn run(
    data: &DataSet,
    limit: Option<usize>,
    seed: u64,
    out: &Path,
) -> Result<Bench, BenchError> {
    std::fs::create_dir_all(out)?;
    let Split {
        train, validation, ..
    } = split(&data.train, VALIDATION);
    let train = train.first(limit.unwrap_or(usize::MAX));
    let (labels, asked) = (classes(&train), classes(&validation));
    npy::list(&out.join("labels.npy"), &labels)?;
    npy::list(&out.join("labels-validation.npy"), &asked)?;
    let (rows, theirs) = (described(&train), described(&validation));
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;

    let svm = {
        let Recipe::Svm(recipe) = Recipe::for_model(ModelId::Svm) else {
            return Err(BenchError::Fit(
                ModelId::Svm,
                "its recipe is another's".into(),
            ));
        };
        let projection = projected(ModelId::Svm, &rows, &labels, recipe.projection, seed)?;
        let (points, questions) = (projection.apply(&rows), projection.apply(&theirs));
        let settings = svm::Settings::of(&recipe, &points);
        npy::floats(&out.join("svm.npy"), &points)?;
        npy::floats(&out.join("svm-validation.npy"), &questions)?;
        let fit = || svm::fit(&points, &labels, settings, &|| ());
        let (time, machine) = timed(fit);
        let (time_on_one_thread, again) = one.install(|| timed(fit));
        Timed {
            settings,
            time,
            time_on_one_thread,
            same: machine == again,
            validation: share(
                &answers::of_machine(&machine, &points, settings.gamma, &questions),
                &asked,
            ),
            size: machine.support.len(),
        }
    };

    let forest = {
        let Recipe::Forest(settings) = Recipe::for_model(ModelId::Forest) else {
            return Err(BenchError::Fit(
                ModelId::Forest,
                "its recipe is another's".into(),
            ));
        };
        let mut projection = projected(ModelId::Forest, &rows, &labels, settings.projection, seed)?;
        let mut points = projection.apply(&rows);
        to_bytes(&mut projection, &mut points);
        let (points, questions) = (as_bytes(&points), as_bytes(&projection.apply(&theirs)));
        npy::byte_rows(&out.join("forest.npy"), &points)?;
        npy::byte_rows(&out.join("forest-validation.npy"), &questions)?;
        let fit = || {
            forest::fit(
                &Columns::from_rows(&points),
                &labels,
                settings,
                seed,
                &|| (),
            )
        };
        let (time, trees) = timed(fit);
        let (time_on_one_thread, again) = one.install(|| timed(fit));
        let nodes = trees.iter().flat_map(|tree| &tree.nodes);
        Timed {
            settings,
            time,
            time_on_one_thread,
            same: trees == again,
            validation: share(&answers::of_forest(&trees, &questions), &asked),
            size: nodes.filter(|node| matches!(node, Node::Leaf(_))).count(),
        }
    };

    let bench = Bench {
        pictures: train.len(),
        threads: rayon::current_num_threads(),
        svm,
        forest,
    };
    manifest::write(&out.join("ours.json"), &bench)?;
    Ok(bench)
}

fn classes(examples: &Examples) -> Vec<u8> {
    examples.labels.iter().map(|l| l.index() as u8).collect()
}

fn described(examples: &Examples) -> Matrix {
    Matrix::from_rows(&examples.images, DIMENSIONS, features::extract)
}

fn projected(
    model: ModelId,
    rows: &Matrix,
    labels: &[u8],
    recipe: recipe::ProjectionRecipe,
    seed: u64,
) -> Result<Projection, BenchError> {
    Projection::fit(rows, labels, recipe, seed).map_err(|e| BenchError::Fit(model, e.to_string()))
}

fn timed<T>(work: impl FnOnce() -> T) -> (Spent, T) {
    let (started, worked) = (Instant::now(), processor_seconds());
    let result = work();
    let spent = Spent {
        seconds: started.elapsed().as_secs_f64(),
        processor_seconds: processor_seconds()
            .zip(worked)
            .map(|(end, start)| end - start),
    };
    (spent, result)
}

/// What this program has used of all processors so far, as Linux counts it (proc(5), `stat`, fields 14 and 15, in
/// hundredths); `None` elsewhere.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, the program's name, may hold spaces; it ends with the last bracket.
    let fields = stat.rsplit_once(')')?.1.split_whitespace();
    let ticks: Option<Vec<u64>> = fields.skip(11).take(2).map(|f| f.parse().ok()).collect();
    Some(ticks?.iter().sum::<u64>() as f64 / 100.0)
}

fn share(answers: &[u8], labels: &[u8]) -> f64 {
    let right = answers.iter().zip(labels).filter(|(a, l)| a == l).count();
    right as f64 / labels.len().max(1) as f64
}

//! The classical models: from pictures to what each of them sees, from that to a weights file.

mod codebook;
pub mod forest;
mod kept_rows;
pub mod logistic;
pub mod matrix;
pub mod places;
pub mod projection;
pub mod svm;

use indicatif::{ProgressBar, ProgressStyle};
use shared::artifact::{Artifact, Storage, Tensor};
use shared::features::{self, DIMENSIONS};
use shared::garment::CLASSES;
use shared::image::{PIXELS, SIDE};
use shared::model::ModelError;
use shared::{Grey28, ModelId};
use thiserror::Error;

use super::progress::RunControl;
use super::recipe::{self, Input, Recipe};
use crate::data::Examples;
use codebook::Codebook;
use matrix::Matrix;
use places::{as_bytes, nearest, to_bytes};
use projection::Projection;

/// Why a classical model could not be fitted.
#[derive(Debug, Error)]
pub enum ClassicalError {
    #[error("stopped: run the same command again to fit {0} from its beginning")]
    Stopped(ModelId),
    #[error(
        "{model} could not be fitted ({reason}): check that the training pictures are whole, or use more of them"
    )]
    Fit { model: ModelId, reason: String },
    #[error(
        "the novelty detector could not be fitted ({0}): check that the training images are complete"
    )]
    Novelty(String),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("{0} is a network: its recipe is no classical one")]
    Network(ModelId),
}

/// Training pictures as a model sees them.
struct Seen {
    rows: Matrix,
    labels: Vec<u8>,
}

/// Fits a classical model; its temperature is 1, for the validation split to change.
///
/// # Errors
/// See [`ClassicalError`].
pub fn fit(
    model: ModelId,
    recipe: Recipe,
    examples: &Examples,
    seed: u64,
    control: RunControl,
) -> Result<Artifact, ClassicalError> {
    let fitter = Fitter {
        model,
        examples,
        seed,
        control,
        bar: bar(model, control),
    };
    let tensors = match recipe {
        Recipe::Svm(recipe) => fitter.svm(recipe),
        Recipe::Forest(recipe) => fitter.forest(recipe),
        Recipe::Knn(recipe) => fitter.knn(recipe),
        Recipe::Logistic(recipe) => fitter.logistic(recipe),
        Recipe::Network(_) => Err(ClassicalError::Network(model)),
    };
    fitter.bar.finish_and_clear();
    let mut artifact = Artifact {
        model: model.name().into(),
        tensors: tensors?,
    };
    artifact.set_temperature(1.0);
    Ok(artifact)
}

fn bar(model: ModelId, control: RunControl) -> ProgressBar {
    let bar = match control.show_progress {
        true => ProgressBar::new(1),
        false => ProgressBar::hidden(),
    };
    let style = ProgressStyle::with_template("{prefix} {bar:20} {pos}/{len} {msg} {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(model.title());
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}

struct Fitter<'a> {
    model: ModelId,
    examples: &'a Examples,
    seed: u64,
    control: RunControl<'a>,
    bar: ProgressBar,
}

impl Fitter<'_> {
    /// Begins a stage of so many steps.
    fn stage(&self, name: &'static str, steps: usize) -> Result<(), ClassicalError> {
        if (self.control.is_interrupted)() {
            return Err(ClassicalError::Stopped(self.model));
        }
        self.bar.set_message(name);
        self.bar.set_length(steps as u64);
        self.bar.set_position(0);
        Ok(())
    }

    fn failed(&self, reason: impl ToString) -> ClassicalError {
        ClassicalError::Fit {
            model: self.model,
            reason: reason.to_string(),
        }
    }

    /// What the model sees of the training pictures, and where asked for of their mirror images behind them.
    fn seen(&self, input: Input, mirror: bool) -> Result<Seen, ClassicalError> {
        self.stage("features", 1)?;
        let mut pictures = self.examples.images.clone();
        let mut labels: Vec<u8> = self
            .examples
            .labels
            .iter()
            .map(|l| l.index() as u8)
            .collect();
        if mirror {
            pictures.extend(self.examples.images.iter().map(mirrored));
            labels.extend_from_within(..);
        }
        let rows = match input {
            Input::Features => Matrix::from_rows(&pictures, DIMENSIONS, features::extract),
            Input::Pixels => Matrix::from_rows(&pictures, PIXELS, |picture| {
                picture
                    .pixels()
                    .iter()
                    .map(|&p| f32::from(p) / 255.0)
                    .collect()
            }),
        };
        Ok(Seen { rows, labels })
    }

    /// The way to a place among the training pictures, and their places.
    fn placed(
        &self,
        input: Input,
        recipe: recipe::ProjectionRecipe,
        mirror: bool,
    ) -> Result<(Projection, Seen), ClassicalError> {
        let seen = self.seen(input, mirror)?;
        self.stage("projection", 1)?;
        let projection = match input {
            Input::Pixels => Projection::identity(PIXELS),
            Input::Features => Projection::fit(&seen.rows, &seen.labels, recipe, self.seed)
                .map_err(|e| self.failed(e))?,
        };
        let rows = projection.apply(&seen.rows);
        let labels = seen.labels;
        Ok((projection, Seen { rows, labels }))
    }

    fn logistic(&self, recipe: recipe::LogisticRecipe) -> Result<Vec<Tensor>, ClassicalError> {
        let Seen { rows, labels } = self.seen(recipe.input, recipe.mirror)?;
        self.stage("gradient descent", 1)?;
        let fitted = logistic::fit(&rows, &labels, recipe).map_err(|e| self.failed(e))?;
        Ok(vec![
            matrix("weight", Storage::I8, fitted.weight),
            vector("bias", Storage::F32, fitted.bias),
        ])
    }

    fn knn(&self, recipe: recipe::KnnRecipe) -> Result<Vec<Tensor>, ClassicalError> {
        let (projection, Seen { rows, labels }) =
            self.placed(recipe.input, recipe.projection, false)?;
        let width = recipe.bandwidth * nearest(&rows);
        let mut tensors = projection_tensors(projection);
        tensors.extend([
            matrix("points", fine(recipe.input), rows),
            vector(
                "labels",
                Storage::U8,
                labels.iter().map(|&l| f32::from(l)).collect(),
            ),
            vector("neighbours", Storage::F32, vec![recipe.neighbours as f32]),
            vector("width", Storage::F32, vec![width]),
        ]);
        Ok(tensors)
    }

    fn svm(&self, recipe: recipe::SvmRecipe) -> Result<Vec<Tensor>, ClassicalError> {
        let (projection, Seen { rows, labels }) =
            self.placed(recipe.input, recipe.projection, recipe.mirror)?;
        let settings = svm::Settings::of(&recipe, &rows);
        self.stage("pairs of classes", shared::model::svm::PAIRS)?;
        let bar = &self.bar;
        let machine = svm::fit(&rows, &labels, settings, &|| bar.inc(1));
        self.stage("support vectors", 1)?;
        let vectors = machine.support.iter().flat_map(|&i| rows.row(i)).copied();
        let vectors = Matrix {
            columns: rows.columns,
            values: vectors.collect(),
        };
        let coefficients = Matrix {
            columns: machine.support.len(),
            values: machine.coefficients,
        };
        let mut tensors = projection_tensors(projection);
        tensors.extend([
            matrix("vectors", fine(recipe.input), vectors),
            vector(
                "counts",
                Storage::U16,
                machine.counts.map(|n| n as f32).to_vec(),
            ),
            matrix("coefficients", Storage::F16, coefficients),
            vector("intercepts", Storage::F32, machine.intercepts),
            vector("gamma", Storage::F32, vec![settings.gamma]),
            vector("slope", Storage::F32, vec![1.0]),
        ]);
        Ok(tensors)
    }

    fn forest(&self, recipe: recipe::ForestRecipe) -> Result<Vec<Tensor>, ClassicalError> {
        let (mut projection, Seen { mut rows, labels }) =
            self.placed(recipe.input, recipe.projection, recipe.mirror)?;
        to_bytes(&mut projection, &mut rows);
        let bytes = as_bytes(&rows);
        drop(rows);
        self.stage("trees", recipe.trees)?;
        let columns = forest::Columns::from_rows(&bytes);
        let bar = &self.bar;
        let trees = forest::fit(&columns, &labels, recipe, self.seed, &|| bar.inc(1));
        self.stage("leaves", 1)?;
        let codes = Codebook::of(&trees, self.seed);
        let (mut shape, mut feature, mut threshold) = (Vec::new(), Vec::new(), Vec::new());
        let nodes = trees.iter().flat_map(|tree| &tree.nodes);
        for (i, node) in nodes.enumerate() {
            if i % 8 == 0 {
                shape.push(0_u8);
            }
            if let (
                forest::Node::Split {
                    feature: f,
                    threshold: t,
                },
                Some(bits),
            ) = (node, shape.last_mut())
            {
                *bits |= 1 << (i % 8);
                feature.push(f32::from(*f));
                threshold.push(f32::from(*t));
            }
        }
        let mut tensors = projection_tensors(projection);
        tensors.extend([
            vector(
                "shape",
                Storage::U8,
                shape.iter().map(|&b| f32::from(b)).collect(),
            ),
            vector("feature", Storage::U16, feature),
            vector("threshold", Storage::U8, threshold),
            vector(
                "leaf",
                Storage::U8,
                codes.leaves.iter().map(|&c| f32::from(c)).collect(),
            ),
            matrix(
                "leaves",
                Storage::F16,
                Matrix {
                    columns: CLASSES,
                    values: codes.rows.concat(),
                },
            ),
        ]);
        Ok(tensors)
    }
}

fn mirrored(picture: &Grey28) -> Grey28 {
    let pixels = picture.pixels();
    Grey28::new(core::array::from_fn(|i| {
        pixels[i / SIDE * SIDE + SIDE - 1 - i % SIDE]
    }))
}

/// How places are stored: features in a signed byte, which costs no accuracy; raw pixels, which are not shipped, in full.
fn fine(input: Input) -> Storage {
    match input {
        Input::Features => Storage::I8,
        Input::Pixels => Storage::F32,
    }
}

fn projection_tensors(projection: Projection) -> Vec<Tensor> {
    vec![
        matrix("projection", Storage::I8, projection.weight),
        vector("offset", Storage::F32, projection.offset),
    ]
}

fn matrix(name: &str, storage: Storage, matrix: Matrix) -> Tensor {
    Tensor {
        name: name.into(),
        shape: vec![matrix.len(), matrix.columns],
        storage,
        values: matrix.values,
    }
}

fn vector(name: &str, storage: Storage, values: Vec<f32>) -> Tensor {
    Tensor {
        name: name.into(),
        shape: vec![values.len()],
        storage,
        values,
    }
}

#[cfg(test)]
mod tests;

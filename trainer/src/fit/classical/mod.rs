//! Fitting of the classical models: SVM, random forest, k-nearest neighbours and logistic regression.

pub mod forest;
mod kernel_cache;
mod knn;
mod leaf_codebook;
pub mod logistic;
pub mod matrix;
pub mod projection;
pub mod quantisation;
pub mod svm;

use indicatif::{ProgressBar, ProgressStyle};
use linfa_linalg::LinalgError;
use ndarray::Array2;
use shared::artifact::{Artifact, Storage, Tensor};
use shared::features::{self, DIMENSIONS};
use shared::garment::CLASSES;
use shared::image::{PIXELS, SIDE};
use shared::{Grey28, ModelId};
use thiserror::Error;

use super::progress::RunControl;
use super::recipe::{
    ForestRecipe, Input, KnnRecipe, LogisticRecipe, ProjectionRecipe, Recipe, SvmRecipe,
};
use crate::data::Examples;
use forest::{FeatureColumns, Node};
use leaf_codebook::LeafCodebook;
use projection::Projection;

/// Why a classical model could not be fitted.
#[derive(Debug, Error)]
pub enum ClassicalError {
    #[error("interrupted: run the same command again to fit {0} from the start")]
    Interrupted(ModelId),
    #[error(
        "the projection of {model} could not be fitted ({source}): check that the training images are complete, or use more of them"
    )]
    Projection { model: ModelId, source: LinalgError },
    #[error(
        "logistic regression could not be fitted ({0}): check that the training images are complete, or use more of them"
    )]
    Regression(#[from] linfa_logistic::error::Error),
    #[error("{0} is a network: it has no classical recipe")]
    NotClassical(ModelId),
}

/// The model's input for each training image, and the images' classes.
struct Inputs {
    /// `[images, features]`.
    rows: Array2<f32>,
    labels: Vec<u8>,
}

/// Fits a classical model. Its temperature is 1, until it is calibrated.
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
        bar: progress_bar(model, control),
    };
    let tensors = match recipe {
        Recipe::Svm(recipe) => fitter.svm(recipe),
        Recipe::Forest(recipe) => fitter.forest(recipe),
        Recipe::Knn(recipe) => fitter.knn(recipe),
        Recipe::Logistic(recipe) => fitter.logistic(recipe),
        Recipe::Network(_) => Err(ClassicalError::NotClassical(model)),
    };
    fitter.bar.finish_and_clear();
    let mut artifact = Artifact {
        model: model.name().into(),
        tensors: tensors?,
    };
    artifact.set_temperature(1.0);
    Ok(artifact)
}

fn progress_bar(model: ModelId, control: RunControl) -> ProgressBar {
    let bar = if control.show_progress {
        ProgressBar::new(1)
    } else {
        ProgressBar::hidden()
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
    /// Starts a stage with this number of steps on the progress bar.
    fn start_stage(&self, name: &'static str, steps: usize) -> Result<(), ClassicalError> {
        if (self.control.is_interrupted)() {
            return Err(ClassicalError::Interrupted(self.model));
        }
        self.bar.set_message(name);
        self.bar.set_length(steps as u64);
        self.bar.set_position(0);
        Ok(())
    }

    /// The inputs of the training images; if `mirror`, followed by those of the mirrored images.
    fn inputs(&self, input: Input, mirror: bool) -> Result<Inputs, ClassicalError> {
        self.start_stage("features", 1)?;
        let mut images = self.examples.images.clone();
        let labels = self.examples.labels.iter();
        let mut labels: Vec<u8> = labels.map(|l| l.index() as u8).collect();
        if mirror {
            images.extend(self.examples.images.iter().map(mirrored));
            labels.extend_from_within(..);
        }
        let rows = match input {
            Input::Features => matrix::from_rows(&images, DIMENSIONS, features::extract),
            Input::Pixels => matrix::from_rows(&images, PIXELS, |image| {
                let pixels = image.pixels().iter();
                pixels.map(|&p| f32::from(p) / 255.0).collect()
            }),
        };
        Ok(Inputs { rows, labels })
    }

    /// Fits the projection, and projects the inputs.
    fn projected_inputs(
        &self,
        input: Input,
        recipe: ProjectionRecipe,
        mirror: bool,
    ) -> Result<(Projection, Inputs), ClassicalError> {
        let Inputs { rows, labels } = self.inputs(input, mirror)?;
        self.start_stage("projection", 1)?;
        let projection = match input {
            Input::Pixels => Projection::identity(PIXELS),
            Input::Features => {
                Projection::fit(&rows, &labels, recipe, self.seed).map_err(|source| {
                    ClassicalError::Projection {
                        model: self.model,
                        source,
                    }
                })?
            }
        };
        let rows = projection.apply(&rows);
        Ok((projection, Inputs { rows, labels }))
    }

    fn logistic(&self, recipe: LogisticRecipe) -> Result<Vec<Tensor>, ClassicalError> {
        let Inputs { rows, labels } = self.inputs(recipe.input, recipe.mirror)?;
        self.start_stage("gradient descent", 1)?;
        let fitted = logistic::fit(&rows, &labels, recipe)?;
        Ok(vec![
            matrix_tensor("weight", Storage::I8, fitted.weight),
            vector_tensor("bias", Storage::F32, fitted.bias),
        ])
    }

    fn knn(&self, recipe: KnnRecipe) -> Result<Vec<Tensor>, ClassicalError> {
        let (projection, Inputs { rows, labels }) =
            self.projected_inputs(recipe.input, recipe.projection, false)?;
        let bandwidth = recipe.bandwidth * knn::mean_nearest_distance(&rows);
        let labels = labels.iter().map(|&l| f32::from(l)).collect();
        let neighbours = vec![recipe.neighbours as f32];
        let mut tensors = projection_tensors(projection);
        tensors.extend([
            matrix_tensor("points", point_storage(recipe.input), rows),
            vector_tensor("labels", Storage::U8, labels),
            vector_tensor("neighbours", Storage::F32, neighbours),
            vector_tensor("width", Storage::F32, vec![bandwidth]),
        ]);
        Ok(tensors)
    }

    fn svm(&self, recipe: SvmRecipe) -> Result<Vec<Tensor>, ClassicalError> {
        let (projection, Inputs { rows, labels }) =
            self.projected_inputs(recipe.input, recipe.projection, recipe.mirror)?;
        let settings = svm::Settings::from_recipe(&recipe, &rows);
        self.start_stage("pairs of classes", shared::model::svm::PAIRS)?;
        let bar = &self.bar;
        let model = svm::fit(&rows, &labels, settings, &|| bar.inc(1));
        self.start_stage("support vectors", 1)?;
        let vectors = rows.select(ndarray::Axis(0), &model.support);
        let coefficients = Tensor {
            name: "coefficients".into(),
            shape: vec![CLASSES - 1, model.support.len()],
            storage: Storage::F16,
            values: model.coefficients,
        };
        let counts = model.counts.map(|n| n as f32).to_vec();
        let mut tensors = projection_tensors(projection);
        tensors.extend([
            matrix_tensor("vectors", point_storage(recipe.input), vectors),
            vector_tensor("counts", Storage::U16, counts),
            coefficients,
            vector_tensor("intercepts", Storage::F32, model.intercepts),
            vector_tensor("gamma", Storage::F32, vec![settings.gamma]),
            vector_tensor("slope", Storage::F32, vec![1.0]),
        ]);
        Ok(tensors)
    }

    fn forest(&self, recipe: ForestRecipe) -> Result<Vec<Tensor>, ClassicalError> {
        let (mut projection, Inputs { mut rows, labels }) =
            self.projected_inputs(recipe.input, recipe.projection, recipe.mirror)?;
        quantisation::scale_to_bytes(&mut projection, &mut rows);
        let bytes = quantisation::round_to_bytes(&rows);
        drop(rows);
        self.start_stage("trees", recipe.trees)?;
        let columns = FeatureColumns::from_samples(&bytes);
        let bar = &self.bar;
        let trees = forest::fit(&columns, &labels, recipe, self.seed, &|| bar.inc(1));
        self.start_stage("leaves", 1)?;
        let codebook = LeafCodebook::fit(&trees, self.seed);
        let codes = codebook.codes.iter().map(|&c| f32::from(c)).collect();
        // One bit per node, set for a split.
        let mut shape = Vec::new();
        let (mut features, mut thresholds) = (Vec::new(), Vec::new());
        let nodes: Vec<&Node> = trees.iter().flat_map(|tree| &tree.nodes).collect();
        for eight in nodes.chunks(8) {
            let mut bits = 0_u8;
            for (i, node) in eight.iter().enumerate() {
                if let Node::Split { feature, threshold } = node {
                    bits |= 1 << i;
                    features.push(f32::from(*feature));
                    thresholds.push(f32::from(*threshold));
                }
            }
            shape.push(f32::from(bits));
        }
        let distributions = Tensor {
            name: "leaves".into(),
            shape: vec![codebook.distributions.len(), CLASSES],
            storage: Storage::F16,
            values: codebook.distributions.concat(),
        };
        let mut tensors = projection_tensors(projection);
        tensors.extend([
            vector_tensor("shape", Storage::U8, shape),
            vector_tensor("feature", Storage::U16, features),
            vector_tensor("threshold", Storage::U8, thresholds),
            vector_tensor("leaf", Storage::U8, codes),
            distributions,
        ]);
        Ok(tensors)
    }
}

fn mirrored(image: &Grey28) -> Grey28 {
    let pixels = image.pixels();
    Grey28::new(core::array::from_fn(|i| {
        pixels[i / SIDE * SIDE + SIDE - 1 - i % SIDE]
    }))
}

/// How training points are stored: projected features as signed bytes, which costs no accuracy. Raw pixels, which are only
/// measured, are stored in full.
fn point_storage(input: Input) -> Storage {
    match input {
        Input::Features => Storage::I8,
        Input::Pixels => Storage::F32,
    }
}

fn projection_tensors(projection: Projection) -> Vec<Tensor> {
    vec![
        matrix_tensor("projection", Storage::I8, projection.weight),
        vector_tensor("offset", Storage::F32, projection.offset),
    ]
}

fn matrix_tensor(name: &str, storage: Storage, matrix: Array2<f32>) -> Tensor {
    Tensor {
        name: name.into(),
        shape: matrix.shape().to_vec(),
        storage,
        // In row-major order, whatever the array's layout.
        values: matrix.iter().copied().collect(),
    }
}

fn vector_tensor(name: &str, storage: Storage, values: Vec<f32>) -> Tensor {
    Tensor {
        name: name.into(),
        shape: vec![values.len()],
        storage,
        values,
    }
}

#[cfg(test)]
mod tests;

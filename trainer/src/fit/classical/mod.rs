//! The classical models: from pictures to what each of them sees, from that to a weights file.

pub mod forest;
pub mod logistic;
pub mod matrix;
pub mod projection;
pub mod svm;

use indicatif::{ProgressBar, ProgressStyle};
use shared::artifact::{Artifact, Storage, Tensor};
use shared::features::{self, DIMENSIONS};
use shared::garment::CLASSES;
use shared::image::{PIXELS, SIDE};
use shared::model::forest::byte;
use shared::{Grey28, ModelId, simd};
use thiserror::Error;

use super::deep::Watch;
use super::recipe::{self, Input, Recipe};
use crate::data::Examples;
use matrix::Matrix;
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
    watch: Watch,
) -> Result<Artifact, ClassicalError> {
    let fitter = Fitter {
        model,
        examples,
        seed,
        watch,
        bar: bar(model, watch),
    };
    let tensors = match recipe {
        Recipe::Svm(recipe) => fitter.svm(recipe),
        Recipe::Forest(recipe) => fitter.forest(recipe),
        Recipe::Knn(recipe) => fitter.knn(recipe),
        Recipe::Logistic(recipe) => fitter.logistic(recipe),
        Recipe::Deep(_) => Err(ClassicalError::Network(model)),
    };
    fitter.bar.finish_and_clear();
    let mut artifact = Artifact {
        model: model.name().into(),
        tensors: tensors?,
    };
    artifact.set_temperature(1.0);
    Ok(artifact)
}

fn bar(model: ModelId, watch: Watch) -> ProgressBar {
    let bar = match watch.draw {
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
    watch: Watch<'a>,
    bar: ProgressBar,
}

impl Fitter<'_> {
    /// Begins a stage of so many steps.
    fn stage(&self, name: &'static str, steps: usize) -> Result<(), ClassicalError> {
        if (self.watch.stop)() {
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
        let mut pictures = self.examples.pictures.clone();
        let mut labels: Vec<u8> = self
            .examples
            .labels
            .iter()
            .map(|l| l.index() as u8)
            .collect();
        if mirror {
            pictures.extend(self.examples.pictures.iter().map(mirrored));
            labels.extend_from_within(..);
        }
        let rows = match input {
            Input::Features => Matrix::from_rows(&pictures, DIMENSIONS, features::describe),
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
        recipe: recipe::Projection,
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

    fn logistic(&self, recipe: recipe::Logistic) -> Result<Vec<Tensor>, ClassicalError> {
        let Seen { rows, labels } = self.seen(recipe.input, recipe.mirror)?;
        self.stage("gradient descent", 1)?;
        let fitted = logistic::fit(&rows, &labels, recipe).map_err(|e| self.failed(e))?;
        Ok(vec![
            matrix("weight", Storage::I8, fitted.weight),
            vector("bias", Storage::F32, fitted.bias),
        ])
    }

    fn knn(&self, recipe: recipe::Knn) -> Result<Vec<Tensor>, ClassicalError> {
        let (projection, Seen { rows, labels }) =
            self.placed(recipe.input, recipe.projection, false)?;
        let width = recipe.width * nearest(&rows);
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

    fn svm(&self, recipe: recipe::Svm) -> Result<Vec<Tensor>, ClassicalError> {
        let (projection, Seen { rows, labels }) =
            self.placed(recipe.input, recipe.projection, recipe.mirror)?;
        let settings = svm::Settings {
            c: recipe.c,
            gamma: recipe.gamma / (rows.columns as f32 * variance(&rows)),
            tolerance: svm::TOLERANCE,
        };
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

    fn forest(&self, recipe: recipe::Forest) -> Result<Vec<Tensor>, ClassicalError> {
        let (mut projection, Seen { mut rows, labels }) =
            self.placed(recipe.input, recipe.projection, recipe.mirror)?;
        to_bytes(&mut projection, &mut rows);
        let bytes: Vec<Vec<u8>> = rows
            .rows()
            .map(|r| r.iter().map(|&v| byte(v)).collect())
            .collect();
        drop(rows);
        self.stage("trees", recipe.trees)?;
        let columns = forest::Columns::from_rows(&bytes);
        let bar = &self.bar;
        let trees = forest::fit(&columns, &labels, recipe, self.seed, &|| bar.inc(1));
        self.stage("leaves", 1)?;
        let codes = forest::Codebook::of(&trees, self.seed);
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

/// The columns' mean variance.
pub(crate) fn variance(rows: &Matrix) -> f32 {
    let mean = rows.mean();
    let mut sum = 0.0_f64;
    for row in rows.rows() {
        sum += row
            .iter()
            .zip(&mean)
            .map(|(v, m)| f64::from((v - m) * (v - m)))
            .sum::<f64>();
    }
    (sum / rows.values.len().max(1) as f64) as f32
}

/// The mean squared distance of a thousand places to their nearest neighbour.
fn nearest(rows: &Matrix) -> f32 {
    let squares: Vec<f32> = rows.rows().map(|r| simd::dot(r, r)).collect();
    let some = rows.len().min(1000);
    let sum: f32 = (0..some)
        .map(|i| {
            let others = rows
                .rows()
                .zip(&squares)
                .enumerate()
                .filter(|(j, _)| *j != i);
            let distances = others.map(|(_, (other, square))| {
                square + squares[i] - 2.0 * simd::dot(rows.row(i), other)
            });
            distances.fold(f32::INFINITY, f32::min).max(0.0)
        })
        .sum();
    // All alike: any width will do.
    match sum > 0.0 && sum.is_finite() {
        true => sum / some as f32,
        false => 1.0,
    }
}

/// Stretches and shifts each dimension so that the training pictures fill a byte, in their places and in the
/// projection that leads there.
pub(crate) fn to_bytes(projection: &mut Projection, rows: &mut Matrix) {
    let wide = rows.columns;
    let (mut low, mut high) = (vec![f32::INFINITY; wide], vec![f32::NEG_INFINITY; wide]);
    for row in rows.rows() {
        for (i, &v) in row.iter().enumerate() {
            (low[i], high[i]) = (low[i].min(v), high[i].max(v));
        }
    }
    let stretch: Vec<f32> = low
        .iter()
        .zip(&high)
        .map(|(l, h)| if h > l { 255.0 / (h - l) } else { 1.0 })
        .collect();
    for i in 0..wide {
        projection.offset[i] = (projection.offset[i] - low[i]) * stretch[i];
        let columns = projection.weight.columns;
        for weight in &mut projection.weight.values[i * columns..(i + 1) * columns] {
            *weight *= stretch[i];
        }
    }
    for row in rows.values.chunks_exact_mut(wide) {
        for (i, v) in row.iter_mut().enumerate() {
            *v = (*v - low[i]) * stretch[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::model::Member;
    use shared::{Garment, Sample};

    const NOBODY_STOPS: Watch = Watch {
        draw: false,
        stop: &|| false,
    };

    /// Bars whose place tells the class, on noise.
    fn bars(count: usize) -> Examples {
        let picture = |i: usize| {
            let column = i % CLASSES + 4;
            Grey28::new(core::array::from_fn(|p| match p % SIDE / 2 == column {
                true => 255,
                false => ((p * 31 + i * 17) % 60) as u8,
            }))
        };
        Examples {
            pictures: (0..count).map(picture).collect(),
            labels: (0..count).map(|i| Garment::ALL[i % CLASSES]).collect(),
        }
    }

    /// The recipe, with no more components than so few pictures have.
    fn small(recipe: Recipe) -> Recipe {
        let projection = recipe::Projection {
            components: 30,
            ridge: 0.5,
            dimensions: 12,
        };
        match recipe {
            Recipe::Svm(svm) => Recipe::Svm(recipe::Svm { projection, ..svm }),
            Recipe::Knn(knn) => Recipe::Knn(recipe::Knn {
                projection,
                neighbours: 3,
                ..knn
            }),
            Recipe::Forest(forest) => Recipe::Forest(recipe::Forest {
                projection,
                trees: 10,
                ..forest
            }),
            other => other,
        }
    }

    #[test]
    fn every_model_learns_and_its_file_is_read() {
        for model in ModelId::CLASSICAL {
            let recipes = [
                Some(small(Recipe::of(model))),
                Recipe::raw(model).map(small),
            ];
            for recipe in recipes.into_iter().flatten() {
                let artifact = fit(model, recipe, &bars(200), 1, NOBODY_STOPS).unwrap();
                let bytes = artifact.to_bytes().unwrap();
                let artifact = Artifact::from_bytes(&bytes).unwrap();
                let mut member = Member::new(model, &artifact).unwrap();
                let others = bars(230);
                let right = (200..230).filter(|&i| {
                    let sample = Sample::new(others.pictures[i].clone());
                    member.classifier().classify(&sample).garment() == others.labels[i]
                });
                let right = right.count();
                assert!(right >= 27, "{model} with {recipe:?}: {right} of 30");
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        for model in ModelId::CLASSICAL {
            let fitted = |threads| {
                let pool = rayon::ThreadPoolBuilder::new()
                    .num_threads(threads)
                    .build()
                    .unwrap();
                let recipe = small(Recipe::of(model));
                pool.install(|| fit(model, recipe, &bars(200), 1, NOBODY_STOPS))
                    .unwrap()
            };
            assert!(fitted(1) == fitted(3), "{model}");
        }
    }

    #[test]
    fn a_stop_is_heeded() {
        let watch = Watch {
            draw: false,
            stop: &|| true,
        };
        let error = fit(ModelId::Knn, Recipe::of(ModelId::Knn), &bars(20), 1, watch).unwrap_err();
        assert!(
            matches!(error, ClassicalError::Stopped(ModelId::Knn)),
            "{error}"
        );
    }

    #[test]
    fn mirrors_mirror() {
        let mut pixels = [0; PIXELS];
        pixels[3 * SIDE + 5] = 9;
        let twice = mirrored(&Grey28::new(pixels));
        assert_eq!(twice.pixels()[3 * SIDE + 22], 9);
        assert_eq!(mirrored(&twice).pixels(), &pixels);
    }
}

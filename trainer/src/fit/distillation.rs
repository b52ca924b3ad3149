//! Knowledge distillation: trains the teachers, and computes the logits that the shipped networks learn from.
//!
//! The teachers are larger networks, which are not shipped. They are trained on Fashion-MNIST alone, so the networks learn the labels
//! of photos.

use std::fs;
use std::path::Path;

use cpu_backend::{INFERENCE_BATCH, InferenceNetwork, softmax};
use fashion_mnist::TRAIN_IMAGES;
use serde::{Deserialize, Serialize};
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::image::{PIXELS, SIDE};
use shared::model::layer::parameter_count;
use shared::model::{Layer, Padding};

use super::cache_key;
use super::checkpoint::{Checkpoint, CheckpointError, RunState};
use super::progress::RunControl;
use super::recipe::NetworkRecipe;
use super::teacher_logits::{TeacherLogits, VIEWS_SEED, from_bytes, to_bytes};
use super::train_loop::{FitError, NetworkSpec, train};
use crate::data::Examples;
use crate::data::augment::Augmentation;
use crate::data::split::Split;
use crate::device::DeviceKind;
use crate::evaluate::{Evaluation, rounded};
use crate::hash::sha256;

/// 28x28x1 -> 28x28x32, block -> 14x14x64, block -> 7x7x128, block -> average pool 128 -> 10.
const LAYERS: &[Layer] = &[
    conv(1, 32),
    Layer::ResBlock { channels: 32 },
    Layer::MaxPool,
    conv(32, 64),
    Layer::ResBlock { channels: 64 },
    Layer::MaxPool,
    conv(64, 128),
    Layer::ResBlock { channels: 128 },
    Layer::GlobalAveragePool,
    Layer::Dense {
        input: 128,
        output: CLASSES,
        relu: false,
    },
];

const fn conv(input: usize, output: usize) -> Layer {
    Layer::Conv {
        input,
        output,
        padding: Padding::Same,
    }
}

pub const TEACHER: NetworkSpec = NetworkSpec {
    name: "teacher",
    title: "Teacher",
    layers: LAYERS,
};

/// One teacher per seed; the mean of their logits is the target.
pub const SEEDS: &[u64] = &[1, 2];

pub const RECIPE: NetworkRecipe = NetworkRecipe {
    epochs: 40,
    batch_size: 128,
    learning_rate: 3e-3,
    warm_up: 0.1,
    weight_decay: 0.1,
    dropout: 0.3,
    label_smoothing: 0.0,
    batch_norm: true,
    ema_decay: 0.999,
    photo_groups: 1,
    distillation: None,
    augmentation: Augmentation {
        flip: true,
        shift: 1,
        erase: 0.3,
        mix: 0.5,
    },
};

/// What the manifest records about the teachers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeacherRecord {
    pub recipe: NetworkRecipe,
    pub seeds: Vec<u64>,
    pub parameters: usize,
    /// Accuracy of the sum of the logits of all teachers, for the image and its mirror image.
    pub validation_accuracy: f64,
    pub test_accuracy: f64,
    pub duration_seconds: u64,
}

/// Trained teachers.
pub struct Teachers {
    networks: Vec<InferenceNetwork>,
    /// The hash of the weights, which identifies the logits.
    weights_hash: String,
    seconds: f64,
}

impl Teachers {
    /// Trains the teachers, or reads them from their checkpoints in the folder.
    ///
    /// # Errors
    /// See [`FitError`]; an interrupted run leaves a checkpoint behind.
    pub fn train(
        folder: &Path,
        split: &Split,
        device: DeviceKind,
        control: RunControl,
    ) -> Result<Self, FitError> {
        let mut networks = Vec::new();
        let mut weights = Vec::new();
        let mut seconds = 0.0;
        for &seed in SEEDS {
            let run = RunState::new(RECIPE, seed, device.name(), TRAIN_IMAGES.sha256);
            let checkpoint = checkpoint(folder, seed);
            let trained = train(TEACHER, run, split, device, None, &checkpoint, control)?;
            seconds += trained.run.epochs.iter().map(|e| e.seconds).sum::<f64>();
            let artifact = Artifact::from_bytes(&trained.artifact)?;
            networks.push(InferenceNetwork::from_artifact(LAYERS, &artifact)?);
            weights.extend(trained.artifact);
        }
        Ok(Self {
            networks,
            weights_hash: sha256(&weights),
            seconds,
        })
    }

    /// Evaluates the teachers, for the manifest.
    pub fn record(&mut self, split: &Split, test: &Examples) -> TeacherRecord {
        TeacherRecord {
            recipe: RECIPE,
            seeds: SEEDS.to_vec(),
            parameters: parameter_count(LAYERS),
            validation_accuracy: self.accuracy(&split.validation),
            test_accuracy: self.accuracy(test),
            duration_seconds: self.seconds.round() as u64,
        }
    }

    fn accuracy(&mut self, examples: &Examples) -> f64 {
        let mut logits = vec![[0.0; CLASSES]; examples.len()];
        let parts = examples
            .images
            .chunks(INFERENCE_BATCH)
            .zip(logits.chunks_mut(INFERENCE_BATCH));
        for (images, logits) in parts {
            let mut pixels: Vec<f32> = images.iter().flat_map(|p| p.standardised()).collect();
            self.add_logits(&pixels, logits);
            pixels.chunks_exact_mut(SIDE).for_each(<[f32]>::reverse);
            self.add_logits(&pixels, logits);
        }
        let evaluation =
            Evaluation::from_probabilities(logits.iter().map(softmax), &examples.labels);
        rounded(evaluation.confusion.accuracy())
    }

    /// Adds the mean of the teachers' logits to `sums`.
    fn add_logits(&mut self, pixels: &[f32], sums: &mut [[f32; CLASSES]]) {
        let weight = 1.0 / self.networks.len() as f32;
        for network in &mut self.networks {
            for (sum, logits) in sums.iter_mut().zip(network.logits(pixels)) {
                (0..CLASSES).for_each(|c| sum[c] += weight * logits[c]);
            }
        }
    }

    /// The logits for views of these examples under an augmentation: read from the folder, or computed and written there.
    ///
    /// # Errors
    /// The folder cannot be written to; [`FitError::Interrupted`] loses the view that was being computed.
    pub fn logits(
        &mut self,
        folder: &Path,
        examples: &Examples,
        augmentation: &Augmentation,
        views: usize,
        control: RunControl,
    ) -> Result<TeacherLogits, FitError> {
        let key = cache_key::teacher_logits(augmentation, &self.weights_hash, VIEWS_SEED);
        let folder = folder.join(format!("answers-{}", &sha256(key.as_bytes())[..8]));
        let mut all = Vec::with_capacity(views);
        for view in 0..views {
            let path = folder.join(format!("view-{view}.f32"));
            let stored = fs::read(&path)
                .ok()
                .and_then(|bytes| from_bytes(&bytes, examples.len()));
            all.push(match stored {
                Some(logits) => logits,
                None => {
                    println!(
                        "{:>6} computes logits for view {} of {views}",
                        TEACHER.title,
                        view + 1
                    );
                    let logits = self.view_logits(examples, augmentation, view, control)?;
                    fs::create_dir_all(&folder)
                        .and_then(|()| fs::write(&path, to_bytes(&logits)))
                        .map_err(|source| CheckpointError::File { path, source })?;
                    logits
                }
            });
        }
        Ok(TeacherLogits { views: all })
    }

    fn view_logits(
        &mut self,
        examples: &Examples,
        augmentation: &Augmentation,
        view: usize,
        control: RunControl,
    ) -> Result<Vec<[f32; CLASSES]>, FitError> {
        let mut logits = vec![[0.0; CLASSES]; examples.len()];
        for (part, logits) in logits.chunks_mut(INFERENCE_BATCH).enumerate() {
            if (control.is_interrupted)() {
                return Err(FitError::Interrupted {
                    model: TEACHER.name,
                    epoch: RECIPE.epochs,
                    epochs: RECIPE.epochs,
                });
            }
            let mut pixels = Vec::with_capacity(logits.len() * PIXELS);
            for i in 0..logits.len() {
                augmentation.view(
                    examples,
                    part * INFERENCE_BATCH + i,
                    (VIEWS_SEED, view),
                    &mut pixels,
                );
            }
            self.add_logits(&pixels, logits);
        }
        Ok(logits)
    }
}

fn checkpoint(folder: &Path, seed: u64) -> Checkpoint {
    Checkpoint::new(folder.join(format!("teacher-{seed}")))
}

/// Whether all teachers are trained with the current recipe.
pub fn are_trained(folder: &Path) -> bool {
    SEEDS.iter().all(|&seed| {
        let run = checkpoint(folder, seed)
            .run_state::<RunState>()
            .ok()
            .flatten();
        run.is_some_and(|run| run.recipe == RECIPE && run.epochs.len() == RECIPE.epochs)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpu_backend::initial_values;
    use shared::model::tensors::network_artifact;
    use shared::{Garment, Grey28};

    fn teachers() -> Teachers {
        let network = |seed: u64| {
            let values = initial_values(LAYERS, false, seed);
            let artifact = network_artifact(TEACHER.name, LAYERS, values);
            InferenceNetwork::from_artifact(LAYERS, &artifact).unwrap()
        };
        Teachers {
            networks: vec![network(1), network(2)],
            weights_hash: "two".into(),
            seconds: 0.0,
        }
    }

    fn examples() -> Examples {
        let grey = |i: usize| Grey28::new(core::array::from_fn(|p| (p * (i + 3) % 256) as u8));
        Examples {
            images: (0..20).map(grey).collect(),
            labels: vec![Garment::Bag; 20],
        }
    }

    #[test]
    fn logits_are_computed_once_and_again_where_a_file_is_truncated() {
        let folder = tempfile::tempdir().unwrap();
        let augmentation = &RECIPE.augmentation;
        let uninterrupted = RunControl {
            show_progress: false,
            is_interrupted: &|| false,
        };
        let computed =
            teachers().logits(folder.path(), &examples(), augmentation, 3, uninterrupted);
        let computed = computed.unwrap();
        assert_eq!(computed.views.len(), 3);
        assert_ne!(computed.views[0], computed.views[1]);
        // All logits are stored, so nothing is interrupted.
        let interrupted = RunControl {
            show_progress: false,
            is_interrupted: &|| true,
        };
        let again = teachers().logits(folder.path(), &examples(), augmentation, 3, interrupted);
        assert!(again.unwrap() == computed);
        let stored = fs::read_dir(folder.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        fs::write(stored.path().join("view-1.f32"), [0; 40]).unwrap();
        assert!(
            teachers()
                .logits(folder.path(), &examples(), augmentation, 3, interrupted)
                .is_err()
        );
        let again = teachers().logits(folder.path(), &examples(), augmentation, 3, uninterrupted);
        assert!(again.unwrap() == computed);
        // Epochs go through the views in turn.
        assert_eq!(computed.view(4), (VIEWS_SEED, 1));
    }

    #[test]
    fn the_logits_are_the_mean_of_the_teachers() {
        let pixels = examples().images[3].standardised();
        let mut mean = [[0.0; CLASSES]];
        let mut teachers = teachers();
        teachers.add_logits(&pixels, &mut mean);
        let each: Vec<_> = teachers
            .networks
            .iter_mut()
            .map(|n| n.logits(&pixels)[0])
            .collect();
        for c in 0..CLASSES {
            assert!((mean[0][c] - (each[0][c] + each[1][c]) / 2.0).abs() < 1e-5);
        }
        assert_ne!(each[0], each[1]);
    }
}

//! The teachers: larger networks whose answers the small ones learn from. They are trained here and shipped nowhere. They know
//! Fashion-MNIST alone: of photos the small ones learn the labels.

use std::fs;
use std::path::Path;

use fashion_mnist::TRAIN_IMAGES;
use serde::{Deserialize, Serialize};
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::image::{PIXELS, SIDE};
use shared::model::{Layer, Padding};

use super::backend::probabilities;
use super::cache_key;
use super::checkpoint::{Checkpoint, CheckpointError, RunState};
use super::cpu::{ANSWERED, Frozen};
use super::recipe::NetworkRecipe;
use super::train_loop::{FitError, NetworkSpec, RunControl, fit};
use crate::data::Examples;
use crate::data::augment::Augmentation;
use crate::data::split::Split;
use crate::device::DeviceKind;
use crate::evaluate::{Evaluation, rounded};
use crate::hash::sha256;

/// 28x28x1 -> 28x28x32, block -> 14x14x64, block -> 7x7x128, block -> mean 128 -> 10.
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

/// Each begins one of the teachers; their answers' mean is what is learnt from.
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

/// Decides on the views that the teachers are asked about.
const VIEWS_SEED: u64 = 20_260;

/// What the teachers say to some views of each training picture.
#[derive(Clone, Debug, PartialEq)]
pub struct TeacherLogits {
    /// Logits, a list of all pictures' for each view.
    views: Vec<Vec<[f32; CLASSES]>>,
}

impl TeacherLogits {
    /// The seed and the number of the views that an epoch shows.
    pub fn view(&self, epoch: usize) -> (u64, usize) {
        (VIEWS_SEED, epoch % self.views.len())
    }

    /// The logits for a view of training picture `i`; `None` where they were not asked about it.
    pub fn of(&self, view: usize, i: usize) -> Option<[f32; CLASSES]> {
        self.views[view].get(i).copied()
    }
}

/// Who the teachers are and how good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeacherRecord {
    pub recipe: NetworkRecipe,
    pub seeds: Vec<u64>,
    pub parameters: usize,
    /// Share answered right, all teachers together asked about a picture and its mirror image.
    pub validation_accuracy: f64,
    pub test_accuracy: f64,
    pub duration_seconds: u64,
}

/// Trained teachers.
pub struct Teachers {
    networks: Vec<Frozen>,
    /// Of the networks' weights, to tell their answers from others'.
    fingerprint: String,
    seconds: f64,
}

impl Teachers {
    /// Trains them, or takes them from the folder where they were trained before.
    ///
    /// # Errors
    /// See [`FitError`]; a stop leaves a checkpoint behind.
    pub fn trained(
        folder: &Path,
        split: &Split,
        device: DeviceKind,
        control: RunControl,
    ) -> Result<Self, FitError> {
        let mut networks = Vec::new();
        let mut weights = Vec::new();
        let mut seconds = 0.0;
        for &seed in SEEDS {
            let run = RunState {
                recipe: RECIPE,
                seed,
                device: device.name().into(),
                data: TRAIN_IMAGES.sha256.into(),
                epochs: Vec::new(),
                best: 0,
            };
            let fitted = fit(
                TEACHER,
                run,
                split,
                device,
                None,
                &checkpoint(folder, seed),
                control,
            )?;
            seconds += fitted.run.epochs.iter().map(|e| e.seconds).sum::<f64>();
            networks.push(Frozen::of(LAYERS, &Artifact::from_bytes(&fitted.artifact)?));
            weights.extend(fitted.artifact);
        }
        Ok(Self {
            networks,
            fingerprint: sha256(&weights),
            seconds,
        })
    }

    /// Who they are and how good.
    pub fn credentials(&mut self, split: &Split, test: &Examples) -> TeacherRecord {
        TeacherRecord {
            recipe: RECIPE,
            seeds: SEEDS.to_vec(),
            parameters: shared::model::layer::parameter_count(LAYERS),
            validation_accuracy: self.accuracy(&split.validation),
            test_accuracy: self.accuracy(test),
            duration_seconds: self.seconds.round() as u64,
        }
    }

    fn accuracy(&mut self, examples: &Examples) -> f64 {
        let mut answers = vec![[0.0; CLASSES]; examples.len()];
        let parts = examples
            .images
            .chunks(ANSWERED)
            .zip(answers.chunks_mut(ANSWERED));
        for (pictures, answers) in parts {
            let mut pixels: Vec<f32> = pictures.iter().flat_map(|p| p.standardised()).collect();
            self.ask(&pixels, answers);
            pixels.chunks_exact_mut(SIDE).for_each(<[f32]>::reverse);
            self.ask(&pixels, answers);
        }
        let evaluation =
            Evaluation::of_answers(answers.iter().map(probabilities), &examples.labels);
        rounded(evaluation.confusion.accuracy())
    }

    /// Adds the mean of their logits.
    fn ask(&mut self, pixels: &[f32], sums: &mut [[f32; CLASSES]]) {
        let share = 1.0 / self.networks.len() as f32;
        for network in &mut self.networks {
            for (sum, logits) in sums.iter_mut().zip(network.answer(pixels)) {
                (0..CLASSES).for_each(|c| sum[c] += share * logits[c]);
            }
        }
    }

    /// Their answers to the views of these examples that an augmentation makes: from the folder where they were given
    /// before, else asked now.
    ///
    /// # Errors
    /// The folder cannot be written to; [`FitError::Interrupted`] loses the view that was being asked about.
    pub fn answers(
        &mut self,
        folder: &Path,
        examples: &Examples,
        augmentation: &Augmentation,
        views: usize,
        control: RunControl,
    ) -> Result<TeacherLogits, FitError> {
        let key = cache_key::answers(augmentation, &self.fingerprint, VIEWS_SEED);
        let folder = folder.join(format!("answers-{}", &sha256(key.as_bytes())[..8]));
        let mut all = Vec::with_capacity(views);
        for view in 0..views {
            let path = folder.join(format!("view-{view}.f32"));
            let known = fs::read(&path)
                .ok()
                .and_then(|bytes| logits(&bytes, examples.len()));
            all.push(match known {
                Some(answers) => answers,
                None => {
                    println!("{:>6} answers view {} of {views}", TEACHER.title, view + 1);
                    let answers = self.answer_view(examples, augmentation, view, control)?;
                    let bytes = answers.iter().flatten().flat_map(|x| x.to_le_bytes());
                    let bytes: Vec<u8> = bytes.collect();
                    fs::create_dir_all(&folder)
                        .and_then(|()| fs::write(&path, bytes))
                        .map_err(|source| CheckpointError::File { path, source })?;
                    answers
                }
            });
        }
        Ok(TeacherLogits { views: all })
    }

    fn answer_view(
        &mut self,
        examples: &Examples,
        augmentation: &Augmentation,
        view: usize,
        control: RunControl,
    ) -> Result<Vec<[f32; CLASSES]>, FitError> {
        let mut answers = vec![[0.0; CLASSES]; examples.len()];
        for (part, answers) in answers.chunks_mut(ANSWERED).enumerate() {
            if (control.is_interrupted)() {
                return Err(FitError::Interrupted {
                    model: TEACHER.name,
                    epoch: RECIPE.epochs,
                    epochs: RECIPE.epochs,
                });
            }
            let mut pixels = Vec::with_capacity(answers.len() * PIXELS);
            for i in 0..answers.len() {
                augmentation.view(
                    examples,
                    part * ANSWERED + i,
                    (VIEWS_SEED, view),
                    &mut pixels,
                );
            }
            self.ask(&pixels, answers);
        }
        Ok(answers)
    }
}

/// Logits from a file's bytes; `None` where it was cut off, by a full disk, say.
fn logits(bytes: &[u8], count: usize) -> Option<Vec<[f32; CLASSES]>> {
    let numbers = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b));
    let numbers: Vec<f32> = numbers.collect();
    let logits = numbers.as_chunks::<CLASSES>().0;
    (logits.len() == count).then(|| logits.to_vec())
}

fn checkpoint(folder: &Path, seed: u64) -> Checkpoint {
    Checkpoint::new(folder.join(format!("teacher-{seed}")))
}

/// Whether they were all trained, with today's recipe.
pub fn are_trained(folder: &Path) -> bool {
    SEEDS.iter().all(|&seed| {
        let progress = checkpoint(folder, seed).progress().ok().flatten();
        progress.is_some_and(|p| p.recipe == RECIPE && p.epochs.len() == RECIPE.epochs)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::train_loop::initial;
    use shared::model::tensors::of_network;
    use shared::{Garment, Grey28};

    fn teachers() -> Teachers {
        let network = |seed: u64| {
            let values = initial(LAYERS, false, seed);
            Frozen::of(LAYERS, &of_network(TEACHER.name, LAYERS, values))
        };
        Teachers {
            networks: vec![network(1), network(2)],
            fingerprint: "two".into(),
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
    fn answers_are_asked_once_and_again_where_a_file_was_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let augmentation = &RECIPE.augmentation;
        let go_on = RunControl {
            show_progress: false,
            is_interrupted: &|| false,
        };
        let asked = teachers().answers(folder.path(), &examples(), augmentation, 3, go_on);
        let asked = asked.unwrap();
        assert_eq!(asked.views.len(), 3);
        assert_ne!(asked.views[0], asked.views[1]);
        // Nothing is left to ask: a stop has nothing to stop.
        let stop = RunControl {
            show_progress: false,
            is_interrupted: &|| true,
        };
        let again = teachers().answers(folder.path(), &examples(), augmentation, 3, stop);
        assert!(again.unwrap() == asked);
        let answers = fs::read_dir(folder.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        fs::write(answers.path().join("view-1.f32"), [0; 40]).unwrap();
        assert!(
            teachers()
                .answers(folder.path(), &examples(), augmentation, 3, stop)
                .is_err()
        );
        let again = teachers().answers(folder.path(), &examples(), augmentation, 3, go_on);
        assert!(again.unwrap() == asked);
        // Epochs show the views in turn.
        assert_eq!(asked.view(4), (VIEWS_SEED, 1));
    }

    #[test]
    fn teachers_together_say_what_they_say_on_average() {
        let pixels = examples().images[3].standardised();
        let mut together = [[0.0; CLASSES]];
        let mut teachers = teachers();
        teachers.ask(&pixels, &mut together);
        let each: Vec<_> = teachers
            .networks
            .iter_mut()
            .map(|n| n.answer(&pixels)[0])
            .collect();
        for c in 0..CLASSES {
            assert!((together[0][c] - (each[0][c] + each[1][c]) / 2.0).abs() < 1e-5);
        }
        assert_ne!(each[0], each[1]);
    }
}

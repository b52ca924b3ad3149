//! The teachers: larger networks whose answers the small ones learn from. They are trained here and shipped nowhere.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::model::{Layer, Padding};

use super::checkpoint::{Checkpoint, CheckpointError, Progress};
use super::cpu::Frozen;
use super::deep::{FitError, Subject, Watch, fit};
use super::learner::probabilities;
use super::recipe::Deep;
use crate::data::Examples;
use crate::data::augment::Augmentation;
use crate::data::split::Split;
use crate::device::DeviceKind;
use crate::evaluate::{Evaluation, rounded};

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

pub const SUBJECT: Subject = Subject {
    name: "teacher",
    title: "Teacher",
    layers: LAYERS,
};

/// Each begins one of the teachers; their answers' mean is what is learnt from.
pub const SEEDS: &[u64] = &[1];

pub const RECIPE: Deep = Deep {
    epochs: 30,
    batch: 128,
    learning_rate: 3e-3,
    warm_up: 0.1,
    weight_decay: 0.05,
    dropout: 0.3,
    label_smoothing: 0.0,
    normalise: true,
    average: 0.998,
    distillation: None,
    augmentation: Augmentation {
        flip: true,
        shift: 2,
        erase: 0.5,
    },
};

/// What the teachers say to each training picture and to its mirror image.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers {
    /// Logits, `[pictures, 10]`.
    plain: Vec<[f32; CLASSES]>,
    mirrored: Vec<[f32; CLASSES]>,
}

/// Who the teachers are and how good.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Credentials {
    pub recipe: Deep,
    pub seeds: Vec<u64>,
    pub parameters: usize,
    /// SHA-256 of the training pictures.
    pub data: String,
    /// Share answered right, all teachers together.
    pub validation_accuracy: f64,
    pub test_accuracy: f64,
    pub duration_seconds: u64,
}

impl Answers {
    /// The logits for training picture `i`.
    pub fn of(&self, i: usize, mirrored: bool) -> [f32; CLASSES] {
        if mirrored {
            self.mirrored[i]
        } else {
            self.plain[i]
        }
    }
}

/// The teachers' answers to the training split: from the folder where they were given before, else from teachers
/// that are trained now.
///
/// # Errors
/// See [`FitError`]; a stop leaves a checkpoint behind.
pub fn answers(
    folder: &Path,
    data: &str,
    split: &Split,
    test: &Examples,
    device: DeviceKind,
    watch: Watch,
) -> Result<(Answers, Credentials), FitError> {
    let place = Place(folder.join(FOLDER));
    if let Some(known) = place.load(data, split.train.len())? {
        return Ok(known);
    }
    let mut sums = Said::default();
    let mut seconds = 0.0;
    for &seed in SEEDS {
        let run = Progress {
            recipe: RECIPE,
            seed,
            device: device.name().into(),
            data: data.into(),
            epochs: Vec::new(),
            best: 0,
        };
        let checkpoint = Checkpoint::new(folder.join(format!("{FOLDER}-{seed}")));
        let fitted = fit(SUBJECT, run, split, device, None, &checkpoint, watch)?;
        seconds += fitted
            .progress
            .epochs
            .iter()
            .map(|e| e.seconds)
            .sum::<f64>();
        let mut frozen = Frozen::of(LAYERS, &Artifact::from_bytes(&fitted.artifact)?);
        sums.add(&mut frozen, split, test);
    }
    let accuracy = |logits: &[[f32; CLASSES]], examples: &Examples| {
        let answers = logits.iter().map(probabilities);
        rounded(
            Evaluation::of_answers(answers, &examples.labels)
                .confusion
                .accuracy(),
        )
    };
    let credentials = Credentials {
        recipe: RECIPE,
        seeds: SEEDS.to_vec(),
        parameters: shared::model::layer::parameter_count(LAYERS),
        data: data.into(),
        validation_accuracy: accuracy(&sums.validation, &split.validation),
        test_accuracy: accuracy(&sums.test, test),
        duration_seconds: seconds.round() as u64,
    };
    let answers = Answers {
        plain: sums.plain,
        mirrored: sums.mirrored,
    };
    place.save(&answers, &credentials)?;
    Ok((answers, credentials))
}

/// The mean of what was said so far.
#[derive(Default)]
struct Said {
    plain: Vec<[f32; CLASSES]>,
    mirrored: Vec<[f32; CLASSES]>,
    /// Of a picture and its mirror image together.
    validation: Vec<[f32; CLASSES]>,
    test: Vec<[f32; CLASSES]>,
}

impl Said {
    fn add(&mut self, teacher: &mut Frozen, split: &Split, test: &Examples) {
        let share = 1.0 / SEEDS.len() as f32;
        let mut ask =
            |sums: &mut Vec<[f32; CLASSES]>, examples: &Examples, mirrored: bool, share: f32| {
                sums.resize(examples.len(), [0.0; CLASSES]);
                let said = teacher.answer(&examples.pictures, mirrored);
                for (sum, logits) in sums.iter_mut().zip(said) {
                    (0..CLASSES).for_each(|c| sum[c] += share * logits[c]);
                }
            };
        ask(&mut self.plain, &split.train, false, share);
        ask(&mut self.mirrored, &split.train, true, share);
        for mirrored in [false, true] {
            ask(
                &mut self.validation,
                &split.validation,
                mirrored,
                share / 2.0,
            );
            ask(&mut self.test, test, mirrored, share / 2.0);
        }
    }
}

/// Whether the teachers need not be asked any more: a guess from their answers' being there.
pub fn has_answered(folder: &Path) -> bool {
    Place(folder.join(FOLDER)).credentials().is_file()
}

/// In the folder of the checkpoints.
const FOLDER: &str = "teacher";

/// The folder of the answers.
struct Place(PathBuf);

impl Place {
    fn load(&self, data: &str, count: usize) -> Result<Option<(Answers, Credentials)>, FitError> {
        let Ok(text) = fs::read(self.credentials()) else {
            return Ok(None);
        };
        let Ok(credentials) = serde_json::from_slice::<Credentials>(&text) else {
            return Ok(None);
        };
        let wanted = (RECIPE, SEEDS, data);
        let of = &credentials;
        if (of.recipe, of.seeds.as_slice(), of.data.as_str()) != wanted {
            return Ok(None);
        }
        let path = self.answers();
        let bytes = fs::read(&path).map_err(|source| CheckpointError::File { path, source })?;
        let numbers: Vec<f32> = bytes
            .as_chunks()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect();
        let (logits, _) = numbers.as_chunks::<CLASSES>();
        // Cut off where a disk was full, say: they are asked again.
        Ok((logits.len() == 2 * count).then(|| {
            let (plain, mirrored) = logits.split_at(count);
            let answers = Answers {
                plain: plain.to_vec(),
                mirrored: mirrored.to_vec(),
            };
            (answers, credentials)
        }))
    }

    fn save(&self, answers: &Answers, credentials: &Credentials) -> Result<(), FitError> {
        let write = |path: PathBuf, bytes: &[u8]| {
            let written = fs::create_dir_all(&self.0).and_then(|()| fs::write(&path, bytes));
            written.map_err(|source| CheckpointError::File { path, source })
        };
        let logits = answers.plain.iter().chain(&answers.mirrored).flatten();
        let bytes: Vec<u8> = logits.flat_map(|x| x.to_le_bytes()).collect();
        write(self.answers(), &bytes)?;
        let text = serde_json::to_vec_pretty(credentials).unwrap_or_default();
        Ok(write(self.credentials(), &text)?)
    }

    fn answers(&self) -> PathBuf {
        self.0.join("answers.f32")
    }

    fn credentials(&self) -> PathBuf {
        self.0.join("credentials.json")
    }
}

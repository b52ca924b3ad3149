//! The benchmark's environment: one server for the site, the other libraries and the networks, and new browsers.

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::{AnyClassifier, Grey28, ModelId, Prediction, Sample};

use super::engine::{Engine, MODELS};
use super::keras_export;
use crate::browser::{Browser, Options};
use crate::distance::difference;
use crate::proxy::Proxy;
use crate::reference::{Reference, weights, weights_bytes};
use crate::site::{SUB_PATH, Site};

/// An engine is checked on every fifth image of the reference.
const CHECK_STEP: usize = 5;
/// Largest difference of a probability between an engine and the same network run natively.
const TOLERANCE: f32 = 1e-3;

/// The folders that `cargo xtask bench-web` prepares.
pub struct Folders {
    /// The built site.
    pub site: PathBuf,
    /// npm's `node_modules` with the other libraries.
    pub peers: PathBuf,
    /// `cnn.onnx` and `resnet.onnx`; the files for TensorFlow.js are written beside them.
    pub models: PathBuf,
}

pub struct Harness {
    pub site: Site,
    pub peers: PathBuf,
    proxy: Proxy,
    /// The reference's images.
    pub images: Vec<Grey28>,
    /// The images on which the engines must agree with the native networks.
    pub check_images: Vec<Grey28>,
    expected: Vec<ExpectedProbabilities>,
}

/// A network's probabilities for the check images, computed natively.
struct ExpectedProbabilities {
    model: ModelId,
    temperature: f32,
    probabilities: Vec<[f32; CLASSES]>,
}

impl ExpectedProbabilities {
    fn new(model: ModelId, images: &[Grey28]) -> Result<Self> {
        let mut classifier = AnyClassifier::new(model, &weights(model))
            .with_context(|| format!("weights/{model}.hbd does not fit its model"))?;
        let classifier = classifier.classifier();
        let probabilities = images
            .iter()
            .map(|image| {
                classifier
                    .classify(&Sample::new(image.clone()))
                    .probabilities
            })
            .collect();
        Ok(Self {
            model,
            temperature: classifier.temperature(),
            probabilities,
        })
    }

    /// The largest difference of a probability; 1 if the number of logits is wrong.
    fn distance(&self, logits: &[f32]) -> f32 {
        let (logits, rest) = logits.as_chunks();
        if logits.len() != self.probabilities.len() || !rest.is_empty() {
            return 1.0;
        }
        let found = logits
            .iter()
            .map(|logits| Prediction::from_scores(self.model, logits, self.temperature));
        found
            .zip(&self.probabilities)
            .map(|(found, expected)| difference(&found.probabilities, expected))
            .fold(0.0, f32::max)
    }
}

impl Harness {
    /// Starts the server.
    ///
    /// # Errors
    /// A folder lacks files, or the site was built with other weights.
    pub fn start(folders: Folders) -> Result<Self> {
        let pages = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/bench-web"));
        for model in MODELS {
            keras_export::write(model, &weights(model), &folders.models)?;
        }
        let peers = folders.peers.clone();
        let other_folders = vec![
            ("/peers/", folders.peers),
            ("/models/", folders.models),
            ("/bench/", pages),
        ];
        let site = Site::serve_folder(folders.site, other_folders)?;
        for model in MODELS {
            ensure!(
                site.weights(model.name()) == Some(weights_bytes(model.name())),
                "the site was built with other weights than weights/{model}.hbd: build it again"
            );
        }
        let images = Reference::load().images;
        let check_images: Vec<Grey28> = images.iter().step_by(CHECK_STEP).cloned().collect();
        let expected = MODELS.map(|model| ExpectedProbabilities::new(model, &check_images));
        let expected = expected.into_iter().collect::<Result<_>>()?;
        Ok(Self {
            site,
            peers,
            proxy: Proxy::start()?,
            images,
            check_images,
            expected,
        })
    }

    /// Starts a browser with an empty profile.
    ///
    /// # Errors
    /// Chromium or chromedriver is missing or does not start.
    pub fn browser(&self, webgpu: bool, traced: bool) -> Result<Browser> {
        Browser::start(&Options {
            webgpu,
            proxy: &self.proxy.address(),
            traced,
        })
    }

    /// Whether the site was built with the GPU engine.
    pub fn has_gpu_worker(&self) -> bool {
        let page = self.site.file(SUB_PATH);
        page.is_some_and(|page| String::from_utf8_lossy(&page).contains("gpu-worker.js"))
    }

    /// Compares an engine's logits for the check images with those of the native network.
    ///
    /// # Errors
    /// A probability differs by more than the tolerance.
    pub fn check_logits(&self, engine: Engine, model: ModelId, logits: &[f32]) -> Result<()> {
        let expected = self
            .expected
            .iter()
            .find(|expected| expected.model == model)
            .with_context(|| format!("{model} is not one of the benchmark's networks"))?;
        let distance = expected.distance(logits);
        if distance > TOLERANCE {
            bail!(
                "{} does not run the same {}: its probabilities differ by {distance} from those of weights/{model}.hbd. \
                 Remove the folder bench-web from the cache and try again",
                engine.title(),
                model.title()
            );
        }
        Ok(())
    }
}

/// The networks' input for these images: standardised pixels, image after image.
pub fn standardised(images: &[Grey28]) -> Vec<f32> {
    let mut pixels = Vec::with_capacity(images.len() * PIXELS);
    images
        .iter()
        .for_each(|image| pixels.extend(image.standardised()));
    pixels
}

//! Where the engines meet: one server with the site, the peers and the networks, and a fresh browser for each turn.

use std::path::PathBuf;

use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::{AnyClassifier, Grey28, ModelId, Prediction, Sample};

use super::{Engine, MODELS, TOLERANCE, keras};
use crate::browser::{Browser, Options};
use crate::distance::difference;
use crate::outside::Outside;
use crate::reference::{Reference, weights, weights_bytes};
use crate::site::Site;

/// Pictures on which an engine must agree with the network run natively: every fifth of the reference's.
const CHECKED: usize = 5;

/// The folders that `cargo xtask bench-web` prepared.
pub struct Places {
    /// The built site.
    pub site: PathBuf,
    /// npm's `node_modules` with the peers.
    pub peers: PathBuf,
    /// `cnn.onnx` and `resnet.onnx`; the same for TensorFlow.js are put beside them.
    pub models: PathBuf,
}

pub struct Arena {
    pub site: Site,
    pub peers: PathBuf,
    outside: Outside,
    /// The reference's pictures.
    pub pictures: Vec<Grey28>,
    /// Those on which the engines must agree.
    pub checked: Vec<Grey28>,
    /// What each network says of these natively.
    golden: Vec<Golden>,
}

/// A network's answers to the checked pictures.
struct Golden {
    model: ModelId,
    temperature: f32,
    probabilities: Vec<[f32; CLASSES]>,
}

impl Golden {
    fn of(model: ModelId, pictures: &[Grey28]) -> Result<Self, String> {
        let mut member = AnyClassifier::new(model, &weights(model)).map_err(|e| e.to_string())?;
        let classifier = member.classifier();
        let samples = pictures.iter().map(|p| Sample::new(p.clone()));
        let probabilities = samples
            .map(|s| classifier.classify(&s).probabilities)
            .collect();
        Ok(Self {
            model,
            temperature: classifier.temperature(),
            probabilities,
        })
    }

    /// The largest difference of a probability; of too few or too many answers, the largest that there is.
    fn apart(&self, logits: &[f32]) -> f32 {
        let (logits, rest) = logits.as_chunks();
        if logits.len() != self.probabilities.len() || !rest.is_empty() {
            return 1.0;
        }
        let found = logits
            .iter()
            .map(|l| Prediction::from_scores(self.model, l, self.temperature));
        let pairs = found.zip(&self.probabilities);
        pairs
            .map(|(found, golden)| difference(&found.probabilities, golden))
            .fold(0.0, f32::max)
    }
}

impl Arena {
    /// Starts to serve.
    ///
    /// # Errors
    /// A sentence: a folder lacks what it should hold.
    pub fn open(places: Places) -> Result<Self, String> {
        let pages = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/bench-web"));
        for model in MODELS {
            keras::write(model, &weights(model), &places.models)?;
        }
        let peers = places.peers.clone();
        let beside = vec![
            ("/peers/", places.peers),
            ("/models/", places.models),
            ("/bench/", pages),
        ];
        let site = Site::of(places.site, beside)?;
        if MODELS
            .iter()
            .any(|m| site.weights(m.name()) != Some(weights_bytes(m.name())))
        {
            return Err(
                "the site was built with other weights than those in weights/: build it again"
                    .into(),
            );
        }
        let pictures = Reference::read().pictures;
        let checked: Vec<Grey28> = pictures.iter().step_by(CHECKED).cloned().collect();
        let golden = MODELS.map(|model| Golden::of(model, &checked));
        let golden = golden.into_iter().collect::<Result<_, _>>()?;
        Ok(Self {
            site,
            peers,
            outside: Outside::start()?,
            pictures,
            checked,
            golden,
        })
    }

    /// A fresh browser.
    pub fn browser(&self, webgpu: bool, traced: bool) -> Result<Browser, String> {
        Browser::start(&Options {
            webgpu,
            proxy: &self.outside.address(),
            traced,
        })
    }

    /// Whether the site was built with the GPU engine.
    pub fn has_gpu_worker(&self) -> bool {
        let page = self.site.file(crate::site::SUB_PATH).unwrap_or_default();
        String::from_utf8_lossy(&page).contains("gpu-worker.js")
    }

    /// Holds an engine's logits of the checked pictures against what the network says natively.
    ///
    /// # Errors
    /// A probability is further away than [`TOLERANCE`].
    pub fn agree(&self, engine: Engine, model: ModelId, logits: &[f32]) -> Result<(), String> {
        let golden = self.golden.iter().find(|g| g.model == model);
        match golden.map_or(1.0, |golden| golden.apart(logits)) {
            apart if apart <= TOLERANCE => Ok(()),
            apart => Err(format!(
                "{} does not run the same {}: its probabilities differ by {apart} from those of weights/{model}.hbd. \
                 Remove the folder bench-web from the cache and try again",
                engine.title(),
                model.title()
            )),
        }
    }
}

/// Pictures as the networks see them, as JSON would have them.
pub fn standardised(pictures: &[Grey28]) -> Vec<f32> {
    let mut all = Vec::with_capacity(pictures.len() * PIXELS);
    pictures.iter().for_each(|p| all.extend(p.standardised()));
    all
}

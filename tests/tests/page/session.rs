//! A browser session with its site, and the checks that run in it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use fashion_mnist::{TEST_IMAGES, TEST_LABELS};
use tests::browser::{Browser, Options};
use tests::page::Page;
use tests::proxy::Proxy;
use tests::reference::{Reference, artifact, weights, weights_bytes};
use tests::reliability;
use tests::site::{SUB_PATH, Site};

use shared::garment::CLASSES;
use shared::model::{Ensemble, argmax, ensemble};
use shared::{AnyClassifier, Garment, Grey28, ModelId, Prediction, Sample};

/// The two kinds of sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Without WebGPU, as in many visitors' browsers.
    Cpu,
    /// WebGPU on SwiftShader.
    WebGpu,
}

/// A test of the page.
#[derive(Clone, Copy)]
pub struct Check {
    pub stage: Stage,
    pub name: &'static str,
    pub run: fn(&Session),
    /// Errors in the console that the check causes: lines with one of these texts.
    pub expected_errors: &'static [&'static str],
}

impl Check {
    /// A check that causes no errors in the console.
    pub const fn new(stage: Stage, name: &'static str, run: fn(&Session)) -> Self {
        Self {
            stage,
            name,
            run,
            expected_errors: &[],
        }
    }
}

/// A running browser, and the expected outputs.
pub struct Session {
    stage: Stage,
    pub browser: Browser,
    pub site: Site,
    pub reference: Reference,
    /// Each model's prediction for each image of the reference, computed natively.
    predictions: Vec<Vec<Prediction>>,
    ensemble: Ensemble,
    _proxy: Proxy,
}

impl Session {
    /// The current session, or a new one if the current one belongs to another stage.
    pub fn for_stage(current: &mut Option<Self>, stage: Stage) -> Result<&Self> {
        if current
            .as_ref()
            .is_some_and(|session| session.stage != stage)
        {
            *current = None;
        }
        let session = match current.take() {
            Some(session) => session,
            None => Self::start(stage)?,
        };
        Ok(current.insert(session))
    }

    fn start(stage: Stage) -> Result<Self> {
        let site = Site::start()?;
        let reference = Reference::load();
        let names = ModelId::ALL
            .map(ModelId::name)
            .into_iter()
            .chain([ensemble::NAME]);
        for name in names {
            ensure!(
                site.weights(name) == Some(weights_bytes(name)),
                "the site was built with other weights than weights/{name}.hbd: run `cargo xtask test`, which builds it again"
            );
        }
        let ensemble = Ensemble::from_artifact(&artifact(ensemble::NAME))?;
        let predictions = predict_natively(&reference)?;
        let proxy = Proxy::start()?;
        let browser = Browser::start(&Options {
            webgpu: stage == Stage::WebGpu,
            proxy: &proxy.address(),
            traced: false,
        })?;
        eprintln!("{stage:?}: {}", browser.version());
        site.watch_requests();
        // Files that the service worker keeps would change the next check; offline.rs tests it in separate browsers.
        browser.on_new_pages(
            "if (navigator.serviceWorker) {
                 ServiceWorkerContainer.prototype.register = () => Promise.reject(new Error('off'));
             }",
        );
        Ok(Self {
            stage,
            browser,
            site,
            reference,
            predictions,
            ensemble,
            _proxy: proxy,
        })
    }

    /// Runs a check.
    ///
    /// # Panics
    /// The check fails, or the console contains an unexpected error.
    pub fn run(&self, check: &Check) {
        self.site.clear_faults();
        self.browser.console();
        // The check may count its attempts itself; otherwise it is one.
        (check.run)(self);
        if !reliability::has_recorded(check.name) {
            reliability::record(check.name, 1, 1);
        }
        for line in self.browser.console() {
            let is_expected = check
                .expected_errors
                .iter()
                .any(|text| line.message.contains(text));
            assert!(
                line.level != "SEVERE" || is_expected,
                "the console contains an error: {}",
                line.message
            );
        }
    }

    /// The images and labels of the test set as the site has it; `None` if the site was built without it.
    pub fn test_set(&self) -> Option<(Vec<Grey28>, Vec<usize>)> {
        let files = [&TEST_IMAGES, &TEST_LABELS].map(|file| self.site.test_set(file));
        let [Some(images), Some(labels)] = files else {
            println!("skipped: the site was built without the test set");
            return None;
        };
        let images = fashion_mnist::parse_images(&images).expect("an IDX file of images");
        let labels = fashion_mnist::parse_labels(&labels).expect("an IDX file of labels");
        let images = images.iter().map(|pixels| Grey28::new(*pixels));
        let labels = labels.iter().map(|label| usize::from(*label));
        Some((images.collect(), labels.collect()))
    }

    /// Opens the page and waits until all models have their weights.
    pub fn page(&self) -> Page<'_> {
        Page::open(&self.browser, &self.site)
    }

    /// The reference's image of a class for which the least confident model is most confident.
    pub fn clear_example(&self, class: Garment) -> ReferenceImage {
        let doubt = |i: &usize| {
            ModelId::ALL
                .iter()
                .map(|&m| 1.0 - self.predictions[*i][m as usize].probabilities[class.index()])
                .fold(0.0, f32::max)
        };
        let index = (0..self.reference.labels.len())
            .filter(|&i| self.reference.labels[i] == class.index())
            .min_by(|a, b| doubt(a).total_cmp(&doubt(b)))
            .expect("the reference has images of each class");
        self.reference_image(index)
    }

    /// All of the reference's images of a class.
    pub fn examples(&self, class: Garment) -> Vec<Grey28> {
        let pairs = self.reference.images.iter().zip(&self.reference.labels);
        let of_class = pairs.filter(|(_, label)| **label == class.index());
        of_class.map(|(image, _)| image.clone()).collect()
    }

    /// An image of the reference.
    pub fn reference_image(&self, index: usize) -> ReferenceImage {
        ReferenceImage {
            index,
            class: Garment::ALL[self.reference.labels[index]],
            image: self.reference.images[index].clone(),
        }
    }

    /// A model's native prediction for an image: the most probable class and its probability.
    pub fn expected(&self, model: ModelId, golden: &ReferenceImage) -> (Garment, f32) {
        let prediction = &self.predictions[golden.index][model as usize];
        (prediction.garment(), prediction.confidence())
    }

    /// The native prediction of an ensemble of these models.
    pub fn expected_ensemble(&self, golden: &ReferenceImage, models: &[ModelId]) -> (Garment, f32) {
        let (_, probabilities) = self.combined(golden, models);
        let best = argmax(&probabilities);
        (Garment::ALL[best], probabilities[best])
    }

    /// What each of these models adds natively to the lead of the ensemble's class over the second.
    pub fn expected_contributions(&self, golden: &ReferenceImage, models: &[ModelId]) -> Vec<f32> {
        let (predictions, probabilities) = self.combined(golden, models);
        self.ensemble.contributions(&predictions, &probabilities)
    }

    fn combined(
        &self,
        golden: &ReferenceImage,
        models: &[ModelId],
    ) -> (Vec<Prediction>, [f32; CLASSES]) {
        let predictions: Vec<Prediction> = models
            .iter()
            .map(|&model| self.predictions[golden.index][model as usize])
            .collect();
        let probabilities = self.ensemble.combine(&predictions);
        (predictions, probabilities.expect("there are models"))
    }

    /// The image for which the most models disagree with the first.
    pub fn disputed_example(&self) -> ReferenceImage {
        let disagreeing = |i: &usize| {
            let predictions = &self.predictions[*i];
            let others = predictions
                .iter()
                .filter(|prediction| prediction.garment() != predictions[0].garment());
            others.count().min(3)
        };
        let index = (0..self.predictions.len()).max_by_key(disagreeing);
        self.reference_image(index.expect("the reference has images"))
    }
}

/// Each model's prediction for each image of the reference.
fn predict_natively(reference: &Reference) -> Result<Vec<Vec<Prediction>>> {
    let mut classifiers = ModelId::ALL
        .into_iter()
        .map(|model| AnyClassifier::new(model, &weights(model)))
        .collect::<Result<Vec<_>, _>>()?;
    let answers = reference.images.iter().map(|image| {
        let sample = Sample::new(image.clone());
        let each = classifiers.iter_mut();
        each.map(|m| m.classifier().classify(&sample)).collect()
    });
    Ok(answers.collect())
}

/// An image of the reference.
pub struct ReferenceImage {
    /// Its index in the reference.
    pub index: usize,
    pub class: Garment,
    pub image: Grey28,
}

/// A request to another origin from the page, and one from a worker, which the page's own policy refuses.
const OUTSIDE: &str = "
    const script = `fetch('https://outside.example/worker').catch(() => {});`;
    new Worker(URL.createObjectURL(new Blob([script])));
    fetch('https://outside.example/page').catch(() => {});";

/// The last check of a stage: no check has sent a request elsewhere.
pub const fn no_external_requests(stage: Stage) -> Check {
    Check {
        expected_errors: &["outside.example"],
        ..Check::new(
            stage,
            "sends_no_request_to_another_origin_or_path",
            sends_nothing_outside,
        )
    }
}

fn sends_nothing_outside(session: &Session) {
    session.page();
    let outside = session.site.outside_requests();
    assert_eq!(
        outside, 0,
        "{outside} requests to other origins; the console has their addresses"
    );
    let requests = session.site.requests();
    assert!(!requests.is_empty());
    for (path, status) in requests {
        assert!(path.starts_with(SUB_PATH), "{path} is not below {SUB_PATH}");
        assert_eq!(status, 200, "{path}");
    }
    // Requests of the page and of a worker would have been noticed.
    session.browser.run(OUTSIDE, vec![]);
    let start = Instant::now();
    while session.site.outside_requests() < 2 {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "the browser did not report the requests of this check"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

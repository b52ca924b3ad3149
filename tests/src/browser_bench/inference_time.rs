//! Times of the networks in each engine, for one image, a batch, and the test set.

use anyhow::{Context, Result, bail, ensure};
use protocol::{Pixels, Reply, Request};
use serde_json::json;
use shared::ModelId;
use shared::image::PIXELS;
use trainer::data::source;
use trainer::weights_store::WeightsStore;

use super::download_size::{self, DownloadSizes};
use super::engine::{Backend, Engine, MODELS};
use super::harness::{Harness, standardised};
use super::measurements::{Measurements, Metric};
use super::page_load::{WAIT_FOR_FIRST_ANSWER, page_url};
use crate::browser::Browser;
use crate::worker::Worker;

/// Images of a batch.
pub const BATCH_SIZE: u32 = 256;

/// The batch sizes that are timed. On a software GPU a batch of the ResNet would take half a minute.
fn batch_sizes(backend: Backend, model: ModelId) -> &'static [u32] {
    match (backend, model) {
        (Backend::Gpu, ModelId::Resnet) => &[1],
        _ => &[1, BATCH_SIZE],
    }
}

/// How often a batch is run.
struct Repetitions {
    /// Runs of a group, which is timed as a whole.
    runs: u32,
    /// Groups before the timed ones.
    warm_ups: u32,
    /// Timed groups.
    groups: u32,
}

impl Repetitions {
    /// A group should take at least some ten milliseconds, and a turn a few seconds.
    fn new(backend: Backend, batch: u32) -> Self {
        let (runs, warm_ups, groups) = match (backend, batch) {
            // A browser takes up to half a second to optimise a network's loops.
            (Backend::Cpu, 1) => (100, 20, 4),
            (Backend::Cpu, _) => (1, 4, 4),
            (Backend::Gpu, 1) => (5, 0, 3),
            (Backend::Gpu, _) => (1, 0, 1),
        };
        Self {
            runs,
            warm_ups,
            groups,
        }
    }
}

/// An engine that has loaded one network.
enum LoadedEngine<'a> {
    Haberdash(Worker<'a>),
    /// The page of another library.
    Peer(&'a Browser),
}

impl LoadedEngine<'_> {
    /// The logits of the check images, one after the other.
    fn logits(&self, harness: &Harness, model: ModelId) -> Result<Vec<f32>> {
        let images = &harness.check_images;
        match self {
            Self::Haberdash(worker) => Ok(worker.scores(model, images).concat()),
            Self::Peer(browser) => {
                let answer = browser.run_async(
                    "return Array.from(await logits(Float32Array.from(args[0])));",
                    vec![json!(standardised(images))],
                )?;
                serde_json::from_value(answer).context("the page returned no logits")
            }
        }
    }

    /// Milliseconds of a run, one number per group.
    fn time(&self, model: ModelId, batch: u32, repetitions: &Repetitions) -> Result<Vec<f64>> {
        let Repetitions {
            runs,
            warm_ups,
            groups,
        } = *repetitions;
        match self {
            Self::Haberdash(worker) => {
                let group = Request::Measure { model, batch, runs };
                let replies = worker.request(&vec![group; (warm_ups + groups) as usize]);
                let timed = replies.into_iter().skip(warm_ups as usize);
                let millis = timed.map(|reply| match reply {
                    Reply::Measured { micros } => Ok(f64::from(micros) / 1000.0 / f64::from(runs)),
                    other => bail!("instead of a measurement the worker replied {other:?}"),
                });
                millis.collect()
            }
            Self::Peer(browser) => {
                let script = include_str!("../../bench-web/measure.js");
                let arguments = [batch, runs, warm_ups, groups].map(|n| json!(n));
                let millis = browser.run_async(script, arguments.to_vec())?;
                serde_json::from_value(millis).context("the page returned no times")
            }
        }
    }
}

/// Checks the engine's logits, times both networks, and returns the sizes of what was downloaded.
///
/// # Errors
/// No browser starts, or the engine's logits differ from the native ones.
pub fn measure(
    harness: &Harness,
    engine: Engine,
    backend: Backend,
    measurements: &mut Measurements,
) -> Result<DownloadSizes> {
    let browser = harness.browser(backend == Backend::Gpu, false)?;
    measurements
        .browser
        .get_or_insert_with(|| browser.version());
    let script = match backend {
        Backend::Cpu => "cpu-worker.js",
        Backend::Gpu => "gpu-worker.js",
    };
    let earlier = harness.site.requests().len();
    for model in MODELS {
        let loaded = if engine == Engine::Haberdash {
            LoadedEngine::Haberdash(Worker::start(&browser, &harness.site, script, &[model]))
        } else {
            browser.open(&page_url(harness, engine, backend, model.name()));
            browser.run_async(WAIT_FOR_FIRST_ANSWER, vec![])?;
            LoadedEngine::Peer(&browser)
        };
        harness.check_logits(engine, model, &loaded.logits(harness, model)?)?;
        for &batch in batch_sizes(backend, model) {
            let millis = loaded.time(model, batch, &Repetitions::new(backend, batch))?;
            let metric = if batch == 1 {
                Metric::SingleImage(backend, model)
            } else {
                Metric::Batch(backend, model)
            };
            measurements.add(metric, engine, millis);
        }
    }
    let requests = harness.site.requests().split_off(earlier);
    let paths: Vec<String> = requests.into_iter().map(|(path, _)| path).collect();
    Ok(download_size::measure(&harness.site, &paths))
}

/// Times the predictions of all seven models, for each image of the reference.
///
/// # Errors
/// No browser starts, or a reply is not a prediction.
pub fn measure_all_models(harness: &Harness, measurements: &mut Measurements) -> Result<()> {
    let browser = harness.browser(false, false)?;
    let worker = Worker::start(&browser, &harness.site, "cpu-worker.js", &ModelId::ALL);
    let requests: Vec<Vec<Request>> = harness
        .images
        .iter()
        .map(|image| {
            let grey = Pixels::from(image);
            let classify = |model| Request::Classify {
                model,
                grey: grey.clone(),
            };
            ModelId::ALL.map(classify).to_vec()
        })
        .collect();
    let (millis, replies) = worker.time(&requests);
    if let Some(other) = replies.iter().find(|r| !matches!(r, Reply::Prediction(_))) {
        bail!("instead of a prediction the worker replied {other:?}");
    }
    measurements.add(Metric::AllModels, Engine::Haberdash, millis);
    Ok(())
}

/// Times the CNN on the 10,000 test images.
///
/// # Errors
/// No browser starts, the data set is missing, or the accuracy is not the manifest's.
pub fn measure_test_set(harness: &Harness, measurements: &mut Measurements) -> Result<()> {
    /// Images of a request.
    const CHUNK: usize = 500;
    let test = source::load(None)?.test;
    let browser = harness.browser(false, false)?;
    let worker = Worker::start(&browser, &harness.site, "cpu-worker.js", &[ModelId::Cnn]);
    let requests: Vec<Request> = test
        .images
        .chunks(CHUNK)
        .map(|chunk| {
            let mut pixels = Vec::with_capacity(CHUNK * PIXELS);
            chunk.iter().for_each(|image| pixels.extend(image.pixels()));
            Request::ClassifyBatch {
                model: ModelId::Cnn,
                images: pixels,
            }
        })
        .collect();
    let (millis, replies) = worker.time(&[requests]);
    let mut classes = Vec::new();
    for reply in replies {
        match reply {
            Reply::Batch { classes: some, .. } => classes.extend(some),
            other => bail!("instead of a batch's classes the worker replied {other:?}"),
        }
    }
    let correct = classes
        .iter()
        .zip(&test.labels)
        .filter(|(class, label)| usize::from(**class) == label.index())
        .count();
    let manifest =
        WeightsStore::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../weights")).manifest()?;
    let recorded = manifest
        .models
        .iter()
        .find(|entry| entry.model == ModelId::Cnn)
        .map(|entry| (entry.test.accuracy * test.labels.len() as f64).round() as usize)
        .context("weights/manifest.json lists no CNN: run `cargo run -p trainer`")?;
    ensure!(
        recorded == correct,
        "the CNN classifies {correct} test images correctly in the page, and {recorded} according to weights/manifest.json: \
         run `cargo run -p trainer -- evaluate`"
    );
    measurements.add(Metric::TestSet, Engine::Haberdash, millis);
    Ok(())
}

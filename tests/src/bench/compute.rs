//! How long the networks take, engine by engine.

use protocol::{Pixels, Reply, Request};
use serde_json::json;
use shared::ModelId;
use shared::image::PIXELS;
use trainer::data::source;
use trainer::weights::Weights;

use super::load::{READY, page};
use super::record::{Measure, Record};
use super::weight::{Parts, parts};
use super::{Arena, Backend, Engine, MODELS, arena};
use crate::browser::Browser;
use crate::worker::Worker;

/// Pictures of the large batch.
pub const BATCH: u32 = 256;

/// The batches that a network is timed with; on a software GPU, large ones of the CNN alone, as they take half a minute.
pub fn batches(backend: Backend, model: ModelId) -> &'static [u32] {
    match (backend, model) {
        (Backend::Gpu, ModelId::Resnet) => &[1],
        _ => &[1, BATCH],
    }
}

/// How often a batch is run, and how many such groups are timed, after how many that are not.
struct Effort {
    runs: u32,
    warm_ups: u32,
    groups: u32,
}

/// A group should take at least some ten milliseconds, and a turn a few seconds.
fn effort(backend: Backend, batch: u32) -> Effort {
    let (runs, warm_ups, groups) = match (backend, batch) {
        // A browser takes up to half a second to compile a network's loops well.
        (Backend::Cpu, 1) => (100, 20, 4),
        (Backend::Cpu, _) => (1, 4, 4),
        (Backend::Gpu, 1) => (5, 0, 3),
        (Backend::Gpu, _) => (1, 0, 1),
    };
    Effort {
        runs,
        warm_ups,
        groups,
    }
}

/// An engine with one network loaded.
enum Contestant<'a> {
    Ours(Worker<'a>),
    Peer(&'a Browser),
}

impl Contestant<'_> {
    /// The logits of the checked pictures, one after the other.
    fn logits(&self, arena: &Arena, model: ModelId) -> Result<Vec<f32>, String> {
        let pictures = &arena.checked;
        match self {
            Self::Ours(worker) => Ok(worker.scores(model, pictures).concat()),
            Self::Peer(browser) => {
                let answer = browser.run_async(
                    "return Array.from(await logits(Float32Array.from(args[0])));",
                    vec![json!(arena::standardised(pictures))],
                )?;
                serde_json::from_value(answer).map_err(|e| format!("these are no logits: {e}"))
            }
        }
    }

    /// Milliseconds of a run, one number a group.
    fn time(&self, model: ModelId, batch: u32, effort: &Effort) -> Result<Vec<f64>, String> {
        let Effort {
            runs,
            warm_ups,
            groups,
        } = *effort;
        match self {
            Self::Ours(worker) => {
                let group = Request::Measure { model, batch, runs };
                let replies = worker.ask(&vec![group; (warm_ups + groups) as usize]);
                let timed = replies.into_iter().skip(warm_ups as usize);
                let millis = timed.map(|reply| match reply {
                    Reply::Measured { micros } => Ok(f64::from(micros) / 1000.0 / f64::from(runs)),
                    other => Err(format!("instead of a measurement: {other:?}")),
                });
                millis.collect()
            }
            Self::Peer(browser) => {
                let script = include_str!("../../bench-web/measure.js");
                let arguments = [batch, runs, warm_ups, groups].map(|n| json!(n));
                let millis = browser.run_async(script, arguments.to_vec())?;
                serde_json::from_value(millis).map_err(|e| format!("these are no times: {e}"))
            }
        }
    }
}

/// An engine's turn: it must give the network's answers, and is then timed. Returns what it downloaded.
///
/// # Errors
/// A sentence: no browser, or other answers.
pub fn turn(
    arena: &Arena,
    engine: Engine,
    backend: Backend,
    record: &mut Record,
) -> Result<Parts, String> {
    let browser = arena.browser(backend == Backend::Gpu, false)?;
    if record.browser.is_empty() {
        record.browser = browser.version();
    }
    let script = match backend {
        Backend::Cpu => "cpu-worker.js",
        Backend::Gpu => "gpu-worker.js",
    };
    let before = arena.site.requests().len();
    for model in MODELS {
        let contestant = match engine {
            Engine::Ours => {
                Contestant::Ours(Worker::start(&browser, &arena.site, script, &[model]))
            }
            _ => {
                browser.open(&page(arena, engine, backend, model.name()));
                browser.run_async(READY, vec![])?;
                Contestant::Peer(&browser)
            }
        };
        arena.agree(engine, model, &contestant.logits(arena, model)?)?;
        for &batch in batches(backend, model) {
            let millis = contestant.time(model, batch, &effort(backend, batch))?;
            let measure = match batch {
                1 => Measure::One(backend, model),
                _ => Measure::Batch(backend, model),
            };
            record.note(measure, engine, millis);
        }
    }
    let requests = arena.site.requests().split_off(before);
    let paths: Vec<String> = requests.into_iter().map(|(path, _)| path).collect();
    Ok(parts(&arena.site, engine, &paths))
}

/// Seven verdicts on each of the reference's pictures, from the first question to the last answer.
///
/// # Errors
/// A sentence: no browser.
pub fn seven(arena: &Arena, record: &mut Record) -> Result<(), String> {
    let browser = arena.browser(false, false)?;
    let worker = Worker::start(&browser, &arena.site, "cpu-worker.js", &ModelId::ALL);
    let questions: Vec<Vec<Request>> = arena
        .pictures
        .iter()
        .map(|picture| {
            let grey = Pixels::from(picture);
            let each = ModelId::ALL.iter();
            each.map(|&model| Request::Classify {
                model,
                grey: grey.clone(),
            })
            .collect()
        })
        .collect();
    let (millis, replies) = worker.time(&questions);
    if let Some(other) = replies.iter().find(|r| !matches!(r, Reply::Prediction(_))) {
        return Err(format!("instead of a verdict: {other:?}"));
    }
    record.note(Measure::Seven, Engine::Ours, millis);
    Ok(())
}

/// The 10,000 test pictures through the CNN, from the first question to the last answer.
///
/// # Errors
/// A sentence: no browser, no data set, or other answers than the manifest has.
pub fn test_set(arena: &Arena, record: &mut Record) -> Result<(), String> {
    /// Pictures of a request.
    const CHUNK: usize = 500;
    let test = source::load(None).map_err(|e| e.to_string())?.test;
    let browser = arena.browser(false, false)?;
    let worker = Worker::start(&browser, &arena.site, "cpu-worker.js", &[ModelId::Cnn]);
    let questions: Vec<Request> = test
        .images
        .chunks(CHUNK)
        .map(|chunk| {
            let mut pictures = Vec::with_capacity(CHUNK * PIXELS);
            chunk.iter().for_each(|p| pictures.extend(p.pixels()));
            Request::ClassifyBatch {
                model: ModelId::Cnn,
                pictures,
            }
        })
        .collect();
    let (millis, replies) = worker.time(&[questions]);
    let mut classes = Vec::new();
    for reply in replies {
        match reply {
            Reply::Batch { classes: some, .. } => classes.extend(some),
            other => return Err(format!("instead of a batch's classes: {other:?}")),
        }
    }
    let right = classes
        .iter()
        .zip(&test.labels)
        .filter(|(c, l)| usize::from(**c) == l.index())
        .count();
    let recorded = Weights::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../weights"))
        .manifest()
        .map_err(|e| e.to_string())?
        .models
        .iter()
        .find(|entry| entry.model == ModelId::Cnn)
        .map(|entry| (entry.test.accuracy * test.labels.len() as f64).round() as usize);
    if recorded != Some(right) {
        return Err(format!(
            "the CNN is right on {right} test pictures in the page, and on {recorded:?} in weights/manifest.json: \
             run `cargo run -p trainer -- evaluate`"
        ));
    }
    record.note(Measure::TestSet, Engine::Ours, millis);
    Ok(())
}

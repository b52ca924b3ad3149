//! The commands that evaluate, ablate and time.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use shared::model::{ensemble, novelty};
use trainer::data::source;
use trainer::device::DeviceKind;
use trainer::evaluate::Figures;
use trainer::fit::Recipe;
use trainer::jobs::{ablation, map_tests, novelty as novelty_job, raw_pixels, thumbnails, verify};
use trainer::peer_benchmark::{classical, training_speed};
use trainer::training_data::TrainingData;

use super::options::GlobalOptions;
use super::run_control;

pub fn evaluate(
    global: &GlobalOptions,
    limit: Option<u32>,
    json: bool,
) -> anyhow::Result<ExitCode> {
    let data = source::load(global.data.as_deref())?;
    let weights = global.weights_store();
    let limit = limit.map(|n| n as usize);
    let print = |model: &str, figures: Figures| {
        if json {
            println!("{}", serde_json::json!({ "model": model, "test": figures }));
        } else {
            println!(
                "{model:>8} {:.2}% of {} right  macro F1 {:.4}  calibration error {:.2}%  as recorded",
                figures.accuracy * 100.0,
                figures.total,
                figures.macro_f1,
                figures.calibration_error * 100.0
            );
        }
    };
    for model in global.models() {
        print(
            model.name(),
            verify::verify_model(&weights, model, &data, limit)?,
        );
    }
    if global.model.is_empty() {
        print(
            ensemble::NAME,
            verify::verify_ensemble(&weights, &data, limit)?,
        );
        verify::verify_photo_network(&weights)?;
        thumbnails::verify(&weights, &data, limit.is_some())?;
        let unknown = novelty_job::verify(&weights, &data, limit)?;
        if json {
            println!(
                "{}",
                serde_json::json!({ "model": novelty::NAME, "unknown": unknown })
            );
        } else {
            println!(
                "{:>8} {:.2}% of the test images taken for none of the ten  as recorded",
                novelty::NAME,
                unknown * 100.0
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub fn raw(global: &GlobalOptions, seed: u64) -> anyhow::Result<ExitCode> {
    let data = source::load(global.data.as_deref())?;
    let weights = global.weights_store();
    let control = run_control()?;
    for model in global.models() {
        if let Some(entry) = raw_pixels::measure(&weights, model, seed, &data, control)? {
            println!(
                "{} on raw pixels  validation {:.2}%  test {:.2}%  {} s",
                model.title(),
                entry.validation.accuracy * 100.0,
                entry.test.accuracy * 100.0,
                entry.duration_seconds
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub fn ablate(global: &GlobalOptions, seed: u64) -> anyhow::Result<ExitCode> {
    let data = TrainingData {
        fashion_mnist: source::load(global.data.as_deref())?,
        photos: None,
    };
    let weights = global.weights_store();
    let control = run_control()?;
    for model in global.models() {
        if let Recipe::Network(recipe) = Recipe::for_model(model) {
            ablation::run(&weights, model, &recipe, seed, &data, control)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub fn maps(global: &GlobalOptions) -> anyhow::Result<ExitCode> {
    let data = source::load(global.data.as_deref())?;
    let weights = global.weights_store();
    for means in map_tests::measure(&weights, &data.test)?.models {
        println!(
            "{:>8} {:>21}  deletion {:.3}  insertion {:.3}",
            means.model, means.own.method, means.own.deletion, means.own.insertion
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub fn bench(global: &GlobalOptions, out: &Path, limit: Option<usize>) -> anyhow::Result<ExitCode> {
    let data = source::load(global.data.as_deref())?;
    let bench = classical::run(&data, limit, 1, out)?;
    let (svm, forest) = (&bench.svm, &bench.forest);
    let rows = [
        (
            "svm",
            svm.time.seconds,
            svm.time_on_one_thread.seconds,
            svm.validation_accuracy,
            svm.size,
        ),
        (
            "forest",
            forest.time.seconds,
            forest.time_on_one_thread.seconds,
            forest.validation_accuracy,
            forest.size,
        ),
    ];
    for (model, seconds, alone, validation, size) in rows {
        println!(
            "{model:>8} {seconds:.1} s on {} threads, {alone:.1} s on one, {:.2}% of the validation images, size {size}",
            bench.threads,
            validation * 100.0
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub fn speed(
    global: &GlobalOptions,
    device: DeviceKind,
    batch: usize,
    seconds: u64,
) -> anyhow::Result<ExitCode> {
    for model in global.models().into_iter().filter(|m| m.is_deep()) {
        let time = Duration::from_secs(seconds);
        let speed = training_speed::measure(model, device, batch, time)?;
        println!("{}", serde_json::to_string(&speed)?);
    }
    Ok(ExitCode::SUCCESS)
}

//! The command `trainer predict`: classifies image files.

use std::path::PathBuf;
use std::process::ExitCode;

use photo::Route;
use shared::Garment;
use shared::advice::{Advice, Findings, Reader};
use trainer::predict::heat_map_sheet::HeatMapSheet;
use trainer::predict::{
    ErrorLine, ImageFile, PredictError, PredictionLine, Predictor, PreparedFile,
};

use super::options::GlobalOptions;

/// Classes that are printed for a prediction; `--json` has all ten.
const CLASSES_SHOWN: usize = 3;

pub fn predict(
    global: &GlobalOptions,
    json: bool,
    gradcam: Option<PathBuf>,
    images: &[PathBuf],
) -> anyhow::Result<ExitCode> {
    let mut predictor = Predictor::load(&global.weights_store(), &global.models())?;
    let mut heat_maps = HeatMapSheet::default();
    let mut exit_code = ExitCode::SUCCESS;
    for path in images {
        let opened = match ImageFile::open(path) {
            Ok(opened) => opened,
            Err(error) => {
                exit_code = ExitCode::FAILURE;
                print_error(&path.to_string_lossy(), &error, json)?;
                continue;
            }
        };
        for warning in opened.warnings() {
            eprintln!("{}\n  {warning}", path.display());
        }
        for (name, image) in opened.into_images() {
            let file = match PreparedFile::new(image) {
                Ok(file) => file,
                Err(error) => {
                    exit_code = ExitCode::FAILURE;
                    print_error(&name, &error, json)?;
                    continue;
                }
            };
            if !json {
                println!("{name}");
            }
            let result = predictor.predict(&file, |classifier, sample, prediction| {
                if gradcam.is_some() {
                    heat_maps.push(&file, &classifier.explain(sample, prediction.garment()));
                }
            });
            if !json {
                print_warnings(&file, result.known, result.rotation);
            }
            for prediction in &result.predictions {
                let line = PredictionLine {
                    file: &name,
                    model: prediction.name,
                    label: prediction.class.label(),
                    confidence: prediction.confidence,
                    known: prediction.is_known,
                    probabilities: prediction.probabilities,
                    others: prediction.others,
                    micros: prediction.micros,
                };
                if json {
                    println!("{}", serde_json::to_string(&line)?);
                } else {
                    print_prediction(&line);
                }
            }
        }
    }
    if let Some(path) = gradcam {
        heat_maps.save(&path)?;
    }
    Ok(exit_code)
}

/// Prints why there are no predictions for an image.
fn print_error(file: &str, error: &PredictError, json: bool) -> anyhow::Result<()> {
    let error = error.to_string();
    if json {
        println!("{}", serde_json::to_string(&ErrorLine { file, error })?);
    } else {
        eprintln!("{file}\n  error: {error}");
    }
    Ok(())
}

/// Prints whether the predictions for an image are guesses, and what may be done about it.
fn print_warnings(file: &PreparedFile, known: bool, rotation: Option<u16>) {
    if !known {
        println!(
            "  Not sure: the image differs from everything in the training data, so the predictions are guesses."
        );
    }
    let prepared = &file.prepared;
    let findings = Findings {
        is_known: known,
        rotation,
        objects: prepared.objects.len(),
        is_cut_off: prepared.is_cut_off,
        is_poor: prepared.quality < photo::POOR_QUALITY,
        is_white: prepared.is_white,
        is_stretched: matches!(prepared.route, Route::Scene { .. }),
        ..Findings::default()
    };
    if let Some(advice) = Advice::from_findings(&findings) {
        println!("  {}", advice.text(Reader::CommandLine));
    }
}

/// Prints a prediction with its most likely classes.
fn print_prediction(line: &PredictionLine) {
    println!(
        "  {:<9} {:<11} {:>5.1}%  {:>7.2} ms",
        line.model,
        line.label,
        line.confidence * 100.0,
        line.micros as f64 / 1000.0
    );
    let mut classes: Vec<_> = Garment::ALL.iter().zip(line.probabilities).collect();
    classes.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (garment, probability) in classes.into_iter().take(CLASSES_SHOWN) {
        println!(
            "            {:<11} {:>5.1}%  {}",
            garment.label(),
            probability * 100.0,
            bar(probability)
        );
    }
}

/// A probability as a bar of at most 30 characters.
fn bar(probability: f32) -> String {
    "█".repeat((probability * 30.0).round() as usize)
}

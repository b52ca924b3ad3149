//! The command `trainer predict`: classifies image files.

use std::io::{self, ErrorKind, StdoutLock, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use photo::{Route, straightening_note};
use serde::Serialize;
use shared::Garment;
use shared::advice::{Advice, Findings, Reader};
use trainer::predict::folder_walk::{Found, images_in};
use trainer::predict::heat_map_sheet::HeatMapSheet;
use trainer::predict::printable::printable;
use trainer::predict::{
    ErrorLine, ImageFile, PredictError, PredictionLine, Predictor, PreparedFile, STANDARD_INPUT,
};

use super::options::GlobalOptions;

/// Classes that are printed for a prediction; `--json` has all ten.
const CLASSES_SHOWN: usize = 3;
/// Characters of a path in the label of a heat map; there is space for so many beside a model and its prediction.
const LABEL_PATH: usize = 45;

pub const EXIT_CODES: &str = "\
Exit codes:
  0  every image was classified, also if the class is not sure or a warning was printed
  1  an image could not be read or classified, or the output not be written
  2  the options are wrong";

#[derive(clap::Args)]
pub struct Predict {
    /// Print one JSON object per line
    #[arg(long)]
    json: bool,
    /// Write the heat map of each prediction to this PNG: Grad-CAM, or occlusion for models without convolutions
    #[arg(long, value_name = "OUT.png")]
    gradcam: Option<PathBuf>,
    /// Classify the images in folders, and in the folders within them, by the ends of their names
    #[arg(long)]
    recursive: bool,
    /// Image files; - for standard input
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
}

pub fn predict(global: &GlobalOptions, options: &Predict) -> anyhow::Result<ExitCode> {
    let inputs = inputs(options);
    let mut heat_maps = match &options.gradcam {
        Some(path) => {
            let images = inputs.iter().filter_map(|input| input.as_deref().ok());
            Some(HeatMapSheet::create(path, images)?)
        }
        None => None,
    };
    let mut predictor = Predictor::load(&global.weights_store(), &global.models())?;
    let mut output = Output {
        stdout: io::stdout().lock(),
        json: options.json,
        // The heat maps are wanted also if nobody reads the lines.
        is_optional: heat_maps.is_some(),
        has_failures: false,
    };
    let finished = predict_all(inputs, &mut predictor, &mut heat_maps, &mut output);
    match finished.and_then(|()| heat_maps.map_or(Ok(()), HeatMapSheet::finish)) {
        // A reader that has seen enough, such as `head`, ends the run.
        Err(PredictError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => {}
        finished => finished?,
    }
    Ok(match output.has_failures {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// A file, or the path that holds none and why.
type Input = Result<PathBuf, (PathBuf, PredictError)>;

/// The files that are named, and with `--recursive` those in the folders that are named.
fn inputs(options: &Predict) -> Vec<Input> {
    let mut inputs = Vec::new();
    for path in &options.images {
        let is_folder = path != Path::new(STANDARD_INPUT) && path.is_dir();
        if !(is_folder && options.recursive) {
            inputs.push(Ok(path.clone()));
            continue;
        }
        let found = images_in(path);
        if found.is_empty() {
            inputs.push(Err((path.clone(), PredictError::NoImages)));
        }
        inputs.extend(found.into_iter().map(|found| match found {
            Found::Image(path) => Ok(path),
            Found::Unreadable(path, error) => Err((path, PredictError::UnreadableFolder(error))),
        }));
    }
    inputs
}

fn predict_all(
    inputs: Vec<Input>,
    predictor: &mut Predictor,
    heat_maps: &mut Option<HeatMapSheet>,
    output: &mut Output,
) -> Result<(), PredictError> {
    for input in inputs {
        let opened = input.and_then(|path| match ImageFile::open(&path) {
            Ok(opened) => Ok((path, opened)),
            Err(error) => Err((path, error)),
        });
        let (path, opened) = match opened {
            Ok(opened) => opened,
            Err((path, error)) => {
                output.error(&path.to_string_lossy(), &error)?;
                continue;
            }
        };
        for warning in opened.warnings() {
            print_to_stderr(&path.to_string_lossy(), &warning);
        }
        for (name, image) in opened.into_images() {
            match PreparedFile::new(image) {
                Ok(file) => predict_image(&name, &file, predictor, heat_maps, output)?,
                Err(error) => output.error(&name, &error)?,
            }
        }
    }
    Ok(())
}

fn predict_image(
    name: &str,
    file: &PreparedFile,
    predictor: &mut Predictor,
    heat_maps: &mut Option<HeatMapSheet>,
    output: &mut Output,
) -> Result<(), PredictError> {
    let mut written = Ok(());
    let result = predictor.predict(file, |classifier, sample, prediction| {
        if let Some(heat_maps) = heat_maps
            && written.is_ok()
        {
            let label = format!(
                "{} {} {:.1}% {}",
                prediction.model.name(),
                prediction.garment().label(),
                prediction.confidence() * 100.0,
                end_of(name)
            );
            let map = classifier.explain(sample, prediction.garment());
            written = heat_maps.push(&label, file, &map);
        }
    });
    written?;
    if !output.json {
        output.line(&printable(name))?;
        output.warnings(file, result.known, result.rotation)?;
    }
    for prediction in &result.predictions {
        let line = PredictionLine {
            file: name,
            model: prediction.name,
            label: prediction.class.label(),
            confidence: prediction.confidence,
            known: prediction.is_known,
            probabilities: prediction.probabilities,
            others: prediction.others,
            micros: prediction.micros,
        };
        if output.json {
            output.json(&line)?;
        } else {
            output.prediction(&line)?;
        }
    }
    Ok(())
}

/// The end of a long path, which tells more than its start.
fn end_of(path: &str) -> String {
    let length = path.chars().count();
    if length <= LABEL_PATH {
        return path.into();
    }
    let end = path.chars().skip(length - LABEL_PATH + 3);
    "...".chars().chain(end).collect()
}

/// Prints a message about a file. If that fails, there is nowhere to say so.
fn print_to_stderr(file: &str, message: &str) {
    let _ = writeln!(io::stderr(), "{}\n  {message}", printable(file));
}

/// Standard output, as text or as lines of JSON.
struct Output {
    stdout: StdoutLock<'static>,
    json: bool,
    /// Whether the run goes on when nobody reads any more.
    is_optional: bool,
    /// Whether there was an error for a file.
    has_failures: bool,
}

impl Output {
    fn line(&mut self, text: &str) -> Result<(), PredictError> {
        match writeln!(self.stdout, "{text}") {
            Err(error) if self.is_optional && error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written.map_err(PredictError::Output),
        }
    }

    fn json(&mut self, value: &impl Serialize) -> Result<(), PredictError> {
        let text = serde_json::to_string(value).map_err(|e| PredictError::Output(e.into()))?;
        self.line(&text)
    }

    /// Prints why there are no predictions for an image.
    fn error(&mut self, file: &str, error: &PredictError) -> Result<(), PredictError> {
        self.has_failures = true;
        let error = error.to_string();
        if self.json {
            return self.json(&ErrorLine { file, error });
        }
        print_to_stderr(file, &format!("error: {error}"));
        Ok(())
    }

    /// Prints whether the predictions for an image are not reliable, and what may be done about it.
    fn warnings(
        &mut self,
        file: &PreparedFile,
        known: bool,
        rotation: Option<u16>,
    ) -> Result<(), PredictError> {
        if !known {
            self.line(
                "  Not sure: the image differs from everything in the training data, so the predictions are not reliable.",
            )?;
        }
        if let Some(note) = straightening_note(file.edits.rotation) {
            self.line(&format!("  {note}"))?;
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
        match Advice::from_findings(&findings) {
            Some(advice) => self.line(&format!("  {}", advice.text(Reader::CommandLine))),
            None => Ok(()),
        }
    }

    /// Prints a prediction with its most likely classes.
    fn prediction(&mut self, line: &PredictionLine) -> Result<(), PredictError> {
        self.line(&format!(
            "  {:<9} {:<11} {:>5.1}%  {:>7.2} ms",
            line.model,
            line.label,
            line.confidence * 100.0,
            line.micros as f64 / 1000.0
        ))?;
        let mut classes: Vec<_> = Garment::ALL.iter().zip(line.probabilities).collect();
        classes.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (garment, probability) in classes.into_iter().take(CLASSES_SHOWN) {
            self.line(&format!(
                "            {:<11} {:>5.1}%  {}",
                garment.label(),
                probability * 100.0,
                bar(probability)
            ))?;
        }
        Ok(())
    }
}

/// A probability as a bar of at most 30 characters.
fn bar(probability: f32) -> String {
    "█".repeat((probability * 30.0).round() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_show_the_end_of_long_paths() {
        assert_eq!(end_of("shoes/boot.png"), "shoes/boot.png");
        let long = format!("{}/boot.png", "ü".repeat(50));
        assert_eq!(end_of(&long).chars().count(), LABEL_PATH);
        assert!(end_of(&long).starts_with("...ü") && end_of(&long).ends_with("/boot.png"));
    }
}

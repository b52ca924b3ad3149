//! `trainer predict`: answers pictures.

use std::path::PathBuf;
use std::process::ExitCode;

use shared::model::ensemble;
use trainer::predict::panel::Panels;
use trainer::predict::{ErrorLine, Line, Panelists, Picture};

use crate::Places;

/// Classes that a verdict for people lists; `--json` has all ten.
const SHOWN: usize = 3;

pub fn predict(
    places: &Places,
    json: bool,
    gradcam: Option<PathBuf>,
    images: &[PathBuf],
) -> anyhow::Result<ExitCode> {
    let mut models = Panelists::load(&places.weights(), &places.models())?;
    let mut panels = Panels::default();
    let mut outcome = ExitCode::SUCCESS;
    for path in images {
        let file = path.to_string_lossy();
        let picture = match Picture::open(path) {
            Ok(picture) => picture,
            Err(error) => {
                outcome = ExitCode::FAILURE;
                let (file, error) = (file.as_ref(), error.to_string());
                if json {
                    println!("{}", serde_json::to_string(&ErrorLine { file, error })?);
                } else {
                    eprintln!("{file}\n  error: {error}");
                }
                continue;
            }
        };
        if !json {
            println!("{file}");
        }
        let answers = models.answer(&picture, |member, sample, verdict| {
            if gradcam.is_some() {
                panels.push(&picture, &member.explain(sample, verdict.garment()));
            }
        });
        if !json {
            print_remarks(&picture, answers.known);
        }
        let named = answers.verdicts.iter().map(|a| (a.verdict.model.name(), a));
        for (model, answer) in named.chain(answers.vote.iter().map(|a| (ensemble::NAME, a))) {
            let line = Line {
                file: &file,
                model,
                label: answer.verdict.garment().label(),
                confidence: answer.verdict.confidence(),
                known: answers.known,
                probabilities: answer.verdict.probabilities,
                micros: answer.micros,
            };
            if json {
                println!("{}", serde_json::to_string(&line)?);
            } else {
                print_line(&line);
            }
        }
    }
    if let Some(path) = gradcam {
        panels.save(&path)?;
    }
    Ok(outcome)
}

/// What should be known about a picture before its answers are read.
fn print_remarks(picture: &Picture, known: bool) {
    let prepared = &picture.prepared;
    if !known {
        println!("  This looks like none of the ten classes: the answers below are guesses.");
    }
    if prepared.quality < photo::POOR_QUALITY {
        println!(
            "  The garment could not be told well from what is around it: crop the photo closer."
        );
    }
    if prepared.is_white {
        println!(
            "  Fashion-MNIST has no white garments: it was darkened, and answers are less sure."
        );
    }
}

/// An answer for people: the three likeliest classes.
fn print_line(line: &Line) {
    println!(
        "  {:<9} {:<11} {:>5.1}%  {:>7.2} ms",
        line.model,
        line.label,
        line.confidence * 100.0,
        line.micros as f64 / 1000.0
    );
    let mut likeliest: Vec<_> = shared::Garment::ALL
        .iter()
        .zip(line.probabilities)
        .collect();
    likeliest.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (garment, p) in likeliest.into_iter().take(SHOWN) {
        println!(
            "            {:<11} {:>5.1}%  {}",
            garment.label(),
            p * 100.0,
            bar(p)
        );
    }
}

/// A probability as a bar of at most 30 characters.
fn bar(probability: f32) -> String {
    "█".repeat((probability * 30.0).round() as usize)
}

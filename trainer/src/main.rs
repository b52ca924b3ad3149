//! The command line: parses, calls the library, prints.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, Subcommand};
use shared::ModelId;
use shared::model::vote;
use trainer::data::source;
use trainer::device::DeviceKind;
use trainer::evaluate::Figures;
use trainer::fit::deep::Watch;
use trainer::fit::{Recipe, stop};
use trainer::predict::panel::Panels;
use trainer::predict::{ErrorLine, Line, Panelists, Picture};
use trainer::report::Record;
use trainer::weights::{Forecast, Order, Weights};
use trainer::{bench, gallery, manifest, report};

/// Trains Fashion-MNIST classifiers, checks their figures, and answers pictures.
///
/// Without a command, trains what is missing or out of date and writes weights/.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    train: Train,
    #[command(flatten)]
    places: Places,
}

#[derive(clap::Args)]
struct Places {
    /// Folder with the four Fashion-MNIST files [default: found, or downloaded]
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// Folder of the weights and their records
    #[arg(long, value_name = "DIR", default_value = "weights", global = true)]
    weights: PathBuf,
    /// Only this model; may be given several times [default: all]
    #[arg(long, value_name = "MODEL", value_parser = model, global = true)]
    model: Vec<ModelId>,
}

#[derive(clap::Args)]
struct Train {
    /// Epochs of a network instead of the recipe's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    epochs: Option<u32>,
    /// Where the training's randomness begins
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Few epochs and fewer trees, for a first look; replaces what is in the folder of the weights
    #[arg(long)]
    quick: bool,
    /// What the networks train on
    #[arg(long, value_enum, default_value_t = DeviceKind::Cpu)]
    device: DeviceKind,
}

/// Classes that a verdict for people lists; `--json` has all ten.
const SHOWN: usize = 3;

#[derive(Subcommand)]
enum Command {
    /// Recomputes every figure from the weights; fails if the manifest disagrees
    Evaluate {
        /// Only the first N test pictures, against their recorded answers
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        limit: Option<u32>,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Answers pictures: label, ten probabilities, time
    Predict {
        /// One JSON object a line
        #[arg(long)]
        json: bool,
        /// Writes what speaks for each verdict into this PNG: Grad-CAM or, without convolutions, occlusion
        #[arg(long, value_name = "OUT.png")]
        gradcam: Option<PathBuf>,
        #[arg(required = true, value_name = "IMAGE")]
        images: Vec<PathBuf>,
    },
    /// Writes the results: the README's table, and results.md with its plots
    Report {
        #[arg(long, value_name = "FILE", default_value = "README.md")]
        readme: PathBuf,
        /// Folder of results.md
        #[arg(long, value_name = "DIR", default_value = "docs")]
        docs: PathBuf,
    },
    /// Measures the classical models on raw pixels, for the comparison; their weights are not kept
    Raw,
    /// Trains a network's recipe part by part, to see what each part gains; the weights are not kept
    Ablate {
        /// Where the training's randomness begins
        #[arg(long, value_name = "N", default_value_t = 1)]
        seed: u64,
    },
    /// Times the SVM's and the forest's fits alone, and writes what they saw as .npy
    Bench {
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Only the first N training pictures
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Times the networks' training steps; one JSON object a line
    Speed {
        /// What they train on
        #[arg(long, value_enum, default_value_t = DeviceKind::Cpu)]
        device: DeviceKind,
        /// Pictures of a step
        #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=4096))]
        batch: u32,
        /// How long each network steps
        #[arg(long, value_name = "S", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
        seconds: u64,
    },
    /// Writes the page's gallery from the test pictures
    Gallery {
        #[arg(long, value_name = "OUT.png", default_value = "web/assets/gallery.png")]
        out: PathBuf,
    },
}

fn model(name: &str) -> Result<ModelId, String> {
    ModelId::from_name(name).ok_or_else(|| {
        let names = ModelId::ALL.map(ModelId::name).join(", ");
        format!("there is no such model; the models are {names}")
    })
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let places = cli.places;
    let done = match cli.command {
        None => train(&places, &cli.train),
        Some(Command::Evaluate { limit, json }) => evaluate(&places, limit, json),
        Some(Command::Predict {
            json,
            gradcam,
            images,
        }) => predict(&places, json, gradcam, &images),
        Some(Command::Report { readme, docs }) => write_report(&places, &readme, &docs),
        Some(Command::Raw) => raw(&places, cli.train.seed),
        Some(Command::Ablate { seed }) => ablate(&places, seed),
        Some(Command::Bench { out, limit }) => bench(&places, &out, limit),
        Some(Command::Speed {
            device,
            batch,
            seconds,
        }) => speed(&places, device, batch as usize, seconds),
        Some(Command::Gallery { out }) => write_gallery(&places, out),
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {}", sentence(&error));
        ExitCode::FAILURE
    })
}

/// An error and its causes; one that the sentence quotes already is not said twice.
fn sentence(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |said, cause| {
        let cause = cause.to_string();
        match (said.is_empty(), said.contains(&cause)) {
            (true, _) => cause,
            (_, true) => said,
            (_, false) => format!("{said}: {cause}"),
        }
    })
}

impl Places {
    /// The models asked for, in their order.
    fn models(&self) -> Vec<ModelId> {
        let asked: BTreeSet<ModelId> = self.model.iter().copied().collect();
        let all = ModelId::ALL.into_iter();
        all.filter(|m| asked.is_empty() || asked.contains(m))
            .collect()
    }

    fn weights(&self) -> Weights {
        Weights::new(&self.weights)
    }
}

fn train(places: &Places, options: &Train) -> anyhow::Result<ExitCode> {
    let weights = places.weights();
    let mut orders = Vec::new();
    for model in places.models() {
        let mut recipe = match options.quick {
            true => Recipe::quick(model),
            false => Recipe::of(model),
        };
        if let (Some(epochs), Recipe::Deep(deep)) = (options.epochs, &mut recipe) {
            deep.epochs = epochs as usize;
        }
        let order = Order {
            model,
            recipe,
            seed: options.seed,
            device: options.device,
        };
        if weights.is_current(&order)? {
            println!("{:>6} is up to date", model.title());
        } else {
            orders.push(order);
        }
    }
    let is_current = weights.vote_is_current()?;
    if orders.is_empty() && is_current.is_none_or(|current| current) {
        return Ok(ExitCode::SUCCESS);
    }
    let data = source::load(places.data.as_deref())?;
    stop::listen().context("Ctrl-C cannot be listened for")?;
    let watch = Watch {
        draw: true,
        stop: &stop::asked,
    };
    announce(&weights.forecast(&orders, data.train.len())?);
    for order in orders {
        let entry = weights.train(&order, &data, watch)?;
        println!(
            "{}  validation {:.2}%  test {:.2}%  {} bytes  {} s",
            order.model.title(),
            entry.validation.accuracy * 100.0,
            entry.test.accuracy * 100.0,
            entry.bytes,
            entry.duration_seconds
        );
    }
    if weights.vote_is_current()? == Some(false) {
        let entry = weights.learn_vote(&data)?;
        println!(
            "{}  validation {:.2}%  test {:.2}%",
            vote::TITLE,
            entry.validation.accuracy * 100.0,
            entry.test.accuracy * 100.0
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What training will take, a line each.
fn announce(forecasts: &[Forecast]) {
    for forecast in forecasts {
        let epochs = match forecast.epochs {
            0 => String::new(),
            count => format!("{count} epochs, "),
        };
        let time = forecast.seconds.map_or("never timed yet".into(), about);
        println!("{:>20}  {epochs}{time}", forecast.title);
    }
    let sum = forecasts.iter().filter_map(|f| f.seconds).sum();
    println!("{:>20}  {}", "together", about(sum));
}

/// A time as people say it.
fn about(seconds: f64) -> String {
    match seconds {
        s if s < 100.0 => format!("about {s:.0} s"),
        s => format!("about {:.0} min", s / 60.0),
    }
}

fn evaluate(places: &Places, limit: Option<u32>, json: bool) -> anyhow::Result<ExitCode> {
    let data = source::load(places.data.as_deref())?;
    let weights = places.weights();
    let limit = limit.map(|n| n as usize);
    let show = |model: &str, figures: Figures| {
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
    for model in places.models() {
        show(model.name(), weights.confirm(model, &data, limit)?);
    }
    if places.model.is_empty() {
        show(vote::NAME, weights.confirm_vote(&data, limit)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn predict(
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
        let named = answers.verdicts.iter().map(|a| (a.verdict.model.name(), a));
        for (model, answer) in named.chain(answers.vote.iter().map(|a| (vote::NAME, a))) {
            let line = Line {
                file: &file,
                model,
                label: answer.verdict.garment().label(),
                confidence: answer.verdict.confidence(),
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

fn write_report(places: &Places, readme: &Path, docs: &Path) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(readme)
        .with_context(|| format!("{} could not be read", readme.display()))?;
    let record = Record::load(&places.weights())?;
    let text = report::placed(&text, &record)?;
    let data = source::load(places.data.as_deref())?;
    let documents = report::documents(&record, &data)?;
    manifest::write_bytes(readme, text.as_bytes())?;
    for document in &documents {
        manifest::write_bytes(&docs.join(&document.path), document.text.as_bytes())?;
    }
    println!(
        "results written to {} and, with {} plots, to {}",
        readme.display(),
        documents.len() - 2,
        docs.join(report::PAGE).display()
    );
    Ok(ExitCode::SUCCESS)
}

fn raw(places: &Places, seed: u64) -> anyhow::Result<ExitCode> {
    let data = source::load(places.data.as_deref())?;
    stop::listen().context("Ctrl-C cannot be listened for")?;
    let watch = Watch {
        draw: true,
        stop: &stop::asked,
    };
    for model in places.models() {
        if let Some(entry) = places.weights().measure_raw(model, seed, &data, watch)? {
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

fn ablate(places: &Places, seed: u64) -> anyhow::Result<ExitCode> {
    let data = source::load(places.data.as_deref())?;
    stop::listen().context("Ctrl-C cannot be listened for")?;
    let watch = Watch {
        draw: true,
        stop: &stop::asked,
    };
    for model in places.models() {
        if let Recipe::Deep(recipe) = Recipe::of(model) {
            places
                .weights()
                .ablate(model, &recipe, seed, &data, watch)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn bench(places: &Places, out: &Path, limit: Option<usize>) -> anyhow::Result<ExitCode> {
    let data = source::load(places.data.as_deref())?;
    let bench = bench::run(&data, limit, 1, out)?;
    let (svm, forest) = (&bench.svm, &bench.forest);
    let rows = [
        (
            "svm",
            svm.time.seconds,
            svm.time_on_one_thread.seconds,
            svm.validation,
            svm.size,
        ),
        (
            "forest",
            forest.time.seconds,
            forest.time_on_one_thread.seconds,
            forest.validation,
            forest.size,
        ),
    ];
    for (model, seconds, alone, validation, size) in rows {
        println!(
            "{model:>8} {seconds:.1} s on {} threads, {alone:.1} s on one, {:.2}% of the validation pictures, size {size}",
            bench.threads,
            validation * 100.0
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn speed(
    places: &Places,
    device: DeviceKind,
    batch: usize,
    seconds: u64,
) -> anyhow::Result<ExitCode> {
    for model in places.models().into_iter().filter(|m| m.is_deep()) {
        let time = Duration::from_secs(seconds);
        let speed = bench::speed::speed(model, device, batch, time)?;
        println!("{}", serde_json::to_string(&speed)?);
    }
    Ok(ExitCode::SUCCESS)
}

fn write_gallery(places: &Places, out: PathBuf) -> anyhow::Result<ExitCode> {
    let data = source::load(places.data.as_deref())?;
    let sprite = gallery::sprite(&data.test).context("the gallery could not be encoded")?;
    manifest::write_bytes(&out, &sprite)?;
    println!("{} bytes written to {}", sprite.len(), out.display());
    Ok(ExitCode::SUCCESS)
}

//! The command line: parses, calls the library, prints.

mod commands;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use commands::{measure, photos, predict, train, write};
use shared::ModelId;
use trainer::device::DeviceKind;
use trainer::photos::Part;
use trainer::weights_store::WeightsStore;

/// Trains Fashion-MNIST classifiers, checks their figures, and answers pictures.
///
/// Without a command, trains what is missing or out of date and writes weights/.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    train: train::Train,
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
    /// Measures the weights on real photos: cut-outs, and right answers of each group
    Photos {
        /// Folder of the labelled photos, a folder a group
        #[arg(long, value_name = "DIR")]
        photos: PathBuf,
        /// Which of them
        #[arg(long, value_enum, default_value_t = Part::HeldOut)]
        part: Part,
        /// Folder of folders with pictures of other things, to see which are taken for garments
        #[arg(long, value_name = "DIR")]
        others: Option<PathBuf>,
    },
    /// Writes a network as an ONNX file, for other programs: standardised pictures in, logits out
    Export {
        #[arg(value_name = "OUT.onnx")]
        out: PathBuf,
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
        None => train::train(&places, &cli.train),
        Some(Command::Evaluate { limit, json }) => measure::evaluate(&places, limit, json),
        Some(Command::Predict {
            json,
            gradcam,
            images,
        }) => predict::predict(&places, json, gradcam, &images),
        Some(Command::Report { readme, docs }) => write::report(&places, &readme, &docs),
        Some(Command::Raw) => measure::raw(&places, cli.train.seed),
        Some(Command::Ablate { seed }) => measure::ablate(&places, seed),
        Some(Command::Bench { out, limit }) => measure::bench(&places, &out, limit),
        Some(Command::Speed {
            device,
            batch,
            seconds,
        }) => measure::speed(&places, device, batch as usize, seconds),
        Some(Command::Photos {
            photos,
            part,
            others,
        }) => photos::photos(&places, &photos, part, others.as_deref()),
        Some(Command::Export { out }) => write::export(&places, &out),
        Some(Command::Gallery { out }) => write::gallery(&places, out),
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

    fn weights(&self) -> WeightsStore {
        WeightsStore::new(&self.weights)
    }
}

//! The command line of the trainer.

mod commands;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use commands::options::GlobalOptions;
use commands::{measure, photos, predict, train, write};
use trainer::device::DeviceKind;
use trainer::jobs::photo_evaluation::OtherImages;
use trainer::photos::listing::PhotoSplit;

const EXIT_CODES: &str =
    "Exit codes: 0 after success; 1 if something failed or a figure differs; 2 for wrong options.";

/// Trains Fashion-MNIST classifiers, evaluates them, and classifies images.
///
/// Without a command, trains the models that are missing or out of date, and writes weights/.
#[derive(Parser)]
#[command(version, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    train: train::Train,
    #[command(flatten)]
    global: GlobalOptions,
}

#[derive(Subcommand)]
enum Command {
    /// Recomputes all figures from the weights; fails if one differs from the manifest
    Evaluate {
        /// Only the first N test images, compared with their recorded predictions
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        limit: Option<u32>,
        /// Print one JSON object per line
        #[arg(long)]
        json: bool,
    },
    /// Classifies images: label, ten probabilities, time
    #[command(after_help = predict::EXIT_CODES)]
    Predict(predict::Predict),
    /// Writes the report: the README's table, and the pages of results with their plots
    Report {
        #[arg(long, value_name = "FILE", default_value = "README.md")]
        readme: PathBuf,
        /// Folder of the pages
        #[arg(long, value_name = "DIR", default_value = "docs")]
        docs: PathBuf,
    },
    /// Trains and evaluates the classical models on raw pixels, for comparison; does not keep the weights
    Raw,
    /// Trains a network with more and more of its recipe, to measure each part's gain; does not keep the weights
    Ablate {
        /// The seed of all random numbers
        #[arg(long, value_name = "N", default_value_t = 1)]
        seed: u64,
    },
    /// Times the fits of SVM and forest, and writes their inputs as .npy files
    Bench {
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Only the first N training images
        #[arg(long, value_name = "N")]
        limit: Option<usize>,
    },
    /// Times the networks' training steps; prints one JSON object per line
    Speed {
        /// The device to train on
        #[arg(long, value_enum, default_value_t = DeviceKind::Cpu)]
        device: DeviceKind,
        /// Images per step
        #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..=4096))]
        batch: u32,
        /// Duration for each network, in seconds
        #[arg(long, value_name = "S", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
        seconds: u64,
    },
    /// Evaluates the weights on real photos: segmentation, accuracy of each group, and refused images
    Photos {
        /// Folder of the labelled photos, with one sub-folder per group
        #[arg(long, value_name = "DIR")]
        photos: PathBuf,
        /// The photos to evaluate on
        #[arg(long, value_enum, default_value_t = PhotoSplit::HeldOut)]
        part: PhotoSplit,
        /// Folder of folders with images of other things, to measure how many are refused
        #[arg(long, value_name = "DIR")]
        others: Option<PathBuf>,
        /// Folder of images of the kinds that people have, named KIND_CLASS and more, such as 60_boot_frame.png
        #[arg(long, value_name = "DIR")]
        cases: Option<PathBuf>,
    },
    /// Fits the estimator by which tilted photos are straightened; its weights are compiled into the photo pipeline
    FitTilt {
        #[arg(long, value_name = "FILE", default_value = "crates/photo/src/tilt.hbd")]
        out: PathBuf,
    },
    /// Writes a network as an ONNX file; its input is standardised images, its output logits
    Export {
        #[arg(value_name = "OUT.onnx")]
        out: PathBuf,
    },
    /// Writes the page's test images: the gallery, the image that it opens with, and the card for shared links
    Gallery {
        #[arg(long, value_name = "DIR", default_value = "web/assets")]
        out: PathBuf,
    },
    /// Writes thumbnails of the training images, which the page shows as reasons of k-nearest neighbours and SVM, into weights/
    Thumbnails,
    /// Tests each model's maps on test images: deletion, insertion, agreement; the report has the means
    Maps,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let global = cli.global;
    let result = match cli.command {
        None => train::train(&global, &cli.train),
        Some(Command::Evaluate { limit, json }) => measure::evaluate(&global, limit, json),
        Some(Command::Predict(options)) => predict::predict(&global, &options),
        Some(Command::Report { readme, docs }) => write::report(&global, &readme, &docs),
        Some(Command::Raw) => measure::raw(&global, cli.train.seed),
        Some(Command::Ablate { seed }) => measure::ablate(&global, seed),
        Some(Command::Bench { out, limit }) => measure::bench(&global, &out, limit),
        Some(Command::Speed {
            device,
            batch,
            seconds,
        }) => measure::speed(&global, device, batch as usize, seconds),
        Some(Command::Photos {
            photos,
            part,
            others,
            cases,
        }) => {
            let others = OtherImages {
                none_of_ten: others.as_deref(),
                cases: cases.as_deref(),
            };
            photos::photos(&global, &photos, part, others)
        }
        Some(Command::FitTilt { out }) => write::tilt(&global, cli.train.seed, &out),
        Some(Command::Export { out }) => write::export(&global, &out),
        Some(Command::Gallery { out }) => write::gallery(&global, &out),
        Some(Command::Thumbnails) => write::thumbnails(&global),
        Some(Command::Maps) => measure::maps(&global),
    };
    result.unwrap_or_else(|error| {
        // The messages of the library's errors include their causes. If they cannot be written, the exit code has to do.
        let _ = writeln!(io::stderr(), "error: {error}");
        ExitCode::FAILURE
    })
}

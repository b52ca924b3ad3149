//! The options that all commands share.

use std::collections::BTreeSet;
use std::path::PathBuf;

use shared::ModelId;
use thiserror::Error;
use trainer::weights_store::WeightsStore;

#[derive(clap::Args)]
pub struct GlobalOptions {
    /// Folder with the four Fashion-MNIST files [default: found, or downloaded]
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// Folder of the weights, the manifest and the metrics
    #[arg(long, value_name = "DIR", default_value = "weights", global = true)]
    weights: PathBuf,
    /// Only this model; can be repeated [default: all]
    #[arg(long, value_name = "MODEL", value_parser = parse_model, global = true)]
    pub model: Vec<ModelId>,
}

impl GlobalOptions {
    /// The selected models, in their usual order.
    pub fn models(&self) -> Vec<ModelId> {
        let selected: BTreeSet<ModelId> = self.model.iter().copied().collect();
        let all = ModelId::ALL.into_iter();
        all.filter(|m| selected.is_empty() || selected.contains(m))
            .collect()
    }

    /// The folder of the weights.
    pub fn weights_store(&self) -> WeightsStore {
        WeightsStore::new(&self.weights)
    }
}

/// The error for a model name that does not exist.
#[derive(Debug, Error)]
#[error("there is no such model; the models are {}", ModelId::ALL.map(ModelId::name).join(", "))]
struct UnknownModel;

fn parse_model(name: &str) -> Result<ModelId, UnknownModel> {
    ModelId::from_name(name).ok_or(UnknownModel)
}

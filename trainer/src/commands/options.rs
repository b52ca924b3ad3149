//! The options that all commands share.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use shared::ModelId;
use thiserror::Error;
use trainer::weights_store::WeightsStore;

#[derive(clap::Args)]
pub struct GlobalOptions {
    /// Folder with the four Fashion-MNIST files [default: found, or downloaded]
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
    /// Folder of the weights, the manifest and the metrics [default: weights, here or in a folder above]
    #[arg(long, value_name = "DIR", global = true)]
    weights: Option<PathBuf>,
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

    /// The folder of the weights, as an absolute path: messages name it, and the current folder may be another one than expected.
    pub fn weights_store(&self) -> WeightsStore {
        let here = std::env::current_dir().unwrap_or_default();
        WeightsStore::new(match &self.weights {
            Some(folder) => here.join(folder),
            None => default_weights(&here),
        })
    }
}

/// The folder `weights` of the nearest folder that has one with a manifest, or else of the nearest workspace, or else of this folder.
fn default_weights(here: &Path) -> PathBuf {
    let with = |file: &str| here.ancestors().find(|folder| folder.join(file).is_file());
    let found = with("weights/manifest.json").or_else(|| with("Cargo.lock"));
    found.unwrap_or(here).join("weights")
}

/// The error for a model name that does not exist.
#[derive(Debug, Error)]
#[error("there is no such model; the models are {}", ModelId::ALL.map(ModelId::name).join(", "))]
struct UnknownModel;

fn parse_model(name: &str) -> Result<ModelId, UnknownModel> {
    ModelId::from_name(name).ok_or(UnknownModel)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn weights_are_found_in_a_folder_above() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let inner = root.join("crates/photo");
        fs::create_dir_all(&inner).unwrap();
        assert_eq!(default_weights(&inner), inner.join("weights"));
        fs::write(root.join("Cargo.lock"), "").unwrap();
        assert_eq!(default_weights(&inner), root.join("weights"));
        fs::create_dir_all(root.join("crates/weights")).unwrap();
        assert_eq!(default_weights(&inner), root.join("weights"));
        fs::write(root.join("crates/weights/manifest.json"), "{}").unwrap();
        assert_eq!(default_weights(&inner), root.join("crates/weights"));
    }
}

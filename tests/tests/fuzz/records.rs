//! The trainer's records, as a reader that is fuzzed: `manifest.json` and the files of `metrics/`.

use std::fs;
use std::sync::OnceLock;

use fuzzed_readers::{Reader, Seed};
use tempfile::TempDir;
use tests::reference::weights_folder;
use trainer::manifest::{Manifest, Metrics};
use trainer::weights_store::WeightsStore;

/// The manifest and the metrics.
pub const RECORDS: Reader = Reader {
    name: "records",
    read,
    seeds,
};

/// The folder whose files are replaced again and again.
fn folder() -> &'static TempDir {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        fs::create_dir(folder.path().join("metrics")).expect("a writable folder");
        folder
    })
}

fn read(bytes: &[u8]) {
    let folder = folder().path();
    let store = WeightsStore::new(folder);
    for name in ["manifest.json", "metrics/any.json"] {
        fs::write(folder.join(name), bytes).expect("a writable folder");
    }
    match store.manifest() {
        Ok(manifest) => {
            manifest.hashes();
            let written = serde_json::to_vec(&manifest).expect("a manifest is JSON");
            assert!(serde_json::from_slice::<Manifest>(&written).is_ok());
        }
        Err(error) => assert!(error.to_string().contains("manifest.json"), "{error}"),
    }
    match store.metrics("any") {
        Ok(metrics) => {
            let written = serde_json::to_vec(&metrics).expect("metrics are JSON");
            assert!(serde_json::from_slice::<Metrics>(&written).is_ok());
        }
        Err(error) => assert!(error.to_string().contains("any.json"), "{error}"),
    }
}

fn seeds() -> Vec<Seed> {
    let weights = weights_folder();
    let files = ["manifest.json", "metrics/cnn.json", "metrics/knn.json"];
    let mut seeds: Vec<Seed> = files
        .into_iter()
        .map(|name| Seed {
            name: name.into(),
            bytes: fs::read(weights.join(name)).expect("the trainer has written it"),
        })
        .collect();
    // Nested deeper than a stack is.
    seeds.push(Seed {
        name: "nested".into(),
        bytes: b"[".repeat(100_000),
    });
    seeds
}

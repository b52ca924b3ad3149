//! Writing and verification of the thumbnails of the training images.

use shared::{Garment, ModelId};

use super::JobError;
use crate::data::DataSet;
use crate::data::split::{VALIDATION, split};
use crate::hash::sha256;
use crate::manifest::{FileEntry, ThumbnailsEntry};
use crate::thumbnails::{INDEX, encode, file_name, index};
use crate::weights_store::WeightsStore;

/// The models whose reasons are training images.
const MODELS: [ModelId; 2] = [ModelId::Knn, ModelId::Svm];

/// Writes the thumbnails for the models in the store, with their manifest entry.
///
/// # Errors
/// A model is missing or was trained on other images, or a file cannot be written.
pub fn write(store: &WeightsStore, data: &DataSet) -> Result<ThumbnailsEntry, JobError> {
    let files = make(store, data)?;
    let mut manifest = store.manifest()?;
    let mut entry = ThumbnailsEntry::default();
    for model in MODELS {
        let recorded = manifest.entry(model).ok_or_else(|| store.missing_entry())?;
        entry.models.insert(model, recorded.sha256.clone());
    }
    for (file, bytes) in files {
        store.write_file(&file, &bytes)?;
        entry.files.push(FileEntry {
            bytes: bytes.len() as u64,
            sha256: sha256(&bytes),
            file,
        });
    }
    manifest.thumbnails = Some(entry.clone());
    store.write_manifest(&manifest)?;
    Ok(entry)
}

/// Makes the thumbnails again and compares them with the recorded ones, and these with the files; with `is_quick`, only the files'
/// hashes. Nothing is compared if there is no record.
///
/// # Errors
/// [`JobError::Mismatch`] where they differ.
pub fn verify(store: &WeightsStore, data: &DataSet, is_quick: bool) -> Result<(), JobError> {
    let Some(entry) = store.manifest()?.thumbnails else {
        return Ok(());
    };
    let equal = |file: &str, found: String, recorded: &str| {
        if found == recorded {
            return Ok(());
        }
        Err(JobError::Mismatch {
            what: format!("{file}'s SHA-256"),
            found,
            recorded: recorded.into(),
        })
    };
    for recorded in &entry.files {
        let bytes = store.read_file(&recorded.file)?;
        equal(&recorded.file, sha256(&bytes), &recorded.sha256)?;
    }
    if is_quick {
        return Ok(());
    }
    for (file, bytes) in make(store, data)? {
        let recorded = entry.files.iter().find(|f| f.file == file);
        let recorded = recorded.map_or("", |f| f.sha256.as_str());
        equal(&file, sha256(&bytes), recorded)?;
    }
    Ok(())
}

/// The files, by name.
fn make(store: &WeightsStore, data: &DataSet) -> Result<Vec<(String, Vec<u8>)>, JobError> {
    let train = split(&data.train, VALIDATION).train;
    let [knn, svm] = MODELS.map(|model| store.artifact(model));
    let index = index(&train, &knn?, &svm?)?;
    let index = serde_json::to_vec(&index).expect("invariant: numbers are valid JSON");
    let classes = Garment::ALL.into_iter().map(file_name);
    let sheets = classes.zip(encode(&train)?);
    Ok(std::iter::once((INDEX.to_owned(), index))
        .chain(sheets)
        .collect())
}

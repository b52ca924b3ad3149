//! Finding the data set: a named folder, the user's cache, the system's package, or a download.

use std::path::{Path, PathBuf};

use fashion_mnist::{FILES, IdxFile, TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS};

use super::download::download;
use super::error::DataError;
use super::examples::Examples;
use super::file::read_examples;

/// The folder of Debian's package `dataset-fashion-mnist`.
const SYSTEM: &str = "/usr/share/datasets/fashion-mnist";

/// Fashion-MNIST: 60,000 training examples, which the validation split is taken from, and 10,000 test examples.
#[derive(Clone, Debug)]
pub struct DataSet {
    pub train: Examples,
    pub test: Examples,
}

/// Finds or downloads the data set, verifies and reads it.
///
/// # Errors
/// See [`DataError`]. A damaged file is an error; other folders are not tried then.
pub fn load(folder: Option<&Path>) -> Result<DataSet, DataError> {
    let [train_images, train_labels, test_images, test_labels] = locate(folder)?;
    Ok(DataSet {
        train: read_examples(
            (&TRAIN_IMAGES, &train_images),
            (&TRAIN_LABELS, &train_labels),
        )?,
        test: read_examples((&TEST_IMAGES, &test_images), (&TEST_LABELS, &test_labels))?,
    })
}

fn locate(folder: Option<&Path>) -> Result<[PathBuf; 4], DataError> {
    if let Some(folder) = folder {
        return files_in(folder).map_err(|path| DataError::Missing { path });
    }
    let cache = dirs::cache_dir()
        .ok_or(DataError::NoCache)?
        .join("haberdash/fashion-mnist");
    for folder in [cache.as_path(), Path::new(SYSTEM)] {
        if let Ok(files) = files_in(folder) {
            return Ok(files);
        }
    }
    for file in FILES {
        if find(&cache, file).is_none() {
            download(file, &cache)?;
        }
    }
    files_in(&cache).map_err(|path| DataError::Missing { path })
}

/// The paths of all four files in a folder; on failure, the path of one that is missing.
fn files_in(folder: &Path) -> Result<[PathBuf; 4], PathBuf> {
    let mut found = [const { PathBuf::new() }; 4];
    for (slot, file) in found.iter_mut().zip(FILES) {
        *slot = find(folder, file).ok_or_else(|| folder.join(file.archive))?;
    }
    Ok(found)
}

/// The file in a folder, gzipped or plain.
fn find(folder: &Path, file: IdxFile) -> Option<PathBuf> {
    [file.archive, file.name]
        .into_iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_the_named_folder_is_searched() {
        let folder = tempfile::tempdir().unwrap();
        let error = load(Some(folder.path())).unwrap_err();
        assert!(matches!(&error, DataError::Missing { path } if path.starts_with(folder.path())));
        assert!(error.to_string().contains("--data"));
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        for file in FILES {
            fs::write(folder.path().join(file.name), b"not the data set").unwrap();
        }
        let error = load(Some(folder.path())).unwrap_err();
        assert!(
            matches!(&error, DataError::Damaged { path, .. } if path.ends_with("train-images-idx3-ubyte"))
        );
    }
}

//! Where the data set is found: the folder that was named, the user's cache, the system's package, a mirror.

use std::path::{Path, PathBuf};

use super::download::download;
use super::idx::{self, FILES, IdxFile};
use super::{DataError, DataSet, Examples};

/// Where Debian's package `dataset-fashion-mnist` puts it.
const SYSTEM: &str = "/usr/share/datasets/fashion-mnist";

/// Finds, verifies and reads the data set; fetches what is found nowhere.
///
/// # Errors
/// See [`DataError`]. A file that is found and damaged is an error, not a reason to look on.
pub fn load(named: Option<&Path>) -> Result<DataSet, DataError> {
    let [train_images, train_labels, test_images, test_labels] = locate(named)?;
    Ok(DataSet {
        train: examples(
            &train_images,
            &train_labels,
            idx::TRAIN_IMAGES,
            idx::TRAIN_LABELS,
        )?,
        test: examples(
            &test_images,
            &test_labels,
            idx::TEST_IMAGES,
            idx::TEST_LABELS,
        )?,
        photos: None,
    })
}

fn examples(
    images: &Path,
    labels: &Path,
    image_file: IdxFile,
    label_file: IdxFile,
) -> Result<Examples, DataError> {
    Ok(Examples {
        pictures: idx::pictures(&image_file.read(images)?),
        labels: idx::labels(&label_file.read(labels)?),
    })
}

fn locate(named: Option<&Path>) -> Result<[PathBuf; 4], DataError> {
    if let Some(folder) = named {
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

/// All four files of a folder, or the path of one that is not there.
fn files_in(folder: &Path) -> Result<[PathBuf; 4], PathBuf> {
    let mut found = [const { PathBuf::new() }; 4];
    for (slot, file) in found.iter_mut().zip(FILES) {
        *slot = find(folder, file).ok_or_else(|| folder.join(format!("{}.gz", file.name)))?;
    }
    Ok(found)
}

/// The file in a folder, gzipped or plain.
fn find(folder: &Path, file: IdxFile) -> Option<PathBuf> {
    [format!("{}.gz", file.name), file.name.into()]
        .into_iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_named_folder_is_the_only_one_looked_into() {
        let folder = tempfile::tempdir().unwrap();
        let error = load(Some(folder.path())).unwrap_err();
        assert!(matches!(&error, DataError::Missing { path } if path.starts_with(folder.path())));
        assert!(error.to_string().contains("--data"));
    }

    #[test]
    fn a_damaged_file_is_named_and_not_passed_over() {
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

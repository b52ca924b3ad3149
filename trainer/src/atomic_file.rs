//! Reading JSON files, and writing files atomically: a file is complete or unchanged, even if the program is interrupted.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Why a file could not be read or written.
#[derive(Debug, Error)]
pub enum FileError {
    #[error(
        "{path} could not be read or written ({source}): check that its folder exists and can be written to"
    )]
    Access { path: PathBuf, source: io::Error },
    #[error(
        "{path} was not written by the trainer ({reason}): restore it, or delete it and train again"
    )]
    Malformed {
        path: PathBuf,
        reason: serde_json::Error,
    },
}

/// Reads a JSON file; `None` if there is none.
///
/// # Errors
/// The file cannot be read, or it does not describe a `T`.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, FileError> {
    match fs::read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::Access {
            path: path.into(),
            source,
        }),
        Ok(bytes) => {
            serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|reason| FileError::Malformed {
                    path: path.into(),
                    reason,
                })
        }
    }
}

/// Writes a JSON file, and creates its folder.
///
/// # Errors
/// The file cannot be written.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), FileError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(|reason| FileError::Malformed {
        path: path.into(),
        reason,
    })?;
    text.push(b'\n');
    write_bytes(path, &text)
}

/// Writes a file, and creates its folder.
///
/// # Errors
/// The file cannot be written.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let access = |source| FileError::Access {
        path: path.into(),
        source,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(access)?;
    }
    let part = path.with_extension("part");
    fs::write(&part, bytes).map_err(access)?;
    fs::rename(&part, path).map_err(access)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_was_written_and_reports_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/record.json");
        assert_eq!(read_json::<Vec<u8>>(&path).unwrap(), None);
        write_json(&path, &vec![1, 2]).unwrap();
        assert_eq!(read_json::<Vec<u8>>(&path).unwrap(), Some(vec![1, 2]));
        let error = read_json::<String>(&path).unwrap_err();
        assert!(error.to_string().contains("record.json"), "{error}");
    }
}

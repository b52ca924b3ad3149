//! Reads image files and standard input, within the limit of their size.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use photo::{MAX_FILE_BYTES, PhotoError};

use super::error::PredictError;

/// The name that stands for standard input.
pub const STANDARD_INPUT: &str = "-";

/// The bytes of a file; of standard input for [`STANDARD_INPUT`].
///
/// # Errors
/// The file cannot be read, is a folder or a device, or has more than [`MAX_FILE_BYTES`].
pub fn read(path: &Path) -> Result<Vec<u8>, PredictError> {
    if path == Path::new(STANDARD_INPUT) {
        return read_limited(io::stdin().lock())?.ok_or(PredictError::InputTooLarge);
    }
    // Before it is opened: to open a pipe would wait for its writer.
    let metadata = fs::metadata(path).map_err(PredictError::Read)?;
    if metadata.is_dir() {
        return Err(PredictError::Folder);
    }
    if !metadata.is_file() {
        return Err(PredictError::NotRegular);
    }
    let too_large = |length: u64| PhotoError::FileTooLarge {
        megabytes: length.div_ceil(1_000_000),
    };
    if metadata.len() > MAX_FILE_BYTES as u64 {
        return Err(too_large(metadata.len()).into());
    }
    let file = File::open(path).map_err(PredictError::Read)?;
    // The file may have grown.
    let bytes = read_limited(file)?;
    bytes.ok_or_else(|| too_large(MAX_FILE_BYTES as u64 + 1).into())
}

/// All bytes; `None` if there are more than [`MAX_FILE_BYTES`].
fn read_limited(reader: impl Read) -> Result<Option<Vec<u8>>, PredictError> {
    let mut bytes = Vec::new();
    let mut limited = reader.take(MAX_FILE_BYTES as u64 + 1);
    limited
        .read_to_end(&mut bytes)
        .map_err(PredictError::Read)?;
    Ok(Some(bytes).filter(|bytes| bytes.len() <= MAX_FILE_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_refused_unread() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read(folder.path()), Err(PredictError::Folder)));
        let missing = folder.path().join("nowhere.png");
        assert!(matches!(read(&missing), Err(PredictError::Read(_))));
        let sparse = folder.path().join("sparse.png");
        File::create(&sparse)
            .unwrap()
            .set_len(20_000_000_001)
            .unwrap();
        let error = read(&sparse).unwrap_err().to_string();
        assert!(error.contains("20001 MB"), "{error}");
        if cfg!(unix) {
            let zeros = read(Path::new("/dev/zero"));
            assert!(matches!(zeros, Err(PredictError::NotRegular)));
        }
    }

    #[test]
    fn streams_are_read_up_to_the_limit() {
        let whole = read_limited(io::repeat(1).take(MAX_FILE_BYTES as u64));
        assert_eq!(
            whole.unwrap().map(|bytes| bytes.len()),
            Some(MAX_FILE_BYTES)
        );
        assert_eq!(read_limited(io::repeat(1)).unwrap(), None);
    }
}

//! Reading and verifying the data set's files, plain or gzipped.

use std::fs;
use std::io::Read;
use std::path::Path;

use fashion_mnist::{IdxFile, parse_images, parse_labels};
use flate2::read::MultiGzDecoder;
use shared::{Garment, Grey28};

use super::error::{Damage, DataError};
use super::examples::Examples;
use crate::hash::sha256;

/// Reads an image file and its label file.
///
/// # Errors
/// [`DataError::Read`] or [`DataError::Damaged`].
pub fn read_examples(
    (image_file, image_path): (&IdxFile, &Path),
    (label_file, label_path): (&IdxFile, &Path),
) -> Result<Examples, DataError> {
    let damaged = |path: &Path, damage| DataError::Damaged {
        path: path.into(),
        damage,
    };
    let bytes = read(image_file, image_path)?;
    let images = parse_images(&bytes).map_err(|e| damaged(image_path, e.into()))?;
    let images = images.iter().map(|&pixels| Grey28::new(pixels)).collect();
    let bytes = read(label_file, label_path)?;
    let labels = parse_labels(&bytes).map_err(|e| damaged(label_path, e.into()))?;
    let labels = labels.iter().map(|&label| Garment::ALL[usize::from(label)]);
    Ok(Examples {
        images,
        labels: labels.collect(),
    })
}

/// Reads and verifies a file; the unpacked bytes. It is unpacked if it starts with gzip's magic number.
///
/// # Errors
/// [`DataError::Read`] or [`DataError::Damaged`].
pub fn read(file: &IdxFile, path: &Path) -> Result<Vec<u8>, DataError> {
    let raw = fs::read(path).map_err(|source| DataError::Read {
        path: path.into(),
        source,
    })?;
    unpack_and_verify(file, raw).map_err(|damage| DataError::Damaged {
        path: path.into(),
        damage,
    })
}

fn unpack_and_verify(file: &IdxFile, raw: Vec<u8>) -> Result<Vec<u8>, Damage> {
    let bytes = if raw.starts_with(&[0x1f, 0x8b]) {
        let mut bytes = Vec::with_capacity(file.unpacked_len());
        // One byte more than expected is enough to find that there are too many.
        MultiGzDecoder::new(raw.as_slice())
            .take(file.unpacked_len() as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(Damage::Gzip)?;
        bytes
    } else {
        raw
    };
    file.check(&bytes)?;
    let found = sha256(&bytes);
    if found != file.sha256 {
        return Err(Damage::Hash {
            expected: file.sha256,
            found,
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fashion_mnist::Contents;
    use std::io::Write;

    /// A file of four labels.
    const LABELS: [u8; 12] = [0, 0, 8, 1, 0, 0, 0, 4, 9, 0, 2, 7];

    fn label_file(sha256: &'static str) -> IdxFile {
        IdxFile {
            name: "small",
            archive: "small.gz",
            sha256,
            contents: Contents::Labels,
            count: 4,
        }
    }

    fn with_true_hash() -> IdxFile {
        label_file(Box::leak(sha256(&LABELS).into_boxed_str()))
    }

    fn read_bytes(file: &IdxFile, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file.name);
        fs::write(&path, bytes).unwrap();
        let result = read(file, &path).map_err(|e| e.to_string());
        if let Err(sentence) = &result {
            assert!(sentence.contains(path.to_str().unwrap()), "{sentence}");
            assert!(sentence.contains("run again"), "{sentence}");
        }
        result
    }

    #[test]
    fn reads_plain_and_gzipped_files() {
        let file = with_true_hash();
        assert_eq!(read_bytes(&file, &LABELS).unwrap(), LABELS);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&LABELS).unwrap();
        let gzip = gzip.finish().unwrap();
        assert_eq!(read_bytes(&file, &gzip).unwrap(), LABELS);
        let error = read_bytes(&file, &gzip[..gzip.len() / 2]).unwrap_err();
        assert!(error.contains("gzip"), "{error}");
    }

    #[test]
    fn reads_images_with_their_labels() {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["images", "labels"].map(|name| folder.path().join(name));
        let header = [0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 28, 0, 0, 0, 28];
        let images = [&header[..], &[3; 4 * 784]].concat();
        fs::write(&paths[0], &images).unwrap();
        fs::write(&paths[1], LABELS).unwrap();
        let image_file = IdxFile {
            contents: Contents::Images,
            ..label_file(Box::leak(sha256(&images).into_boxed_str()))
        };
        let examples = read_examples((&image_file, &paths[0]), (&with_true_hash(), &paths[1]));
        let examples = examples.unwrap();
        assert!(examples.images == vec![Grey28::new([3; 784]); 4]);
        assert_eq!(
            examples.labels,
            [
                Garment::AnkleBoot,
                Garment::TShirt,
                Garment::Pullover,
                Garment::Sneaker
            ]
        );
    }

    #[test]
    fn names_every_kind_of_damage() {
        let file = with_true_hash();
        let damage = |index: usize, value: u8| {
            let mut copy = LABELS;
            copy[index] = value;
            read_bytes(&file, &copy).unwrap_err()
        };
        assert!(damage(3, 3).contains("magic number 0x0801"));
        assert!(damage(7, 5).contains("expected 4 entries"));
        assert!(damage(11, 8).contains("altered"));
        let truncated = read_bytes(&file, &LABELS[..10]).unwrap_err();
        assert!(truncated.contains("truncated at 10 bytes"));
        assert!(read_bytes(&file, &[]).unwrap_err().contains("0 bytes"));
        let other_hash =
            label_file("6ab2e5f1ae1ff0e9e1dd0d0d8b7e8ba04a2b8a1a3a1d9a8ed3c8fb4be6ec5d8e");
        let error = read_bytes(&other_hash, &LABELS).unwrap_err();
        assert!(error.contains("SHA-256"), "{error}");
    }
}

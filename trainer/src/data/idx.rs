//! The data set's files: gzip or plain IDX, known by the SHA-256 of what they hold.

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use shared::image::PIXELS;
use shared::{Garment, Grey28};

use super::DataError;

/// One of the four files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdxFile {
    /// The name without `.gz`.
    pub name: &'static str,
    /// Of the decompressed bytes: mirrors compress differently.
    pub sha256: &'static str,
    /// Decompressed.
    pub bytes: u64,
    magic: u32,
    count: u32,
}

const IMAGES: u32 = 0x0803;
const LABELS: u32 = 0x0801;

pub const TRAIN_IMAGES: IdxFile = IdxFile {
    name: "train-images-idx3-ubyte",
    sha256: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    bytes: 47_040_016,
    magic: IMAGES,
    count: 60_000,
};
pub const TRAIN_LABELS: IdxFile = IdxFile {
    name: "train-labels-idx1-ubyte",
    sha256: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    bytes: 60_008,
    magic: LABELS,
    count: 60_000,
};
pub const TEST_IMAGES: IdxFile = IdxFile {
    name: "t10k-images-idx3-ubyte",
    sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    bytes: 7_840_016,
    magic: IMAGES,
    count: 10_000,
};
pub const TEST_LABELS: IdxFile = IdxFile {
    name: "t10k-labels-idx1-ubyte",
    sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    bytes: 10_008,
    magic: LABELS,
    count: 10_000,
};

/// All four.
pub const FILES: [IdxFile; 4] = [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS];

impl IdxFile {
    /// Reads and verifies the file, gzipped where its first bytes say so.
    ///
    /// # Errors
    /// [`DataError::Read`], or [`DataError::Damaged`] with what was expected and what was found.
    pub fn read(&self, path: &Path) -> Result<Vec<u8>, DataError> {
        let raw = fs::read(path).map_err(|source| DataError::Read {
            path: path.into(),
            source,
        })?;
        let bytes = if raw.starts_with(&[0x1f, 0x8b]) {
            let mut bytes = Vec::with_capacity(self.bytes as usize);
            // One byte more than expected is enough to know that there are too many.
            MultiGzDecoder::new(raw.as_slice())
                .take(self.bytes + 1)
                .read_to_end(&mut bytes)
                .map_err(|e| self.damaged(path, "a whole gzip file", format!("broken ({e})")))?;
            bytes
        } else {
            raw
        };
        self.verify(path, &bytes)?;
        Ok(bytes)
    }

    fn verify(&self, path: &Path, bytes: &[u8]) -> Result<(), DataError> {
        let word = |at: usize| {
            bytes
                .get(at..at + 4)
                .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]))
        };
        match word(0) {
            Some(magic) if magic == self.magic => {}
            Some(magic) => {
                let expected = format!("the IDX magic number {:#06x}", self.magic);
                return Err(self.damaged(path, &expected, format!("one with {magic:#06x}")));
            }
            None => {
                return Err(self.damaged(path, "an IDX file", format!("{} bytes", bytes.len())));
            }
        }
        if word(4) != Some(self.count) {
            let found = word(4).map_or("none".into(), |n| n.to_string());
            let expected = format!("{} entries", self.count);
            return Err(self.damaged(path, &expected, format!("a file of {found} entries")));
        }
        if bytes.len() as u64 != self.bytes {
            let expected = format!("{} bytes decompressed", self.bytes);
            let found = match bytes.len() as u64 {
                more if more > self.bytes => "longer".into(),
                fewer => format!("truncated at {fewer} bytes"),
            };
            return Err(self.damaged(path, &expected, found));
        }
        let found = hex(&Sha256::digest(bytes));
        if found != self.sha256 {
            let expected = format!("SHA-256 {}", self.sha256);
            return Err(self.damaged(path, &expected, format!("altered (SHA-256 {found})")));
        }
        Ok(())
    }

    fn damaged(&self, path: &Path, expected: &str, found: String) -> DataError {
        DataError::Damaged {
            path: path.into(),
            expected: expected.into(),
            found,
        }
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Pictures from a verified image file.
pub fn pictures(bytes: &[u8]) -> Vec<Grey28> {
    bytes[16..]
        .chunks_exact(PIXELS)
        .filter_map(Grey28::from_slice)
        .collect()
}

/// Classes from a verified label file.
pub fn labels(bytes: &[u8]) -> Vec<Garment> {
    bytes[8..]
        .iter()
        .filter_map(|&b| Garment::from_index(usize::from(b)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// A file of four labels in the data set's format, and what verifies it.
    fn small() -> (Vec<u8>, IdxFile) {
        let bytes = [0, 0, 8, 1, 0, 0, 0, 4, 9, 0, 2, 7].to_vec();
        let file = IdxFile {
            name: "small",
            sha256: "6ab2e5f1ae1ff0e9e1dd0d0d8b7e8ba04a2b8a1a3a1d9a8ed3c8fb4be6ec5d8e",
            bytes: 12,
            magic: LABELS,
            count: 4,
        };
        (bytes, file)
    }

    fn read(file: &IdxFile, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file.name);
        fs::write(&path, bytes).unwrap();
        let result = file.read(&path).map_err(|e| e.to_string());
        if let Err(sentence) = &result {
            assert!(sentence.contains(path.to_str().unwrap()), "{sentence}");
            assert!(sentence.contains("run again"), "{sentence}");
        }
        result
    }

    fn with_true_hash() -> (Vec<u8>, IdxFile) {
        let (bytes, file) = small();
        let hash: &'static str = Box::leak(hex(&Sha256::digest(&bytes)).into_boxed_str());
        (
            bytes,
            IdxFile {
                sha256: hash,
                ..file
            },
        )
    }

    #[test]
    fn plain_and_gzipped_files_are_read() {
        let (bytes, file) = with_true_hash();
        assert_eq!(read(&file, &bytes).unwrap(), bytes);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&bytes).unwrap();
        let gzip = gzip.finish().unwrap();
        assert_eq!(read(&file, &gzip).unwrap(), bytes);
        let error = read(&file, &gzip[..gzip.len() / 2]).unwrap_err();
        assert!(error.contains("gzip"), "{error}");
        assert_eq!(
            labels(&bytes),
            [
                Garment::AnkleBoot,
                Garment::TShirt,
                Garment::Pullover,
                Garment::Sneaker
            ]
        );
    }

    #[test]
    fn every_kind_of_damage_is_named() {
        let (bytes, file) = with_true_hash();
        let damage = |at: usize, value: u8| {
            let mut copy = bytes.clone();
            copy[at] = value;
            read(&file, &copy).unwrap_err()
        };
        assert!(damage(3, 3).contains("magic number 0x0801"));
        assert!(damage(7, 5).contains("expected 4 entries"));
        assert!(damage(11, 8).contains("altered"));
        assert!(
            read(&file, &bytes[..10])
                .unwrap_err()
                .contains("truncated at 10 bytes")
        );
        assert!(read(&file, &[]).unwrap_err().contains("0 bytes"));
        assert!(read(&small().1, &bytes).unwrap_err().contains("SHA-256"));
    }
}

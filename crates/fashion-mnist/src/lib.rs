//! The four files of Fashion-MNIST, and a parser for their IDX format.
//!
//! Source: Xiao, Rasul & Vollgraf 2017, arXiv 1708.07747. The format is described at
//! <http://yann.lecun.com/exdb/mnist/>: big-endian header words, then one byte per pixel or label.
#![no_std]

use core::fmt;

/// Rows and columns of an image.
pub const SIDE: usize = 28;
/// Bytes of an image.
pub const PIXELS: usize = SIDE * SIDE;
/// Labels are below this.
pub const CLASSES: usize = 10;

/// Bytes before the pixels: magic number, count, rows, columns.
pub const IMAGE_HEADER: usize = 16;
/// Bytes before the labels: magic number, count.
pub const LABEL_HEADER: usize = 8;

/// What a file contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contents {
    Images,
    Labels,
}

impl Contents {
    /// The first header word: unsigned bytes in three dimensions, or in one.
    pub const fn magic(self) -> u32 {
        match self {
            Self::Images => 0x0803,
            Self::Labels => 0x0801,
        }
    }

    const fn header_len(self) -> usize {
        match self {
            Self::Images => IMAGE_HEADER,
            Self::Labels => LABEL_HEADER,
        }
    }

    const fn entry_len(self) -> usize {
        match self {
            Self::Images => PIXELS,
            Self::Labels => 1,
        }
    }
}

/// One of the four files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdxFile {
    /// The name of the unpacked file.
    pub name: &'static str,
    /// The name as published: [`name`](Self::name) with `.gz`.
    pub archive: &'static str,
    /// SHA-256 of the unpacked bytes, in lower-case hexadecimal. Mirrors compress differently.
    pub sha256: &'static str,
    pub contents: Contents,
    /// The number of images or labels.
    pub count: usize,
}

macro_rules! idx_file {
    ($name:literal, $sha256:literal, $contents:expr, $count:literal) => {
        IdxFile {
            name: $name,
            archive: concat!($name, ".gz"),
            sha256: $sha256,
            contents: $contents,
            count: $count,
        }
    };
}

pub const TRAIN_IMAGES: IdxFile = idx_file!(
    "train-images-idx3-ubyte",
    "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    Contents::Images,
    60_000
);
pub const TRAIN_LABELS: IdxFile = idx_file!(
    "train-labels-idx1-ubyte",
    "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    Contents::Labels,
    60_000
);
pub const TEST_IMAGES: IdxFile = idx_file!(
    "t10k-images-idx3-ubyte",
    "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    Contents::Images,
    10_000
);
pub const TEST_LABELS: IdxFile = idx_file!(
    "t10k-labels-idx1-ubyte",
    "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    Contents::Labels,
    10_000
);

/// The numbers of the first six test images of each class, which the page's gallery shows: a column for each class.
pub const GALLERY: [[u16; CLASSES]; 6] = [
    [19, 2, 1, 13, 6, 8, 4, 9, 18, 0],
    [27, 3, 16, 29, 10, 11, 7, 12, 30, 23],
    [35, 5, 20, 32, 14, 21, 26, 22, 31, 28],
    [59, 15, 46, 33, 17, 37, 40, 36, 34, 39],
    [71, 24, 48, 42, 25, 52, 44, 38, 53, 68],
    [85, 41, 49, 67, 50, 63, 73, 43, 56, 83],
];

/// All four files.
pub const FILES: [IdxFile; 4] = [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS];

impl IdxFile {
    /// The length of the unpacked file, in bytes.
    pub const fn unpacked_len(&self) -> usize {
        self.contents.header_len() + self.count * self.contents.entry_len()
    }

    /// Checks the header and the length of the unpacked file; not its hash.
    ///
    /// # Errors
    /// The first difference from what this file must be.
    pub fn check(&self, bytes: &[u8]) -> Result<(), IdxError> {
        let found = header_count(self.contents, bytes)?;
        if found != self.count {
            return Err(IdxError::Count {
                expected: self.count,
                found,
            });
        }
        check_length(self.contents, self.count, bytes)
    }
}

/// How a file differs from what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdxError {
    /// The file is shorter than a header.
    Header { length: usize },
    /// The file is of another type.
    Magic { expected: u32, found: u32 },
    /// The images are not 28x28.
    Size { rows: u32, columns: u32 },
    /// The header gives another number of entries than this file has.
    Count { expected: usize, found: usize },
    /// The file has another length than its header gives, in bytes.
    Length { expected: usize, found: usize },
    /// A label is not one of the ten classes.
    Label { index: usize, label: u8 },
}

impl fmt::Display for IdxError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            Self::Header { length } => write!(f, "expected an IDX header, found {length} bytes"),
            Self::Magic { expected, found } => {
                write!(
                    f,
                    "expected the magic number {expected:#06x}, found {found:#06x}"
                )
            }
            Self::Size { rows, columns } => {
                write!(f, "expected images of 28x28, found {rows}x{columns}")
            }
            Self::Count { expected, found } => {
                write!(f, "expected {expected} entries, found {found}")
            }
            Self::Length { expected, found } if found < expected => {
                write!(f, "expected {expected} bytes, truncated at {found} bytes")
            }
            Self::Length { expected, .. } => write!(f, "longer than the expected {expected} bytes"),
            Self::Label { index, label } => {
                write!(f, "label {index} is {label}, expected 0 to 9")
            }
        }
    }
}

impl core::error::Error for IdxError {}

/// The images of an unpacked file, without copying.
///
/// # Shapes
/// `[count][28 * 28]`, row by row.
///
/// # Errors
/// The file is of another type, or has another length than its header gives.
pub fn parse_images(bytes: &[u8]) -> Result<&[[u8; PIXELS]], IdxError> {
    let count = header_count(Contents::Images, bytes)?;
    check_length(Contents::Images, count, bytes)?;
    Ok(bytes[IMAGE_HEADER..].as_chunks().0)
}

/// The header of an unpacked file of images; their pixels follow it.
pub fn image_header(count: u32) -> [u8; IMAGE_HEADER] {
    let words = [Contents::Images.magic(), count, SIDE as u32, SIDE as u32];
    let mut header = [0; IMAGE_HEADER];
    for (bytes, word) in header.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *bytes = word.to_be_bytes();
    }
    header
}

/// The labels of an unpacked file, without copying; each is below [`CLASSES`].
///
/// # Errors
/// The file is of another type, has another length than its header gives, or has a label that is no class.
pub fn parse_labels(bytes: &[u8]) -> Result<&[u8], IdxError> {
    let count = header_count(Contents::Labels, bytes)?;
    check_length(Contents::Labels, count, bytes)?;
    let labels = &bytes[LABEL_HEADER..];
    match labels.iter().position(|&l| usize::from(l) >= CLASSES) {
        Some(index) => Err(IdxError::Label {
            index,
            label: labels[index],
        }),
        None => Ok(labels),
    }
}

/// Checks the header, and returns the number of entries that it gives.
fn header_count(contents: Contents, bytes: &[u8]) -> Result<usize, IdxError> {
    let word = |i: usize| {
        let word = bytes.as_chunks::<4>().0.get(i);
        word.map(|word| u32::from_be_bytes(*word))
            .ok_or(IdxError::Header {
                length: bytes.len(),
            })
    };
    let (expected, found) = (contents.magic(), word(0)?);
    if found != expected {
        return Err(IdxError::Magic { expected, found });
    }
    if contents == Contents::Images {
        let (rows, columns) = (word(2)?, word(3)?);
        if (rows, columns) != (SIDE as u32, SIDE as u32) {
            return Err(IdxError::Size { rows, columns });
        }
    }
    Ok(word(1)? as usize)
}

fn check_length(contents: Contents, count: usize, bytes: &[u8]) -> Result<(), IdxError> {
    // Saturating: on 32 bits a forged count would overflow.
    let entries = count.saturating_mul(contents.entry_len());
    let expected = entries.saturating_add(contents.header_len());
    if bytes.len() == expected {
        return Ok(());
    }
    Err(IdxError::Length {
        expected,
        found: bytes.len(),
    })
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::ToString;
    use std::vec::Vec;

    /// A label file of four entries.
    const LABELS: [u8; 12] = [0, 0, 8, 1, 0, 0, 0, 4, 9, 0, 2, 7];

    /// An image file of two entries, each of one grey value.
    fn images() -> Vec<u8> {
        let header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28];
        [&header[..], &[5; PIXELS], &[6; PIXELS]].concat()
    }

    #[test]
    fn parses_labels() {
        assert_eq!(parse_labels(&LABELS).unwrap(), [9, 0, 2, 7]);
    }

    #[test]
    fn parses_images() {
        let file = images();
        let images = parse_images(&file).unwrap();
        assert!(images == [[5; PIXELS], [6; PIXELS]]);
    }

    #[test]
    fn a_written_header_is_read() {
        let file = [&image_header(2)[..], &[5; PIXELS], &[6; PIXELS]].concat();
        assert_eq!(file, images());
    }

    #[test]
    fn lengths_are_the_published_ones() {
        let lengths = FILES.map(|file| file.unpacked_len());
        assert_eq!(lengths, [47_040_016, 60_008, 7_840_016, 10_008]);
    }

    #[test]
    fn rejects_a_truncated_header() {
        for length in 0..LABEL_HEADER {
            let error = parse_labels(&LABELS[..length]).unwrap_err();
            assert_eq!(error, IdxError::Header { length });
        }
        let file = images();
        assert!(parse_images(&file[..15]).is_err());
    }

    #[test]
    fn rejects_a_file_of_the_other_type() {
        let error = parse_labels(&images()).unwrap_err();
        let sentence = error.to_string();
        assert!(
            sentence.contains("0x0801") && sentence.contains("0x0803"),
            "{sentence}"
        );
        assert!(parse_images(&LABELS).is_err());
    }

    #[test]
    fn rejects_a_wrong_length() {
        let mut file = images();
        file.pop();
        let (expected, found) = (file.len() + 1, file.len());
        let error = parse_images(&file).unwrap_err();
        assert_eq!(error, IdxError::Length { expected, found });
        file.extend([0, 0]);
        assert!(parse_images(&file).is_err());
        // A forged count must not overflow.
        file[4..8].fill(0xff);
        assert!(parse_images(&file).is_err());
    }

    #[test]
    fn rejects_a_label_that_is_no_class() {
        let mut file = LABELS;
        file[10] = 10;
        let error = parse_labels(&file).unwrap_err();
        assert_eq!(
            error,
            IdxError::Label {
                index: 2,
                label: 10
            }
        );
    }

    #[test]
    fn rejects_images_of_another_size() {
        let mut file = images();
        file[11] = 27;
        let (rows, columns) = (27, 28);
        let error = parse_images(&file).unwrap_err();
        assert_eq!(error, IdxError::Size { rows, columns });
    }

    #[test]
    fn a_file_must_have_its_own_number_of_entries() {
        let found = 4;
        let error = TEST_LABELS.check(&LABELS).unwrap_err();
        assert_eq!(
            error,
            IdxError::Count {
                expected: 10_000,
                found
            }
        );
        let four = IdxFile {
            count: 4,
            ..TEST_LABELS
        };
        assert_eq!(four.check(&LABELS), Ok(()));
        assert!(four.check(&LABELS[..11]).is_err());
    }
}

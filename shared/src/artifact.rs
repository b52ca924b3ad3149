//! The file format of `weights/`: what the trainer writes is what the browser reads.
//!
//! Little-endian: magic `HBRD`, version u16, number of tensors u16, model name (16 bytes, zero-padded UTF-8);
//! per tensor: name length u8, name, element type u8, rank u8, a u32 per dimension, the elements; last the
//! CRC-32 (IEEE) of everything before it. Elements are f32, f16, whole numbers in 8 or 16 bits, or signed bytes that
//! are multiplied by their row's scale; the scales, an f32 for each step of the outermost dimension, come first. Reading never panics and never allocates more than the file's size
//! justifies.

use alloc::{string::String, vec::Vec};

use half::f16;
use thiserror::Error;

use crate::model::tensors::{TEMPERATURE, temperature};

const MAGIC: [u8; 4] = *b"HBRD";
const VERSION: u16 = 1;
const NAME_BYTES: usize = 16;
/// No tensor here has more dimensions; a larger rank is damage.
const MAX_RANK: usize = 4;
/// No model here has a quarter as many. Without a limit, a small file of tensors of nothing would fill much memory.
const MAX_TENSORS: u16 = 128;

/// Why bytes are not a weights file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ArtifactError {
    #[error("the weights file is not one of Haberdash's: fetch or train it again")]
    Magic,
    #[error(
        "the weights file has format {0}, this build reads format {VERSION}: update the one or the other"
    )]
    Version(u16),
    #[error("the weights file ends too early: fetch it again")]
    Truncated,
    #[error("the weights file is damaged (its checksum does not match): fetch it again")]
    Checksum,
    #[error("the weights file is malformed ({0}): fetch or train it again")]
    Malformed(&'static str),
}

/// How a tensor's numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    F32,
    F16,
    /// -127 to 127 times the row's scale; a row is a step of the outermost dimension.
    I8,
    /// Whole numbers up to 255.
    U8,
    /// Whole numbers up to 65,535.
    U16,
}

impl Storage {
    fn tag(self) -> u8 {
        match self {
            Self::F32 => 0,
            Self::F16 => 1,
            Self::I8 => 2,
            Self::U8 => 3,
            Self::U16 => 4,
        }
    }

    fn from_tag(tag: u8) -> Option<Self> {
        match tag {
            0 => Some(Self::F32),
            1 => Some(Self::F16),
            2 => Some(Self::I8),
            3 => Some(Self::U8),
            4 => Some(Self::U16),
            _ => None,
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::U16 => 2,
            Self::I8 | Self::U8 => 1,
        }
    }
}

/// The largest magnitude of a signed byte; -128 is left out, so that a row and its negative are stored alike.
const I8_PEAK: f32 = 127.0;

/// What a row's signed bytes are multiplied by.
fn scale(row: &[f32]) -> f32 {
    row.iter().fold(0.0_f32, |peak, v| peak.max(v.abs())) / I8_PEAK
}

impl Tensor {
    /// How many numbers a step of the outermost dimension has; 1 where that would be none.
    fn row(&self) -> usize {
        self.shape.iter().skip(1).product::<usize>().max(1)
    }

    fn write(&self, out: &mut Vec<u8>) {
        let values = self.values.iter();
        match self.storage {
            Storage::F32 => out.extend(values.flat_map(|v| v.to_le_bytes())),
            Storage::F16 => out.extend(values.flat_map(|&v| f16::from_f32(v).to_le_bytes())),
            // Casts of floats end at the type's limits; what is no whole number is rounded.
            Storage::U8 => out.extend(values.map(|&v| libm::roundf(v) as u8)),
            Storage::U16 => {
                out.extend(values.flat_map(|&v| (libm::roundf(v) as u16).to_le_bytes()))
            }
            Storage::I8 => {
                let rows = || self.values.chunks(self.row());
                out.extend(rows().flat_map(|row| scale(row).to_le_bytes()));
                for row in rows() {
                    let scale = scale(row).max(f32::MIN_POSITIVE);
                    out.extend(row.iter().map(|v| libm::roundf(v / scale) as i8 as u8));
                }
            }
        }
    }
}

/// A named tensor, widened to `f32`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub name: String,
    /// Outermost dimension first.
    pub shape: Vec<usize>,
    pub storage: Storage,
    /// As many as the shape's product.
    pub values: Vec<f32>,
}

/// A model's tensors under the model's name.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    pub model: String,
    pub tensors: Vec<Tensor>,
}

impl Artifact {
    /// The tensor of that name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|t| t.name == name)
    }

    /// How many numbers the model learned. The temperature is none of them: it is set afterwards.
    pub fn parameter_count(&self) -> usize {
        let learned = self.tensors.iter().filter(|t| t.name != TEMPERATURE);
        learned.map(|t| t.values.len()).sum()
    }

    /// Sets the temperature in its tensor of one number.
    pub fn set_temperature(&mut self, value: f32) {
        self.tensors.retain(|t| t.name != TEMPERATURE);
        self.tensors.push(temperature(value));
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// A name, a rank or a count that the format has no room for, or a shape that does not match its values.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ArtifactError> {
        let mut out = Vec::new();
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        let count = u16::try_from(self.tensors.len()).unwrap_or(u16::MAX);
        if count > MAX_TENSORS {
            return Err(ArtifactError::Malformed("too many tensors"));
        }
        out.extend(count.to_le_bytes());
        let mut name = [0; NAME_BYTES];
        name.get_mut(..self.model.len())
            .ok_or(ArtifactError::Malformed("the model's name is too long"))?
            .copy_from_slice(self.model.as_bytes());
        out.extend(name);
        for tensor in &self.tensors {
            if tensor.shape.len() > MAX_RANK
                || tensor.shape.iter().product::<usize>() != tensor.values.len()
            {
                return Err(ArtifactError::Malformed(
                    "a shape does not match its values",
                ));
            }
            let length = u8::try_from(tensor.name.len())
                .map_err(|_| ArtifactError::Malformed("a tensor's name is too long"))?;
            out.push(length);
            out.extend(tensor.name.as_bytes());
            out.push(tensor.storage.tag());
            out.push(tensor.shape.len() as u8);
            for &dimension in &tensor.shape {
                let dimension = u32::try_from(dimension)
                    .map_err(|_| ArtifactError::Malformed("a dimension is too large"))?;
                out.extend(dimension.to_le_bytes());
            }
            tensor.write(&mut out);
        }
        out.extend(crc32fast::hash(&out).to_le_bytes());
        Ok(out)
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// See [`ArtifactError`]; each says what to do next.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ArtifactError> {
        if bytes.len() < MAGIC.len() || bytes[..MAGIC.len()] != MAGIC {
            return Err(ArtifactError::Magic);
        }
        let mut reader = Reader(&bytes[MAGIC.len()..]);
        let version = reader.u16()?;
        if version != VERSION {
            return Err(ArtifactError::Version(version));
        }
        let body = bytes.len().checked_sub(4).ok_or(ArtifactError::Truncated)?;
        let (content, checksum) = bytes.split_at(body);
        let intact = crc32fast::hash(content).to_le_bytes() == *checksum;
        let damaged = |error| {
            if intact {
                error
            } else {
                ArtifactError::Checksum
            }
        };
        let rest = content
            .get(MAGIC.len() + 2..)
            .ok_or(ArtifactError::Truncated)?;
        match Self::read(rest) {
            // A file cut short is told apart from one that was altered, for the sentence's sake.
            Err(ArtifactError::Truncated) if !intact => Err(ArtifactError::Truncated),
            Err(error) => Err(damaged(error)),
            Ok(_) if !intact => Err(ArtifactError::Checksum),
            Ok(artifact) => Ok(artifact),
        }
    }

    fn read(content: &[u8]) -> Result<Self, ArtifactError> {
        let mut reader = Reader(content);
        let count = reader.u16()?;
        if count > MAX_TENSORS {
            return Err(ArtifactError::Malformed("too many tensors"));
        }
        let name = reader.take(NAME_BYTES)?;
        let length = name.iter().position(|&b| b == 0).unwrap_or(NAME_BYTES);
        let model = text(&name[..length])?;
        let mut tensors = Vec::new();
        for _ in 0..count {
            tensors.push(reader.tensor()?);
        }
        if !reader.0.is_empty() {
            return Err(ArtifactError::Malformed("bytes are left over"));
        }
        Ok(Self { model, tensors })
    }
}

fn text(bytes: &[u8]) -> Result<String, ArtifactError> {
    core::str::from_utf8(bytes)
        .map(String::from)
        .map_err(|_| ArtifactError::Malformed("a name is not UTF-8"))
}

/// The bytes not read yet.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ArtifactError> {
        let (head, tail) = self
            .0
            .split_at_checked(count)
            .ok_or(ArtifactError::Truncated)?;
        self.0 = tail;
        Ok(head)
    }

    fn u8(&mut self) -> Result<u8, ArtifactError> {
        Ok(self.take(1)?[0])
    }

    fn u16(&mut self) -> Result<u16, ArtifactError> {
        let b = self.take(2)?;
        Ok(u16::from_le_bytes([b[0], b[1]]))
    }

    fn u32(&mut self) -> Result<u32, ArtifactError> {
        let b = self.take(4)?;
        Ok(u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    }

    fn tensor(&mut self) -> Result<Tensor, ArtifactError> {
        let length = usize::from(self.u8()?);
        let name = text(self.take(length)?)?;
        let storage = Storage::from_tag(self.u8()?)
            .ok_or(ArtifactError::Malformed("an unknown element type"))?;
        let rank = usize::from(self.u8()?);
        if rank > MAX_RANK {
            return Err(ArtifactError::Malformed("a tensor has too many dimensions"));
        }
        let mut shape = Vec::with_capacity(rank);
        let mut bytes = storage.bytes();
        for _ in 0..rank {
            let dimension = self.u32()? as usize;
            bytes = bytes
                .checked_mul(dimension)
                .ok_or(ArtifactError::Truncated)?;
            shape.push(dimension);
        }
        // Taken before anything is allocated: a shape that promises more than the file holds ends here.
        let rows = match (storage, bytes) {
            (Storage::I8, 1..) => shape.first().copied().unwrap_or(1),
            _ => 0,
        };
        let scales = self.take(rows.checked_mul(4).ok_or(ArtifactError::Truncated)?)?;
        let data = self.take(bytes)?;
        let f32s = |bytes: &[u8]| {
            let four = bytes.chunks_exact(4);
            four.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect::<Vec<f32>>()
        };
        let values = match storage {
            Storage::F32 => f32s(data),
            Storage::F16 => data
                .chunks_exact(2)
                .map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32())
                .collect(),
            Storage::U8 => data.iter().map(|&b| f32::from(b)).collect(),
            Storage::U16 => data
                .chunks_exact(2)
                .map(|b| f32::from(u16::from_le_bytes([b[0], b[1]])))
                .collect(),
            Storage::I8 => {
                // Asked for at once: growing would hold the values twice.
                let mut values = Vec::with_capacity(data.len());
                let rows = data.chunks_exact((bytes / rows.max(1)).max(1));
                for (row, scale) in rows.zip(f32s(scales)) {
                    values.extend(row.iter().map(|&b| f32::from(b as i8) * scale));
                }
                values
            }
        };
        Ok(Tensor {
            name,
            shape,
            storage,
            values,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    fn sample() -> Artifact {
        Artifact {
            model: "cnn".into(),
            tensors: vec![
                Tensor {
                    name: "0.weight".into(),
                    shape: vec![2, 3],
                    storage: Storage::F16,
                    values: vec![0.5, -1.0, 2.0, 0.0, 65504.0, -0.25],
                },
                Tensor {
                    name: "0.bias".into(),
                    shape: vec![2],
                    storage: Storage::F32,
                    values: vec![0.1, f32::MIN_POSITIVE],
                },
                Tensor {
                    name: "points".into(),
                    shape: vec![3, 2],
                    storage: Storage::I8,
                    values: vec![127.0, -3.0, 0.0, 0.0, -0.5, 63.5],
                },
                Tensor {
                    name: "labels".into(),
                    shape: vec![2],
                    storage: Storage::U8,
                    values: vec![0.0, 255.0],
                },
                Tensor {
                    name: "feature".into(),
                    shape: vec![2],
                    storage: Storage::U16,
                    values: vec![65_535.0, 256.0],
                },
            ],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = sample().to_bytes().unwrap();
        assert_eq!(Artifact::from_bytes(&bytes).unwrap(), sample());
    }

    #[test]
    fn every_truncation_is_refused_as_such() {
        let bytes = sample().to_bytes().unwrap();
        for length in 0..bytes.len() {
            let error = Artifact::from_bytes(&bytes[..length]).unwrap_err();
            if length < 4 {
                assert_eq!(error, ArtifactError::Magic);
            } else {
                assert!(
                    matches!(error, ArtifactError::Truncated | ArtifactError::Checksum),
                    "{length}: {error}"
                );
            }
        }
    }

    #[test]
    fn a_shape_larger_than_the_file_allocates_nothing() {
        // Two such dimensions: once more bytes than can be counted, once more than the file holds.
        for dimension in [u32::MAX, 0xffff] {
            let mut bytes = sample().to_bytes().unwrap();
            let shape_at = 4 + 2 + 2 + NAME_BYTES + 1 + "0.weight".len() + 2;
            bytes[shape_at..shape_at + 4].copy_from_slice(&dimension.to_le_bytes());
            bytes[shape_at + 4..shape_at + 8].copy_from_slice(&dimension.to_le_bytes());
            let body = bytes.len() - 4;
            let checksum = crc32fast::hash(&bytes[..body]).to_le_bytes();
            bytes[body..].copy_from_slice(&checksum);
            let refused = Artifact::from_bytes(&bytes).unwrap_err();
            assert_eq!(refused, ArtifactError::Truncated);
        }
    }

    #[test]
    fn signed_bytes_are_within_half_a_step_of_their_row() {
        let values: Vec<f32> = (0..40)
            .map(|i| (i as f32 * 0.7).sin() * (1.0 + i as f32))
            .collect();
        let mut artifact = sample();
        artifact.tensors[2].shape = vec![4, 10];
        artifact.tensors[2].values = values.clone();
        let read = Artifact::from_bytes(&artifact.to_bytes().unwrap()).unwrap();
        for (rows, read) in values.chunks(10).zip(read.tensors[2].values.chunks(10)) {
            let step = rows.iter().fold(0.0_f32, |m, v| m.max(v.abs())) / 127.0;
            for (a, b) in rows.iter().zip(read) {
                assert!((a - b).abs() <= step * 0.500_1, "{a} became {b}");
            }
        }
    }

    #[test]
    fn tensors_of_nothing_are_read_as_written() {
        for storage in [Storage::F32, Storage::I8, Storage::U8, Storage::U16] {
            for shape in [vec![0], vec![0, 7], vec![7, 0], vec![u32::MAX as usize, 0]] {
                let mut artifact = sample();
                artifact.tensors[0].storage = storage;
                artifact.tensors[0].shape = shape;
                artifact.tensors[0].values.clear();
                let bytes = artifact.to_bytes().unwrap();
                assert_eq!(Artifact::from_bytes(&bytes).unwrap(), artifact);
            }
        }
    }

    proptest! {
        #[test]
        fn any_altered_byte_is_noticed(at in 0usize..256, flip in 1u8..) {
            let mut bytes = sample().to_bytes().unwrap();
            let at = at % bytes.len();
            bytes[at] ^= flip;
            prop_assert!(Artifact::from_bytes(&bytes).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Artifact::from_bytes(&bytes);
            // Again with an honest head and checksum, so that the tensors are reached.
            let head = [b"HBRD".as_slice(), &1u16.to_le_bytes()].concat();
            bytes.splice(0..0, head);
            let checksum = crc32fast::hash(&bytes).to_le_bytes();
            bytes.extend(checksum);
            let _ = Artifact::from_bytes(&bytes);
        }
    }
}

//! The file format of the weights files: named tensors with a checksum.
//!
//! Little-endian: magic `HBRD`, version u16, number of tensors u16, model name (16 bytes, zero-padded UTF-8);
//! for each tensor: name length u8, name, element type u8, rank u8, one u32 per dimension, the elements; at the end the
//! CRC-32 (IEEE) of everything before it. Elements are f32, f16, unsigned integers of 8 or 16 bits, or signed bytes with one
//! scale per row. The scales, one f32 for each index of the outermost dimension, stand before the bytes.
//!
//! Reading never panics, and allocates no more than the file's size allows.

use alloc::{string::String, vec::Vec};

use half::f16;
use thiserror::Error;

const MAGIC: [u8; 4] = *b"HBRD";
const VERSION: u16 = 1;
const NAME_BYTES: usize = 16;
/// More dimensions than any tensor here has.
const MAX_RANK: usize = 4;
/// Four times as many as any model here has. Without a limit, a small file of empty tensors could fill much memory.
const MAX_TENSORS: u16 = 128;

/// The tensor with the softmax temperature.
pub const TEMPERATURE: &str = "temperature";

/// Why bytes are not a valid weights file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ArtifactError {
    #[error("this is not a weights file of Haberdash")]
    Magic,
    #[error("the weights file has format version {0}, and this build reads version {VERSION}")]
    Version(u16),
    #[error("the weights file is truncated")]
    Truncated,
    #[error("the weights file is damaged (its checksum does not match)")]
    Checksum,
    #[error("the weights file is malformed ({0})")]
    Malformed(&'static str),
}

/// How a tensor's values are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    F32,
    F16,
    /// Integers from -127 to 127 times the row's scale. A row is one index of the outermost dimension.
    I8,
    /// Integers up to 255.
    U8,
    /// Integers up to 65,535.
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

/// The largest magnitude in I8: without -128 the range is symmetric.
const I8_MAX: f32 = 127.0;

/// The factor of a row's signed bytes.
fn row_scale(row: &[f32]) -> f32 {
    row.iter().fold(0.0_f32, |peak, v| peak.max(v.abs())) / I8_MAX
}

impl Tensor {
    /// The softmax temperature as a tensor.
    pub fn temperature(value: f32) -> Self {
        Self {
            name: TEMPERATURE.into(),
            shape: Vec::from([1]),
            storage: Storage::F32,
            values: Vec::from([value]),
        }
    }

    /// Values per index of the outermost dimension; at least 1, so that rows can be iterated.
    fn row_length(&self) -> usize {
        self.shape.iter().skip(1).product::<usize>().max(1)
    }

    fn write(&self, out: &mut Vec<u8>) {
        let values = self.values.iter();
        match self.storage {
            Storage::F32 => out.extend(values.flat_map(|v| v.to_le_bytes())),
            Storage::F16 => out.extend(values.flat_map(|&v| f16::from_f32(v).to_le_bytes())),
            // A cast from float saturates.
            Storage::U8 => out.extend(values.map(|&v| libm::roundf(v) as u8)),
            Storage::U16 => {
                out.extend(values.flat_map(|&v| (libm::roundf(v) as u16).to_le_bytes()))
            }
            Storage::I8 => {
                let rows = || self.values.chunks(self.row_length());
                out.extend(rows().flat_map(|row| row_scale(row).to_le_bytes()));
                for row in rows() {
                    let scale = row_scale(row).max(f32::MIN_POSITIVE);
                    out.extend(row.iter().map(|v| libm::roundf(v / scale) as i8 as u8));
                }
            }
        }
    }
}

/// A named tensor, its values as `f32`.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    pub name: String,
    /// Outermost dimension first.
    pub shape: Vec<usize>,
    pub storage: Storage,
    /// Row-major; as many as the product of the shape.
    pub values: Vec<f32>,
}

/// The content of a weights file: a model's name and tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact {
    pub model: String,
    pub tensors: Vec<Tensor>,
}

impl Artifact {
    /// The tensor with that name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.iter().find(|t| t.name == name)
    }

    /// The number of learned parameters: all values except the temperature, which is fitted afterwards.
    pub fn parameter_count(&self) -> usize {
        let learned = self.tensors.iter().filter(|t| t.name != TEMPERATURE);
        learned.map(|t| t.values.len()).sum()
    }

    /// Sets the softmax temperature.
    pub fn set_temperature(&mut self, value: f32) {
        self.tensors.retain(|t| t.name != TEMPERATURE);
        self.tensors.push(Tensor::temperature(value));
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// A name, rank or count is too large for the format, or a shape does not match its values.
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

    /// Parses the bytes of a weights file.
    ///
    /// # Errors
    /// See [`ArtifactError`].
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
        let rest = content
            .get(MAGIC.len() + 2..)
            .ok_or(ArtifactError::Truncated)?;
        match Self::read(rest) {
            // A truncated file has no valid checksum either; this error is the more precise one.
            Err(ArtifactError::Truncated) => Err(ArtifactError::Truncated),
            _ if !intact => Err(ArtifactError::Checksum),
            result => result,
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
        let model = utf8(&name[..length])?;
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

fn utf8(bytes: &[u8]) -> Result<String, ArtifactError> {
    core::str::from_utf8(bytes)
        .map(String::from)
        .map_err(|_| ArtifactError::Malformed("a name is not UTF-8"))
}

/// The bytes that are not read yet.
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
        let name = utf8(self.take(length)?)?;
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
        // Taken before anything is allocated, so that a shape larger than the file is refused here.
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
                // Reserved at once: growing would need twice the memory.
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
    fn a_written_file_reads_back_equal() {
        let bytes = sample().to_bytes().unwrap();
        assert_eq!(Artifact::from_bytes(&bytes).unwrap(), sample());
    }

    #[test]
    fn rejects_a_truncated_file() {
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
    fn rejects_a_shape_larger_than_the_file() {
        // Two such dimensions: the first product overflows, the second exceeds the file.
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
    fn signed_bytes_are_within_half_a_quantisation_step() {
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
    fn empty_tensors_read_back_equal() {
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
        fn rejects_any_altered_byte(at in 0usize..256, flip in 1u8..) {
            let mut bytes = sample().to_bytes().unwrap();
            let at = at % bytes.len();
            bytes[at] ^= flip;
            prop_assert!(Artifact::from_bytes(&bytes).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Artifact::from_bytes(&bytes);
            // Again with a valid header and checksum, so that the tensors are parsed.
            let head = [b"HBRD".as_slice(), &1u16.to_le_bytes()].concat();
            bytes.splice(0..0, head);
            let checksum = crc32fast::hash(&bytes).to_le_bytes();
            bytes.extend(checksum);
            let _ = Artifact::from_bytes(&bytes);
        }
    }
}

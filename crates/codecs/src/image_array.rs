//! Images of 28x28 that are stored as numbers: what the readers of npy, IDX and CSV files have in common.

use shared::Grey28;
use shared::image::PIXELS;
use thiserror::Error;

/// Images of a file beyond this number are counted, and not read.
pub const MAX_IMAGES: usize = 100;

/// The images of a file, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageArray {
    /// The first [`MAX_IMAGES`].
    pub images: Vec<Grey28>,
    /// How many images the file holds.
    pub count: usize,
}

/// Why a file's numbers are not 28x28 images. Each message is what follows "This file".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ArrayError {
    #[error("ends too early")]
    Truncated,
    #[error("is damaged")]
    Damaged,
    /// It is larger than the limit when unpacked.
    #[error("is too large when it is unpacked")]
    TooLarge,
    /// Complex numbers, texts, records.
    #[error("holds values other than integers, float32 and float64")]
    ElementType,
    #[error("holds images of another size than 28 x 28")]
    Shape,
    #[error("holds no images")]
    Empty,
    #[error("holds labels and no images")]
    Labels,
    /// Counted from 1.
    #[error("has {found} values in row {row} in place of 784, or 785 with a label")]
    Columns { row: usize, found: usize },
    /// Counted from 1.
    #[error("has something other than a number in row {row}")]
    NotANumber { row: usize },
    #[error("holds values that are infinite or not a number")]
    NotFinite,
}

impl ImageArray {
    /// Images of greys.
    ///
    /// # Errors
    /// There are none.
    pub fn new(images: Vec<Grey28>, count: usize) -> Result<Self, ArrayError> {
        if images.is_empty() {
            return Err(ArrayError::Empty);
        }
        Ok(Self { images, count })
    }

    /// Images of values from 0 to 1 if all are in this range, and otherwise from 0 to 255, with others clamped.
    ///
    /// # Shapes
    /// `values` is `[images, 784]`.
    ///
    /// # Errors
    /// There are no images, or a value is infinite or not a number.
    pub fn from_floats(values: &[f32], count: usize) -> Result<Self, ArrayError> {
        if !values.iter().all(|value| value.is_finite()) {
            return Err(ArrayError::NotFinite);
        }
        let is_fraction = values.iter().all(|value| (0.0..=1.0).contains(value));
        let scale = if is_fraction { 255.0 } else { 1.0 };
        Self::from_greys(values, count, |value| {
            (value * scale).round().clamp(0.0, 255.0) as u8
        })
    }

    /// Images of integers, clamped to 0 to 255.
    ///
    /// # Shapes and errors
    /// As of [`from_floats`](Self::from_floats).
    pub fn from_integers(values: &[f32], count: usize) -> Result<Self, ArrayError> {
        Self::from_greys(values, count, |value| value.clamp(0.0, 255.0) as u8)
    }

    fn from_greys(
        values: &[f32],
        count: usize,
        grey: impl Fn(f32) -> u8,
    ) -> Result<Self, ArrayError> {
        let images = values.as_chunks::<PIXELS>().0.iter();
        Self::new(
            images.map(|image| Grey28::new(image.map(&grey))).collect(),
            count,
        )
    }
}

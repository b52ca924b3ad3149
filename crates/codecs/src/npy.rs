//! Reader of NumPy's file format (NEP 1), versions 1 to 3, for arrays of 28x28 images.

use shared::image::{PIXELS, SIDE};

use crate::image_array::{ArrayError, ImageArray, MAX_IMAGES};

pub const SIGNATURE: &[u8] = b"\x93NUMPY";

/// Reads an array of integers or floats of 32 or 64 bits. Its shape is `[28, 28]`, `[784]`, `[images, 28, 28]` or
/// `[images, 784]`, also with a channel at the end, or before the rows as PyTorch has it.
///
/// # Errors
/// The file is damaged, or its array is another one.
pub fn decode_npy(file: &[u8]) -> Result<ImageArray, ArrayError> {
    let (header, data) = split_header(file).ok_or(ArrayError::Truncated)?;
    let header = std::str::from_utf8(header).map_err(|_| ArrayError::Damaged)?;
    let element = Element::parse(header)?;
    let shape = shape(header).ok_or(ArrayError::Damaged)?;
    let (count, is_square) = match *shape.as_slice() {
        [SIDE, SIDE] | [SIDE, SIDE, 1] => (1, true),
        [PIXELS] | [PIXELS, 1] => (1, false),
        [count, SIDE, SIDE] | [count, SIDE, SIDE, 1] | [count, 1, SIDE, SIDE] => (count, true),
        [count, PIXELS] | [count, PIXELS, 1] => (count, false),
        _ => return Err(ArrayError::Shape),
    };
    let length = count
        .checked_mul(PIXELS)
        .and_then(|values| values.checked_mul(element.size));
    let data = length
        .and_then(|length| data.get(..length))
        .ok_or(ArrayError::Truncated)?;
    let is_fortran = value(header, "fortran_order").is_some_and(|value| value.starts_with("True"));
    // Fortran stores the first index fastest, then the next: image, row, column.
    let index = |image: usize, pixel: usize| match (is_fortran, is_square) {
        (false, _) => image * PIXELS + pixel,
        (true, true) => image + count * (pixel / SIDE + SIDE * (pixel % SIDE)),
        (true, false) => image + count * pixel,
    };
    let values: Vec<f32> = (0..count.min(MAX_IMAGES))
        .flat_map(|image| (0..PIXELS).map(move |pixel| (image, pixel)))
        .map(|(image, pixel)| element.read(data, index(image, pixel)))
        .collect();
    match element.kind {
        Kind::Float => ImageArray::from_floats(&values, count),
        Kind::Signed | Kind::Unsigned => ImageArray::from_integers(&values, count),
    }
}

/// The header's text, a Python dictionary, and the data behind it.
fn split_header(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[major, _], rest) = file.strip_prefix(SIGNATURE)?.split_first_chunk()?;
    let (length, rest) = if major == 1 {
        let (length, rest) = rest.split_first_chunk()?;
        (usize::from(u16::from_le_bytes(*length)), rest)
    } else {
        let (length, rest) = rest.split_first_chunk()?;
        (u32::from_le_bytes(*length) as usize, rest)
    };
    rest.split_at_checked(length)
}

/// What follows a key of the dictionary.
fn value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}'"))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

fn shape(header: &str) -> Option<Vec<usize>> {
    let (numbers, _) = value(header, "shape")?.strip_prefix('(')?.split_once(')')?;
    let numbers = numbers.split(',').map(str::trim).filter(|n| !n.is_empty());
    // Python 2 marked long integers.
    numbers
        .map(|n| n.trim_end_matches('L').parse().ok())
        .collect()
}

/// The type of an array's elements.
struct Element {
    kind: Kind,
    /// In bytes.
    size: usize,
    is_big_endian: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Float,
    Signed,
    Unsigned,
}

impl Element {
    fn parse(header: &str) -> Result<Self, ArrayError> {
        let description = value(header, "descr").ok_or(ArrayError::Damaged)?;
        let name = description
            .strip_prefix('\'')
            .and_then(|rest| rest.split_once('\''));
        // A list describes records.
        let (name, _) = name.ok_or(ArrayError::ElementType)?;
        let (order, name) = name.split_at_checked(1).ok_or(ArrayError::ElementType)?;
        let (kind, size) = match name {
            "f4" => (Kind::Float, 4),
            "f8" => (Kind::Float, 8),
            "i1" => (Kind::Signed, 1),
            "i2" => (Kind::Signed, 2),
            "i4" => (Kind::Signed, 4),
            "i8" => (Kind::Signed, 8),
            "u1" => (Kind::Unsigned, 1),
            "u2" => (Kind::Unsigned, 2),
            "u4" => (Kind::Unsigned, 4),
            "u8" => (Kind::Unsigned, 8),
            _ => return Err(ArrayError::ElementType),
        };
        Ok(Self {
            kind,
            size,
            is_big_endian: order == ">",
        })
    }

    /// The element at an index, which is within the data.
    fn read(&self, data: &[u8], index: usize) -> f32 {
        let mut bytes = [0; 8];
        let (Some(stored), Some(low)) = (
            data.get(index * self.size..(index + 1) * self.size),
            bytes.get_mut(..self.size),
        ) else {
            return 0.0;
        };
        low.copy_from_slice(stored);
        if self.is_big_endian {
            low.reverse();
        }
        let word = u64::from_le_bytes(bytes);
        match (self.kind, self.size) {
            (Kind::Float, 4) => f32::from_bits(word as u32),
            (Kind::Float, _) => f64::from_bits(word) as f32,
            (Kind::Unsigned, _) => word as f32,
            (Kind::Signed, size) => {
                let unused = 64 - 8 * size as u32;
                ((word << unused) as i64 >> unused) as f32
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn file(descr: &str, order: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header =
            format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}      \n");
        let mut file = b"\x93NUMPY\x01\0".to_vec();
        file.extend((header.len() as u16).to_le_bytes());
        file.extend(header.as_bytes());
        file.extend(data);
        file
    }

    fn greys(image: usize) -> impl Iterator<Item = u8> {
        (0..PIXELS).map(move |pixel| ((pixel * 3 + image * 7) % 256) as u8)
    }

    #[track_caller]
    fn assert_images(file: &[u8], images: usize) {
        let read = decode_npy(file).unwrap();
        assert_eq!((read.images.len(), read.count), (images, images));
        for (i, image) in read.images.iter().enumerate() {
            assert!(image.pixels().iter().copied().eq(greys(i)), "image {i}");
        }
    }

    #[test]
    fn every_shape_is_read() {
        let one: Vec<u8> = greys(0).collect();
        for shape in ["(28, 28)", "(784,)", "(28, 28, 1)", "(784, 1)", "(1, 784)"] {
            assert_images(&file("'|u1'", "False", shape, &one), 1);
        }
        let three: Vec<u8> = (0..3).flat_map(greys).collect();
        for shape in [
            "(3, 28, 28)",
            "(3, 784)",
            "(3, 28, 28, 1)",
            "(3, 784, 1)",
            "(3, 1, 28, 28)",
            "(3L, 784L)",
        ] {
            assert_images(&file("'|u1'", "False", shape, &three), 3);
        }
    }

    #[test]
    fn every_type_is_read() {
        let bytes = |encode: &dyn Fn(f64) -> Vec<u8>| -> Vec<u8> {
            greys(0).flat_map(|grey| encode(grey.into())).collect()
        };
        for (descr, data) in [
            (
                "'<f4'",
                bytes(&|v| ((v / 255.0) as f32).to_le_bytes().to_vec()),
            ),
            ("'>f4'", bytes(&|v| (v as f32).to_be_bytes().to_vec())),
            ("'<f8'", bytes(&|v| (v / 255.0).to_le_bytes().to_vec())),
            ("'>f8'", bytes(&|v| v.to_be_bytes().to_vec())),
            ("'<i8'", bytes(&|v| (v as i64).to_le_bytes().to_vec())),
            ("'>i2'", bytes(&|v| (v as i16).to_be_bytes().to_vec())),
            ("'<u4'", bytes(&|v| (v as u32).to_le_bytes().to_vec())),
        ] {
            assert_images(&file(descr, "False", "(28, 28)", &data), 1);
        }
    }

    #[test]
    fn fortran_order_is_turned_round() {
        let columns = (0..PIXELS).map(|i| i % SIDE * SIDE + i / SIDE);
        let one: Vec<u8> = greys(0).collect();
        let turned: Vec<u8> = columns.map(|i| one[i]).collect();
        assert_images(&file("'|u1'", "True", "(28, 28)", &turned), 1);
        let (one, two): (Vec<u8>, Vec<u8>) = (greys(0).collect(), greys(1).collect());
        let mixed: Vec<u8> = one.iter().zip(&two).flat_map(|(a, b)| [*a, *b]).collect();
        assert_images(&file("'|u1'", "True", "(2, 784)", &mixed), 2);
    }

    #[test]
    fn only_the_first_hundred_are_read() {
        let data: Vec<u8> = (0..130).flat_map(greys).collect();
        let read = decode_npy(&file("'|u1'", "False", "(130, 28, 28)", &data)).unwrap();
        assert_eq!((read.images.len(), read.count), (100, 130));
        assert!(read.images[99].pixels().iter().copied().eq(greys(99)));
    }

    #[test]
    fn values_outside_are_clamped_and_others_refused() {
        let floats = |a: f32, b: f32| -> Vec<u8> {
            [a, b]
                .iter()
                .cycle()
                .take(PIXELS)
                .flat_map(|v| v.to_le_bytes())
                .collect()
        };
        let read = decode_npy(&file("'<f4'", "False", "(784,)", &floats(-3.0, 300.0))).unwrap();
        assert_eq!(read.images[0].pixels()[..2], [0, 255]);
        let data = floats(0.0, f32::NAN);
        let error = decode_npy(&file("'<f4'", "False", "(784,)", &data)).unwrap_err();
        assert_eq!(error, ArrayError::NotFinite);
    }

    #[test]
    fn other_files_are_refused() {
        let data = [7; PIXELS];
        for (descr, shape, error) in [
            ("'|u1'", "(27, 29)", ArrayError::Shape),
            ("'|u1'", "()", ArrayError::Shape),
            ("'|u1'", "(0, 28, 28)", ArrayError::Empty),
            ("'|u1'", "(2, 28, 28)", ArrayError::Truncated),
            (
                "'|u1'",
                "(999999999999999999, 28, 28)",
                ArrayError::Truncated,
            ),
            ("'<c8'", "(28, 28)", ArrayError::ElementType),
            ("[('a', '<f4')]", "(28, 28)", ArrayError::ElementType),
            ("'|O'", "(28, 28)", ArrayError::ElementType),
        ] {
            let read = decode_npy(&file(descr, "False", shape, &data));
            assert_eq!(read, Err(error), "{descr} {shape}");
        }
        let whole = file("'|u1'", "False", "(28, 28)", &data);
        for length in 0..whole.len() {
            assert!(decode_npy(&whole[..length]).is_err());
        }
    }
}

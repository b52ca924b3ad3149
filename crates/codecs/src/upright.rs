//! Turns decoded pixels upright, as the EXIF orientation tells, and converts them to RGBA, in one pass.

use image::metadata::Orientation;
use shared::image::RgbaImage;

use crate::DecodeError;

/// The orientation in a file's EXIF block.
///
/// Without a block, without an orientation in it, or if it is damaged, it is [`Orientation::NoTransforms`]: the image is shown
/// as it is stored, as browsers do. JPEG's prefix `Exif\0\0`, which some writers put before the block in other formats, too,
/// is skipped.
pub fn exif_orientation(block: Option<&[u8]>) -> Orientation {
    let orientation = block.and_then(|block| {
        let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
        Orientation::from_exif_chunk(block)
    });
    orientation.unwrap_or(Orientation::NoTransforms)
}

/// Turns stored pixels upright and makes them RGBA.
///
/// # Shapes
/// `samples` is `[height, width, channels]`, row-major; 1 to 4 channels are grey, grey and alpha, RGB, RGBA.
///
/// # Errors
/// [`DecodeError::Damaged`] for any other number of samples.
pub fn upright_rgba(
    width: u32,
    height: u32,
    channels: usize,
    samples: Vec<u8>,
    orientation: Orientation,
) -> Result<RgbaImage, DecodeError> {
    if samples.len() != width as usize * height as usize * channels {
        return Err(DecodeError::Damaged);
    }
    if channels == 4 && orientation == Orientation::NoTransforms {
        return RgbaImage::new(width, height, samples).ok_or(DecodeError::Damaged);
    }
    let order = PixelOrder::new(width, height, orientation);
    let rgba = match channels {
        1 => order.apply(&samples, |[grey]| [grey, grey, grey, 255]),
        2 => order.apply(&samples, |[grey, alpha]| [grey, grey, grey, alpha]),
        3 => order.apply(&samples, |[red, green, blue]| [red, green, blue, 255]),
        _ => order.apply(&samples, |rgba: [u8; 4]| rgba),
    };
    RgbaImage::new(order.width, order.height, rgba).ok_or(DecodeError::Damaged)
}

/// Where the upright image's pixels are among the stored ones.
struct PixelOrder {
    /// Index of the first pixel.
    start: isize,
    /// Steps to the next pixel to the right, and to the next below.
    right: isize,
    down: isize,
    /// The upright image's size.
    width: u32,
    height: u32,
}

impl PixelOrder {
    /// For a stored image of this size.
    fn new(width: u32, height: u32, orientation: Orientation) -> Self {
        let (w, h) = (width as isize, height as isize);
        // Source: Exif 2.32, tag 0x0112 ("row 0 is the visual ..., column 0 is the visual ...").
        let (start, right, down, is_on_its_side) = match orientation {
            Orientation::NoTransforms => (0, 1, w, false),
            Orientation::FlipHorizontal => (w - 1, -1, w, false),
            Orientation::Rotate180 => (w * h - 1, -1, -w, false),
            Orientation::FlipVertical => (w * (h - 1), 1, -w, false),
            Orientation::Rotate90FlipH => (0, w, 1, true),
            Orientation::Rotate90 => (w * (h - 1), -w, 1, true),
            Orientation::Rotate270FlipH => (w * h - 1, -w, -1, true),
            Orientation::Rotate270 => (w - 1, w, -1, true),
        };
        let (width, height) = if is_on_its_side {
            (height, width)
        } else {
            (width, height)
        };
        Self {
            start,
            right,
            down,
            width,
            height,
        }
    }

    /// The pixels in upright order, each converted to RGBA.
    fn apply<const CHANNELS: usize>(
        &self,
        samples: &[u8],
        to_rgba: impl Fn([u8; CHANNELS]) -> [u8; 4],
    ) -> Vec<u8> {
        let (pixels, _) = samples.as_chunks::<CHANNELS>();
        let mut rgba = vec![0; pixels.len() * 4];
        let mut row_start = self.start;
        for row in rgba.chunks_exact_mut(self.width as usize * 4) {
            let mut index = row_start;
            for pixel in row.as_chunks_mut().0 {
                // Within bounds: the order is a permutation of the pixels.
                *pixel = to_rgba(pixels[index as usize]);
                index += self.right;
            }
            row_start += self.down;
        }
        rgba
    }
}

//! Pixels the right way up, and how many of them fit.

use crate::Fault;
use crate::orientation::Orientation;

/// Larger pictures are refused before they are decoded.
pub const MAX_PIXELS: u64 = 50_000_000;
/// Pictures with a longer side are refused before they are decoded.
pub const MAX_SIDE: u32 = 20_000;

/// What a file shows, the right way up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    /// `[height, width, 4]`, row-major; red, green, blue and straight alpha.
    pub rgba: Vec<u8>,
}

impl Picture {
    /// Turns rows of pixels upright and makes them RGBA: 1 to 4 bytes a pixel are grey, grey and alpha, RGB, RGBA.
    pub(crate) fn upright(
        size: [u32; 2],
        channels: usize,
        samples: &[u8],
        orientation: Orientation,
    ) -> Result<Self, Fault> {
        let [width, height] = size;
        if samples.len() != width as usize * height as usize * channels {
            return Err(Fault::Damaged);
        }
        let rgba = match channels {
            1 => turned(size, samples, orientation, |[grey]| [grey, grey, grey, 255]),
            2 => turned(size, samples, orientation, |[grey, alpha]| {
                [grey, grey, grey, alpha]
            }),
            3 => turned(size, samples, orientation, |[red, green, blue]| {
                [red, green, blue, 255]
            }),
            _ => turned(size, samples, orientation, |rgba: [u8; 4]| rgba),
        };
        let [width, height] = orientation.walk(width, height).size;
        Ok(Self {
            width,
            height,
            rgba,
        })
    }
}

/// The pixels in the order in which they are upright, each made RGBA.
fn turned<const CHANNELS: usize>(
    [width, height]: [u32; 2],
    samples: &[u8],
    orientation: Orientation,
    colour: impl Fn([u8; CHANNELS]) -> [u8; 4],
) -> Vec<u8> {
    let walk = orientation.walk(width, height);
    let (pixels, _) = samples.as_chunks::<CHANNELS>();
    let mut rgba = vec![0; pixels.len() * 4];
    let mut row_start = walk.start;
    for row in rgba.chunks_exact_mut(walk.size[0] as usize * 4) {
        let mut place = row_start;
        for to in row.as_chunks_mut().0 {
            // Within the pixels, as the walk is a permutation of them.
            *to = colour(pixels.get(place as usize).copied().unwrap_or([0; CHANNELS]));
            place += walk.right;
        }
        row_start += walk.down;
    }
    rgba
}

/// Refuses a picture by its size alone.
pub(crate) fn fit(width: u32, height: u32) -> Result<[u32; 2], Fault> {
    if width == 0 || height == 0 {
        return Err(Fault::Blank { width, height });
    }
    if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Fault::TooLarge { width, height });
    }
    Ok([width, height])
}

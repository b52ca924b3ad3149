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
        [width, height]: [u32; 2],
        channels: usize,
        samples: &[u8],
        orientation: Orientation,
    ) -> Result<Self, Fault> {
        let pixels = width as usize * height as usize;
        if samples.len() != pixels * channels {
            return Err(Fault::Damaged);
        }
        let mut rgba = Vec::with_capacity(pixels * 4);
        let (start, right, down, [width, height]) = orientation.walk(width, height);
        for row in 0..height as isize {
            for column in 0..width as isize {
                let place = (start + row * down + column * right) as usize * channels;
                let pixel = samples.get(place..place + channels).unwrap_or_default();
                rgba.extend(match *pixel {
                    [grey] => [grey, grey, grey, 255],
                    [grey, alpha] => [grey, grey, grey, alpha],
                    [red, green, blue] => [red, green, blue, 255],
                    [red, green, blue, alpha] => [red, green, blue, alpha],
                    _ => return Err(Fault::Damaged),
                });
            }
        }
        Ok(Self {
            width,
            height,
            rgba,
        })
    }
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

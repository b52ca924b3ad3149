//! The photo at a low resolution in CIELAB, where distances between colours match how different they look.

use alloc::vec::Vec;

use libm::{cbrtf, powf};

use crate::rgb_image::RgbImage;

/// A small image in CIELAB.
pub struct LabImage {
    pub width: usize,
    pub height: usize,
    /// `[height, width]`, row-major: lightness, 0 to 100; green to red and blue to yellow, each within -110 to 110.
    pub colours: Vec<[f32; 3]>,
}

impl LabImage {
    /// Downscales an image by averaging to at most `side` pixels a side and converts it; a smaller one keeps its size.
    pub fn from_rgb(image: &RgbImage, side: usize) -> Self {
        let small = image.downscaled(side);
        let linear = linear_intensities();
        Self {
            width: small.width,
            height: small.height,
            colours: small
                .pixels
                .iter()
                .map(|&colour| srgb_to_lab(colour, &linear))
                .collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.colours.len()
    }

    /// Each pixel's distance from the image's centre along the axis where it is larger: 0 at the centre, 1 at the border.
    pub fn centre_distances(&self) -> Vec<f32> {
        let distance = |at: usize, edge: usize| ((2 * at + 1) as f32 / edge as f32 - 1.0).abs();
        (0..self.len())
            .map(|i| {
                let horizontal = distance(i % self.width, self.width);
                horizontal.max(distance(i / self.width, self.height))
            })
            .collect()
    }
}

/// The linear intensity of each 8-bit sRGB value (IEC 61966-2-1).
fn linear_intensities() -> [f32; 256] {
    core::array::from_fn(|byte| {
        let encoded = byte as f32 / 255.0;
        if encoded <= 0.040_45 {
            encoded / 12.92
        } else {
            powf((encoded + 0.055) / 1.055, 2.4)
        }
    })
}

/// Converts sRGB to CIELAB with the white point D65.
fn srgb_to_lab(colour: [u8; 3], linear: &[f32; 256]) -> [f32; 3] {
    let [r, g, b] = colour.map(|c| linear[c as usize]);
    let x = (0.412_4 * r + 0.357_6 * g + 0.180_5 * b) / 0.950_5;
    let y = 0.212_6 * r + 0.715_2 * g + 0.072_2 * b;
    let z = (0.019_3 * r + 0.119_2 * g + 0.950_5 * b) / 1.089;
    let [x, y, z] = [x, y, z].map(|t| {
        if t > 0.008_856 {
            cbrtf(t)
        } else {
            7.787 * t + 16.0 / 116.0
        }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn downscaling_averages_colours() {
        // Columns of black and white in turns become one grey: 127.5, rounded up, is 53.9 in lightness.
        let image = RgbImage {
            width: 400,
            height: 200,
            factor: 1,
            pixels: (0..400 * 200)
                .map(|i| [if i % 2 == 0 { 0 } else { 255 }; 3])
                .collect(),
        };
        let small = LabImage::from_rgb(&image, 100);
        assert_eq!((small.width, small.height), (100, 50));
        for [l, a, b] in small.colours {
            assert!(
                (l - 53.6).abs() < 0.5 && a.abs() < 0.1 && b.abs() < 0.1,
                "{l} {a} {b}"
            );
        }
    }

    #[test]
    fn centre_distances_grow_towards_the_border() {
        let image = LabImage {
            width: 5,
            height: 10,
            colours: vec![[0.0; 3]; 50],
        };
        let distances = image.centre_distances();
        // The middle column lies in the middle; row 4 is the upper of two beside it, a tenth away.
        assert!((distances[4 * 5 + 2] - 0.1).abs() < 1e-6 && (distances[0] - 0.9).abs() < 1e-6);
    }

    #[test]
    fn lab_values_of_known_colours() {
        let linear = linear_intensities();
        // From the definition, to a tenth.
        let cases = [
            ([255, 255, 255], [100.0, 0.0, 0.0]),
            ([0, 0, 0], [0.0, 0.0, 0.0]),
            ([255, 0, 0], [53.2, 80.1, 67.2]),
            ([0, 0, 255], [32.3, 79.2, -107.9]),
            ([119, 119, 119], [50.0, 0.0, 0.0]),
        ];
        for (colour, expected) in cases {
            let found = srgb_to_lab(colour, &linear);
            let near = found
                .iter()
                .zip(expected)
                .all(|(f, e)| (f - e).abs() < 0.15);
            assert!(near, "{colour:?}: {found:?} is not {expected:?}");
        }
    }
}

//! The photo network's input: the cropped photo in colour, padded to a square.

use shared::image::RgbaImage;

use super::edits::Edits;
use super::pipeline::Pipeline;
use super::rgb_image::RgbImage;

impl Pipeline {
    /// The photo after the rotation and crop of the edits, scaled so that its longer side has `side` pixels, and padded to a square
    /// with its mean colour.
    pub fn square(&self, edits: &Edits, side: u32) -> RgbaImage {
        let cropped = self.crop(edits);
        let image = match cropped.alpha {
            Some(alpha) => on_grey(&cropped.image, &alpha),
            None => cropped.image,
        };
        let [red, green, blue] = mean_colour(&image);
        let side = side as usize;
        let small = image.downscaled(side);
        let longest = small.width.max(small.height);
        let scale = side as f32 / longest as f32;
        let extent = |length: usize| ((length as f32 * scale + 0.5) as usize).max(1);
        let (width, height) = (extent(small.width), extent(small.height));
        let (left, top) = ((side - width) / 2, (side - height) / 2);
        RgbaImage::from_fn(side as u32, side as u32, |x, y| {
            let (x, y) = (x as usize, y as usize);
            let is_inside = (left..left + width).contains(&x) && (top..top + height).contains(&y);
            let [red, green, blue] = match is_inside {
                false => [red, green, blue],
                true if longest == side => small.pixel(x - left, y - top),
                true => {
                    let source = |i: usize| (i as f32 + 0.5) / scale - 0.5;
                    small.bilinear(source(x - left), source(y - top))
                }
            };
            [red, green, blue, 255]
        })
    }
}

/// A garment that was composited on white, on grey instead, where a white one can be seen too.
fn on_grey(image: &RgbImage, alpha: &RgbImage) -> RgbImage {
    const GREY: u16 = 128;
    let mut result = image.clone();
    for (pixel, [alpha, ..]) in result.pixels.iter_mut().zip(&alpha.pixels) {
        let darker = u16::from(255 - alpha) * (255 - GREY) / 255;
        *pixel = pixel.map(|value| value.saturating_sub(darker as u8));
    }
    result
}

/// The mean of all pixels, rounded.
fn mean_colour(image: &RgbImage) -> [u8; 3] {
    let mut sums = [0u64; 3];
    for pixel in &image.pixels {
        for (sum, value) in sums.iter_mut().zip(pixel) {
            *sum += u64::from(*value);
        }
    }
    let count = image.pixels.len().max(1) as u64;
    sums.map(|sum| ((sum + count / 2) / count) as u8)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::edits::Crop;

    /// Red on the left, blue on the right.
    fn photo(width: u32, height: u32) -> Pipeline {
        let image = RgbaImage::from_fn(width, height, |x, _| match 2 * x < width {
            true => [200, 0, 0, 255],
            false => [0, 0, 100, 255],
        });
        Pipeline::new(&image).unwrap()
    }

    #[test]
    fn a_wide_photo_is_padded_with_its_mean_colour() {
        for (width, height) in [(400, 200), (20, 10)] {
            let square = photo(width, height).square(&Edits::default(), 40);
            assert_eq!((square.width(), square.height()), (40, 40));
            let pixel = |x: usize, y: usize| square.pixels()[y * 40 + x];
            assert_eq!(pixel(5, 5), [100, 0, 50, 255]);
            assert_eq!(pixel(5, 34), [100, 0, 50, 255]);
            assert_eq!(pixel(5, 20), [200, 0, 0, 255]);
            assert_eq!(pixel(34, 29), [0, 0, 100, 255]);
        }
    }

    #[test]
    fn a_white_garment_that_was_cut_out_is_on_grey() {
        let image = RgbaImage::from_fn(40, 40, |x, y| {
            // Narrower at the top: a full rectangle would be a picture with transparent margins.
            let is_garment = (5..35).contains(&y) && x.abs_diff(20) < 2 + y / 3;
            [255, 255, 255, if is_garment { 255 } else { 0 }]
        });
        let square = Pipeline::new(&image).unwrap().square(&Edits::default(), 40);
        let pixel = |x: usize, y: usize| square.pixels()[y * 40 + x];
        assert_eq!(
            (pixel(2, 20), pixel(20, 20)),
            ([128, 128, 128, 255], [255; 4])
        );
    }

    #[test]
    fn the_visitors_crop_is_used() {
        let edits = Edits {
            crop: Some(Crop {
                left: 0.5,
                width: 0.5,
                ..Crop::WHOLE
            }),
            ..Edits::default()
        };
        let square = photo(400, 200).square(&edits, 32);
        assert!(square.pixels().iter().all(|p| *p == [0, 0, 100, 255]));
    }
}

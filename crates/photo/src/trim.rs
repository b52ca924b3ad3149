//! Trimming: cuts off the edges that hold nothing but background.

use alloc::vec;

use super::background::Background;
use super::rgb_image::RgbImage;

/// A rectangle of pixels, at least one wide and high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

/// The rectangle that is left after rows and columns of nothing but background are cut off; `None` when nothing is.
///
/// One pixel in 256 of a row or column may be of another colour: a speck of dust.
pub fn trim(image: &RgbImage, background: &Background) -> Option<Bounds> {
    let mut columns = vec![0usize; image.width];
    let mut rows = vec![0usize; image.height];
    for (pixels, row) in image.pixels.chunks_exact(image.width).zip(&mut rows) {
        for (&colour, column) in pixels.iter().zip(&mut columns) {
            if !background.contains(colour) {
                *column += 1;
                *row += 1;
            }
        }
    }
    let (left, width) = extent(&columns, image.height / 256)?;
    let (top, height) = extent(&rows, image.width / 256)?;
    Some(Bounds {
        left,
        top,
        width,
        height,
    })
}

/// The first index whose count exceeds `dust`, and the length up to the last such index.
fn extent(counts: &[usize], dust: usize) -> Option<(usize, usize)> {
    let first = counts.iter().position(|&count| count > dust)?;
    let last = counts.iter().rposition(|&count| count > dust)?;
    Some((first, last - first + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(width: usize, height: usize, dark: impl Fn(usize, usize) -> bool) -> Option<Bounds> {
        let image = RgbImage {
            width,
            height,
            factor: 1,
            pixels: (0..width * height)
                .map(|i| {
                    if dark(i % width, i / width) {
                        [30, 60, 90]
                    } else {
                        [250; 3]
                    }
                })
                .collect(),
        };
        trim(&image, &Background::estimate(&image))
    }

    #[test]
    fn bounds_are_exact_to_the_pixel() {
        let bounds = trimmed(20, 30, |x, y| (3..=9).contains(&x) && (5..=25).contains(&y));
        assert_eq!(
            bounds,
            Some(Bounds {
                left: 3,
                top: 5,
                width: 7,
                height: 21
            })
        );
    }

    #[test]
    fn an_image_of_one_colour_has_no_bounds() {
        assert_eq!(trimmed(40, 40, |_, _| false), None);
    }

    #[test]
    fn dust_is_ignored() {
        let garment = |x: usize, y: usize| (100..200).contains(&x) && (150..400).contains(&y);
        let clean = trimmed(512, 512, garment);
        assert!(clean.is_some_and(|bounds| bounds.left == 100 && bounds.height == 250));
        let dusty = trimmed(512, 512, |x, y| garment(x, y) || (x == 30 && y % 300 == 17));
        assert_eq!(dusty, clean);
    }
}

//! Whether a 28x28 image already has the data set's form: a bright garment on black that fills the image.

use shared::image::{Grey28, PIXELS, SIDE};

use super::rgb_image::{RgbImage, luma};

/// The largest difference between two channels of a grey pixel.
const GREY: u8 = 12;
/// Pixels of the image's border that are at most this are dark, and those that are at least 255 minus this are light.
const DARK: u8 = 15;

/// How a garment lies in the data set's images: above the threshold, its longer side has at least so many pixels, and the
/// margins at opposite sides differ by at most so much. True of all its 70,000 images.
struct Extent {
    threshold: u8,
    min_side: usize,
    max_shift: usize,
}

const EXTENTS: [Extent; 2] = [
    Extent {
        threshold: 0,
        min_side: 26,
        max_shift: 2,
    },
    // Where the compression of a file left noise on the background.
    Extent {
        threshold: 12,
        min_side: 23,
        max_shift: 5,
    },
];

/// The greys of a 28x28 image; `None` if the image has another size or is in colour.
pub fn greys(image: &RgbImage) -> Option<[u8; PIXELS]> {
    if (image.width, image.height) != (SIDE, SIDE) {
        return None;
    }
    let is_grey = |[red, green, blue]: &[u8; 3]| {
        let (low, high) = (red.min(green).min(blue), red.max(green).max(blue));
        high - low <= GREY
    };
    if !image.pixels.iter().all(is_grey) {
        return None;
    }
    let mut greys = [0; PIXELS];
    for (grey, &colour) in greys.iter_mut().zip(&image.pixels) {
        *grey = luma(colour);
    }
    Some(greys)
}

/// The image in the data set's form, and whether it had to be negated; `None` if neither it nor its negative has this form.
pub fn in_data_set_form(greys: &[u8; PIXELS]) -> Option<(Grey28, bool)> {
    let (dark, light) = border_counts(greys);
    let is_inverted = light > dark;
    let greys = if is_inverted {
        greys.map(|grey| 255 - grey)
    } else {
        *greys
    };
    let has_form = EXTENTS.iter().all(|extent| extent.holds(&greys));
    has_form.then(|| (Grey28::new(greys), is_inverted))
}

/// The numbers of dark and of light pixels along the image's border.
fn border_counts(greys: &[u8; PIXELS]) -> (usize, usize) {
    let is_border = |i: usize| {
        let (x, y) = (i % SIDE, i / SIDE);
        x.min(y) == 0 || x.max(y) == SIDE - 1
    };
    let border = || (0..PIXELS).filter(|&i| is_border(i)).map(|i| greys[i]);
    (
        border().filter(|&grey| grey <= DARK).count(),
        border().filter(|&grey| grey >= 255 - DARK).count(),
    )
}

impl Extent {
    fn holds(&self, greys: &[u8; PIXELS]) -> bool {
        let is_filled = |at: fn(usize, usize) -> usize, line: usize| {
            (0..SIDE).any(|i| greys[at(line, i)] > self.threshold)
        };
        let rows = |line: usize| is_filled(|line, i| line * SIDE + i, line);
        let columns = |line: usize| is_filled(|line, i| i * SIDE + line, line);
        let (Some(rows), Some(columns)) = (margins(rows), margins(columns)) else {
            return false;
        };
        let side = |(before, after): (usize, usize)| SIDE - before - after;
        side(rows).max(side(columns)) >= self.min_side
            && rows.0.abs_diff(rows.1) <= self.max_shift
            && columns.0.abs_diff(columns.1) <= self.max_shift
    }
}

/// The empty lines before and after the filled ones; `None` where all are empty.
fn margins(is_filled: impl Fn(usize) -> bool) -> Option<(usize, usize)> {
    let first = (0..SIDE).position(&is_filled)?;
    let last = (0..SIDE).rposition(&is_filled)?;
    Some((first, SIDE - 1 - last))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A garment of this width and height with this place of its upper left pixel, 200 on black.
    fn garment(left: usize, top: usize, width: usize, height: usize) -> [u8; PIXELS] {
        core::array::from_fn(|i| {
            let inside = (left..left + width).contains(&(i % SIDE))
                && (top..top + height).contains(&(i / SIDE));
            if inside { 200 } else { 0 }
        })
    }

    #[test]
    fn a_garment_that_fills_the_image_has_the_form() {
        for (left, top, width, height) in [(0, 8, 28, 12), (8, 0, 11, 28), (1, 0, 26, 27)] {
            let greys = garment(left, top, width, height);
            assert_eq!(in_data_set_form(&greys), Some((Grey28::new(greys), false)));
        }
    }

    #[test]
    fn a_small_or_shifted_garment_does_not_have_it() {
        for (left, top, width, height) in [(4, 4, 20, 20), (0, 0, 27, 12), (14, 0, 11, 28)] {
            assert_eq!(in_data_set_form(&garment(left, top, width, height)), None);
        }
        assert_eq!(in_data_set_form(&[0; PIXELS]), None);
    }

    #[test]
    fn black_on_white_is_negated() {
        let greys = garment(0, 8, 28, 12);
        let negative = greys.map(|grey| 255 - grey);
        assert_eq!(
            in_data_set_form(&negative),
            Some((Grey28::new(greys), true))
        );
    }

    #[test]
    fn a_closely_cropped_garment_is_not_negated() {
        // A bag that covers most of the border.
        let greys = garment(0, 4, 28, 20);
        assert_eq!(in_data_set_form(&greys), Some((Grey28::new(greys), false)));
    }
}

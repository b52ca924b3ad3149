//! Detection of 28x28 images that have the data set's form: a bright garment on black that fills the image, possibly negated or in a
//! colour map.

use alloc::vec::Vec;

use shared::image::{Grey28, PIXELS, SIDE};

use super::rgb_image::{RgbImage, luma};

/// The largest difference between two channels of a grey pixel.
const GREY: u8 = 12;
/// Pixels of the image's border that are at most this are dark, and those that are at least 255 minus this are light.
const DARK: u8 = 15;
/// The share of a coloured image's border, in percent, that has exactly the colour map's lowest colour.
const MAPPED_PERCENT: usize = 40;

/// The garment's longer side has at least so many pixels that are not black, as in all 70,000 images of the data set.
const MIN_SIDE: usize = 26;
/// The same for pixels brighter than the noise that the compression of a file leaves.
const NOISE: u8 = 12;
const MIN_BRIGHT_SIDE: usize = 23;
/// The margins of these above and below differ by at most so much, and those at the left and right.
const MAX_SHIFT: [usize; 2] = [5, 3];

/// The greys of a 28x28 image, where a colour map is replaced by black to white; `None` if the image has another size or
/// other colours.
pub fn greys(image: &RgbImage) -> Option<[u8; PIXELS]> {
    if (image.width, image.height) != (SIDE, SIDE) {
        return None;
    }
    let mut greys = [0; PIXELS];
    for (grey, &colour) in greys.iter_mut().zip(&image.pixels) {
        *grey = luma(colour);
    }
    let is_grey = |[red, green, blue]: &[u8; 3]| {
        let (low, high) = (red.min(green).min(blue), red.max(green).max(blue));
        high - low <= GREY
    };
    if image.pixels.iter().all(is_grey) {
        Some(greys)
    } else {
        without_colour_map(image, &greys)
    }
}

/// The greys of an image in a colour map whose luma rises or falls: the map's first colour, which most of the border has,
/// becomes black, and the colour that differs most from it white.
fn without_colour_map(image: &RgbImage, greys: &[u8; PIXELS]) -> Option<[u8; PIXELS]> {
    let border: Vec<usize> = (0..PIXELS).filter(|&i| is_border(i)).collect();
    let count = |i: usize| {
        let same = |&&j: &&usize| image.pixels[j] == image.pixels[i];
        border.iter().filter(same).count()
    };
    let first = *border.iter().max_by_key(|&&i| count(i))?;
    if count(first) * 100 < border.len() * MAPPED_PERCENT {
        return None;
    }
    let lowest = greys[first];
    let range = greys.iter().map(|grey| grey.abs_diff(lowest)).max()?;
    let is_brighter = greys
        .iter()
        .any(|&grey| grey == lowest.saturating_add(range));
    let value = |grey: u8| {
        let above = if is_brighter {
            grey.saturating_sub(lowest)
        } else {
            lowest.saturating_sub(grey)
        };
        (u32::from(above) * 255 / u32::from(range.max(1))) as u8
    };
    Some(greys.map(value))
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
    fills_the_image(&greys).then(|| (Grey28::new(greys), is_inverted))
}

fn is_border(i: usize) -> bool {
    let (x, y) = (i % SIDE, i / SIDE);
    x.min(y) == 0 || x.max(y) == SIDE - 1
}

/// The numbers of dark and of light pixels along the image's border.
fn border_counts(greys: &[u8; PIXELS]) -> (usize, usize) {
    let border = || (0..PIXELS).filter(|&i| is_border(i)).map(|i| greys[i]);
    (
        border().filter(|&grey| grey <= DARK).count(),
        border().filter(|&grey| grey >= 255 - DARK).count(),
    )
}

/// Whether the garment is as large as the image, and in its middle.
fn fills_the_image(greys: &[u8; PIXELS]) -> bool {
    let margins_above = |threshold: u8| {
        let is_bright = |i: usize| greys[i] > threshold;
        let rows = margins(|line| (0..SIDE).any(|i| is_bright(line * SIDE + i)))?;
        let columns = margins(|line| (0..SIDE).any(|i| is_bright(i * SIDE + line)))?;
        Some([rows, columns])
    };
    let (Some(all), Some(bright)) = (margins_above(0), margins_above(NOISE)) else {
        return false;
    };
    let longest = |margins: [(usize, usize); 2]| {
        let sides = margins.map(|(before, after)| SIDE - before - after);
        sides[0].max(sides[1])
    };
    longest(all) >= MIN_SIDE
        && longest(bright) >= MIN_BRIGHT_SIDE
        && bright
            .iter()
            .zip(MAX_SHIFT)
            .all(|((before, after), max)| before.abs_diff(*after) <= max)
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
        for (left, top, width, height) in [
            (4, 4, 20, 20),
            (0, 0, 27, 12),
            (14, 0, 11, 28),
            (2, 2, 24, 24),
        ] {
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
    fn a_colour_map_is_undone() {
        let colours = [[68, 1, 84], [33, 145, 140], [253, 231, 37]];
        let values = garment(0, 8, 28, 12);
        let image = |colours: [[u8; 3]; 3]| RgbImage {
            width: SIDE,
            height: SIDE,
            factor: 1,
            pixels: (0..PIXELS)
                .map(|i| {
                    colours[usize::from(values[i] > 0) + usize::from(values[i] > 0 && i % 9 == 0)]
                })
                .collect(),
        };
        let found = greys(&image(colours)).unwrap();
        // Luma 30, 111 and 215.
        assert_eq!(
            (found[0], found[10 * SIDE + 1], found[9 * 28]),
            (0, 111, 255)
        );
        // A map from white to dark blue.
        let blues = greys(&image([[247, 251, 255], [107, 174, 214], [8, 48, 107]])).unwrap();
        assert_eq!((blues[0], blues[9 * 28]), (0, 255));
    }

    #[test]
    fn a_closely_cropped_garment_is_not_negated() {
        // A bag that covers most of the border.
        let greys = garment(0, 4, 28, 20);
        assert_eq!(in_data_set_form(&greys), Some((Grey28::new(greys), false)));
    }
}

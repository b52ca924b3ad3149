//! Background estimation from the photo's corners and border.

use alloc::vec;
use alloc::vec::Vec;

use super::histogram::Histogram;
use super::rgb_image::{RgbImage, luma};

/// The background's grey in the photos that Fashion-MNIST was made from: #fdfdfd.
const DATA_SET_WHITE: u32 = 0xfd;
/// Two colours are similar when they differ by at most 5% of the distance from black to white: 255 * 5 / 100 a channel.
const SIMILAR_PERCENT: u32 = 5;
/// Corners that differ from the background by at most this are shades of it: a soft shadow, a darker floor.
const SHADE_PERCENT: u32 = 15;

/// A background is plain when this share of the border has its colour; the rest may be dust, or a sleeve that reaches it.
const PLAIN_PERCENT: usize = 85;
/// The same for white and black: a closely cropped garment reaches the border on all sides.
const PLAIN_PERCENT_WHITE_OR_BLACK: usize = 45;
/// How far from white or black a background may be to count as that, in levels of grey.
const WHITE_OR_BLACK: u8 = 15;
/// A drawn background, unlike a photographed one, has exactly one colour: this share of the border has it, up to so many levels
/// in each channel. Such an image may fill its border as closely as a white one.
const DRAWN_PERCENT: usize = 40;
const DRAWN_LEVELS: u8 = 1;

/// An image of at most this many pixels on its longer side is from a program and not from a camera. If its background is drawn,
/// faint parts of a garment count: colours are similar up to this percentage.
const SMALL_SIDE: usize = 64;
const SMALL_SIMILAR_PERCENT: u32 = 2;

/// The background's colour, and the shades of it in the corners.
pub struct Background {
    pub colour: [u8; 3],
    shades: Vec<[u8; 3]>,
    /// Colours are similar to the shades up to this percentage.
    similar_percent: u32,
}

impl Background {
    /// The background of an image that was composited on white.
    pub fn white() -> Self {
        Self {
            colour: [255; 3],
            shades: vec![[255; 3]],
            similar_percent: SIMILAR_PERCENT,
        }
    }

    /// Takes the corner colour that is most frequent along the border; among equals, the lightest.
    ///
    /// So a sleeve that reaches one or two corners is not mistaken for the background.
    pub fn estimate(image: &RgbImage) -> Self {
        let corners = corner_colours(image);
        let mut colour = corners[0];
        let mut best = None;
        for corner in corners {
            let count = border(image)
                .filter(|&pixel| is_similar(pixel, corner, SIMILAR_PERCENT))
                .count();
            let rank = (count, luma(corner));
            if best.is_none_or(|best| rank > best) {
                (best, colour) = (Some(rank), corner);
            }
        }
        let mut shades = Vec::new();
        for corner in corners {
            if is_similar(corner, colour, SHADE_PERCENT) && !shades.contains(&corner) {
                shades.push(corner);
            }
        }
        let is_small = image.width.max(image.height) <= SMALL_SIDE;
        Self {
            colour,
            shades,
            similar_percent: if is_small && is_drawn(image, colour) {
                SMALL_SIMILAR_PERCENT
            } else {
                SIMILAR_PERCENT
            },
        }
    }

    /// Whether (nearly) the whole border has the background's colour.
    ///
    /// An unevenly lit wall is not plain.
    pub fn is_plain(&self, image: &RgbImage) -> bool {
        let (mut similar, mut all) = (0, 0);
        for colour in border(image) {
            similar += usize::from(is_similar(colour, self.colour, SIMILAR_PERCENT));
            all += 1;
        }
        let grey = luma(self.colour);
        let is_white_or_black = grey.min(255 - grey) <= WHITE_OR_BLACK;
        let required = if is_white_or_black || is_drawn(image, self.colour) {
            PLAIN_PERCENT_WHITE_OR_BLACK
        } else {
            PLAIN_PERCENT
        };
        similar * 100 >= all * required
    }

    /// Whether a colour is the background's, or similar to one of its shades.
    pub fn contains(&self, colour: [u8; 3]) -> bool {
        self.shades
            .iter()
            .any(|&shade| is_similar(colour, shade, self.similar_percent))
    }

    /// Whether garments are bright on dark already, as in the data set.
    pub fn is_dark(&self) -> bool {
        luma(self.colour) < 128
    }

    /// A colour's grey as it would be on the data set's light background: negated where the background is dark, and
    /// brightened where the background is darker than #fdfdfd.
    pub fn grey_on_white(&self, colour: [u8; 3]) -> u8 {
        let light = |colour| {
            let grey = u32::from(luma(colour));
            if self.is_dark() { 255 - grey } else { grey }
        };
        // At least 127, since a darker one is negated.
        let background = light(self.colour);
        let grey = light(colour);
        if background < DATA_SET_WHITE {
            ((grey * DATA_SET_WHITE + background / 2) / background).min(255) as u8
        } else {
            grey as u8
        }
    }
}

/// Whether two colours differ by at most `percent` of the distance from black to white.
fn is_similar(one: [u8; 3], other: [u8; 3], percent: u32) -> bool {
    let squared: u32 = one
        .iter()
        .zip(other)
        .map(|(&a, b)| u32::from(a.abs_diff(b)).pow(2))
        .sum();
    squared * 100 * 100 <= 3 * (255 * percent).pow(2)
}

/// Whether much of the border has exactly this colour.
fn is_drawn(image: &RgbImage, background: [u8; 3]) -> bool {
    let (mut equal, mut all) = (0, 0);
    for colour in border(image) {
        let mut channels = colour.iter().zip(background);
        equal += usize::from(channels.all(|(a, b)| a.abs_diff(b) <= DRAWN_LEVELS));
        all += 1;
    }
    equal * 100 >= all * DRAWN_PERCENT
}

/// The colours of the four corners: of each, the median of a small square, so that a single bad pixel has no effect.
fn corner_colours(image: &RgbImage) -> [[u8; 3]; 4] {
    let side = (image.width.min(image.height) / 64).clamp(1, 8);
    let (right, bottom) = (image.width - side, image.height - side);
    [(0, 0), (right, 0), (0, bottom), (right, bottom)].map(|(left, top)| {
        core::array::from_fn(|channel| {
            let places = (top..top + side).flat_map(|y| (left..left + side).map(move |x| (x, y)));
            let values = places.map(|(x, y)| image.pixel(x, y)[channel]);
            let median = Histogram::from_values(values).nth(side * side / 2);
            median.expect("invariant: a square has at least one pixel")
        })
    })
}

/// The pixels of the outermost rows and columns; those in the corners come twice.
fn border(image: &RgbImage) -> impl Iterator<Item = [u8; 3]> {
    let (right, bottom) = (image.width - 1, image.height - 1);
    let rows = (0..=right).flat_map(move |x| [(x, 0), (x, bottom)]);
    let columns = (0..=bottom).flat_map(move |y| [(0, y), (right, y)]);
    rows.chain(columns).map(|(x, y)| image.pixel(x, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: usize, height: usize, colour: impl Fn(usize, usize) -> u8) -> RgbImage {
        let pixels = (0..width * height)
            .map(|i| [colour(i % width, i / width); 3])
            .collect();
        RgbImage {
            width,
            height,
            factor: 1,
            pixels,
        }
    }

    #[test]
    fn five_percent_is_twelve_levels_of_grey() {
        assert!(is_similar([253; 3], [241; 3], SIMILAR_PERCENT));
        assert!(!is_similar([253; 3], [240; 3], SIMILAR_PERCENT));
        // One channel alone may differ by the square root of three times as much: 22.08.
        assert!(is_similar([100, 100, 122], [100; 3], SIMILAR_PERCENT));
        assert!(!is_similar([100, 100, 123], [100; 3], SIMILAR_PERCENT));
    }

    #[test]
    fn a_garment_in_two_corners_is_not_the_background() {
        // Bright sleeves in the lower corners of a dark image, as many pullovers of the data set have.
        let drawn = image(28, 28, |x, y| {
            if y > 12 && !(6..22).contains(&x) {
                180
            } else {
                0
            }
        });
        let background = Background::estimate(&drawn);
        assert_eq!(background.colour, [0; 3]);
        assert!(background.is_dark() && !background.contains([180; 3]));
    }

    #[test]
    fn among_equal_corners_the_lightest_is_the_background() {
        let background = Background::estimate(&image(20, 20, |_, y| if y < 10 { 40 } else { 240 }));
        assert_eq!(background.colour, [240; 3]);
    }

    #[test]
    fn a_slightly_darker_floor_is_background_too() {
        let background =
            Background::estimate(&image(20, 30, |_, y| if y < 20 { 250 } else { 222 }));
        assert_eq!(background.colour, [250; 3]);
        assert!(background.contains([222; 3]) && !background.contains([200; 3]));
    }

    #[test]
    fn one_bad_pixel_in_a_corner_does_not_matter() {
        let background =
            Background::estimate(&image(200, 200, |x, y| if x + y == 0 { 0 } else { 250 }));
        assert_eq!(background.shades, [[250; 3]]);
    }

    #[test]
    fn greys_are_as_on_the_data_sets_background() {
        let grey = |behind: u8, value: u8| {
            Background::estimate(&image(9, 9, |_, _| behind)).grey_on_white([value; 3])
        };
        assert_eq!(grey(0xfd, 100), 100);
        assert_eq!(grey(255, 100), 100);
        // 200 becomes 253, so 100 becomes 126.5, rounded up.
        assert_eq!(
            (grey(200, 200), grey(200, 100), grey(200, 250)),
            (253, 127, 255)
        );
        // Black becomes white; a garment keeps its contrast.
        assert_eq!((grey(0, 0), grey(0, 180)), (255, 75));
    }
}

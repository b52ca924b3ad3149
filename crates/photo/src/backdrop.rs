//! What lies behind the garment, judged by the photo's corners.

use alloc::vec::Vec;

use super::counts::Counts;
use super::flat::Flat;
use super::grey::luma;

/// The data set's photos lie on #fdfdfd.
const PAPER: u32 = 0xfd;
/// A colour is close when the distance is within 5 % of black to white: 255 * 5 / 100 in each channel.
const CLOSE_PERCENT: u32 = 5;
/// Corners this close to the background are other shades of it: a soft shadow, a darker floor.
const SHADE_PERCENT: u32 = 15;

/// A border of which so much is background is plain; the rest may be dust, or a sleeve that reaches it.
const PLAIN_PERCENT: usize = 85;
/// White paper and black are plain from here on: a garment that was cropped closely reaches the border on all sides.
const PAPER_PERCENT: usize = 45;
/// How far from white or black paper may be, in levels of grey.
const PAPER_SHADE: u8 = 15;

/// The background's colour, and the shades of it that the corners show.
pub(super) struct Backdrop {
    pub colour: [u8; 3],
    shades: Vec<[u8; 3]>,
}

impl Backdrop {
    /// Takes the corner's colour that most of the photo's border shares; of equals, the lightest.
    ///
    /// So a sleeve that reaches one corner, or two, is not mistaken for the background.
    pub fn of(flat: &Flat) -> Self {
        let corners = corners(flat);
        let mut colour = corners[0];
        let mut best = None;
        for corner in corners {
            let shared = border(flat)
                .filter(|&p| close(p, corner, CLOSE_PERCENT))
                .count();
            let rank = (shared, luma(corner));
            if best.is_none_or(|best| rank > best) {
                (best, colour) = (Some(rank), corner);
            }
        }
        let mut shades = Vec::new();
        for corner in corners {
            if close(corner, colour, SHADE_PERCENT) && !shades.contains(&corner) {
                shades.push(corner);
            }
        }
        Self { colour, shades }
    }

    /// Whether its one colour is all that the photo's border shows, or nearly: a wall that is lit from one side is no paper.
    pub fn is_plain(&self, flat: &Flat) -> bool {
        let (mut held, mut all) = (0, 0);
        for colour in border(flat) {
            held += usize::from(close(colour, self.colour, CLOSE_PERCENT));
            all += 1;
        }
        let shade = luma(self.colour);
        let is_paper = shade.min(255 - shade) <= PAPER_SHADE;
        let least = if is_paper {
            PAPER_PERCENT
        } else {
            PLAIN_PERCENT
        };
        held * 100 >= all * least
    }

    /// Whether a colour is the background's.
    pub fn holds(&self, colour: [u8; 3]) -> bool {
        self.shades
            .iter()
            .any(|&shade| close(colour, shade, CLOSE_PERCENT))
    }

    /// Whether the garment is shown as in the data set already: bright on dark.
    pub fn is_dark(&self) -> bool {
        luma(self.colour) < 128
    }

    /// A colour's grey as on the data set's own paper: negated where the background is dark, and brighter where the
    /// background is darker than #fdfdfd.
    pub fn grey(&self, colour: [u8; 3]) -> u8 {
        let light = |colour| match self.is_dark() {
            true => 255 - u32::from(luma(colour)),
            false => u32::from(luma(colour)),
        };
        // At least 127, since a darker one is negated.
        let paper = light(self.colour);
        let grey = light(colour);
        match paper < PAPER {
            true => ((grey * PAPER + paper / 2) / paper).min(255) as u8,
            false => grey as u8,
        }
    }
}

/// Whether two colours differ by at most `percent` of the distance from black to white.
fn close(one: [u8; 3], other: [u8; 3], percent: u32) -> bool {
    let squared: u32 = one
        .iter()
        .zip(other)
        .map(|(&a, b)| u32::from(a.abs_diff(b)).pow(2))
        .sum();
    squared * 100 * 100 <= 3 * (255 * percent).pow(2)
}

/// The four corners' colours: of each, the median of a small patch, so that one bad pixel says nothing.
fn corners(flat: &Flat) -> [[u8; 3]; 4] {
    let side = (flat.width.min(flat.height) / 64).clamp(1, 8);
    let (right, low) = (flat.width - side, flat.height - side);
    [(0, 0), (right, 0), (0, low), (right, low)].map(|(left, top)| {
        core::array::from_fn(|channel| {
            let places = (top..top + side).flat_map(|y| (left..left + side).map(move |x| (x, y)));
            let counts = Counts::of(places.map(|(x, y)| flat.pixel(x, y)[channel]));
            counts.at(side * side / 2).unwrap_or(0)
        })
    })
}

/// The pixels of the outermost rows and columns; those of the corners come twice.
fn border(flat: &Flat) -> impl Iterator<Item = [u8; 3]> {
    let (right, low) = (flat.width - 1, flat.height - 1);
    let rows = (0..=right).flat_map(move |x| [(x, 0), (x, low)]);
    let columns = (0..=low).flat_map(move |y| [(0, y), (right, y)]);
    rows.chain(columns).map(|(x, y)| flat.pixel(x, y))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(width: usize, height: usize, colour: impl Fn(usize, usize) -> u8) -> Flat {
        let pixels = (0..width * height)
            .map(|i| [colour(i % width, i / width); 3])
            .collect();
        Flat {
            width,
            height,
            factor: 1,
            pixels,
        }
    }

    #[test]
    fn five_percent_is_twelve_levels_of_grey() {
        assert!(close([253; 3], [241; 3], CLOSE_PERCENT));
        assert!(!close([253; 3], [240; 3], CLOSE_PERCENT));
        // One channel alone may differ by the square root of three times as much: 22.08.
        assert!(close([100, 100, 122], [100; 3], CLOSE_PERCENT));
        assert!(!close([100, 100, 123], [100; 3], CLOSE_PERCENT));
    }

    #[test]
    fn a_garment_in_two_corners_is_not_the_background() {
        // Bright sleeves in the lower corners of a dark picture, as many pullovers of the data set have.
        let picture = flat(28, 28, |x, y| {
            if y > 12 && !(6..22).contains(&x) {
                180
            } else {
                0
            }
        });
        let backdrop = Backdrop::of(&picture);
        assert_eq!(backdrop.colour, [0; 3]);
        assert!(backdrop.is_dark() && !backdrop.holds([180; 3]));
    }

    #[test]
    fn of_equal_corners_the_lightest_is_the_background() {
        let backdrop = Backdrop::of(&flat(20, 20, |_, y| if y < 10 { 40 } else { 240 }));
        assert_eq!(backdrop.colour, [240; 3]);
    }

    #[test]
    fn a_slightly_darker_floor_is_background_too() {
        let backdrop = Backdrop::of(&flat(20, 30, |_, y| if y < 20 { 250 } else { 222 }));
        assert_eq!(backdrop.colour, [250; 3]);
        assert!(backdrop.holds([222; 3]) && !backdrop.holds([200; 3]));
    }

    #[test]
    fn one_bad_pixel_in_a_corner_does_not_matter() {
        let backdrop = Backdrop::of(&flat(200, 200, |x, y| if x + y == 0 { 0 } else { 250 }));
        assert_eq!(backdrop.shades, [[250; 3]]);
    }

    #[test]
    fn greys_are_those_on_the_data_sets_paper() {
        let grey =
            |behind: u8, value: u8| Backdrop::of(&flat(9, 9, |_, _| behind)).grey([value; 3]);
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

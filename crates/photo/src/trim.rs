//! The rectangle that is left when the edges that look like the background are cut off.

use alloc::vec;

use super::backdrop::Backdrop;
use super::flat::Flat;

/// A rectangle of pixels, at least one wide and high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

/// Cuts off rows and columns that hold nothing but background; `None` when nothing is left.
///
/// A row or column of 256 pixels or more may hold specks of dust: one pixel in 256 of another colour.
pub(super) fn trim(flat: &Flat, backdrop: &Backdrop) -> Option<Bounds> {
    let mut columns = vec![0usize; flat.width];
    let mut rows = vec![0usize; flat.height];
    for (line, row) in flat.pixels.chunks_exact(flat.width).zip(&mut rows) {
        for (&colour, column) in line.iter().zip(&mut columns) {
            if !backdrop.holds(colour) {
                *column += 1;
                *row += 1;
            }
        }
    }
    let (left, width) = extent(&columns, flat.height / 256)?;
    let (top, height) = extent(&rows, flat.width / 256)?;
    Some(Bounds {
        left,
        top,
        width,
        height,
    })
}

/// Where counts first exceed `dust`, and how far it is from there to where they last do.
fn extent(counts: &[usize], dust: usize) -> Option<(usize, usize)> {
    let first = counts.iter().position(|&count| count > dust)?;
    let last = counts.iter().rposition(|&count| count > dust)?;
    Some((first, last - first + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trimmed(width: usize, height: usize, dark: impl Fn(usize, usize) -> bool) -> Option<Bounds> {
        let flat = Flat {
            width,
            height,
            factor: 1,
            pixels: (0..width * height)
                .map(|i| match dark(i % width, i / width) {
                    true => [30, 60, 90],
                    false => [250; 3],
                })
                .collect(),
        };
        trim(&flat, &Backdrop::of(&flat))
    }

    #[test]
    fn what_differs_is_kept_to_the_pixel() {
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
    fn a_single_colour_leaves_nothing() {
        assert_eq!(trimmed(40, 40, |_, _| false), None);
    }

    #[test]
    fn dust_is_not_a_garment() {
        let garment = |x: usize, y: usize| (100..200).contains(&x) && (150..400).contains(&y);
        let clean = trimmed(512, 512, garment);
        assert!(clean.is_some_and(|bounds| bounds.left == 100 && bounds.height == 250));
        let dusty = trimmed(512, 512, |x, y| garment(x, y) || (x == 30 && y % 300 == 17));
        assert_eq!(dusty, clean);
    }
}

//! Which part of a photo is the garment.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::flat::{Flat, span};
use super::trim::Bounds;

/// How much of each place is garment, coarser than the photo itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mask {
    pub width: u32,
    pub height: u32,
    /// `[height, width]`, row-major: 0 for background, 255 for garment.
    pub shares: Vec<u8>,
}

/// The longest side of a mask.
pub(super) const LONGEST: usize = 128;

impl Mask {
    /// Of the pixels whose colours belong to the garment.
    pub(super) fn of(flat: &Flat, belongs: impl Fn([u8; 3]) -> bool) -> Self {
        let (width, height) = flat.within(LONGEST);
        let mut shares = Vec::with_capacity(width * height);
        for row in 0..height {
            for column in 0..width {
                let (mut held, mut all) = (0, 0);
                for y in span(row, height, flat.height) {
                    for x in span(column, width, flat.width) {
                        held += usize::from(belongs(flat.pixel(x, y)));
                        all += 1;
                    }
                }
                shares.push((held * 255 / all) as u8);
            }
        }
        Self {
            width: width as u32,
            height: height as u32,
            shares,
        }
    }

    /// The share of garment at a place, between 0 and 1, of a photo that is `1` wide and high.
    ///
    /// Between the middles of pixels it changes evenly; beyond the border lies more of the same.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (left, right, across) = between(x, self.width);
        let (top, bottom, down) = between(y, self.height);
        let share =
            |x: usize, y: usize| f32::from(self.shares[y * self.width as usize + x]) / 255.0;
        let line = |y: usize| share(left, y) + across * (share(right, y) - share(left, y));
        line(top) + down * (line(bottom) - line(top))
    }

    /// The rectangle that holds the garment, in pixels of the mask; `None` where there is none.
    pub(super) fn bounds(&self) -> Option<Bounds> {
        let wide = self.width as usize;
        let held = || {
            let garment = self.shares.iter().enumerate().filter(|(_, s)| **s > 127);
            garment.map(|(i, _)| (i % wide, i / wide))
        };
        let (left, right) = (held().map(|p| p.0).min()?, held().map(|p| p.0).max()?);
        let (top, bottom) = (held().map(|p| p.1).min()?, held().map(|p| p.1).max()?);
        Some(Bounds {
            left,
            top,
            width: right - left + 1,
            height: bottom - top + 1,
        })
    }

    /// A colour of the photo for each pixel of the mask that is surely garment.
    pub(super) fn held(&self, flat: &Flat) -> impl Iterator<Item = [u8; 3]> {
        let (across, down) = (self.width as usize, self.height as usize);
        let held = self.shares.iter().enumerate().filter(|(_, s)| **s > 200);
        held.map(move |(i, _)| {
            let x = (2 * (i % across) + 1) * flat.width / (2 * across);
            let y = (2 * (i / across) + 1) * flat.height / (2 * down);
            flat.pixel(x, y)
        })
    }

    /// The share of the photo that is garment.
    pub fn coverage(&self) -> f32 {
        let held = self.shares.iter().filter(|&&s| s > 127).count();
        held as f32 / self.shares.len().max(1) as f32
    }
}

/// The pixels whose middles a place lies between, and how far it is on the way from one to the other.
fn between(place: f32, edge: u32) -> (usize, usize, f32) {
    let last = (edge - 1) as f32;
    let at = (place * edge as f32 - 0.5).clamp(0.0, last);
    let first = at as usize;
    (first, (first + 1).min(edge as usize - 1), at - first as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_change_evenly_between_the_middles_of_pixels() {
        let mask = Mask {
            width: 2,
            height: 1,
            shares: [0, 255].to_vec(),
        };
        let shares = [0.0, 0.25, 0.5, 0.625, 0.75, 1.0].map(|x| mask.at(x, 0.5));
        assert_eq!(shares, [0.0, 0.0, 0.5, 0.75, 1.0, 1.0]);
    }

    #[test]
    fn bounds_hold_the_garment_and_nothing_else() {
        let mut shares = [0; 48].to_vec();
        (shares[2 * 8 + 3], shares[4 * 8 + 6]) = (200, 200);
        let mask = Mask {
            width: 8,
            height: 6,
            shares,
        };
        let expected = Bounds {
            left: 3,
            top: 2,
            width: 4,
            height: 3,
        };
        assert_eq!(mask.bounds(), Some(expected));
        let empty = Mask {
            shares: [0; 48].to_vec(),
            ..mask
        };
        assert_eq!(empty.bounds(), None);
    }
}

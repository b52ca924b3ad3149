//! The photo in few pixels, their colours in CIELAB.

use alloc::vec::Vec;

use super::super::flat::Flat;
use super::super::lab::Lab;

/// A small picture.
pub(in super::super) struct Grid {
    pub width: usize,
    pub height: usize,
    /// `[height, width]`, row-major.
    pub colours: Vec<[f32; 3]>,
}

impl Grid {
    /// Shrinks a photo to at most `side` pixels a side by averaging; a smaller one stays as it is.
    pub fn of(flat: &Flat, side: usize) -> Self {
        let small = flat.shrunk(side);
        let lab = Lab::new();
        Self {
            width: small.width,
            height: small.height,
            colours: small.pixels.iter().map(|&colour| lab.of(colour)).collect(),
        }
    }

    pub fn len(&self) -> usize {
        self.colours.len()
    }

    /// How far each pixel is from the middle, in either direction: 0 there, 1 at the border.
    pub fn reach(&self) -> Vec<f32> {
        let from_middle = |at: usize, edge: usize| ((2 * at + 1) as f32 / edge as f32 - 1.0).abs();
        (0..self.len())
            .map(|i| {
                let across = from_middle(i % self.width, self.width);
                across.max(from_middle(i / self.width, self.height))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_photo_is_averaged_to_the_grids_size() {
        // Columns of black and white in turns become one grey: 127.5, rounded up, is 53.9 in lightness.
        let flat = Flat {
            width: 400,
            height: 200,
            factor: 1,
            pixels: (0..400 * 200)
                .map(|i| [if i % 2 == 0 { 0 } else { 255 }; 3])
                .collect(),
        };
        let grid = Grid::of(&flat, 100);
        assert_eq!((grid.width, grid.height), (100, 50));
        for [l, a, b] in grid.colours {
            assert!(
                (l - 53.6).abs() < 0.5 && a.abs() < 0.1 && b.abs() < 0.1,
                "{l} {a} {b}"
            );
        }
    }

    #[test]
    fn the_border_is_as_far_as_it_gets() {
        let grid = Grid {
            width: 5,
            height: 10,
            colours: vec![[0.0; 3]; 50],
        };
        let reach = grid.reach();
        // The middle column lies in the middle; row 4 is the upper of two beside it, a tenth away.
        assert!((reach[4 * 5 + 2] - 0.1).abs() < 1e-6 && (reach[0] - 0.9).abs() < 1e-6);
    }
}

//! What training does to a picture before the network sees it: mirroring and small shifts.

use rand::Rng;
use serde::{Deserialize, Serialize};
use shared::Grey28;
use shared::image::{PIXELS, SIDE, standardise};

/// How far augmentation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Augmentation {
    /// Mirrors every other picture, left to right.
    pub flip: bool,
    /// Shifts by up to so many pixels along either axis; background comes in.
    pub shift: usize,
}

impl Augmentation {
    /// Appends one picture, altered and standardised, to a batch: `[28 * 28]`.
    pub fn push(&self, picture: &Grey28, rng: &mut impl Rng, batch: &mut Vec<f32>) {
        let mirrored = self.flip && rng.random::<bool>();
        let reach = self.shift as i32;
        let down = rng.random_range(-reach..=reach);
        let right = rng.random_range(-reach..=reach);
        let pixels: &[u8; PIXELS] = picture.pixels();
        let side = SIDE as i32;
        for y in 0..side {
            for x in 0..side {
                let (row, mut column) = (y - down, x - right);
                let inside = (0..side).contains(&row) && (0..side).contains(&column);
                if mirrored {
                    column = side - 1 - column;
                }
                let value = if inside {
                    pixels[(row * side + column) as usize]
                } else {
                    0
                };
                batch.push(standardise(value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn lit(augmentation: Augmentation, seed: u64) -> Vec<usize> {
        let mut pixels = [0; PIXELS];
        pixels[10 * SIDE + 5] = 255;
        let mut batch = Vec::new();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        augmentation.push(&Grey28::new(pixels), &mut rng, &mut batch);
        assert_eq!(batch.len(), PIXELS);
        (0..PIXELS)
            .filter(|&i| batch[i] == standardise(255))
            .collect()
    }

    #[test]
    fn without_augmentation_a_picture_is_only_standardised() {
        let none = Augmentation {
            flip: false,
            shift: 0,
        };
        assert_eq!(lit(none, 1), [10 * SIDE + 5]);
    }

    #[test]
    fn flips_and_shifts_land_where_they_should() {
        let flip = Augmentation {
            flip: true,
            shift: 0,
        };
        let places: std::collections::BTreeSet<usize> =
            (0..32).flat_map(|seed| lit(flip, seed)).collect();
        assert_eq!(
            places.into_iter().collect::<Vec<_>>(),
            [10 * SIDE + 5, 10 * SIDE + 22]
        );
        let shift = Augmentation {
            flip: false,
            shift: 2,
        };
        let places: std::collections::BTreeSet<usize> =
            (0..1000).flat_map(|seed| lit(shift, seed)).collect();
        assert_eq!(places.len(), 25);
    }
}

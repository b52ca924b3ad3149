//! What training does to a picture before the network sees it: mirroring, small shifts, and erased patches.

use rand::Rng;
use serde::{Deserialize, Serialize};
use shared::Grey28;
use shared::image::{PIXELS, SIDE, standardise};

/// How far augmentation goes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// Mirrors every other picture, left to right.
    pub flip: bool,
    /// Shifts by up to so many pixels along either axis; background comes in.
    pub shift: usize,
    /// The share of pictures in which a random rectangle is overwritten with noise (Zhong et al. 2017,
    /// arXiv 1708.04896).
    #[serde(default)]
    pub erase: f64,
}

/// Rows and columns of an erased rectangle, at least and at most.
const ERASED: std::ops::RangeInclusive<usize> = 4..=12;

impl Augmentation {
    /// Appends one picture, altered and standardised, to a batch: `[28 * 28]`. Says whether it was mirrored.
    pub fn push(&self, picture: &Grey28, rng: &mut impl Rng, batch: &mut Vec<f32>) -> bool {
        let mirrored = self.flip && rng.random::<bool>();
        let reach = self.shift as i32;
        let down = rng.random_range(-reach..=reach);
        let right = rng.random_range(-reach..=reach);
        let pixels: &[u8; PIXELS] = picture.pixels();
        let side = SIDE as i32;
        let start = batch.len();
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
        if rng.random_bool(self.erase) {
            erase(&mut batch[start..], rng);
        }
        mirrored
    }
}

/// Overwrites a random rectangle of a standardised picture with noise.
fn erase(picture: &mut [f32], rng: &mut impl Rng) {
    let (rows, columns) = (rng.random_range(ERASED), rng.random_range(ERASED));
    let top = rng.random_range(0..=SIDE - rows);
    let left = rng.random_range(0..=SIDE - columns);
    for row in picture.chunks_exact_mut(SIDE).skip(top).take(rows) {
        for value in &mut row[left..left + columns] {
            *value = standardise(rng.random());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const NONE: Augmentation = Augmentation {
        flip: false,
        shift: 0,
        erase: 0.0,
    };

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
        assert_eq!(lit(NONE, 1), [10 * SIDE + 5]);
    }

    #[test]
    fn flips_and_shifts_land_where_they_should() {
        let flip = Augmentation { flip: true, ..NONE };
        let places: std::collections::BTreeSet<usize> =
            (0..32).flat_map(|seed| lit(flip, seed)).collect();
        let mirrored = [10 * SIDE + 5, 10 * SIDE + 22];
        assert_eq!(places.into_iter().collect::<Vec<_>>(), mirrored);
        let shift = Augmentation { shift: 2, ..NONE };
        let places: std::collections::BTreeSet<usize> =
            (0..1000).flat_map(|seed| lit(shift, seed)).collect();
        assert_eq!(places.len(), 25);
    }

    #[test]
    fn what_is_erased_is_one_rectangle_of_the_promised_size() {
        let erase = Augmentation { erase: 1.0, ..NONE };
        let dark = standardise(0);
        for seed in 0..200 {
            let mut batch = Vec::new();
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            erase.push(&Grey28::new([0; PIXELS]), &mut rng, &mut batch);
            let touched: Vec<usize> = (0..PIXELS).filter(|&i| batch[i] != dark).collect();
            let extent = |places: Vec<usize>| {
                let (first, last) = (places.iter().min(), places.iter().max());
                last.unwrap() - first.unwrap() + 1
            };
            let rows = extent(touched.iter().map(|i| i / SIDE).collect());
            let columns = extent(touched.iter().map(|i| i % SIDE).collect());
            assert!(ERASED.contains(&rows) && ERASED.contains(&columns));
            // Noise is rarely as dark as the background: nearly all of the rectangle shows.
            assert!(touched.len() * 10 >= rows * columns * 9);
        }
    }
}

//! Data augmentation: horizontal flips, small shifts, random erasing and mixup.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use shared::Grey28;
use shared::image::{PIXELS, SIDE, standardise};

use super::examples::Examples;

/// Which augmentations are applied, and how strongly; none by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// Mirrors half of the images horizontally.
    pub flip: bool,
    /// Shifts by up to this many pixels along each axis; the border is filled with background.
    pub shift: usize,
    /// The probability that a random rectangle of an image is replaced by noise (random erasing: Zhong et al. 2017,
    /// arXiv 1708.04896).
    #[serde(default)]
    pub erase: f64,
    /// The probability that an image is blended with another one, by up to a half, and its label as well (mixup: Zhang et
    /// al. 2017, arXiv 1710.09412).
    #[serde(default)]
    pub mix: f64,
}

/// Rows and columns of an erased rectangle.
const ERASED: std::ops::RangeInclusive<usize> = 4..=12;

impl Augmentation {
    /// Appends a view of image `i` to a batch: `[28 * 28]`, augmented and standardised. Returns the index of the image that
    /// was blended in, and its share.
    ///
    /// The same seed, view and image give the same pixels, so that a teacher's logits for a view can be stored.
    pub fn view(
        &self,
        examples: &Examples,
        i: usize,
        (seed, view): (u64, usize),
        batch: &mut Vec<f32>,
    ) -> Option<(usize, f32)> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ ((view as u64) << 32));
        rng.set_stream(i as u64);
        let start = batch.len();
        self.push(&examples.images[i], &mut rng, batch);
        if self.mix == 0.0 || !rng.random_bool(self.mix) {
            return None;
        }
        let other = rng.random_range(0..examples.len());
        let share = rng.random_range(0.0..0.5f32);
        let mut blended = Vec::with_capacity(PIXELS);
        self.push(&examples.images[other], &mut rng, &mut blended);
        for (own, other) in batch[start..].iter_mut().zip(blended) {
            *own += share * (other - *own);
        }
        Some((other, share))
    }

    /// Appends one image, augmented and standardised: `[28 * 28]`.
    fn push(&self, image: &Grey28, rng: &mut impl Rng, batch: &mut Vec<f32>) {
        let mirrored = self.flip && rng.random::<bool>();
        let reach = self.shift as i32;
        let down = rng.random_range(-reach..=reach);
        let right = rng.random_range(-reach..=reach);
        let pixels: &[u8; PIXELS] = image.pixels();
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
    }
}

/// Replaces a random rectangle of a standardised image by noise.
fn erase(image: &mut [f32], rng: &mut impl Rng) {
    let (rows, columns) = (rng.random_range(ERASED), rng.random_range(ERASED));
    let top = rng.random_range(0..=SIDE - rows);
    let left = rng.random_range(0..=SIDE - columns);
    for row in image.chunks_exact_mut(SIDE).skip(top).take(rows) {
        for value in &mut row[left..left + columns] {
            *value = standardise(rng.random());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn white_pixels(augmentation: Augmentation, seed: u64) -> Vec<usize> {
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
    fn without_augmentation_an_image_is_only_standardised() {
        assert_eq!(white_pixels(Augmentation::default(), 1), [10 * SIDE + 5]);
    }

    #[test]
    fn flips_and_shifts_move_pixels() {
        let flip = Augmentation {
            flip: true,
            ..Augmentation::default()
        };
        let indices: std::collections::BTreeSet<usize> =
            (0..32).flat_map(|seed| white_pixels(flip, seed)).collect();
        let mirrored = [10 * SIDE + 5, 10 * SIDE + 22];
        assert_eq!(indices.into_iter().collect::<Vec<_>>(), mirrored);
        let shift = Augmentation {
            shift: 2,
            ..Augmentation::default()
        };
        let indices: std::collections::BTreeSet<usize> = (0..1000)
            .flat_map(|seed| white_pixels(shift, seed))
            .collect();
        assert_eq!(indices.len(), 25);
    }

    /// Images of one grey value each.
    fn uniform_images() -> Examples {
        Examples {
            images: (0..200u8).map(|i| Grey28::new([i; PIXELS])).collect(),
            labels: vec![shared::Garment::Bag; 200],
        }
    }

    #[test]
    fn mixup_blends_by_its_share() {
        let mix = Augmentation {
            mix: 0.5,
            ..Augmentation::default()
        };
        let examples = uniform_images();
        let mut mixed = 0;
        for i in 0..examples.len() {
            let mut batch = Vec::new();
            let (other, share) = match mix.view(&examples, i, (1, 0), &mut batch) {
                None => (i, 0.0),
                Some(blended) => {
                    mixed += 1;
                    blended
                }
            };
            assert!((0.0..0.5).contains(&share));
            let (own, other) = (standardise(i as u8), standardise(other as u8));
            let expected = own + share * (other - own);
            assert!(batch.iter().all(|x| (x - expected).abs() < 1e-4));
        }
        assert!((60..140).contains(&mixed), "{mixed}");
    }

    #[test]
    fn views_are_reproducible_and_different() {
        let all = Augmentation {
            flip: true,
            shift: 2,
            erase: 0.5,
            mix: 0.5,
        };
        let examples = uniform_images();
        let view_of = |i: usize, view: (u64, usize)| {
            let mut batch = Vec::new();
            let blended = all.view(&examples, i, view, &mut batch);
            (batch, blended)
        };
        for i in 0..20 {
            assert!(view_of(i, (1, 3)) == view_of(i, (1, 3)));
        }
        let differ = |other: (u64, usize)| {
            let pairs = (0..40).filter(|&i| view_of(i, (1, 3)) != view_of(i, other));
            pairs.count()
        };
        assert!(differ((2, 3)) > 20 && differ((1, 4)) > 20);
    }

    #[test]
    fn erases_one_rectangle_of_the_given_size() {
        let erase = Augmentation {
            erase: 1.0,
            ..Augmentation::default()
        };
        let dark = standardise(0);
        for seed in 0..200 {
            let mut batch = Vec::new();
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            erase.push(&Grey28::new([0; PIXELS]), &mut rng, &mut batch);
            let touched: Vec<usize> = (0..PIXELS).filter(|&i| batch[i] != dark).collect();
            let extent = |indices: Vec<usize>| {
                let (first, last) = (indices.iter().min(), indices.iter().max());
                last.unwrap() - first.unwrap() + 1
            };
            let rows = extent(touched.iter().map(|i| i / SIDE).collect());
            let columns = extent(touched.iter().map(|i| i % SIDE).collect());
            assert!(ERASED.contains(&rows) && ERASED.contains(&columns));
            // Noise is rarely as dark as the background.
            assert!(touched.len() * 10 >= rows * columns * 9);
        }
    }
}

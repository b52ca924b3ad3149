//! What training does to a picture before the network sees it: mirroring, small shifts, and erased patches.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use shared::Grey28;
use shared::image::{PIXELS, SIDE, standardise};

use super::Examples;

/// How far augmentation goes; by default, nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// Mirrors every other picture, left to right.
    pub flip: bool,
    /// Shifts by up to so many pixels along either axis; background comes in.
    pub shift: usize,
    /// The share of pictures in which a random rectangle is overwritten with noise (Zhong et al. 2017,
    /// arXiv 1708.04896).
    #[serde(default)]
    pub erase: f64,
    /// The share of pictures through which another one shows, by up to a half, in the labels too (mixup: Zhang et
    /// al. 2017, arXiv 1710.09412).
    #[serde(default)]
    pub mix: f64,
}

/// Rows and columns of an erased rectangle, at least and at most.
const ERASED: std::ops::RangeInclusive<usize> = 4..=12;

impl Augmentation {
    /// Appends a view of the picture number `i` to a batch: `[28 * 28]`, altered and standardised. Gives the picture that
    /// shows through, and its share.
    ///
    /// The same seed, view and picture give the same view: what teachers say to it can be kept.
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
        self.push(&examples.pictures[i], &mut rng, batch);
        if self.mix == 0.0 || !rng.random_bool(self.mix) {
            return None;
        }
        let (other, share) = (
            rng.random_range(0..examples.len()),
            rng.random_range(0.0..0.5f32),
        );
        let mut through = Vec::with_capacity(PIXELS);
        self.push(&examples.pictures[other], &mut rng, &mut through);
        for (own, other) in batch[start..].iter_mut().zip(through) {
            *own += share * (other - *own);
        }
        Some((other, share))
    }

    /// Appends one picture, altered and standardised: `[28 * 28]`.
    fn push(&self, picture: &Grey28, rng: &mut impl Rng, batch: &mut Vec<f32>) {
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
        assert_eq!(lit(Augmentation::default(), 1), [10 * SIDE + 5]);
    }

    #[test]
    fn flips_and_shifts_land_where_they_should() {
        let flip = Augmentation {
            flip: true,
            ..Augmentation::default()
        };
        let places: std::collections::BTreeSet<usize> =
            (0..32).flat_map(|seed| lit(flip, seed)).collect();
        let mirrored = [10 * SIDE + 5, 10 * SIDE + 22];
        assert_eq!(places.into_iter().collect::<Vec<_>>(), mirrored);
        let shift = Augmentation {
            shift: 2,
            ..Augmentation::default()
        };
        let places: std::collections::BTreeSet<usize> =
            (0..1000).flat_map(|seed| lit(shift, seed)).collect();
        assert_eq!(places.len(), 25);
    }

    /// Each of one grey.
    fn greys() -> Examples {
        Examples {
            pictures: (0..200u8).map(|i| Grey28::new([i; PIXELS])).collect(),
            labels: vec![shared::Garment::Bag; 200],
        }
    }

    #[test]
    fn what_shows_through_does_so_by_its_share() {
        let mix = Augmentation {
            mix: 0.5,
            ..Augmentation::default()
        };
        let examples = greys();
        let mut mixed = 0;
        for i in 0..examples.len() {
            let mut batch = Vec::new();
            let (other, share) = match mix.view(&examples, i, (1, 0), &mut batch) {
                None => (i, 0.0),
                Some(through) => {
                    mixed += 1;
                    through
                }
            };
            assert!((0.0..0.5).contains(&share));
            let (own, other) = (standardise(i as u8), standardise(other as u8));
            let wanted = own + share * (other - own);
            assert!(batch.iter().all(|x| (x - wanted).abs() < 1e-4));
        }
        assert!((60..140).contains(&mixed), "{mixed}");
    }

    #[test]
    fn a_view_is_always_the_same_and_unlike_the_others() {
        let all = Augmentation {
            flip: true,
            shift: 2,
            erase: 0.5,
            mix: 0.5,
        };
        let examples = greys();
        let seen = |i: usize, view: (u64, usize)| {
            let mut batch = Vec::new();
            let through = all.view(&examples, i, view, &mut batch);
            (batch, through)
        };
        for i in 0..20 {
            assert!(seen(i, (1, 3)) == seen(i, (1, 3)));
        }
        let differ = |other: (u64, usize)| {
            let pairs = (0..40).filter(|&i| seen(i, (1, 3)) != seen(i, other));
            pairs.count()
        };
        assert!(differ((2, 3)) > 20 && differ((1, 4)) > 20);
    }

    #[test]
    fn what_is_erased_is_one_rectangle_of_the_promised_size() {
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

//! The validation split: a stratified 5,000 of the 60,000 training images, the same for every model.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use shared::Garment;
use shared::garment::CLASSES;

use super::examples::Examples;

/// Images of the validation split.
pub const VALIDATION: usize = 5_000;
/// Independent of the training's seed: all models and runs are compared on the same images.
const SEED: u64 = 20_170_828;

/// Training and validation examples.
pub struct Split {
    pub train: Examples,
    pub validation: Examples,
    /// How many of the training examples, at the end, are variants of photos.
    pub photo_variants: usize,
}

impl Split {
    /// The indices of an epoch's training examples: all of Fashion-MNIST, and one of `turns` equal parts of the photos'
    /// variants, in turn. All of them in every epoch would be a quarter of the
    /// examples.
    pub fn epoch_indices(&self, turns: usize, epoch: usize) -> impl Iterator<Item = usize> {
        let others = self.train.len() - self.photo_variants;
        let part = self.photo_variants / turns;
        let first = others + epoch % turns * part;
        (0..others).chain(first..first + part)
    }
}

/// Takes the same number of examples of each class for validation.
pub fn split(all: &Examples, validation: usize) -> Split {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let (mut held_out, mut kept) = (Vec::new(), Vec::new());
    for garment in Garment::ALL {
        let mut indices: Vec<usize> = (0..all.len())
            .filter(|&i| all.labels[i] == garment)
            .collect();
        indices.shuffle(&mut rng);
        let rest = indices.split_off((validation / CLASSES).min(indices.len()));
        held_out.extend(indices);
        kept.extend(rest);
    }
    held_out.sort_unstable();
    kept.sort_unstable();
    Split {
        train: all.select(&kept),
        validation: all.select(&held_out),
        photo_variants: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Grey28;

    #[test]
    fn the_split_is_stratified_and_disjoint() {
        let all = Examples {
            images: (0..200u8).map(|i| Grey28::new([i; 784])).collect(),
            labels: (0..200).map(|i| Garment::ALL[i % 10]).collect(),
        };
        let Split {
            train, validation, ..
        } = split(&all, 50);
        assert_eq!((train.len(), validation.len()), (150, 50));
        for garment in Garment::ALL {
            let count = validation.labels.iter().filter(|&&g| g == garment).count();
            assert_eq!(count, 5);
        }
        let marks = |e: &Examples| e.images.iter().map(|p| p.pixels()[0]).collect::<Vec<_>>();
        let held_out = marks(&validation);
        assert!(marks(&train).iter().all(|m| !held_out.contains(m)));
    }

    #[test]
    fn each_epoch_has_one_part_of_the_photo_variants() {
        let examples = Examples {
            images: (0..20u8).map(|i| Grey28::new([i; 784])).collect(),
            labels: vec![Garment::Bag; 20],
        };
        let split = Split {
            train: examples,
            validation: Examples::default(),
            photo_variants: 9,
        };
        let photos = |epoch| -> Vec<usize> {
            let all: Vec<usize> = split.epoch_indices(4, epoch).collect();
            assert!(all[..11].iter().copied().eq(0..11));
            all[11..].to_vec()
        };
        let turns: Vec<Vec<usize>> = (0..8).map(photos).collect();
        assert_eq!(turns[..4].concat(), (11..19).collect::<Vec<_>>());
        assert_eq!(turns[4..], turns[..4]);
        assert!(split.epoch_indices(1, 3).eq(0..20));
    }
}

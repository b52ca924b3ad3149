//! The test images of a quiz: two of each class, chosen by the quiz's code, on every machine the same.

use shared::garment::CLASSES;
use shared::shuffle::Shuffle;
use shared::{Garment, Grey28};

use crate::address::QuizCode;
use crate::engine::TestSet;

const OF_EACH_CLASS: usize = 2;
/// The number of a quiz's images.
pub const IMAGES: usize = CLASSES * OF_EACH_CLASS;

/// An image of a quiz.
#[derive(Clone, Debug, PartialEq)]
pub struct QuizImage {
    /// Its number in the test set.
    pub index: usize,
    pub truth: Garment,
    pub grey: Grey28,
}

/// The images of a quiz in their order.
pub fn images(code: QuizCode, test_set: &TestSet) -> Vec<QuizImage> {
    let chosen = choose(code, test_set.labels()).into_iter();
    let images = chosen.filter_map(|index| {
        Some(QuizImage {
            index,
            truth: Garment::from_index(usize::from(test_set.labels()[index]))?,
            grey: Grey28::from_slice(test_set.pixels(index)?)?,
        })
    });
    images.collect()
}

/// The numbers of the images: the code stands for a random order of the whole set, of which the first two images of each class are taken.
fn choose(code: QuizCode, labels: &[u8]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    Shuffle::new(u64::from(code.number())).shuffle(&mut order);
    let mut counts = [0; CLASSES];
    order.retain(|index| {
        let count = counts.get_mut(usize::from(labels[*index]));
        count.is_some_and(|count| {
            *count += 1;
            *count <= OF_EACH_CLASS
        })
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Label 0 for the first of ten images, 1 for the next one, and so on.
    fn labels() -> Vec<u8> {
        (0..10_000).map(|i| (i % 10) as u8).collect()
    }

    fn chosen(code: &str) -> Vec<usize> {
        choose(QuizCode::parse(code).unwrap(), &labels())
    }

    #[test]
    fn a_code_always_gives_the_same_images() {
        // Computed in Python, with the generator and the shuffle written anew.
        assert_eq!(
            chosen("7KX2M"),
            [
                8913, 9565, 3603, 605, 6744, 2202, 897, 3731, 3798, 7279, 6882, 7950, 5834, 3429,
                2207, 6378, 6616, 8450, 8636, 3581
            ]
        );
        assert_eq!(
            chosen("ZZZZZ"),
            [
                2378, 763, 7311, 4314, 8032, 4668, 2476, 7291, 8437, 6064, 5452, 3745, 2387, 8403,
                3055, 3469, 5159, 6150, 4460, 9466
            ]
        );
    }

    #[test]
    fn every_quiz_has_two_images_of_each_class() {
        let labels = labels();
        let mut all = Vec::new();
        for number in 0..50 {
            let mut images = choose(QuizCode::new(number), &labels);
            assert_eq!(images.len(), IMAGES);
            let mut counts = [0; CLASSES];
            for index in &images {
                counts[usize::from(labels[*index])] += 1;
            }
            assert_eq!(counts, [OF_EACH_CLASS; CLASSES]);
            all.append(&mut images);
        }
        // Of a thousand draws out of ten thousand, about 950 are different.
        all.sort_unstable();
        all.dedup();
        assert!(all.len() > 900, "{}", all.len());
    }
}

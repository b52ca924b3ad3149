//! A seeded random order: the same numbers on every machine.

/// The state of the generator: a 64-bit linear congruential generator whose high bits are used (Knuth, TAOCP 3.3.4).
pub struct Shuffle(u64);

impl Shuffle {
    /// A generator with this seed.
    pub fn new(seed: u64) -> Self {
        let mut shuffle = Self(seed);
        // The first number after a small seed is small too.
        shuffle.next();
        shuffle.next();
        shuffle
    }

    fn next(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// Puts the values in a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for last in (1..values.len()).rev() {
            // Fewer than 2^32 values: the bias is below one in a thousand.
            let other = (u64::from(self.next()) * (last as u64 + 1)) >> 32;
            values.swap(last, other as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn a_seed_gives_one_order_of_the_same_values() {
        let shuffled = |seed| {
            let mut values: Vec<u32> = (0..100).collect();
            Shuffle::new(seed).shuffle(&mut values);
            values
        };
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
        let mut sorted = shuffled(1);
        let moved = (0..100).filter(|&i| sorted[i as usize] != i).count();
        assert!(moved > 80, "{moved} of 100 moved");
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..100));
    }

    #[test]
    fn every_value_reaches_every_place() {
        let mut counts = [[0; 4]; 4];
        let mut order = Shuffle::new(7);
        for _ in 0..4000 {
            let mut values = [0, 1, 2, 3];
            order.shuffle(&mut values);
            for (place, value) in values.into_iter().enumerate() {
                counts[place][value] += 1;
            }
        }
        for count in counts.into_iter().flatten() {
            assert!((900..1100).contains(&count), "{counts:?}");
        }
    }
}

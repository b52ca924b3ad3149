//! How often each of the 256 values occurs: what sorting them would tell, in less code.

/// Occurrences, by value.
pub(super) struct Counts([u32; 256]);

impl Counts {
    pub fn of(values: impl IntoIterator<Item = u8>) -> Self {
        let mut counts = [0; 256];
        for value in values {
            counts[usize::from(value)] += 1;
        }
        Self(counts)
    }

    /// How many values there are.
    pub fn total(&self) -> usize {
        self.0.iter().map(|&count| count as usize).sum()
    }

    /// The value at a place, were they sorted.
    pub fn at(&self, place: usize) -> Option<u8> {
        let mut before = 0;
        let mut values = (0..=255).zip(self.0);
        let found = values.find(|(_, count)| {
            before += *count as usize;
            before > place
        });
        found.map(|(value, _)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_has_the_value_that_sorting_puts_there() {
        let values = [9, 0, 255, 9, 4, 0, 200];
        let mut sorted = values;
        sorted.sort_unstable();
        let counts = Counts::of(values);
        for (place, value) in sorted.into_iter().enumerate() {
            assert_eq!(counts.at(place), Some(value));
        }
        assert_eq!((counts.total(), counts.at(7)), (7, None));
        assert_eq!(Counts::of([]).at(0), None);
    }
}

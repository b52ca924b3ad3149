//! Histogram of 8-bit values, for order statistics such as medians and quantiles.

/// How often each of the 256 values occurs.
pub struct Histogram([u32; 256]);

impl Histogram {
    pub fn from_values(values: impl IntoIterator<Item = u8>) -> Self {
        let mut counts = [0; 256];
        for value in values {
            counts[usize::from(value)] += 1;
        }
        Self(counts)
    }

    /// The number of values.
    pub fn total(&self) -> usize {
        self.0.iter().map(|&count| count as usize).sum()
    }

    /// The order statistic: the value at `index` among the sorted values; `None` beyond the last.
    pub fn nth(&self, index: usize) -> Option<u8> {
        let mut cumulative = 0;
        let mut values = (0..=255).zip(self.0);
        let found = values.find(|(_, count)| {
            cumulative += *count as usize;
            cumulative > index
        });
        found.map(|(value, _)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_statistics_equal_those_of_the_sorted_values() {
        let values = [9, 0, 255, 9, 4, 0, 200];
        let mut sorted = values;
        sorted.sort_unstable();
        let histogram = Histogram::from_values(values);
        for (index, value) in sorted.into_iter().enumerate() {
            assert_eq!(histogram.nth(index), Some(value));
        }
        assert_eq!((histogram.total(), histogram.nth(7)), (7, None));
        assert_eq!(Histogram::from_values([]).nth(0), None);
    }
}

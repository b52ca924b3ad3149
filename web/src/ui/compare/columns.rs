//! The columns of the comparison: what each shows, and how it is sorted.

use std::cmp::Ordering;

/// A figure that models are compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Accuracy,
    MacroF1,
    Calibration,
    Parameters,
    Bytes,
    Training,
    Time,
}

impl Column {
    /// All, left to right.
    pub const ALL: [Self; 7] = [
        Self::Accuracy,
        Self::MacroF1,
        Self::Calibration,
        Self::Parameters,
        Self::Bytes,
        Self::Training,
        Self::Time,
    ];

    /// The name in the page's hooks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::MacroF1 => "macro-f1",
            Self::Calibration => "calibration-error",
            Self::Parameters => "parameters",
            Self::Bytes => "bytes",
            Self::Training => "training",
            Self::Time => "time",
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Accuracy => "Test accuracy",
            Self::MacroF1 => "Macro F1",
            Self::Calibration => "Calibration error",
            Self::Parameters => "Parameters",
            Self::Bytes => "Size",
            Self::Training => "Training",
            Self::Time => "Time, here",
        }
    }

    /// What the figure is, for those who ask.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Accuracy => "Share of the 10,000 test images answered rightly",
            Self::MacroF1 => "Mean over the ten classes of precision and recall's harmonic mean",
            Self::Calibration => "How far confidence is from being right, on average, in 15 bins",
            Self::Parameters => "Numbers that the model consists of",
            Self::Bytes => "The weights file, before the host compresses it",
            Self::Training => "What training took, as the trainer recorded it",
            Self::Time => "Median time of an answer in this browser, features not counted",
        }
    }

    /// Whether more is better.
    pub const fn more_is_better(self) -> bool {
        matches!(self, Self::Accuracy | Self::MacroF1)
    }
}

/// By what the table is sorted; without a column, in the order of the rows above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sorting {
    pub column: Option<Column>,
    pub descending: bool,
}

impl Sorting {
    /// What a press on a column's head makes of it: the best first, pressed again the other way round.
    pub fn pressed(self, column: Column) -> Self {
        Self {
            column: Some(column),
            descending: match self.column == Some(column) {
                true => !self.descending,
                false => column.more_is_better(),
            },
        }
    }

    /// The value of a head's `aria-sort`.
    pub fn aria(self, column: Column) -> &'static str {
        match (self.column == Some(column), self.descending) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        }
    }

    /// The order of two figures; one that is not known comes last either way.
    pub fn order(self, one: Option<f64>, other: Option<f64>) -> Ordering {
        match (one, other) {
            (Some(one), Some(other)) if self.descending => other.total_cmp(&one),
            (Some(one), Some(other)) => one.total_cmp(&other),
            (one, other) => other.is_some().cmp(&one.is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(sorting: Sorting) -> Vec<Option<f64>> {
        let mut figures = vec![Some(2.0), None, Some(3.0), Some(1.0)];
        figures.sort_by(|a, b| sorting.order(*a, *b));
        figures
    }

    #[test]
    fn the_best_comes_first_and_what_is_unknown_last() {
        let accuracy = Sorting::default().pressed(Column::Accuracy);
        assert_eq!(accuracy.aria(Column::Accuracy), "descending");
        assert_eq!(accuracy.aria(Column::Bytes), "none");
        assert_eq!(sorted(accuracy), [Some(3.0), Some(2.0), Some(1.0), None]);
        let bytes = accuracy.pressed(Column::Bytes);
        assert_eq!(bytes.aria(Column::Bytes), "ascending");
        assert_eq!(sorted(bytes), [Some(1.0), Some(2.0), Some(3.0), None]);
        assert_eq!(
            bytes.pressed(Column::Bytes).aria(Column::Bytes),
            "descending"
        );
    }
}

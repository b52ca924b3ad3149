//! The columns of the comparison: their values, titles and formats, and the sorting by them.

use std::cmp::Ordering;

use leptos::prelude::*;
use plot::format::{bytes, duration, milliseconds, percent, thousands};
use shared::ModelId;

use crate::contender::Contender;
use crate::state::AppState;

/// A number by which models are compared.
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
    /// All columns, from left to right.
    pub const ALL: [Self; 7] = [
        Self::Accuracy,
        Self::MacroF1,
        Self::Calibration,
        Self::Parameters,
        Self::Bytes,
        Self::Training,
        Self::Time,
    ];

    /// The value of the `data-column` attribute.
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

    /// The title of the column.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Accuracy => "Test accuracy",
            Self::MacroF1 => "Macro F1",
            Self::Calibration => "Calibration error",
            Self::Parameters => "Parameters",
            Self::Bytes => "Size",
            Self::Training => "Training",
            Self::Time => "Time in this browser",
        }
    }

    /// The tooltip of the title.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Accuracy => "Share of the 10,000 test images that are classified correctly",
            Self::MacroF1 => {
                "Mean over the ten classes of the harmonic mean of precision and recall"
            }
            Self::Calibration => {
                "Expected calibration error: mean difference between confidence and accuracy, in 15 bins"
            }
            Self::Parameters => "Number of stored parameters",
            Self::Bytes => "Size of the weights file, uncompressed",
            Self::Training => "Duration of the training, recorded by the trainer",
            Self::Time => "Median time of a prediction in this browser, without the features",
        }
    }

    /// Whether a greater value is better.
    pub const fn more_is_better(self) -> bool {
        matches!(self, Self::Accuracy | Self::MacroF1)
    }

    /// A contender's value; `None` if it is not known. The ensemble costs what all its models cost.
    pub fn value(self, app: AppState, contender: Contender) -> Option<f64> {
        match (contender, self) {
            (Contender::Model(model), Self::Time) => {
                app.timings.with(|t| t.model(model)).map(f64::from)
            }
            (Contender::Vote, Self::Time) => app.timings.with(|t| t.total()).map(f64::from),
            (Contender::Vote, Self::Parameters | Self::Bytes | Self::Training) => ModelId::ALL
                .into_iter()
                .map(|model| self.published(app, Contender::Model(model)))
                .sum(),
            _ => self.published(app, contender),
        }
    }

    /// The value in the manifest.
    fn published(self, app: AppState, contender: Contender) -> Option<f64> {
        app.site.published(contender, |entry| match self {
            Self::Accuracy => entry.accuracy,
            Self::MacroF1 => entry.macro_f1,
            Self::Calibration => entry.calibration_error,
            Self::Parameters => entry.parameters,
            Self::Bytes => entry.bytes,
            Self::Training => entry.seconds,
            Self::Time => None,
        })
    }

    /// A value as the table shows it.
    pub fn text(self, value: f64) -> String {
        match self {
            Self::Accuracy | Self::Calibration => percent(value),
            Self::MacroF1 => format!("{value:.4}"),
            Self::Parameters => thousands(value as u64),
            Self::Bytes => bytes(value),
            Self::Training => duration(value),
            Self::Time => milliseconds(value as u32),
        }
    }
}

/// The sorting of the table. Without a column, the rows are in the order of the page's list of models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sorting {
    pub column: Option<Column>,
    pub descending: bool,
}

impl Sorting {
    /// The sorting after a click on a column's title: the best first; after a second click, the reverse.
    pub fn clicked(self, column: Column) -> Self {
        let descending = if self.column == Some(column) {
            !self.descending
        } else {
            column.more_is_better()
        };
        Self {
            column: Some(column),
            descending,
        }
    }

    /// The value of a title's `aria-sort`.
    pub fn aria(self, column: Column) -> &'static str {
        if self.column != Some(column) {
            "none"
        } else if self.descending {
            "descending"
        } else {
            "ascending"
        }
    }

    /// The order of two values; an unknown one is last in both directions.
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
        let mut values = vec![Some(2.0), None, Some(3.0), Some(1.0)];
        values.sort_by(|a, b| sorting.order(*a, *b));
        values
    }

    #[test]
    fn sorts_the_best_first_and_the_unknown_last() {
        let accuracy = Sorting::default().clicked(Column::Accuracy);
        assert_eq!(accuracy.aria(Column::Accuracy), "descending");
        assert_eq!(accuracy.aria(Column::Bytes), "none");
        assert_eq!(sorted(accuracy), [Some(3.0), Some(2.0), Some(1.0), None]);
        let bytes = accuracy.clicked(Column::Bytes);
        assert_eq!(bytes.aria(Column::Bytes), "ascending");
        assert_eq!(sorted(bytes), [Some(1.0), Some(2.0), Some(3.0), None]);
        assert_eq!(
            bytes.clicked(Column::Bytes).aria(Column::Bytes),
            "descending"
        );
    }
}

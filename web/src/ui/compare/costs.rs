//! What each model, and all of them together as the vote, achieves and costs.

use leptos::prelude::*;
use shared::ModelId;

use super::columns::Column;
use crate::ui::entrant::Entrant;
use crate::ui::manifest::Facts;
use crate::ui::page::Page;

/// A figure of an entrant, as far as it is known. The vote costs what all its members cost.
pub fn figure(page: Page, entrant: Entrant, column: Column) -> Option<f64> {
    match (entrant, column) {
        (Entrant::Model(model), Column::Time) => {
            page.stopwatch.with(|s| s.model(model)).map(f64::from)
        }
        (Entrant::Vote, Column::Time) => page.stopwatch.with(|s| s.all()).map(f64::from),
        (Entrant::Vote, Column::Parameters | Column::Bytes | Column::Training) => ModelId::ALL
            .into_iter()
            .map(|model| published(page, Entrant::Model(model), column))
            .sum(),
        _ => published(page, entrant, column),
    }
}

/// What the manifest says.
fn published(page: Page, entrant: Entrant, column: Column) -> Option<f64> {
    page.facts.with(|facts| {
        let facts: &Facts = facts.iter().find(|f| f.entrant == entrant)?;
        match column {
            Column::Accuracy => facts.accuracy,
            Column::MacroF1 => facts.macro_f1,
            Column::Calibration => facts.calibration_error,
            Column::Parameters => facts.parameters,
            Column::Bytes => facts.bytes,
            Column::Training => facts.seconds,
            Column::Time => None,
        }
    })
}

//! What each model, and all of them together as the vote, achieves and costs.

use leptos::prelude::*;
use shared::ModelId;

use super::columns::Column;
use crate::ui::contender::Contender;
use crate::ui::manifest::Facts;
use crate::ui::page::Page;

/// A figure of a contender, as far as it is known. The vote costs what all its members cost.
pub fn figure(page: Page, contender: Contender, column: Column) -> Option<f64> {
    match (contender, column) {
        (Contender::Model(model), Column::Time) => {
            page.stopwatch.with(|s| s.model(model)).map(f64::from)
        }
        (Contender::Vote, Column::Time) => page.stopwatch.with(|s| s.all()).map(f64::from),
        (Contender::Vote, Column::Parameters | Column::Bytes | Column::Training) => ModelId::ALL
            .into_iter()
            .map(|model| published(page, Contender::Model(model), column))
            .sum(),
        _ => published(page, contender, column),
    }
}

/// What the manifest says.
fn published(page: Page, contender: Contender, column: Column) -> Option<f64> {
    page.facts.with(|facts| {
        let facts: &Facts = facts.iter().find(|f| f.contender == contender)?;
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

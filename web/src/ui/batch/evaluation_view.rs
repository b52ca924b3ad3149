//! The evaluation of a batch on the page: accuracies, and a confusion matrix.

use plot::markup::Markup;
use web_sys::Element;

use super::evaluation::{Evaluated, Evaluation, Outcome};
use crate::dom::{find, set_attribute, set_text, toggle_attribute};
use crate::ui::compare::matrix::plain_matrix;

/// The markup of the section, between the table and the end of the panel.
pub const MARKUP: &str = "\
    <div class=\"batch-evaluation\" data-testid=\"batch-evaluation\" data-ref=\"evaluation\" hidden>\
    <h3>Accuracy on these files</h3>\
    <p class=\"small\" data-testid=\"batch-evaluated\" data-ref=\"evaluated\"></p>\
    <div class=\"batch-results\"><div data-ref=\"accuracies\"></div>\
    <div><label class=\"choice\"><span class=\"small\">Confusion matrix of</span>\
    <select data-testid=\"batch-confusion-of\" data-action=\"confusion-of\" data-ref=\"confusion-of\"></select></label>\
    <div class=\"batch-matrix\" data-testid=\"batch-confusion\" data-ref=\"confusion\" tabindex=\"0\" role=\"region\" aria-label=\"Confusion matrix of these files\"></div>\
    <p class=\"small\" data-ref=\"outside\"></p></div></div>\
    <div class=\"button-row\">\
    <button type=\"button\" class=\"link-button\" data-testid=\"batch-evaluation-csv\" data-action=\"evaluation-csv\">Save the evaluation as CSV</button>\
    <button type=\"button\" class=\"link-button\" data-testid=\"batch-evaluation-json\" data-action=\"evaluation-json\">Save the evaluation as JSON</button>\
    </div></div>";

/// What the section shows, so that it is not changed without need.
#[derive(Default)]
pub struct EvaluationView {
    shown: Option<(Evaluation, Evaluated)>,
}

impl EvaluationView {
    /// Shows the evaluation, with the confusion matrix of one of the evaluated.
    pub fn update(&mut self, root: &Element, evaluation: Evaluation, of: Evaluated) {
        let next = Some((evaluation, of));
        if self.shown == next {
            return;
        }
        let before = std::mem::replace(&mut self.shown, next);
        let Some((evaluation, of)) = &self.shown else {
            return;
        };
        toggle_attribute(root, "evaluation", "hidden", evaluation.labelled == 0);
        if evaluation.labelled == 0 {
            return;
        }
        set_text(root, "evaluated", &summary(evaluation));
        if let Some(element) = find::<Element>(root, "accuracies") {
            element.set_inner_html(&accuracies(evaluation));
        }
        let names = |evaluation: &Evaluation| -> Vec<_> {
            let outcomes = evaluation.outcomes.iter();
            outcomes.map(|(evaluated, _)| *evaluated).collect()
        };
        let is_new = before.is_none_or(|(before, _)| names(&before) != names(evaluation));
        if let Some(select) = find::<Element>(root, "confusion-of").filter(|_| is_new) {
            select.set_inner_html(&options(&names(evaluation), *of));
        }
        let outcome = evaluation.outcome(*of);
        let confusion = outcome.map_or([[0; _]; _], |outcome| outcome.confusion);
        if let Some(element) = find::<Element>(root, "confusion") {
            set_attribute(&element, "data-model", of.name());
            element.set_inner_html(&plain_matrix(&confusion));
        }
        set_text(root, "outside", &outside(outcome));
    }
}

fn summary(evaluation: &Evaluation) -> String {
    let files = |count: usize, one: &str, many: &str| match count {
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    };
    let mut text = files(
        evaluation.labelled,
        "file has a true class",
        "files have a true class",
    );
    if evaluation.corrected > 0 {
        text += &format!(", which you chose for {}", evaluation.corrected);
    }
    text += ".";
    if evaluation.failed > 0 {
        let counted = files(
            evaluation.failed,
            "of them could not be classified and is",
            "of them could not be classified and are",
        );
        text += &format!(" {counted} not counted.");
    }
    if evaluation.unsure > 0 {
        text += &format!(
            " For {} of them the answer is “not sure”: its closest class is counted.",
            evaluation.unsure
        );
    }
    text
}

/// The sentence about predictions that have no column in the matrix.
fn outside(outcome: Option<&Outcome>) -> String {
    match outcome.map_or(0, |outcome| outcome.outside) {
        0 => "Rows: true classes. Columns: predicted classes.".into(),
        1 => "Rows: true classes. Columns: predicted classes. 1 prediction is none of the ten classes: it counts as wrong and has no column.".into(),
        n => format!(
            "Rows: true classes. Columns: predicted classes. {n} predictions are none of the ten classes: they count as wrong and have no column."
        ),
    }
}

/// The table of accuracies.
fn accuracies(evaluation: &Evaluation) -> String {
    let mut html = Markup::default();
    html.put(format_args!(
        "<table class=\"accuracies\"><caption class=\"visually-hidden\">Accuracy of the answer and of each model</caption><thead><tr>"
    ));
    for head in ["", "Accuracy", "Correct"] {
        match head {
            "" => html.put(format_args!("<td></td>")),
            head => html.head("col", head),
        }
    }
    html.put(format_args!("</tr></thead><tbody>"));
    for (evaluated, outcome) in &evaluation.outcomes {
        html.put(format_args!(
            "<tr data-testid=\"batch-accuracy\" data-evaluated=\"{}\" data-correct=\"{}\" data-total=\"{}\">",
            evaluated.name(),
            outcome.correct,
            outcome.total
        ));
        html.head("row", evaluated.title());
        html.put(format_args!(
            "<td>{:.1}%</td><td>{} of {}</td></tr>",
            outcome.accuracy().unwrap_or_default() * 100.0,
            outcome.correct,
            outcome.total
        ));
    }
    html.put(format_args!("</tbody></table>"));
    html.into_text()
}

fn options(all: &[Evaluated], chosen: Evaluated) -> String {
    let mut html = Markup::default();
    for evaluated in all {
        let selected = if *evaluated == chosen {
            " selected"
        } else {
            ""
        };
        // Names and titles hold nothing that is markup.
        html.put(format_args!(
            "<option value=\"{}\"{selected}>{}</option>",
            evaluated.name(),
            evaluated.title()
        ));
    }
    html.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_what_is_not_evaluated() {
        let mut evaluation = Evaluation {
            labelled: 1,
            ..Evaluation::default()
        };
        assert_eq!(summary(&evaluation), "1 file has a true class.");
        evaluation.labelled = 5;
        evaluation.corrected = 2;
        evaluation.unsure = 1;
        assert_eq!(
            summary(&evaluation),
            "5 files have a true class, which you chose for 2. For 1 of them the answer is “not sure”: its closest class is counted."
        );
        evaluation.failed = 3;
        assert!(summary(&evaluation).contains("3 of them could not be classified"));
    }
}

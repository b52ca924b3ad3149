//! A confusion matrix as a table, and as a grid of buttons: each cell opens the list of its test images, and the arrow keys move within
//! the grid.

use leptos::ev::{Event, KeyboardEvent};
use plot::markup::Markup;
use shared::Garment;
use shared::garment::CLASSES;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use crate::contender::Contender;
use crate::dom::{action, set_attribute};

/// The matrix of a contender's predictions for the test set, of which each cell is a button.
pub fn matrix(contender: Contender, confusion: &[[u32; CLASSES]; CLASSES]) -> String {
    let (model, title) = (contender.name(), contender.title());
    let attributes = format!("role=\"grid\" aria-label=\"Confusion matrix, {title}\"");
    table(&attributes, confusion, |truth, predicted, count| {
        // One cell is in the order of the Tab key; the arrow keys reach the others.
        let tabindex = if truth.index() + predicted.index() == 0 {
            0
        } else {
            -1
        };
        let images = if count == 1 { "image" } else { "images" };
        let text = text(count);
        format!(
            "<button type=\"button\" tabindex=\"{tabindex}\" data-action=\"cell\" \
             data-testid=\"confusion-cell\" data-model=\"{model}\" data-true=\"{truth}\" \
             data-predicted=\"{predicted}\" data-count=\"{count}\" \
             aria-label=\"{count} {images} of {truth} predicted as {predicted}\">{text}</button>"
        )
    })
}

/// A matrix of numbers alone.
pub fn plain_matrix(confusion: &[[u32; CLASSES]; CLASSES]) -> String {
    let attributes = "aria-label=\"Confusion matrix\"";
    table(attributes, confusion, |_, _, count| text(count))
}

/// An empty cell for zero, so that the others are seen.
fn text(count: u32) -> String {
    if count == 0 {
        String::new()
    } else {
        count.to_string()
    }
}

/// An HTML table: rows are true classes, columns predicted ones. `cell` returns the markup of a cell.
fn table(
    attributes: &str,
    confusion: &[[u32; CLASSES]; CLASSES],
    cell: impl Fn(Garment, Garment, u32) -> String,
) -> String {
    let mut html = Markup::default();
    html.put(format_args!(
        "<table class=\"matrix\" {attributes}><thead><tr><td></td>"
    ));
    for garment in Garment::ALL {
        html.head("col", garment.label());
    }
    html.put(format_args!("</tr></thead><tbody>"));
    for (truth, row) in Garment::ALL.into_iter().zip(confusion) {
        let total: u32 = row.iter().sum();
        html.put(format_args!("<tr>"));
        html.head("row", truth.label());
        for (predicted, &count) in Garment::ALL.into_iter().zip(row) {
            let shade = shade(count, total, predicted == truth);
            let content = cell(truth, predicted, count);
            html.put(format_args!("<td{shade}>{content}</td>"));
        }
        html.put(format_args!("</tr>"));
    }
    html.put(format_args!("</tbody></table>"));
    html.into_text()
}

/// The class attribute of a cell: one color for correct predictions and one for errors, in nine strengths by the square root of
/// the share, so that rare errors can be seen.
fn shade(count: u32, total: u32, is_correct: bool) -> String {
    if count == 0 {
        return String::new();
    }
    let share = f64::from(count) / f64::from(total.max(1));
    let strength = (share.sqrt() * 9.0).round() as u32;
    let kind = if is_correct { "right" } else { "wrong" };
    format!(" class=\"{kind}-{strength}\"")
}

/// The true and the predicted class of the cell that an event belongs to.
pub fn cell_of(event: &Event) -> Option<(Garment, Garment)> {
    let (cell, action) = action(event)?;
    classes(&cell).filter(|_| action == "cell")
}

fn classes(cell: &Element) -> Option<(Garment, Garment)> {
    let class = |name| Garment::from_label(&cell.get_attribute(name)?);
    class("data-true").zip(class("data-predicted"))
}

/// Moves the focus from cell to cell, as the ARIA grid pattern says.
pub fn move_focus(event: &KeyboardEvent) {
    let Some((cell, (truth, predicted))) =
        action(event).and_then(|(cell, _)| Some((cell.clone(), classes(&cell)?)))
    else {
        return;
    };
    let (row, column) = (truth.index(), predicted.index());
    let Some((row, column)) = destination(&event.key(), event.ctrl_key(), row, column) else {
        return;
    };
    // The arrow keys must not scroll the page, not even at the edge.
    event.prevent_default();
    let selector = format!(
        "[data-true=\"{}\"][data-predicted=\"{}\"]",
        Garment::ALL[row],
        Garment::ALL[column]
    );
    let table = cell.closest(".matrix").ok().flatten();
    let next = table.and_then(|t| t.query_selector(&selector).ok().flatten());
    if let Some(next) = next.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        set_attribute(&cell, "tabindex", "-1");
        set_attribute(&next, "tabindex", "0");
        // If the element cannot get the focus, the focus stays where it is.
        let _ = next.focus();
    }
}

/// The row and the column to which a key leads; `None` for other keys.
fn destination(key: &str, is_ctrl: bool, row: usize, column: usize) -> Option<(usize, usize)> {
    const LAST: usize = CLASSES - 1;
    Some(match key {
        "ArrowLeft" => (row, column.saturating_sub(1)),
        "ArrowRight" => (row, (column + 1).min(LAST)),
        "ArrowUp" => (row.saturating_sub(1), column),
        "ArrowDown" => ((row + 1).min(LAST), column),
        "Home" if is_ctrl => (0, 0),
        "End" if is_ctrl => (LAST, LAST),
        "Home" => (row, 0),
        "End" => (row, LAST),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_a_button_and_one_is_reached_by_tab() {
        let mut confusion = [[0; CLASSES]; CLASSES];
        confusion[6][4] = 1;
        confusion[6][6] = 708;
        let html = matrix(Contender::Vote, &confusion);
        assert_eq!(html.matches("data-testid=\"confusion-cell\"").count(), 100);
        assert_eq!(html.matches("tabindex=\"0\"").count(), 1);
        let cell = "data-model=\"vote\" data-true=\"Shirt\" data-predicted=\"Coat\" data-count=\"1\" \
                    aria-label=\"1 image of Shirt predicted as Coat\">1</button>";
        assert!(html.contains(cell), "{html}");
        assert!(html.contains("708 images of Shirt predicted as Shirt\">708<"));
    }

    #[test]
    fn keys_stop_at_the_edges() {
        for (key, from, to) in [
            ("ArrowLeft", (3, 0), (3, 0)),
            ("ArrowRight", (3, 8), (3, 9)),
            ("ArrowRight", (3, 9), (3, 9)),
            ("ArrowUp", (0, 4), (0, 4)),
            ("ArrowDown", (8, 4), (9, 4)),
            ("ArrowDown", (9, 4), (9, 4)),
            ("Home", (5, 5), (5, 0)),
            ("End", (5, 5), (5, 9)),
        ] {
            assert_eq!(destination(key, false, from.0, from.1), Some(to), "{key}");
        }
        assert_eq!(destination("Home", true, 5, 5), Some((0, 0)));
        assert_eq!(destination("End", true, 5, 5), Some((9, 9)));
        assert_eq!(destination("Enter", false, 5, 5), None);
    }
}

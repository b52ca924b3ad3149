//! A confusion matrix as a table.

use plot::markup::Markup;
use shared::Garment;
use shared::garment::CLASSES;

/// Rows are what is there, columns what was answered.
pub fn matrix(confusion: &[[u32; CLASSES]; CLASSES]) -> String {
    let mut html = Markup::default();
    html.put(format_args!(
        "<table class=\"matrix\"><caption class=\"unseen\">What is taken for what</caption><thead><tr><td></td>"
    ));
    for garment in Garment::ALL {
        html.head("col", garment.label());
    }
    html.put(format_args!("</tr></thead><tbody>"));
    for (truth, row) in Garment::ALL.into_iter().zip(confusion) {
        let total: u32 = row.iter().sum();
        html.put(format_args!("<tr>"));
        html.head("row", truth.label());
        for (answer, &count) in row.iter().enumerate() {
            let class = shade(count, total, answer == truth.index());
            match count {
                0 => html.put(format_args!("<td></td>")),
                _ => html.put(format_args!("<td class=\"{class}\">{count}</td>")),
            }
        }
        html.put(format_args!("</tr>"));
    }
    html.put(format_args!("</tbody></table>"));
    html.into_text()
}

/// The class of a cell: what is right in the ink's colour, what is wrong in the thread's, in nine strengths. The square
/// root lets rare mistakes be seen.
fn shade(count: u32, total: u32, right: bool) -> String {
    let share = f64::from(count) / f64::from(total.max(1));
    let strength = (share.sqrt() * 9.0).round() as u32;
    format!("{}{strength}", if right { "right-" } else { "wrong-" })
}

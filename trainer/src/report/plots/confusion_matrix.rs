//! The plot of a confusion matrix: a row for each true class, a column for each prediction.

use plot::Point;
use plot::format::thousands;
use plot::markup::Anchor;
use shared::Garment;
use shared::garment::CLASSES;
use shared::metrics::ConfusionMatrix;

use super::canvas::{CARD, Canvas, Color, LABEL, NAME, RED, TextStyle};

const CELL: (f64, f64) = (56.0, 40.0);
const LEFT: f64 = 116.0;
const TOP: f64 = 132.0;
/// The color of a cell with all images of its row.
const DARK_RED: Color = Color(0x5e, 0x17, 0x10);

/// The plot as SVG.
pub fn draw(title: &str, confusion: &ConfusionMatrix) -> String {
    let right = LEFT + CLASSES as f64 * CELL.0;
    let bottom = TOP + CLASSES as f64 * CELL.1;
    let note = format!(
        "{} of {} correct. Rows: true class. Columns: predicted class.",
        thousands(u64::from(confusion.correct())),
        thousands(u64::from(confusion.total()))
    );
    let mut canvas = Canvas::new(
        &format!("{title}: confusion matrix"),
        &note,
        (right + 28.0, bottom + 54.0),
    );
    let title_at = ((LEFT + right) / 2.0, TOP - 42.0);
    canvas.text(title_at, "predicted class", Anchor::Middle, LABEL);
    for (class, garment) in Garment::ALL.into_iter().enumerate() {
        let middle = (
            LEFT + (class as f64 + 0.5) * CELL.0,
            TOP + (class as f64 + 0.5) * CELL.1,
        );
        canvas.text((LEFT - 10.0, middle.1), garment.label(), Anchor::End, LABEL);
        // Where the label is wider than a cell.
        let short = match garment {
            Garment::TShirt => "T-shirt",
            Garment::AnkleBoot => "Boot",
            other => other.label(),
        };
        canvas.text((middle.0, TOP - 16.0), short, Anchor::Middle, LABEL);
    }
    for (row, counts) in confusion.0.iter().enumerate() {
        let total: u32 = counts.iter().sum();
        for (column, &count) in counts.iter().enumerate() {
            let share = f64::from(count) / f64::from(total.max(1));
            let corner = (LEFT + column as f64 * CELL.0, TOP + row as f64 * CELL.1);
            let end = (corner.0 + CELL.0 - 1.0, corner.1 + CELL.1 - 1.0);
            canvas.filled_rect(cell_color(share), corner, end);
            let middle = (corner.0 + CELL.0 / 2.0, corner.1 + CELL.1 / 2.0);
            let text = if count == 0 {
                "·".into()
            } else {
                count.to_string()
            };
            let class = text_class(count, share, row == column);
            canvas.text(middle, &text, Anchor::Middle, TextStyle { class, ..NAME });
        }
    }
    draw_color_scale(&mut canvas, (LEFT, bottom + 20.0));
    canvas.finish()
}

/// The text of a cell is light on dark cells, and bold on the diagonal.
fn text_class(count: u32, share: f64, is_diagonal: bool) -> &'static str {
    if count == 0 {
        "name muted"
    } else if is_diagonal {
        if share > 0.25 {
            "name bold light"
        } else {
            "name bold"
        }
    } else if share > 0.25 {
        "name light"
    } else {
        "name"
    }
}

/// The colors from an empty cell to one with all images of its row.
fn draw_color_scale(canvas: &mut Canvas, (left, top): Point) {
    const STEPS: u32 = 50;
    const STEP: f64 = 4.0;
    const HEIGHT: f64 = 12.0;
    for step in 0..STEPS {
        // Even in the square root of the share, like the colors.
        let root = f64::from(step) / f64::from(STEPS - 1);
        let x = left + f64::from(step) * STEP;
        canvas.filled_rect(cell_color(root * root), (x, top), (x + STEP, top + HEIGHT));
    }
    let right = left + f64::from(STEPS) * STEP;
    let middle = top + HEIGHT / 2.0;
    canvas.rect("frame", (left, top), (right, top + HEIGHT));
    canvas.text((left - 8.0, middle), "none", Anchor::End, LABEL);
    let text = "all of the true class";
    canvas.text((right + 8.0, middle), text, Anchor::Start, LABEL);
}

/// The color of a cell with this share of its row. It follows the square root of the share, so that rare errors can be seen.
fn cell_color(share: f64) -> Color {
    let root = share.clamp(0.0, 1.0).sqrt();
    let (from, to, part) = if root < 0.75 {
        (CARD, RED, root / 0.75)
    } else {
        (RED, DARK_RED, (root - 0.75) / 0.25)
    };
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    Color(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greater_share_is_always_darker() {
        let brightness = |share| {
            let Color(r, g, b) = cell_color(share);
            u32::from(r) + u32::from(g) + u32::from(b)
        };
        assert_eq!(cell_color(0.0), CARD);
        assert_eq!(cell_color(1.0), DARK_RED);
        for step in 0..100 {
            let share = f64::from(step) / 100.0;
            assert!(brightness(share + 0.01) < brightness(share), "{share}");
        }
    }

    #[test]
    fn every_count_is_in_its_cell() {
        let mut confusion = ConfusionMatrix::default();
        for (row, counts) in confusion.0.iter_mut().enumerate() {
            for (column, count) in counts.iter_mut().enumerate() {
                *count = 100 + (row * CLASSES + column) as u32;
            }
        }
        let svg = draw("CNN", &confusion);
        let mut from = 0;
        for count in 100..200 {
            let at = svg[from..].find(&format!(">{count}</text>"));
            from += at.unwrap_or_else(|| panic!("{count} is missing, or out of its row"));
        }
    }
}

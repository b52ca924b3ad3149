//! A confusion matrix: a row a true class, a column an answer.

use shared::Garment;
use shared::garment::CLASSES;
use shared::metrics::Confusion;

use super::canvas::{self, CARD, Colour, INK, LABEL, LINE, MUTED, NAME, NOTE, THREAD, px};
use crate::report::{ReportError, number};

const CELL: (i32, i32) = (px(56), px(40));
const LEFT: i32 = px(116);
const TOP: i32 = px(132);
/// Of the deepest thread; the scale's other end.
const DEEP: Colour = plotters::style::RGBColor(0x5e, 0x17, 0x10);

/// As SVG.
///
/// # Errors
/// See [`canvas::drawn`].
pub fn drawn(title: &str, confusion: &Confusion) -> Result<String, ReportError> {
    let count = CLASSES as i32;
    let right = LEFT + count * CELL.0;
    let bottom = TOP + count * CELL.1;
    let size = (right + px(28), bottom + px(54));
    let note = format!(
        "{} of {} right. A row a true class, a column an answer.",
        number::thousands(confusion.correct() as usize),
        number::thousands(confusion.total() as usize)
    );
    canvas::drawn(
        &format!("{title}: what was taken for what"),
        &note,
        size,
        |sheet| {
            for (class, garment) in Garment::ALL.into_iter().enumerate() {
                let class = class as i32;
                let row = TOP + class * CELL.1 + CELL.1 / 2;
                sheet.text((LEFT - px(10), row), garment.label(), LABEL.ending())?;
                let column = LEFT + class * CELL.0 + CELL.0 / 2;
                let (above, below) = (column, TOP - px(16));
                let short = match garment {
                    Garment::TShirt => "T-shirt",
                    Garment::AnkleBoot => "Boot",
                    other => other.label(),
                };
                sheet.text((above, below), short, LABEL.centred())?;
            }
            sheet.text(
                (LEFT + (right - LEFT) / 2, TOP - px(42)),
                "answer",
                NOTE.centred(),
            )?;
            for (row, counts) in confusion.0.iter().enumerate() {
                let total: u32 = counts.iter().sum();
                for (column, &count) in counts.iter().enumerate() {
                    let corner = (LEFT + column as i32 * CELL.0, TOP + row as i32 * CELL.1);
                    let share = f64::from(count) / f64::from(total.max(1));
                    let shade = shade(share);
                    let end = (corner.0 + CELL.0 - 2, corner.1 + CELL.1 - 2);
                    sheet.area(corner, end, shade)?;
                    let middle = (corner.0 + CELL.0 / 2, corner.1 + CELL.1 / 2);
                    let (text, colour) = match count {
                        0 => ("·".into(), MUTED),
                        _ if share > 0.25 => (count.to_string(), CARD),
                        _ => (count.to_string(), INK),
                    };
                    let set = NAME.coloured(colour).centred();
                    let set = if row == column { set.bold() } else { set };
                    sheet.text(middle, &text, set)?;
                }
            }
            scale(sheet, (LEFT, bottom + px(20)))
        },
    )
}

/// The colour scale from a share of nothing to all of a row.
fn scale(sheet: &canvas::Sheet, at: canvas::Point) -> canvas::Outcome {
    const STEPS: i32 = 50;
    let (width, height) = (px(4), px(12));
    let middle = at.1 + height / 2;
    for step in 0..STEPS {
        // Even in the root of the share, as the cells are.
        let root = f64::from(step) / f64::from(STEPS - 1);
        let x = at.0 + step * width;
        sheet.area((x, at.1), (x + width, at.1 + height), shade(root * root))?;
    }
    let end = at.0 + STEPS * width;
    let rim = [
        at,
        (end, at.1),
        (end, at.1 + height),
        (at.0, at.1 + height),
        at,
    ];
    sheet.line(rim, LINE, 2)?;
    sheet.text((at.0 - px(8), middle), "none", LABEL.ending())?;
    sheet.text((end + px(8), middle), "all of the true class", LABEL)
}

/// A share's colour: its root between the card's and the thread's and on, so that rare mistakes are seen.
fn shade(share: f64) -> Colour {
    let root = share.clamp(0.0, 1.0).sqrt();
    let (from, to, part) = match root {
        r if r < 0.75 => (CARD, THREAD, r / 0.75),
        r => (THREAD, DEEP, (r - 0.75) / 0.25),
    };
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    plotters::style::RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_always_darker() {
        let light = |share| {
            let Colour { 0: r, 1: g, 2: b } = shade(share);
            u32::from(r) + u32::from(g) + u32::from(b)
        };
        assert_eq!(shade(0.0), CARD);
        assert_eq!(shade(1.0), DEEP);
        for step in 0..100 {
            let share = f64::from(step) / 100.0;
            assert!(light(share + 0.01) < light(share), "{share}");
        }
    }

    #[test]
    fn every_count_is_in_its_cell() {
        let mut confusion = Confusion::default();
        for (row, counts) in confusion.0.iter_mut().enumerate() {
            for (column, count) in counts.iter_mut().enumerate() {
                *count = 100 + (row * CLASSES + column) as u32;
            }
        }
        let svg = drawn("CNN", &confusion).unwrap();
        let mut from = 0;
        for count in 100..200 {
            let at = svg[from..].find(&format!(">{count}</text>"));
            from += at.unwrap_or_else(|| panic!("{count} is not there, or out of its row"));
        }
    }
}

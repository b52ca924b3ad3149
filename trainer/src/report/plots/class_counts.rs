//! How many pictures each class has in each part of the data set.

use shared::Garment;

use super::canvas::{self, CARD, DENIM, INK, LABEL, NAME, SOFT, THREAD, px};
use crate::data::split::{VALIDATION, split};
use crate::data::{DataSet, Examples};
use crate::report::{ReportError, number};

const ROW: i32 = px(30);
const LEFT: i32 = px(116);
const TOP: i32 = px(104);
const WIDTH: i32 = px(700);

/// As SVG.
///
/// # Errors
/// See [`canvas::drawn`].
pub fn drawn(data: &DataSet) -> Result<String, ReportError> {
    let parts = split(&data.train, VALIDATION);
    let parts = [
        ("training", &parts.train, DENIM, CARD),
        ("validation", &parts.validation, THREAD, CARD),
        ("test", &data.test, canvas::MUTED, INK),
    ];
    let totals = Garment::ALL.map(|g| parts.iter().map(|p| count(p.1, g)).sum::<usize>());
    let most = totals.into_iter().max().unwrap_or(1).max(1) as i32;
    let bottom = TOP + ROW * Garment::ALL.len() as i32;
    let note = "Every class has as many pictures as the others, in each of the three parts.";
    let note = if totals.iter().all(|&t| t == totals[0]) {
        note
    } else {
        "Pictures a class."
    };
    canvas::drawn(
        "Pictures a class",
        note,
        (px(880), bottom + px(20)),
        |sheet| {
            let mut key = LEFT;
            for (name, part, colour, _) in parts {
                let text = format!("{name} {}", number::thousands(part.len()));
                sheet.area((key, TOP - px(30)), (key + px(12), TOP - px(18)), colour)?;
                sheet.text((key + px(18), TOP - px(24)), &text, LABEL)?;
                key += LABEL.width(&text) + px(44);
            }
            for (row, garment) in Garment::ALL.into_iter().enumerate() {
                let top = TOP + ROW * row as i32;
                let middle = top + ROW / 2;
                sheet.text((LEFT - px(10), middle), garment.label(), NAME.ending())?;
                let mut before = 0;
                for (_, part, colour, on) in parts {
                    let of_part = count(part, garment);
                    let (from, to) = (before, before + of_part as i32);
                    let x = |pictures: i32| LEFT + WIDTH * pictures / most;
                    sheet.area(
                        (x(from), top + px(3)),
                        (x(to) - 3, top + ROW - px(3)),
                        colour,
                    )?;
                    let text = number::thousands(of_part);
                    sheet.text(
                        ((x(from) + x(to)) / 2, middle),
                        &text,
                        LABEL.coloured(on).centred(),
                    )?;
                    before = to;
                }
                let text = number::thousands(totals[row]);
                sheet.text((LEFT + WIDTH + px(8), middle), &text, LABEL.coloured(SOFT))?;
            }
            Ok(())
        },
    )
}

fn count(part: &Examples, garment: Garment) -> usize {
    part.labels.iter().filter(|&&g| g == garment).count()
}

//! What was gained over the original, a row a model.

use super::canvas::{self, LABEL, LINE, NAME, SOFT, px};
use super::plot_area::{Frame, Tick};
use super::{canvas::MUTED, colour};
use crate::report::{Record, ReportError, number, original_results};

const ROW: i32 = px(46);
const TOP: i32 = px(110);

/// As SVG.
///
/// # Errors
/// See [`canvas::drawn`].
pub fn drawn(record: &Record) -> Result<String, ReportError> {
    let note = "Test accuracy. Ring: the original's bar chart. Dot: this project, red for networks, blue for classical models.";
    let originals = record
        .models
        .iter()
        .map(|k| original_results::of(k.entry.model).chart);
    let ours = record.models.iter().map(|k| k.entry.test.accuracy * 100.0);
    let all: Vec<f64> = originals
        .chain(ours)
        .chain([original_results::HUMAN])
        .collect();
    let least = all.iter().copied().fold(f64::INFINITY, f64::min);
    let most = all.iter().copied().fold(0.0, f64::max);
    // To the right of the best there is room for its figures.
    let range = least.floor() - 0.5..most + 2.75;
    let bottom = TOP + ROW * record.models.len() as i32;
    let from = (px(176), TOP);
    let frame = Frame::new(from, (px(856), bottom), range.clone(), 0.0..1.0);
    canvas::drawn(
        "Gained over the original",
        note,
        (px(880), bottom + px(34)),
        |sheet| {
            let percents = (range.start.ceil() as i32)..=(most.ceil() as i32);
            let ticks: Vec<Tick> = percents.map(|p| (f64::from(p), format!("{p}%"))).collect();
            frame.draw(sheet, ("", &ticks), ("", &[]))?;
            let (human, _) = frame.at(original_results::HUMAN, 0.0);
            sheet.dashes((human, TOP), (human, bottom), SOFT, 3)?;
            let people = format!("people {:.1}%", original_results::HUMAN);
            sheet.text((human, TOP - px(14)), &people, LABEL.centred())?;
            for (row, known) in record.models.iter().enumerate() {
                let (model, test) = (known.entry.model, &known.entry.test);
                let middle = TOP + ROW * row as i32 + ROW / 2;
                if row > 0 {
                    let top = middle - ROW / 2;
                    sheet.line([(from.0, top), (px(856), top)], LINE, 2)?;
                }
                sheet.text((from.0 - px(12), middle), model.title(), NAME.ending())?;
                let chart = original_results::of(model).chart;
                let (before, _) = frame.at(chart, 0.0);
                let (after, _) = frame.at(test.accuracy * 100.0, 0.0);
                sheet.line([(before, middle), (after, middle)], MUTED, 8)?;
                sheet.ring((before, middle), px(6), SOFT)?;
                sheet.dot((after, middle), px(7), colour(model))?;
                let text = format!(
                    "{} ({})",
                    number::percent(test.accuracy),
                    number::gain(test.accuracy, chart)
                );
                sheet.text((before.max(after) + px(14), middle), &text, NAME)?;
            }
            Ok(())
        },
    )
}

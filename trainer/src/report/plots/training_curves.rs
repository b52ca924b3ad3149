//! A network's training, epoch by epoch: loss and accuracy on what it learned from and on what it did not.

use shared::ModelId;

use super::canvas::{self, DENIM, LABEL, NAME, SOFT, Sheet, THREAD, px};
use super::plot_area::{Frame, Tick};
use super::{label, log10, stretched};
use crate::fit::checkpoint::Epoch;
use crate::report::{Record, ReportError};

const LOSSES: [f64; 7] = [0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0];
const ACCURACIES: [f64; 8] = [0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98];

/// One of the two panels.
struct Panel {
    name: &'static str,
    /// Train and validation.
    values: fn(&Epoch) -> [f64; 2],
    /// To where it stands on the axis.
    scale: fn(f64) -> f64,
    ticks: &'static [f64],
    text: fn(f64) -> String,
}

const LOSS: Panel = Panel {
    name: "loss, nats",
    values: |e| [e.train_loss, e.validation_loss],
    scale: |loss| log10(loss.max(1e-3)),
    ticks: &LOSSES,
    text: |loss| loss.to_string(),
};

const ACCURACY: Panel = Panel {
    name: "accuracy",
    values: |e| [e.train_accuracy, e.validation_accuracy],
    scale: stretched,
    ticks: &ACCURACIES,
    text: |accuracy| format!("{:.0}%", accuracy * 100.0),
};

/// As SVG. All networks' plots have the same upright axes.
///
/// # Errors
/// See [`canvas::drawn`].
pub fn drawn(record: &Record, model: ModelId) -> Result<String, ReportError> {
    let known = record.model(model);
    let all = ModelId::DEEP
        .iter()
        .flat_map(|&m| &record.model(m).metrics.epochs);
    let all: Vec<&Epoch> = all.collect();
    let heading = format!("{}: training", model.title());
    let note = "Learning on altered pictures, with dropout where the recipe has it; so validation can be ahead.";
    canvas::drawn(&heading, note, (px(880), px(400)), |sheet| {
        for (panel, left) in [(LOSS, px(64)), (ACCURACY, px(500))] {
            let corners = ((left, px(104)), (left + px(282), px(340)));
            let epochs = &known.metrics.epochs;
            draw(sheet, &panel, corners, (&all, epochs), known.entry.epoch)?;
        }
        Ok(())
    })
}

fn draw(
    sheet: &Sheet,
    panel: &Panel,
    (from, to): (canvas::Point, canvas::Point),
    (all, epochs): (&[&Epoch], &[Epoch]),
    best: Option<usize>,
) -> canvas::Outcome {
    let heights = || all.iter().flat_map(|e| (panel.values)(e).map(panel.scale));
    let least = heights().fold(f64::INFINITY, f64::min);
    let y = least - 0.05..heights().fold(least, f64::max) + 0.05;
    let x = 0.5..epochs.len() as f64 + 0.5;
    let frame = Frame::new(from, to, x, y.clone());
    let ticks = panel
        .ticks
        .iter()
        .map(|&t| ((panel.scale)(t), (panel.text)(t)));
    let y_ticks: Vec<Tick> = ticks.filter(|(at, _)| y.contains(at)).collect();
    let every = (epochs.len().div_ceil(6)).next_multiple_of(if epochs.len() > 12 { 5 } else { 1 });
    let x_ticks: Vec<Tick> = (1..=epochs.len())
        .filter(|e| *e == 1 || e.is_multiple_of(every))
        .map(|e| (e as f64, e.to_string()))
        .collect();
    frame.draw(sheet, ("epoch", &x_ticks), (panel.name, &y_ticks))?;
    if let Some(best) = best {
        let (chosen, _) = frame.at(best as f64, y.start);
        sheet.dashes((chosen, from.1), (chosen, to.1), SOFT, 3)?;
        sheet.text((chosen, from.1 - px(12)), "chosen", LABEL.centred())?;
    }
    let Some(last) = epochs.last() else {
        return Ok(());
    };
    let ends = (panel.values)(last).map(|v| frame.at(epochs.len() as f64, (panel.scale)(v)));
    let mut beside = ends.map(|(_, y)| y);
    label::spread(&mut beside, px(17));
    for (which, (name, colour)) in [("training", DENIM), ("validation", THREAD)]
        .into_iter()
        .enumerate()
    {
        let place = |e: &Epoch| frame.at(e.epoch as f64, (panel.scale)((panel.values)(e)[which]));
        let points: Vec<_> = epochs.iter().map(place).collect();
        sheet.line(points, colour, 5)?;
        sheet.text((to.0 + px(8), beside[which]), name, NAME.coloured(colour))?;
    }
    Ok(())
}

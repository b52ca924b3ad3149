//! Accuracy against what it costs: bytes to fetch, time for a picture.

use shared::ModelId;

use super::canvas::{self, Colour, INK, LABEL, MUTED, NAME, SOFT, px};
use super::label::{self, Named, Side};
use super::plot_area::{Frame, Tick, decades};
use super::{colour, log10, stretched};
use crate::evaluate::Figures;
use crate::report::{Record, ReportError, number, original_results, title};

/// A model, or the vote, on the plot.
struct Mark {
    title: &'static str,
    /// In bytes or microseconds.
    cost: f64,
    /// A share.
    accuracy: f64,
    colour: Colour,
}

/// Accuracy against the weights file's bytes.
///
/// # Errors
/// See [`canvas::drawn`].
pub fn against_bytes(record: &Record) -> Result<String, ReportError> {
    let cost = |m| record.model(m).entry.bytes as f64;
    let marks = marks(record, cost, record.vote_bytes() as f64);
    let axis = "the weights file";
    drawn("Accuracy against bytes", (axis, whole_bytes), &marks)
}

/// Accuracy against the time of one picture.
///
/// # Errors
/// See [`canvas::drawn`].
pub fn against_time(record: &Record) -> Result<String, ReportError> {
    let marks = marks(record, |m| record.micros(m), record.vote_micros());
    let axis = "one picture, on one thread";
    drawn("Accuracy against time", (axis, whole_micros), &marks)
}

/// Accuracies with a name on the axis, in percent.
const PERCENTS: [i32; 16] = [
    60, 70, 75, 80, 82, 84, 86, 88, 90, 91, 92, 93, 94, 95, 96, 97,
];

/// A size without the decimals that a tick does not have.
fn whole_bytes(bytes: f64) -> String {
    if bytes < 1e6 {
        format!("{:.0} KB", bytes / 1e3)
    } else {
        format!("{:.0} MB", bytes / 1e6)
    }
}

/// A time without them.
fn whole_micros(micros: f64) -> String {
    if micros < 1000.0 {
        format!("{micros:.0} µs")
    } else {
        format!("{:.0} ms", micros / 1000.0)
    }
}

fn marks(record: &Record, cost: impl Fn(ModelId) -> f64, of_vote: f64) -> Vec<Mark> {
    let mark = |title, test: &Figures, cost, colour| Mark {
        title,
        cost,
        accuracy: test.accuracy,
        colour,
    };
    let entries = record.models.iter().map(|known| &known.entry);
    let mut marks: Vec<Mark> = entries
        .map(|e| mark(e.model.title(), &e.test, cost(e.model), colour(e.model)))
        .collect();
    let vote = title(&record.vote_metrics.model);
    marks.push(mark(vote, &record.vote.test, of_vote, INK));
    marks
}

fn drawn(
    heading: &str,
    (x_name, x_text): (&str, fn(f64) -> String),
    marks: &[Mark],
) -> Result<String, ReportError> {
    let note = "Red: networks. Blue: classical models on features. Black: all seven together. Up and left is better.";
    let costs: Vec<f64> = marks.iter().map(|m| log10(m.cost.max(1.0))).collect();
    let (cheapest, dearest) = ends(costs.iter().copied());
    let x = cheapest - 0.25..dearest + 0.25;
    let human = stretched(original_results::HUMAN / 100.0);
    let heights = || marks.iter().map(|mark| stretched(mark.accuracy));
    let (lowest, highest) = ends(heights().chain([human]));
    let y = lowest - 0.05..highest + 0.08;
    let frame = Frame::new((px(76), px(98)), (px(856), px(500)), x.clone(), y.clone());
    canvas::drawn(heading, note, (px(880), px(560)), |sheet| {
        let tick = |p: i32| (stretched(f64::from(p) / 100.0), format!("{p}%"));
        let y_ticks = PERCENTS.map(tick).into_iter();
        let y_ticks: Vec<Tick> = y_ticks.filter(|(at, _)| y.contains(at)).collect();
        let x_ticks = decades(&x, x_text);
        frame.draw(sheet, (x_name, &x_ticks), ("test accuracy", &y_ticks))?;
        let people = [frame.at(x.start, human), frame.at(x.end, human)];
        sheet.dashes(people[0], people[1], SOFT, 3)?;
        let beneath = (people[1].0 - px(10), people[1].1 + px(13));
        let text = format!("people without training {:.1}%", original_results::HUMAN);
        sheet.text(beneath, &text, LABEL.ending())?;
        let places = costs.iter().zip(heights());
        let places: Vec<_> = places.map(|(&cost, y)| frame.at(cost, y)).collect();
        let frontier = frontier(&places);
        sheet.line(frontier.clone(), MUTED, 3)?;
        let named = marks.iter().zip(&places).map(|(mark, &at)| Named {
            at,
            radius: px(7),
            name: format!("{} {}", mark.title, number::percent(mark.accuracy)),
        });
        let named: Vec<Named> = named.collect();
        for (mark, named) in marks.iter().zip(&named) {
            sheet.dot(named.at, named.radius, mark.colour)?;
        }
        let segments = frontier.windows(2).map(|pair| [pair[0], pair[1]]);
        let lines: Vec<_> = segments.chain([people]).collect();
        let sides = label::placed(&named, frame.corners(), &lines);
        for (named, (at, side)) in named.iter().zip(sides) {
            let set = match side {
                Side::From => NAME,
                Side::To => NAME.ending(),
                Side::Around => NAME.centred(),
            };
            sheet.text(at, &named.name, set)?;
        }
        Ok(())
    })
}

/// The least and the greatest.
fn ends(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let least = values.clone().fold(f64::INFINITY, f64::min);
    (least, values.fold(f64::NEG_INFINITY, f64::max))
}

/// Those that nothing to their left is as high as, from left to right.
fn frontier(places: &[canvas::Point]) -> Vec<canvas::Point> {
    let mut sorted = places.to_vec();
    sorted.sort();
    let mut best: Vec<canvas::Point> = Vec::new();
    for place in sorted {
        // Up is less.
        if best.last().is_none_or(|last| place.1 < last.1) {
            best.push(place);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frontier_leaves_out_what_costs_more_for_less() {
        let places = [(30, 50), (10, 90), (20, 95), (40, 60), (50, 20)];
        assert_eq!(frontier(&places), [(10, 90), (30, 50), (50, 20)]);
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(whole_micros(200.0), "200 µs");
        assert_eq!(whole_micros(5000.0), "5 ms");
        let texts = decades(&(4.2..6.4), whole_bytes);
        let texts: Vec<_> = texts.into_iter().map(|t| t.1).collect();
        assert_eq!(
            texts,
            [
                "20 KB", "50 KB", "100 KB", "200 KB", "500 KB", "1 MB", "2 MB"
            ]
        );
    }
}

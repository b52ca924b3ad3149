//! The plot of how many images each class has in the training, validation and test set.

use plot::format::thousands;
use plot::markup::Anchor;
use shared::Garment;

use super::canvas::{Canvas, LABEL, NAME, TextStyle};
use crate::data::split::{VALIDATION, split};
use crate::data::{DataSet, Examples};

const ROW: f64 = 30.0;
const LEFT: f64 = 116.0;
const TOP: f64 = 104.0;
const WIDTH: f64 = 700.0;

/// The plot as SVG.
pub fn draw(data: &DataSet) -> String {
    let parts = split(&data.train, VALIDATION);
    // The class of a part's bars, and of the numbers on them.
    let parts = [
        ("training", &parts.train, "label light"),
        ("validation", &parts.validation, "label light"),
        ("test", &data.test, "label dark"),
    ];
    let totals = Garment::ALL.map(|g| parts.iter().map(|p| count(p.1, g)).sum::<usize>());
    let most = totals.into_iter().max().unwrap_or(1).max(1) as f64;
    let bottom = TOP + ROW * Garment::ALL.len() as f64;
    let note = if totals.iter().all(|&t| t == totals[0]) {
        "Every class has the same number of images, in each of the three parts."
    } else {
        "The number of images of each class."
    };
    let mut canvas = Canvas::new("Images of each class", note, (880.0, bottom + 20.0));
    let mut left = LEFT;
    for (name, part, _) in parts {
        let text = format!("{name} {}", thousands(part.len() as u64));
        canvas.rect(name, (left, TOP - 30.0), (left + 12.0, TOP - 18.0));
        canvas.text((left + 18.0, TOP - 24.0), &text, Anchor::Start, LABEL);
        left += LABEL.width(&text) + 44.0;
    }
    for (row, garment) in Garment::ALL.into_iter().enumerate() {
        let top = TOP + ROW * row as f64;
        let middle = top + ROW / 2.0;
        canvas.text((LEFT - 10.0, middle), garment.label(), Anchor::End, NAME);
        let mut before = 0;
        for (name, part, class) in parts {
            let images = count(part, garment);
            let x = |images: usize| LEFT + WIDTH * images as f64 / most;
            let (from, to) = (x(before), x(before + images));
            canvas.rect(name, (from, top + 3.0), (to - 1.5, top + ROW - 3.0));
            let style = TextStyle { class, ..LABEL };
            let at = ((from + to) / 2.0, middle);
            canvas.text(at, &thousands(images as u64), Anchor::Middle, style);
            before += images;
        }
        let at = (LEFT + WIDTH + 8.0, middle);
        canvas.text(at, &thousands(totals[row] as u64), Anchor::Start, LABEL);
    }
    canvas.finish()
}

fn count(part: &Examples, garment: Garment) -> usize {
    part.labels.iter().filter(|&&g| g == garment).count()
}

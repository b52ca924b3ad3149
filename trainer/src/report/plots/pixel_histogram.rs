//! How often each grey occurs in the training set, on a linear and on a logarithmic scale.

use super::canvas::{self, DENIM, Point, px};
use super::log10;
use super::plot_area::{Frame, Tick};
use crate::data::DataSet;
use crate::report::{ReportError, number};

/// What a byte can be.
const GREYS: usize = 256;

/// As SVG.
///
/// # Errors
/// See [`canvas::drawn`].
pub fn drawn(data: &DataSet) -> Result<String, ReportError> {
    let mut counts = [0_u64; GREYS];
    for picture in &data.train.pictures {
        for &pixel in picture.pixels() {
            counts[usize::from(pixel)] += 1;
        }
    }
    let total: u64 = counts.iter().sum();
    let shares = counts.map(|c| c as f64 * 100.0 / total.max(1) as f64);
    let note = format!(
        "Of {} pixels of the training set, {:.1}% are 0, the background. A step a grey.",
        number::thousands(total as usize),
        shares[0]
    );
    canvas::drawn("Pixels", &note, (px(880), px(400)), |sheet| {
        let greys: Vec<Tick> = [0, 64, 128, 192, 255]
            .map(|g| (f64::from(g) + 0.5, g.to_string()))
            .into();
        let x = 0.0..GREYS as f64;
        let most = shares.iter().copied().fold(0.0, f64::max);
        let linear = Frame::new(
            (px(64), px(104)),
            (px(424), px(340)),
            x.clone(),
            0.0..most * 1.05,
        );
        let tens = (0..=most as i32 / 10).map(|t| (f64::from(t * 10), format!("{}%", t * 10)));
        let tens: Vec<Tick> = tens.collect();
        linear.draw(
            sheet,
            ("grey", &greys),
            ("share of the pixels, linear", &tens),
        )?;
        sheet.shape(outline(&linear, &shares, 0.0), DENIM)?;
        let least = shares.iter().copied().fold(most, f64::min).max(1e-6);
        let y = log10(least) - 0.2..log10(most.max(least)) + 0.1;
        let log = Frame::new((px(496), px(104)), (px(856), px(340)), x, y.clone());
        let text = |share: f64| format!("{share}%");
        let ticks = [
            0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0,
        ];
        let ticks = ticks.map(|t| (log10(t), text(t)));
        let ticks: Vec<Tick> = ticks.into_iter().filter(|(at, _)| y.contains(at)).collect();
        log.draw(
            sheet,
            ("grey", &greys),
            ("share of the pixels, logarithmic", &ticks),
        )?;
        let logs = shares.map(|s| log10(s.max(1e-6)).max(y.start));
        sheet.shape(outline(&log, &logs, y.start), DENIM)
    })
}

/// The outline of a histogram on its floor.
fn outline(frame: &Frame, heights: &[f64], floor: f64) -> Vec<Point> {
    let mut corners = vec![frame.at(0.0, floor)];
    for (i, &height) in heights.iter().enumerate() {
        corners.push(frame.at(i as f64, height));
        corners.push(frame.at(i as f64 + 1.0, height));
    }
    corners.push(frame.at(heights.len() as f64, floor));
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_as_wide_as_a_grey_and_as_high_as_its_share() {
        let frame = Frame::new((0, 0), (100, 100), 0.0..2.0, 0.0..10.0);
        let corners = outline(&frame, &[5.0, 10.0], 0.0);
        assert_eq!(
            corners,
            [(0, 100), (0, 50), (50, 50), (50, 0), (100, 0), (100, 100)]
        );
    }
}

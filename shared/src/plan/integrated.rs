//! The mean gradient of a logit on a straight line between two inputs, exactly: for integrated gradients (Sundararajan et al.
//! 2017, arXiv 1703.01365) of a network of two hidden layers.
//!
//! On the line the logit is a broken line: it bends where the sum of a hidden unit passes zero. About a thousand bends are found in
//! closed form, and between two of them the gradient is constant. A sum over steps of equal length would need thousands of steps
//! to come within 1%.

use alloc::{vec, vec::Vec};

use super::dense::Dense;

/// A stretch of the line, from share to share, on which no unit of the first layer passes zero.
struct Stretch {
    from: f64,
    to: f64,
}

/// The mean gradient with respect to the sums of the first layer, before its ReLU, on the line of these sums from `start` to `end`.
///
/// # Shapes
/// `start`, `end` and the result are `[first layer]`; `last` is `[second layer]`, the weights of the logit.
pub fn mean_gradient(second: &Dense, last: &[f32], start: &[f32], end: &[f32]) -> Vec<f32> {
    let start: Vec<f64> = start.iter().map(|&v| f64::from(v)).collect();
    let slopes: Vec<f64> = start
        .iter()
        .zip(end)
        .map(|(a, &b)| f64::from(b) - a)
        .collect();
    let mut bends: Vec<(f64, usize)> = (0..start.len())
        .map(|unit| (-start[unit] / slopes[unit], unit))
        .filter(|(share, _)| (0.0..1.0).contains(share))
        .collect();
    bends.sort_by(|a, b| a.0.total_cmp(&b.0));

    // Just after the start.
    let mut is_active: Vec<bool> = start
        .iter()
        .zip(&slopes)
        .map(|(&v, &slope)| v > 0.0 || (v == 0.0 && slope > 0.0))
        .collect();
    // A unit whose sum is zero at the start is in the right state already.
    bends.retain(|&(share, _)| share > 0.0);
    let mut walk = Walk::new(second, last);
    for (unit, _) in is_active
        .iter()
        .enumerate()
        .filter(|(_, is_active)| **is_active)
    {
        walk.add_unit(unit, start[unit], slopes[unit]);
    }
    let mut mean = vec![0.0_f64; start.len()];
    let mut from = 0.0;
    for (to, unit) in bends
        .into_iter()
        .map(|(share, unit)| (share, Some(unit)))
        .chain([(1.0, None)])
    {
        walk.cross(Stretch { from, to }, &is_active, &mut mean);
        if let Some(unit) = unit {
            let sign = if is_active[unit] { -1.0 } else { 1.0 };
            walk.add_unit(unit, sign * start[unit], sign * slopes[unit]);
            is_active[unit] = !is_active[unit];
        }
        from = to;
    }
    mean.into_iter().map(|v| v as f32).collect()
}

/// The second layer's sums as straight lines, and the gradient behind them.
struct Walk<'a> {
    second: &'a Dense,
    last: &'a [f32],
    /// The sums at the start of the line, if the active units of the first layer were active there.
    offsets: Vec<f64>,
    /// The change of the sums over the whole line.
    slopes: Vec<f64>,
    is_active: Vec<bool>,
    /// `[first layer]`: the gradient of the logit with respect to the outputs of the first layer.
    gradient: Vec<f64>,
}

impl<'a> Walk<'a> {
    fn new(second: &'a Dense, last: &'a [f32]) -> Self {
        let (weight, bias) = second.parameters();
        Self {
            second,
            last,
            offsets: bias.iter().map(|&b| f64::from(b)).collect(),
            slopes: vec![0.0; bias.len()],
            is_active: vec![false; bias.len()],
            gradient: vec![0.0; weight.len() / bias.len()],
        }
    }

    /// Adds the line of a unit of the first layer.
    fn add_unit(&mut self, unit: usize, offset: f64, slope: f64) {
        let (weight, bias) = self.second.parameters();
        let row = &weight[unit * bias.len()..][..bias.len()];
        for ((at, sum), &w) in self.offsets.iter_mut().zip(&mut self.slopes).zip(row) {
            *at += offset * f64::from(w);
            *sum += slope * f64::from(w);
        }
    }

    /// Adds the gradients on a stretch, times its length.
    fn cross(&mut self, stretch: Stretch, is_active: &[bool], mean: &mut [f64]) {
        let Stretch { from, to } = stretch;
        let lines = self.offsets.iter().zip(&self.slopes);
        let mut bends: Vec<(f64, usize)> = lines
            .enumerate()
            .map(|(unit, (offset, slope))| (-offset / slope, unit))
            .filter(|&(share, _)| share > from && share < to)
            .collect();
        bends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut from = from;
        for to in bends.into_iter().map(|(share, _)| share).chain([to]) {
            let middle = (from + to) / 2.0;
            for unit in 0..self.is_active.len() {
                let is_positive = self.offsets[unit] + self.slopes[unit] * middle > 0.0;
                if is_positive != self.is_active[unit] {
                    self.flip(unit);
                }
            }
            for ((sum, gradient), is_active) in mean.iter_mut().zip(&self.gradient).zip(is_active) {
                if *is_active {
                    *sum += gradient * (to - from);
                }
            }
            from = to;
        }
    }

    /// Switches a unit of the second layer on or off.
    fn flip(&mut self, unit: usize) {
        self.is_active[unit] = !self.is_active[unit];
        let sign = if self.is_active[unit] { 1.0 } else { -1.0 };
        let factor = sign * f64::from(self.last[unit]);
        let (weight, bias) = self.second.parameters();
        let column = weight.iter().skip(unit).step_by(bias.len());
        for (sum, &w) in self.gradient.iter_mut().zip(column) {
            *sum += factor * f64::from(w);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lowering;

    #[test]
    fn the_mean_is_that_of_the_pieces_between_the_bends() {
        // Two units, then two units: h = ReLU(z), u = ReLU(h1 - h2, h1 + h2 - 1), logit = 3 u1 + 5 u2.
        let second = Dense::new(lowering::Dense {
            weight: vec![1.0, 1.0, -1.0, 1.0],
            bias: vec![0.0, -1.0],
            relu: true,
        });
        // z1 goes from -1 to 3: active from 0.25 on. z2 goes from 1 to -1: active until 0.5.
        let mean = mean_gradient(&second, &[3.0, 5.0], &[-1.0, 1.0], &[3.0, -1.0]);
        // Until 0.25 both sums are negative. Between 0.25 and 0.5: h1 = 4s - 1, h2 = 1 - 2s; the first sum 6s - 2 is positive from 1/3
        // on, the second 2s - 1 is not. From 0.5 on the first sum is positive; the second, 4s - 2, too.
        let third = 1.0 / 3.0;
        let expected = [3.0 * (0.5 - third) + 8.0 * 0.5, -3.0 * (0.5 - third)];
        for (found, expected) in mean.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{mean:?}");
        }
    }
}

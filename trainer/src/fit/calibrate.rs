//! Temperature scaling: calibrates a model's probabilities on the validation split (Guo et al. 2017, arXiv 1706.04599,
//! section 4.2).

/// The range of temperatures that is searched.
const LOWEST: f64 = 0.02;
const HIGHEST: f64 = 50.0;
/// Each step narrows the range to 0.62 of its length, on a logarithmic scale.
const STEPS: usize = 40;

/// The temperature with the smallest cross-entropy, and that cross-entropy in nats. The labels are indices of classes.
pub fn temperature<const C: usize>(scores: &[[f32; C]], labels: &[usize]) -> (f32, f64) {
    let loss = |t: f64| loss(scores, labels, t.exp());
    // Golden-section search: the loss has one minimum.
    let ratio = (5.0_f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (LOWEST.ln(), HIGHEST.ln());
    let mut inner = [high - ratio * (high - low), low + ratio * (high - low)];
    let mut losses = inner.map(loss);
    for _ in 0..STEPS {
        if losses[0] < losses[1] {
            high = inner[1];
            inner = [high - ratio * (high - low), inner[0]];
            losses = [loss(inner[0]), losses[0]];
        } else {
            low = inner[0];
            inner = [inner[1], low + ratio * (high - low)];
            losses = [losses[1], loss(inner[1])];
        }
    }
    let best = (low + high) / 2.0;
    (best.exp() as f32, loss(best))
}

/// Mean cross-entropy at a temperature, in nats.
fn loss<const C: usize>(scores: &[[f32; C]], labels: &[usize], temperature: f64) -> f64 {
    let sum: f64 = scores
        .iter()
        .zip(labels)
        .map(|(scores, label)| {
            let scaled = scores.map(|s| f64::from(s) / temperature);
            let largest = scaled.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = scaled.iter().map(|s| (s - largest).exp()).sum();
            sum.ln() + largest - scaled[*label]
        })
        .sum();
    sum / labels.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_becomes_the_accuracy() {
        // Three of four predictions are correct; the scores give a confidence close to 1.
        let mut scores = [0.0; 10];
        scores[0] = 20.0;
        let labels = [0, 0, 0, 8];
        let (temperature, loss) = temperature(&[scores; 4], &labels);
        // e^(20 / t) / (e^(20 / t) + 9) = 3 / 4 where 20 / t = ln 27.
        let expected = 20.0 / 27.0_f32.ln();
        assert!(
            (temperature - expected).abs() < 1e-3 * expected,
            "{temperature}"
        );
        let entropy = -(0.75 * 0.75_f64.ln() + 0.25 * (0.25_f64 / 9.0).ln());
        assert!((loss - entropy).abs() < 1e-6, "{loss} is not {entropy}");
    }
}

//! Medians and quartiles of measurements, and the short notation of times and sizes.

/// The median, and the lower and the upper quartile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub quartiles: [f64; 2],
}

impl Spread {
    /// `None` without samples.
    pub fn from_samples(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            median: quantile(&sorted, 0.5)?,
            quartiles: [quantile(&sorted, 0.25)?, quantile(&sorted, 0.75)?],
        })
    }
}

/// Interpolates linearly between the two nearest values.
fn quantile(sorted: &[f64], fraction: f64) -> Option<f64> {
    let position = fraction * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (
        sorted[position.floor() as usize],
        sorted[position.ceil() as usize],
    );
    Some(low + (high - low) * position.fract())
}

/// Three significant digits, thousands separated: `0.123`, `12.3`, `1,230`.
pub fn short(number: f64) -> String {
    significant(number, 3)
}

/// Two significant digits, three from ten on, without trailing zeros: `3`, `1.7`, `12.3`.
pub fn ratio(number: f64) -> String {
    let text = significant(number, if number < 10.0 { 2 } else { 3 });
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').into()
    } else {
        text
    }
}

fn significant(number: f64, digits: i32) -> String {
    if number == 0.0 || !number.is_finite() {
        return "0".into();
    }
    let magnitude = |number: f64| number.abs().log10().floor() as i32;
    let step = 10_f64.powi(digits - 1 - magnitude(number));
    let rounded = (number * step).round() / step;
    // Rounding may have added a digit: 9.999 becomes 10.0.
    let places = (digits - 1 - magnitude(rounded)).max(0) as usize;
    let text = format!("{rounded:.places$}");
    let (whole, rest) = text
        .find('.')
        .map_or((&*text, ""), |dot| text.split_at(dot));
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + rest
}

/// `0.4 ms`, `1.2 s`.
pub fn time(millis: f64) -> String {
    if millis >= 10_000.0 {
        format!("{} s", short(millis / 1000.0))
    } else {
        format!("{} ms", short(millis))
    }
}

/// `12 KB`, `1.2 MB`; a KB is 1,000 bytes.
pub fn size(bytes: u64) -> String {
    if bytes >= 1_000_000 {
        format!("{} MB", short(bytes as f64 / 1e6))
    } else {
        format!("{} KB", short(bytes as f64 / 1e3))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_run_does_not_change_the_median() {
        let spread = Spread::from_samples(&[5.0, 1.0, 2.0, 900.0, 3.0]).unwrap();
        assert_eq!(spread.median, 3.0);
        assert_eq!(spread.quartiles, [2.0, 5.0]);
        assert_eq!(Spread::from_samples(&[1.0, 2.0]).unwrap().median, 1.5);
        assert_eq!(Spread::from_samples(&[]), None);
    }

    #[test]
    fn numbers_have_three_significant_digits() {
        for (number, text) in [
            (0.12345, "0.123"),
            (12.345, "12.3"),
            (9.999, "10.0"),
            (123.6, "124"),
            (12_345.0, "12,300"),
            (1_234_567.0, "1,230,000"),
            (0.0, "0"),
        ] {
            assert_eq!(short(number), text);
        }
        for (number, text) in [
            (3.0, "3"),
            (1.0 / 0.6, "1.7"),
            (12.34, "12.3"),
            (40.0, "40"),
        ] {
            assert_eq!(ratio(number), text);
        }
        assert_eq!(time(0.4), "0.400 ms");
        assert_eq!(time(14_200.0), "14.2 s");
        assert_eq!(size(3_712_345), "3.71 MB");
        assert_eq!(size(484_050), "484 KB");
    }
}

//! Many measurements of one thing, and how they are told in a few characters.

/// The middle one, and the quarters below and above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub median: f64,
    pub quartiles: [f64; 2],
}

/// The spread of these; none of none.
pub fn spread(samples: &[f64]) -> Option<Spread> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(Spread {
        median: quantile(&sorted, 0.5)?,
        quartiles: [quantile(&sorted, 0.25)?, quantile(&sorted, 0.75)?],
    })
}

/// Between two neighbours, as far along as the share asks for.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    Some(low + (high - low) * place.fract())
}

/// Three significant digits, thousands apart: `0.123`, `12.3`, `1,230`.
pub fn short(number: f64) -> String {
    significant(number, 3)
}

/// Two significant digits, three from ten on, and no noughts behind the point: `3`, `1.7`, `12.3`.
pub fn times(number: f64) -> String {
    let text = significant(number, if number < 10.0 { 2 } else { 3 });
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').into(),
        false => text,
    }
}

fn significant(number: f64, digits: i32) -> String {
    if number == 0.0 || !number.is_finite() {
        return "0".into();
    }
    let magnitude = |number: f64| number.abs().log10().floor() as i32;
    let step = 10_f64.powi(digits - 1 - magnitude(number));
    let rounded = (number * step).round() / step;
    // Rounding may have made one digit more of it.
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
    match millis {
        m if m >= 10_000.0 => format!("{} s", short(m / 1000.0)),
        m => format!("{} ms", short(m)),
    }
}

/// `12 KB`, `1.2 MB`, of thousand bytes each.
pub fn size(bytes: u64) -> String {
    match bytes {
        b if b >= 1_000_000 => format!("{} MB", short(b as f64 / 1e6)),
        b => format!("{} KB", short(b as f64 / 1e3)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_run_moves_the_median_by_nothing() {
        let spread = spread(&[5.0, 1.0, 2.0, 900.0, 3.0]).unwrap();
        assert_eq!(spread.median, 3.0);
        assert_eq!(spread.quartiles, [2.0, 5.0]);
        assert_eq!(super::spread(&[1.0, 2.0]).unwrap().median, 1.5);
        assert_eq!(super::spread(&[]), None);
    }

    #[test]
    fn numbers_have_three_digits() {
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
            assert_eq!(times(number), text);
        }
        assert_eq!(time(0.4), "0.400 ms");
        assert_eq!(time(14_200.0), "14.2 s");
        assert_eq!(size(3_712_345), "3.71 MB");
        assert_eq!(size(484_050), "484 KB");
    }
}

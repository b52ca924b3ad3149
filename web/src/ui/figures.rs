//! Figures as people read them.

/// A share of one, in percent.
pub fn percent(share: f32) -> String {
    format!("{:.1}%", share * 100.0)
}

/// A file's size, as the trade counts it: a kilobyte is a thousand bytes.
pub fn bytes(bytes: f64) -> String {
    match bytes {
        b if b < 1000.0 => format!("{b:.0} B"),
        // What would be rounded to 1000 KB is a megabyte.
        b if b < 999_500.0 => format!("{:.0} KB", b / 1e3),
        b => format!("{:.1} MB", b / 1e6),
    }
}

/// A stretch of time for people, from seconds to hours.
pub fn duration(seconds: f64) -> String {
    match seconds.round() {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// A whole number, its thousands set apart.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time for people: browsers' clocks tell no less than a tenth of a millisecond.
pub fn milliseconds(micros: u32) -> String {
    match micros {
        0..100 => "under 0.1 ms".into(),
        100..100_000 => format!("{:.1} ms", f64::from(micros) / 1000.0),
        _ => format!("{:.0} ms", f64::from(micros) / 1000.0),
    }
}

/// A difference of probabilities for people.
pub fn difference(difference: f32) -> String {
    if difference < 1e-6 {
        "no difference above 0.000001".into()
    } else {
        format!("largest difference {difference:.6}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [
            (7, "7"),
            (154, "154"),
            (38_154, "38,154"),
            (241_546, "241,546"),
            (1_000_000, "1,000,000"),
        ] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn sizes_and_durations_have_a_fitting_unit() {
        for (number, text) in [
            (312.0, "312 B"),
            (78_304.0, "78 KB"),
            (999_499.0, "999 KB"),
            (999_500.0, "1.0 MB"),
            (2_912_345.0, "2.9 MB"),
        ] {
            assert_eq!(bytes(number), text);
        }
        for (seconds, text) in [(41.0, "41 s"), (1633.0, "27 min"), (12_600.0, "3.5 h")] {
            assert_eq!(duration(seconds), text);
        }
    }

    #[test]
    fn times_are_no_finer_than_the_clock() {
        assert_eq!(milliseconds(40), "under 0.1 ms");
        assert_eq!(milliseconds(340), "0.3 ms");
        assert_eq!(milliseconds(122_400), "122 ms");
    }

    #[test]
    fn a_difference_says_no_more_than_it_knows() {
        assert_eq!(difference(2e-7), "no difference above 0.000001");
        assert_eq!(difference(0.000_123), "largest difference 0.000123");
    }
}

//! Numbers with their units as text, for people.
//!
//! The report rounds sizes and durations up, so that a cost is never understated; the page rounds to nearest.

/// A share of one in percent, with two decimals: `93.45%`.
pub fn percent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}

/// A probability in percent, with one decimal: `93.4%`.
pub fn probability(share: f32) -> String {
    format!("{:.1}%", share * 100.0)
}

/// A whole number with a comma between groups of three digits: `241,546`.
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

/// A size, rounded to nearest: `312 B`, `485 KB`, `3.2 MB`. A kilobyte has 1000 bytes.
pub fn bytes(count: f64) -> String {
    match count {
        b if b < 1000.0 => format!("{b:.0} B"),
        // What would be rounded to 1000 KB is a megabyte.
        b if b < 999_500.0 => format!("{:.0} KB", b / 1e3),
        b => format!("{:.1} MB", b / 1e6),
    }
}

/// A size, rounded up: `485 KB`, `3.2 MB`. A kilobyte has 1000 bytes.
pub fn bytes_rounded_up(count: u64) -> String {
    let kilobytes = count.div_ceil(1000);
    if kilobytes < 1000 {
        format!("{kilobytes} KB")
    } else {
        let tenths = count.div_ceil(100_000);
        format!("{}.{} MB", tenths / 10, tenths % 10)
    }
}

/// A duration, rounded to nearest: `36 s`, `28 min`, `3.5 h`.
pub fn duration(seconds: f64) -> String {
    match seconds.round() {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// A duration in seconds, or from two minutes on in minutes, rounded up: `36 s`, `298 min`.
pub fn duration_rounded_up(seconds: u64) -> String {
    if seconds < 120 {
        format!("{seconds} s")
    } else {
        format!("{} min", seconds.div_ceil(60))
    }
}

/// A time that was measured in microseconds, with two or three digits: `254 µs`, `1.32 ms`.
pub fn microseconds(micros: f64) -> String {
    if micros < 9.95 {
        format!("{micros:.1} µs")
    } else if micros < 999.5 {
        format!("{micros:.0} µs")
    } else {
        format!("{:.2} ms", micros / 1000.0)
    }
}

/// A time that was measured by a browser's clock, whose resolution is a tenth of a millisecond: `0.3 ms`, `122 ms`.
pub fn milliseconds(micros: u32) -> String {
    match micros {
        0..100 => "under 0.1 ms".into(),
        100..100_000 => format!("{:.1} ms", f64::from(micros) / 1000.0),
        _ => format!("{:.0} ms", f64::from(micros) / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (number, text) in [
            (7, "7"),
            (38, "38"),
            (154, "154"),
            (38_154, "38,154"),
            (241_546, "241,546"),
            (1_000_000, "1,000,000"),
        ] {
            assert_eq!(thousands(number), text);
        }
    }

    #[test]
    fn shares_are_percentages() {
        assert_eq!(percent(0.92652), "92.65%");
        assert_eq!(probability(0.5), "50.0%");
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
    fn costs_are_rounded_up() {
        assert_eq!(bytes_rounded_up(78_326), "79 KB");
        assert_eq!(bytes_rounded_up(999_000), "999 KB");
        assert_eq!(bytes_rounded_up(999_001), "1.0 MB");
        assert_eq!(bytes_rounded_up(3_103_503), "3.2 MB");
        assert_eq!(duration_rounded_up(119), "119 s");
        assert_eq!(duration_rounded_up(121), "3 min");
    }

    #[test]
    fn measured_times_have_few_digits() {
        assert_eq!(microseconds(9.8), "9.8 µs");
        assert_eq!(microseconds(9.96), "10 µs");
        assert_eq!(microseconds(254.1), "254 µs");
        assert_eq!(microseconds(999.6), "1.00 ms");
        assert_eq!(milliseconds(40), "under 0.1 ms");
        assert_eq!(milliseconds(340), "0.3 ms");
        assert_eq!(milliseconds(122_400), "122 ms");
    }
}

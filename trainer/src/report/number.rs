//! Numbers as people read them.

/// A share as a percentage, to a hundredth: `93.45%`.
pub fn percent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}

/// A difference between a share and a percentage, in points, with its sign: `+5.25`.
pub fn gain(share: f64, percent: f64) -> String {
    format!("{:+.2}", share * 100.0 - percent)
}

/// With a comma between groups of three digits: `241,546`.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A file's size, rounded up: `485 KB`, `3.2 MB`.
pub fn bytes(count: u64) -> String {
    let kilobytes = count.div_ceil(1000);
    if kilobytes < 1000 {
        format!("{kilobytes} KB")
    } else {
        let tenths = count.div_ceil(100_000);
        format!("{}.{} MB", tenths / 10, tenths % 10)
    }
}

/// How long something took: `36 s`, or from two minutes on, rounded up, `28 min`.
pub fn duration(seconds: u64) -> String {
    if seconds < 120 {
        format!("{seconds} s")
    } else {
        format!("{} min", seconds.div_ceil(60))
    }
}

/// A time in microseconds: `254 µs`, `1.32 ms`.
pub fn micros(micros: f64) -> String {
    if micros < 9.95 {
        format!("{micros:.1} µs")
    } else if micros < 999.5 {
        format!("{micros:.0} µs")
    } else {
        format!("{:.2} ms", micros / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(thousands(241_546), "241,546");
        assert_eq!(thousands(38), "38");
        assert_eq!(thousands(1_000_000), "1,000,000");
    }

    #[test]
    fn shares_are_percentages_and_gains_have_a_sign() {
        assert_eq!(percent(0.92652), "92.65%");
        assert_eq!(gain(0.9345, 88.2), "+5.25");
        assert_eq!(gain(0.83, 84.2), "-1.20");
    }

    #[test]
    fn a_unit_changes_before_its_number_is_long() {
        assert_eq!(bytes(78_326), "79 KB");
        assert_eq!(bytes(999_000), "999 KB");
        assert_eq!(bytes(999_001), "1.0 MB");
        assert_eq!(bytes(3_103_503), "3.2 MB");
        assert_eq!(duration(119), "119 s");
        assert_eq!(duration(121), "3 min");
        assert_eq!(micros(9.8), "9.8 µs");
        assert_eq!(micros(9.96), "10 µs");
        assert_eq!(micros(254.1), "254 µs");
        assert_eq!(micros(999.6), "1.00 ms");
    }
}

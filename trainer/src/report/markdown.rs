//! Pieces of Markdown that several pages of the report share.

use super::document::PLOTS;

/// A plot on the page, by its file name without the extension.
pub fn plot(alt: &str, name: &str) -> String {
    format!("![{alt}]({PLOTS}/{name}.svg)\n")
}

/// The text in bold if it is the best of its row or column.
pub fn bold_if(is_best: bool, text: String) -> String {
    if is_best { format!("**{text}**") } else { text }
}

/// By how many points a share of one exceeds a percentage, with its sign: `+5.25`.
pub fn gain(share: f64, percent: f64) -> String {
    format!("{:+.2}", share * 100.0 - percent)
}

/// A share of one in whole percent: `93%`.
pub fn whole_percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_have_a_sign() {
        assert_eq!(gain(0.9345, 88.2), "+5.25");
        assert_eq!(gain(0.83, 84.2), "-1.20");
    }
}

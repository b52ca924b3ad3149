//! The words beside the colour bar of a heat map.

/// The lowest and the highest value of the bar, of a signed map or another one.
pub fn ends(is_signed: bool) -> [&'static str; 2] {
    if is_signed {
        ["−50 points", "+50 points"]
    } else {
        ["0", "1"]
    }
}

/// What the colours stand for.
pub fn text(is_signed: bool, class: &str) -> String {
    if is_signed {
        format!(
            "By how much the probability of {class} falls when a region is covered: the same scale for every class and model. Blue: it rises."
        )
    } else {
        format!(
            "How much a region supports {class}, relative to the strongest region of the predicted class."
        )
    }
}

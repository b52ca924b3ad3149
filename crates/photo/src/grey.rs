//! One number for a colour.

/// How bright a colour is: Rec. 601 luma, rounded.
///
/// Source: ITU-R BT.601, Y' = 0.299 R' + 0.587 G' + 0.114 B'.
pub(super) fn luma([red, green, blue]: [u8; 3]) -> u8 {
    // The weights sum to 1000, so the result is at most 255.
    ((u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114 + 500) / 1000) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primaries_weigh_what_the_standard_says() {
        assert_eq!(luma([255, 0, 0]), 76);
        assert_eq!(luma([0, 255, 0]), 150);
        assert_eq!(luma([0, 0, 255]), 29);
    }

    #[test]
    fn greys_stay_themselves() {
        for value in 0..=255 {
            assert_eq!(luma([value; 3]), value);
        }
    }
}

//! Heat as colour: blue is cold, red is hot, in that order and in no other.

use alloc::vec::Vec;

/// How much of the overlay is heat where the map is at its peak.
pub const OVERLAY_ALPHA: f32 = 0.55;

/// The colour of a heat between 0 and 1: Turbo, whose lightness, unlike jet's, has no false edges.
///
/// Source: A. Mikhailov, "Turbo, an improved rainbow colormap for visualization", 2019, the polynomial
/// approximation by R. Du.
///
/// # Shapes
/// `[red, green, blue]`.
pub fn turbo(heat: f32) -> [u8; 3] {
    const RED: [f32; 6] = [
        0.135_721_38,
        4.615_392_6,
        -42.660_32,
        132.131_08,
        -152.942_4,
        59.286_38,
    ];
    const GREEN: [f32; 6] = [
        0.091_402_61,
        2.194_188_4,
        4.842_966_6,
        -14.185_033,
        4.277_298_6,
        2.829_566,
    ];
    const BLUE: [f32; 6] = [
        0.106_673_3,
        12.641_946,
        -60.582_05,
        110.362_77,
        -89.903_11,
        27.348_25,
    ];
    let x = heat.clamp(0.0, 1.0);
    [RED, GREEN, BLUE].map(|c| {
        let value = c
            .iter()
            .rev()
            .fold(0.0, |sum, coefficient| sum * x + coefficient);
        (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
    })
}

/// A heat of 0 to 1 as opaque RGBA.
///
/// # Shapes
/// `[pixels]` to `[pixels * 4]`.
pub fn apply_colormap(heat: &[f32]) -> Vec<u8> {
    heat.iter()
        .flat_map(|&h| {
            let [r, g, b] = turbo(h);
            [r, g, b, 255]
        })
        .collect()
}

/// Heat laid over a picture; cold regions are tinted by a third of [`OVERLAY_ALPHA`], hot ones by all of it.
///
/// # Shapes
/// `rgba` is `[pixels * 4]`, `heat` `[pixels]` of 0 to 1; the result is opaque `[pixels * 4]`.
pub fn overlay(rgba: &[u8], heat: &[f32]) -> Vec<u8> {
    rgba.chunks_exact(4)
        .zip(heat)
        .flat_map(|(pixel, &heat)| {
            let alpha = OVERLAY_ALPHA * (0.35 + 0.65 * heat.clamp(0.0, 1.0));
            let hot = turbo(heat);
            let mix = |i: usize| {
                let value = f32::from(pixel[i]) * (1.0 - alpha) + f32::from(hot[i]) * alpha;
                (value + 0.5) as u8
            };
            [mix(0), mix(1), mix(2), 255]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cold_is_blue_and_hot_is_red() {
        let [r, _, b] = turbo(0.1);
        assert!(b > r + 60, "cold: {:?}", turbo(0.1));
        let [r, _, b] = turbo(0.95);
        assert!(r > b + 60, "hot: {:?}", turbo(0.95));
    }

    #[test]
    fn the_ends_match_the_published_table() {
        // Turbo's table begins 0.18995, 0.07176, 0.23217 and ends 0.47960, 0.01583, 0.01055; the polynomial
        // is within 0.13 of it.
        for (heat, published) in [
            (0.0, [0.18995, 0.07176, 0.23217]),
            (1.0, [0.4796, 0.01583, 0.01055]),
        ] {
            for (ours, theirs) in turbo(heat).into_iter().zip(published) {
                assert!(
                    (f32::from(ours) / 255.0 - theirs).abs() < 0.13,
                    "{heat}: {:?}",
                    turbo(heat)
                );
            }
        }
    }

    #[test]
    fn an_overlay_keeps_red_in_the_first_byte() {
        let grey = [128, 128, 128, 255];
        let hot = overlay(&grey, &[0.95]);
        assert!(hot[0] > hot[2]);
        let cold = overlay(&grey, &[0.1]);
        assert!(cold[2] > cold[0]);
    }
}

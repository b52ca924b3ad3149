//! The colour map of heat maps (Turbo), and overlays on images.

use alloc::vec::Vec;

/// The opacity of the overlay at the heat map's peak.
pub const OVERLAY_ALPHA: f32 = 0.55;

/// The Turbo colour map: from blue at 0 to red at 1. Unlike in jet, its lightness has no false edges.
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

/// The colours of heat values from 0 to 1 as opaque RGBA.
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

/// The opacity of a heat colour: from 35% of [`OVERLAY_ALPHA`] at heat 0 to all of it at 1.
fn opacity(heat: f32) -> f32 {
    OVERLAY_ALPHA * (0.35 + 0.65 * heat.clamp(0.0, 1.0))
}

/// The heat colours of [`overlay`] without the image below, as RGBA.
///
/// # Shapes
/// `[pixels]` of 0 to 1 to `[pixels * 4]`.
pub fn layer(heat: &[f32]) -> Vec<u8> {
    heat.iter()
        .flat_map(|&heat| {
            let [r, g, b] = turbo(heat);
            [r, g, b, (opacity(heat) * 255.0 + 0.5) as u8]
        })
        .collect()
}

/// Blends heat colours over an image. The opacity rises from 35% of [`OVERLAY_ALPHA`] at heat 0 to all of it at 1.
///
/// # Shapes
/// `rgba` is `[pixels * 4]`, `heat` `[pixels]` of 0 to 1; the result is opaque `[pixels * 4]`.
pub fn overlay(rgba: &[u8], heat: &[f32]) -> Vec<u8> {
    rgba.chunks_exact(4)
        .zip(heat)
        .flat_map(|(pixel, &heat)| {
            let alpha = opacity(heat);
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
    fn low_values_are_blue_and_high_values_are_red() {
        let [r, _, b] = turbo(0.1);
        assert!(b > r + 60, "cold: {:?}", turbo(0.1));
        let [r, _, b] = turbo(0.95);
        assert!(r > b + 60, "hot: {:?}", turbo(0.95));
    }

    #[test]
    fn the_ends_match_the_published_table() {
        // The first and last rows of Turbo's table; the polynomial differs by up to 0.13.
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
    fn a_layer_over_an_image_is_the_overlay() {
        let (image, heat) = ([10, 120, 240, 255], [0.0, 0.4, 1.0]);
        let expected = overlay(&[image; 3].concat(), &heat);
        for (pixel, expected) in layer(&heat).chunks(4).zip(expected.chunks(4)) {
            let alpha = f32::from(pixel[3]) / 255.0;
            for channel in 0..3 {
                let below = f32::from(image[channel]) * (1.0 - alpha);
                let mixed = below + f32::from(pixel[channel]) * alpha;
                assert!((mixed - f32::from(expected[channel])).abs() < 1.5);
            }
        }
    }

    #[test]
    fn an_overlay_is_in_rgba_order() {
        let grey = [128, 128, 128, 255];
        let hot = overlay(&grey, &[0.95]);
        assert!(hot[0] > hot[2]);
        let cold = overlay(&grey, &[0.1]);
        assert!(cold[2] > cold[0]);
    }
}

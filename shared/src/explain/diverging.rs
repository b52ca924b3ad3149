//! The colour map of signed values: blue below zero, nearly white at zero, orange above, for every kind of colour vision.
//!
//! Both halves are straight lines in OKLab (B. Ottosson, "A perceptual color space for image processing", 2020), so that equal
//! steps look equally large, and both have the same lightness. Blue and orange differ in the one hue that red-green
//! colour blindness leaves.

use alloc::vec::Vec;

/// Lightness, green to red, blue to yellow.
type OkLab = [f32; 3];

const ZERO: OkLab = [0.97, 0.0, 0.0];
const LOWEST: OkLab = [0.5, -0.03, -0.14];
const HIGHEST: OkLab = [0.5, 0.08, 0.085];
/// Steps on each side of zero.
const STEPS: usize = 127;
/// The opacity of the overlay at the strongest values.
const OVERLAY_ALPHA: f32 = 0.75;

/// The colours, computed once for many values.
pub struct DivergingColours {
    /// From -1 to 1.
    table: Vec<[u8; 3]>,
}

impl Default for DivergingColours {
    fn default() -> Self {
        let last = STEPS as f32;
        let values = (0..=2 * STEPS).map(|i| (i as f32 - last) / last);
        Self {
            table: values.map(colour).collect(),
        }
    }
}

impl DivergingColours {
    /// The colour of a value from -1 to 1: `[red, green, blue]`. Values beyond have the colours of the ends; what is not a
    /// number that of zero.
    pub fn colour(&self, value: f32) -> [u8; 3] {
        let value = if value.is_nan() { 0.0 } else { value };
        let position = (value.clamp(-1.0, 1.0) + 1.0) * STEPS as f32;
        self.table[(position + 0.5) as usize]
    }

    /// Opaque RGBA.
    ///
    /// # Shapes
    /// `[pixels]` to `[pixels * 4]`.
    pub fn apply(&self, values: &[f32]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|&value| {
                let [r, g, b] = self.colour(value);
                [r, g, b, 255]
            })
            .collect()
    }

    /// Blends the colours over an image: the stronger a value, the more opaque.
    ///
    /// # Shapes
    /// `rgba` is `[pixels * 4]`, `values` `[pixels]`; the result is opaque `[pixels * 4]`.
    pub fn overlay(&self, rgba: &[u8], values: &[f32]) -> Vec<u8> {
        rgba.chunks_exact(4)
            .zip(values)
            .flat_map(|(pixel, &value)| {
                let strength = if value.is_nan() {
                    0.0
                } else {
                    value.abs().min(1.0)
                };
                let alpha = OVERLAY_ALPHA * libm::sqrtf(strength);
                let colour = self.colour(value);
                let mix = |i: usize| {
                    let value = f32::from(pixel[i]) * (1.0 - alpha) + f32::from(colour[i]) * alpha;
                    (value + 0.5) as u8
                };
                [mix(0), mix(1), mix(2), 255]
            })
            .collect()
    }
}

/// The colour of a value from -1 to 1, as sRGB.
fn colour(value: f32) -> [u8; 3] {
    let end = if value < 0.0 { LOWEST } else { HIGHEST };
    let share = value.abs();
    let lab: OkLab = core::array::from_fn(|i| ZERO[i] + (end[i] - ZERO[i]) * share);
    let linear = to_linear_srgb(lab);
    linear.map(|c| (encode(c.clamp(0.0, 1.0)) * 255.0 + 0.5) as u8)
}

/// OKLab to linear sRGB, with the matrices of its definition.
fn to_linear_srgb([l, a, b]: OkLab) -> [f32; 3] {
    let roots = [
        l + 0.396_337_78 * a + 0.215_803_76 * b,
        l - 0.105_561_346 * a - 0.063_854_17 * b,
        l - 0.089_484_18 * a - 1.291_485_5 * b,
    ];
    let [l, m, s] = roots.map(|r| r * r * r);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
        -0.004_196_086 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
}

/// sRGB's transfer function.
fn encode(linear: f32) -> f32 {
    if linear <= 0.003_130_8 {
        12.92 * linear
    } else {
        1.055 * libm::powf(linear, 1.0 / 2.4) - 0.055
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(value: u8) -> f32 {
        let v = f32::from(value) / 255.0;
        if v <= 0.04045 {
            v / 12.92
        } else {
            libm::powf((v + 0.055) / 1.055, 2.4)
        }
    }

    /// sRGB to CIE L*a*b*, another perceptual space than the one that the colours are made in.
    fn cie_lab(rgb: [u8; 3]) -> [f32; 3] {
        let [r, g, b] = rgb.map(decode);
        let f = |t: f32| {
            if t > 0.008_856 {
                libm::cbrtf(t)
            } else {
                7.787 * t + 16.0 / 116.0
            }
        };
        let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
        let y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
        let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    fn apart(a: [f32; 3], b: [f32; 3]) -> f32 {
        libm::sqrtf(a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum())
    }

    /// As seen without the cones for medium wavelengths (Viénot, Brettel & Mollon 1999).
    fn to_deuteranope(rgb: [u8; 3]) -> [u8; 3] {
        let [r, g, b] = rgb.map(decode);
        let [red, blue] = [0.29275 * r + 0.70725 * g, -0.02234 * r + 0.02234 * g + b];
        [red, red, blue].map(|c| (encode(c.clamp(0.0, 1.0)) * 255.0 + 0.5) as u8)
    }

    #[test]
    fn equal_steps_look_equally_large() {
        let colours = DivergingColours::default();
        for side in [-1.0, 1.0] {
            let steps: Vec<f32> = (0..10)
                .map(|i| {
                    let at = |i: i32| cie_lab(colours.colour(side * i as f32 / 10.0));
                    apart(at(i), at(i + 1))
                })
                .collect();
            let largest = steps.iter().copied().fold(0.0, f32::max);
            let smallest = steps.iter().copied().fold(f32::MAX, f32::min);
            assert!(largest < 1.6 * smallest, "{side}: {steps:?}");
        }
    }

    #[test]
    fn both_sides_are_equally_dark() {
        let colours = DivergingColours::default();
        for i in 0..=10 {
            let value = i as f32 / 10.0;
            let [below, above] = [-value, value].map(|v| cie_lab(colours.colour(v))[0]);
            assert!((below - above).abs() < 4.0, "{value}: {below}, {above}");
        }
        assert!(cie_lab(colours.colour(0.0))[0] > 95.0);
    }

    #[test]
    fn red_green_colour_blindness_leaves_the_sign() {
        let colours = DivergingColours::default();
        for value in [0.3, 0.6, 1.0] {
            let [below, above] =
                [-value, value].map(|v| cie_lab(to_deuteranope(colours.colour(v))));
            // About 2.3 is the least difference that is noticed.
            assert!(
                apart(below, above) > 20.0 * value,
                "{value}: {below:?}, {above:?}"
            );
        }
    }

    #[test]
    fn the_colours_are_blue_below_and_orange_above_zero() {
        let colours = DivergingColours::default();
        let [r, _, b] = colours.colour(-1.0);
        assert!(b > r + 60);
        let [r, _, b] = colours.colour(1.0);
        assert!(r > b + 60);
        assert_eq!(colours.colour(7.0), colours.colour(1.0));
        assert_eq!(colours.colour(f32::NAN), colours.colour(0.0));
        assert_eq!(
            colours.overlay(&[10, 20, 30, 255], &[0.0]),
            [10, 20, 30, 255]
        );
        assert_eq!(colours.apply(&[1.0]).len(), 4);
    }
}

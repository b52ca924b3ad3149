//! Colours in CIELAB, where distances are about as large as they look.

use libm::{cbrtf, powf};

/// Converts sRGB to CIELAB, white being D65's; holds a table, so make one a picture.
pub(super) struct Lab {
    /// Each byte's linear intensity.
    linear: [f32; 256],
}

impl Lab {
    pub fn new() -> Self {
        Self {
            linear: core::array::from_fn(|byte| {
                let encoded = byte as f32 / 255.0;
                match encoded <= 0.040_45 {
                    true => encoded / 12.92,
                    false => powf((encoded + 0.055) / 1.055, 2.4),
                }
            }),
        }
    }

    /// Lightness, 0 to 100; green to red and blue to yellow, within -110 to 110.
    pub fn of(&self, colour: [u8; 3]) -> [f32; 3] {
        let [r, g, b] = colour.map(|c| self.linear[c as usize]);
        let x = (0.412_4 * r + 0.357_6 * g + 0.180_5 * b) / 0.950_5;
        let y = 0.212_6 * r + 0.715_2 * g + 0.072_2 * b;
        let z = (0.019_3 * r + 0.119_2 * g + 0.950_5 * b) / 1.089;
        let [x, y, z] = [x, y, z].map(|t| match t > 0.008_856 {
            true => cbrtf(t),
            false => 7.787 * t + 16.0 / 116.0,
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_are_where_the_standard_puts_them() {
        let lab = Lab::new();
        // From the definition, to a tenth.
        let cases = [
            ([255, 255, 255], [100.0, 0.0, 0.0]),
            ([0, 0, 0], [0.0, 0.0, 0.0]),
            ([255, 0, 0], [53.2, 80.1, 67.2]),
            ([0, 0, 255], [32.3, 79.2, -107.9]),
            ([119, 119, 119], [50.0, 0.0, 0.0]),
        ];
        for (colour, expected) in cases {
            let found = lab.of(colour);
            let near = found
                .iter()
                .zip(expected)
                .all(|(f, e)| (f - e).abs() < 0.15);
            assert!(near, "{colour:?}: {found:?} is not {expected:?}");
        }
    }
}

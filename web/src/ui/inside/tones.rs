//! The tones of feature maps: black is 0, white the largest value, and blue stands for values below 0.

use shared::image::RgbaImage;
use shared::inside::{FeatureMap, LayerKind, LayerMaps};

/// The colour of the lowest values.
const BELOW_ZERO: [f32; 3] = [80.0, 150.0, 255.0];

/// The range of values that a layer's tones stand for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tones {
    /// The value that is black.
    black: f32,
    /// The distance from there to the strongest tone.
    full: f32,
}

impl Tones {
    /// The tones of a layer, the same for all of its maps. The lowest value of the input is a black pixel.
    pub fn of(layer: &LayerMaps) -> Self {
        let values = || layer.maps.iter().flat_map(FeatureMap::values);
        let black = if layer.kind == LayerKind::Input {
            values().fold(0.0, f32::min)
        } else {
            0.0
        };
        Self {
            black,
            full: values().fold(0.0, |full, v| full.max((v - black).abs())),
        }
    }

    /// The tones of one map of a layer, whose own largest value is white.
    pub fn of_map(layer: &LayerMaps, map: &FeatureMap) -> Self {
        if layer.kind == LayerKind::Input {
            Self::of(layer)
        } else {
            Self::around_zero(map)
        }
    }

    /// The tones of any values: black is 0.
    pub fn around_zero(map: &FeatureMap) -> Self {
        Self {
            black: 0.0,
            full: map.values().fold(0.0, |full, v| full.max(v.abs())),
        }
    }

    fn tone(self, value: f32) -> [u8; 4] {
        let share = if self.full > 0.0 {
            ((value - self.black) / self.full).clamp(-1.0, 1.0)
        } else {
            0.0
        };
        // The root makes small values visible; a pixel is as bright as it is.
        let strength = if self.black < 0.0 {
            share
        } else {
            share.abs().sqrt()
        };
        let [r, g, b] = if share < 0.0 {
            BELOW_ZERO.map(|c| c * strength)
        } else {
            [255.0 * strength; 3]
        };
        [r as u8, g as u8, b as u8, 255]
    }

    /// One of the layer's maps as an image.
    pub fn paint(self, map: &FeatureMap, columns: u16) -> Option<RgbaImage> {
        let rgba: Vec<u8> = map.values().flat_map(|value| self.tone(value)).collect();
        let columns = u32::from(columns.max(1));
        RgbaImage::new(columns, map.steps.len() as u32 / columns, rgba)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(kind: LayerKind, maps: &[&[f32]]) -> LayerMaps {
        LayerMaps {
            kind,
            rows: 1,
            columns: 2,
            maps: maps.iter().map(|values| FeatureMap::new(values)).collect(),
        }
    }

    #[test]
    fn zero_is_black_and_the_layer_s_largest_value_white() {
        let layer = layer(LayerKind::BlockStart, &[&[0.0, 1.0], &[2.0, -1.0]]);
        let tones = Tones::of(&layer);
        let image = tones.paint(&layer.maps[0], 2).unwrap();
        assert_eq!((image.width(), image.height()), (2, 1));
        // The root of a half.
        assert_eq!(image.rgba(), [0, 0, 0, 255, 180, 180, 180, 255]);
        let other = tones.paint(&layer.maps[1], 2).unwrap();
        assert_eq!(other.rgba()[..4], [255; 4]);
        // Below 0: blue.
        let below = &other.rgba()[4..7];
        assert!(below[2] > below[0] + 50, "{below:?}");
    }

    #[test]
    fn a_black_pixel_of_the_image_is_black() {
        let layer = layer(LayerKind::Input, &[&[-1.0, 2.0], &[0.5, 2.0]]);
        let paint = |map: usize| Tones::of(&layer).paint(&layer.maps[map], 2).unwrap();
        assert_eq!(paint(0).rgba(), [0, 0, 0, 255, 255, 255, 255, 255]);
        // Half as bright as the brightest.
        assert!(matches!(paint(1).rgba()[0], 126..=128));
    }
}

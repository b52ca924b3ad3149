//! Images of a heat map: alone, over the 28x28 input, over the photo, and its colour bar.

use shared::explain::colormap::apply_colormap;
use shared::explain::{DivergingColours, HeatMap, overlay};
use shared::image::{RgbaImage, SIDE};

use crate::state::image::InputImage;
use protocol::{Method, RawHeatMap};

/// The size of a pixel of the 28x28 input: the heat map is interpolated between them.
const SCALE: usize = 8;
/// Steps of the colour bar.
const STEPS: u32 = 256;
/// The photo is shrunk to about this many pixels a side before the heat map is laid over it.
const PHOTO_SIDE: usize = 320;

/// A heat map with the colours of its method.
pub struct ScaledMap {
    map: HeatMap,
    /// The value that is shown at full strength.
    full: f32,
    /// Of a map with values of both signs.
    diverging: Option<DivergingColours>,
}

/// The engine's heat map; `None` if its number of values is not that of its size.
pub fn grid(map: &RawHeatMap) -> Option<HeatMap> {
    let side = map.side as usize;
    (side > 0 && map.values.len() == side * side).then(|| HeatMap {
        rows: side,
        columns: side,
        values: map.values.clone(),
    })
}

impl ScaledMap {
    /// The engine's heat map; `None` if its number of values is not that of its size.
    pub fn from_raw(map: &RawHeatMap) -> Option<Self> {
        Some(Self {
            full: map.full,
            diverging: (map.method == Method::Occlusion).then(DivergingColours::default),
            map: grid(map)?,
        })
    }

    /// Whether its values have both signs.
    pub fn is_signed(&self) -> bool {
        self.diverging.is_some()
    }

    /// The value at a point of the unit square as a share of the full strength.
    fn sample(&self, u: f32, v: f32) -> f32 {
        if self.full > 0.0 {
            self.map.sample(u, v) / self.full
        } else {
            0.0
        }
    }

    fn overlay(&self, rgba: &[u8], values: &[f32]) -> Vec<u8> {
        match &self.diverging {
            Some(colours) => colours.overlay(rgba, values),
            None => overlay(rgba, values),
        }
    }
}

/// The map alone.
pub fn alone(map: &ScaledMap) -> RgbaImage {
    let values = map.map.upsample_to(SIDE * SCALE, map.full);
    square(match &map.diverging {
        Some(colours) => colours.apply(&values),
        None => apply_colormap(&values),
    })
}

/// The map over the 28x28 image.
pub fn over_input(map: &ScaledMap, image: &InputImage) -> RgbaImage {
    let side = SIDE * SCALE;
    let grey = image.grey.pixels();
    let rgba: Vec<u8> = (0..side * side)
        .flat_map(|i| {
            let p = grey[i / side / SCALE * SIDE + i % side / SCALE];
            [p, p, p, 255]
        })
        .collect();
    square(map.overlay(&rgba, &map.map.upsample_to(side, map.full)))
}

/// The map over the part of the photo that the 28x28 input shows.
pub fn over_photo(map: &ScaledMap, image: &InputImage) -> RgbaImage {
    let shown = &image.thumbnail;
    let (full_width, full_height) = (shown.width() as usize, shown.height() as usize);
    let stride = full_width.max(full_height).div_ceil(PHOTO_SIDE);
    let (width, height) = (full_width.div_ceil(stride), full_height.div_ceil(stride));
    let scale = image.width as f32 / full_width as f32;
    let mut rgba = Vec::with_capacity(width * height * 4);
    for row in 0..height {
        for column in 0..width {
            let (x, y) = (column * stride, row * stride);
            let start = (y * full_width + x) * 4;
            let pixel = &shown.rgba()[start..start + 4];
            let u = ((x as f32 + 0.5) * scale - image.frame.x) / image.frame.side;
            let v = ((y as f32 + 0.5) * scale - image.frame.y) / image.frame.side;
            if (0.0..=1.0).contains(&u) && (0.0..=1.0).contains(&v) {
                rgba.extend(map.overlay(pixel, &[map.sample(u, v)]));
            } else {
                rgba.extend(pixel);
            }
        }
    }
    rgba_image(width, height, rgba)
}

/// The colours from the lowest value to the highest, left to right: from -1 to 1 if signed, otherwise from 0 to 1.
pub fn colour_bar(is_signed: bool) -> RgbaImage {
    let shares = (0..STEPS).map(|i| i as f32 / (STEPS - 1) as f32);
    let rgba = if is_signed {
        let values: Vec<f32> = shares.map(|share| 2.0 * share - 1.0).collect();
        DivergingColours::default().apply(&values)
    } else {
        apply_colormap(&shares.collect::<Vec<f32>>())
    };
    rgba_image(STEPS as usize, 1, rgba)
}

fn square(rgba: Vec<u8>) -> RgbaImage {
    rgba_image(SIDE * SCALE, SIDE * SCALE, rgba)
}

fn rgba_image(width: usize, height: usize, rgba: Vec<u8>) -> RgbaImage {
    RgbaImage::new(width as u32, height as u32, rgba).expect("invariant: four bytes a pixel")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::image::Origin;
    use photo::Frame;
    use shared::{Garment, Grey28, ModelId};

    /// Hot in the upper left quarter, cold elsewhere.
    fn map() -> ScaledMap {
        ScaledMap::from_raw(&RawHeatMap {
            model: ModelId::Cnn,
            class: Garment::Bag,
            method: Method::GradCam,
            side: 2,
            values: vec![4.0, 0.0, 0.0, 0.0],
            full: 4.0,
        })
        .unwrap()
    }

    fn pixel(shown: &RgbaImage, x: u32, y: u32) -> [u8; 4] {
        shown.pixels()[(y * shown.width() + x) as usize]
    }

    #[test]
    fn hot_is_red_and_cold_is_not() {
        let shown = alone(&map());
        let [red, _, blue, alpha] = pixel(&shown, 0, 0);
        assert!(red > blue && alpha == 255);
        let [red, _, blue, _] = pixel(&shown, 223, 223);
        assert!(blue >= red.saturating_sub(20));
    }

    #[test]
    fn the_scale_is_the_same_for_every_class() {
        let raw = |value: f32| RawHeatMap {
            model: ModelId::Svm,
            class: Garment::Bag,
            method: Method::Occlusion,
            side: 1,
            values: vec![value],
            full: 0.5,
        };
        let colour = |value| pixel(&alone(&ScaledMap::from_raw(&raw(value)).unwrap()), 5, 5);
        let colours = DivergingColours::default();
        for (value, share) in [(0.5, 1.0), (0.25, 0.5), (0.0, 0.0), (-0.5, -1.0)] {
            let [r, g, b] = colours.colour(share);
            assert_eq!(colour(value), [r, g, b, 255], "{value}");
        }
    }

    #[test]
    fn only_the_frame_of_a_photo_is_coloured() {
        let image = InputImage {
            number: 1,
            photo: 1,
            origin: Origin::Visitor("bag.png".into()),
            test_number: None,
            grey: Grey28::new([90; 784]),
            frame: Frame {
                x: 20.0,
                y: 0.0,
                side: 40.0,
            },
            width: 80,
            height: 40,
            thumbnail: RgbaImage::from_fn(80, 40, |_, _| [200, 200, 200, 255]),
            has_other_profile: false,
            is_damaged: false,
            preprocessing: None,
        };
        let shown = over_photo(&map(), &image);
        assert_eq!(pixel(&shown, 10, 20), [200, 200, 200, 255]);
        assert_eq!(pixel(&shown, 70, 20), [200, 200, 200, 255]);
        let [red, _, blue, _] = pixel(&shown, 22, 2);
        assert!(red > blue);
    }

    #[test]
    fn rejects_a_map_of_the_wrong_size() {
        let map = RawHeatMap {
            model: ModelId::Cnn,
            class: Garment::Bag,
            method: Method::GradCam,
            side: 3,
            values: vec![0.0; 4],
            full: 1.0,
        };
        assert!(ScaledMap::from_raw(&map).is_none());
    }
}

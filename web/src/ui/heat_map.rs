//! A heat map as bitmaps: alone, over the 28x28 picture, over the photo, and its colour bar.

use shared::explain::colormap::apply_colormap;
use shared::explain::{HeatMap, overlay};
use shared::image::{RgbaImage, SIDE};

use crate::state::image::Picture;
use protocol::RawHeatMap;

/// Each pixel of the 28x28 picture is drawn this large, so that the heat between them is smooth.
const ENLARGED: usize = 8;
/// Steps of the colour bar.
const STEPS: u32 = 256;
/// The photo is thinned to about this many pixels a side before heat is laid over it.
const PHOTO_SIDE: usize = 320;

/// The engine's map in the form that knows how to be enlarged; `None` when its numbers do not fill its square.
pub fn heat_map(map: &RawHeatMap) -> Option<HeatMap> {
    let side = map.side as usize;
    (side > 0 && map.values.len() == side * side).then(|| HeatMap {
        rows: side,
        columns: side,
        values: map.values.clone(),
    })
}

/// The map alone.
pub fn alone(map: &HeatMap) -> RgbaImage {
    square(apply_colormap(&map.upsample(SIDE * ENLARGED)))
}

/// The map over the 28x28 picture.
pub fn over_input(map: &HeatMap, picture: &Picture) -> RgbaImage {
    let side = SIDE * ENLARGED;
    let grey = picture.grey.pixels();
    let rgba: Vec<u8> = (0..side * side)
        .flat_map(|i| {
            let p = grey[i / side / ENLARGED * SIDE + i % side / ENLARGED];
            [p, p, p, 255]
        })
        .collect();
    square(overlay(&rgba, &map.upsample(side)))
}

/// The map over the photo, where the 28x28 picture lies in it; the rest stays as it is.
pub fn over_photo(map: &HeatMap, picture: &Picture) -> RgbaImage {
    let shown = &picture.thumbnail;
    let (full_width, full_height) = (shown.width() as usize, shown.height() as usize);
    let stride = full_width.max(full_height).div_ceil(PHOTO_SIDE);
    let (width, height) = (full_width.div_ceil(stride), full_height.div_ceil(stride));
    let scale = picture.width as f32 / full_width as f32;
    let peak = map.peak();
    let mut rgba = Vec::with_capacity(width * height * 4);
    for row in 0..height {
        for column in 0..width {
            let (x, y) = (column * stride, row * stride);
            let start = (y * full_width + x) * 4;
            let pixel = &shown.rgba()[start..start + 4];
            let u = ((x as f32 + 0.5) * scale - picture.frame.x) / picture.frame.side;
            let v = ((y as f32 + 0.5) * scale - picture.frame.y) / picture.frame.side;
            if (0.0..=1.0).contains(&u) && (0.0..=1.0).contains(&v) {
                let heat = if peak > 0.0 {
                    map.sample(u, v) / peak
                } else {
                    0.0
                };
                rgba.extend(overlay(pixel, &[heat]));
            } else {
                rgba.extend(pixel);
            }
        }
    }
    image(width, height, rgba)
}

/// The colours from 0 to 1, left to right.
pub fn colour_bar() -> RgbaImage {
    let heat: Vec<f32> = (0..STEPS).map(|i| i as f32 / (STEPS - 1) as f32).collect();
    image(STEPS as usize, 1, apply_colormap(&heat))
}

fn square(rgba: Vec<u8>) -> RgbaImage {
    image(SIDE * ENLARGED, SIDE * ENLARGED, rgba)
}

fn image(width: usize, height: usize, rgba: Vec<u8>) -> RgbaImage {
    RgbaImage::new(width as u32, height as u32, rgba).expect("invariant: four bytes a pixel")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::image::Origin;
    use photo::Frame;
    use protocol::Method;
    use shared::{Garment, Grey28, ModelId};

    /// Hot in the upper left quarter, cold elsewhere.
    fn map() -> HeatMap {
        heat_map(&RawHeatMap {
            model: ModelId::Cnn,
            class: Garment::Bag,
            method: Method::GradCam,
            side: 2,
            values: vec![4.0, 0.0, 0.0, 0.0],
        })
        .unwrap()
    }

    fn pixel(bitmap: &RgbaImage, x: u32, y: u32) -> [u8; 4] {
        bitmap.pixels()[(y * bitmap.width() + x) as usize]
    }

    #[test]
    fn hot_is_red_and_cold_is_not() {
        let bitmap = alone(&map());
        let [red, _, blue, alpha] = pixel(&bitmap, 0, 0);
        assert!(red > blue && alpha == 255);
        let [red, _, blue, _] = pixel(&bitmap, 223, 223);
        assert!(blue >= red.saturating_sub(20));
    }

    #[test]
    fn a_photo_is_coloured_inside_the_frame_only() {
        let picture = Picture {
            number: 1,
            photo: 1,
            origin: Origin::Visitor("bag.png".into()),
            grey: Grey28::new([90; 784]),
            frame: Frame {
                x: 20.0,
                y: 0.0,
                side: 40.0,
            },
            width: 80,
            height: 40,
            thumbnail: RgbaImage::from_fn(80, 40, |_, _| [200, 200, 200, 255]),
            development: None,
        };
        let bitmap = over_photo(&map(), &picture);
        assert_eq!(pixel(&bitmap, 10, 20), [200, 200, 200, 255]);
        assert_eq!(pixel(&bitmap, 70, 20), [200, 200, 200, 255]);
        let [red, _, blue, _] = pixel(&bitmap, 22, 2);
        assert!(red > blue);
    }

    #[test]
    fn a_map_of_the_wrong_size_is_none() {
        let map = RawHeatMap {
            model: ModelId::Cnn,
            class: Garment::Bag,
            method: Method::GradCam,
            side: 3,
            values: vec![0.0; 4],
        };
        assert!(heat_map(&map).is_none());
    }
}

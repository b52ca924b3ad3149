//! Random views of a colour image, for training: crop, rotation, mirror image, tone, coarseness and erased parts.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use shared::image::RgbaImage;
use shared::plan::photo::standardise;

/// The side of a view, as a share of the image's.
const CROP: [f32; 2] = [0.6, 1.08];
/// The largest stretch of one side against the other, as a factor.
const MAX_STRETCH: f32 = 1.25;
/// The largest rotation in degrees, of most views and of a third of them.
const ROTATION: [f32; 2] = [8.0, 25.0];
/// The largest change of brightness, of one channel's brightness and of contrast, as factors.
const MAX_BRIGHTNESS: f32 = 1.5;
const MAX_TINT: f32 = 1.2;
const MAX_CONTRAST: f32 = 1.4;

/// A random view, standardised: `[side, side, 3]`. With a `strength` below 1, the crop is milder.
pub fn random_view(
    image: &RgbaImage,
    side: usize,
    strength: f32,
    rng: &mut ChaCha8Rng,
) -> Vec<f32> {
    let mut view = sample(image, side, strength, rng);
    change_tone(&mut view, rng);
    if rng.random_bool(0.12) {
        let step = rng.random_range(2..=5);
        coarsen(&mut view, side, step);
    }
    if rng.random_bool(0.15) {
        let noise = rng.random_range(0.01..0.08f32);
        for value in view.iter_mut().flatten() {
            *value += noise * (rng.random::<f32>() + rng.random::<f32>() - 1.0);
        }
    }
    if rng.random_bool(0.25) {
        erase(&mut view, side, rng);
    }
    let bytes = RgbaImage::from_fn(side as u32, side as u32, |x, y| {
        let pixel = view[y as usize * side + x as usize];
        let [red, green, blue] = pixel.map(|v| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8);
        [red, green, blue, 255]
    });
    let mut standardised = Vec::new();
    standardise(&bytes, &mut standardised);
    standardised
}

/// A rotated, stretched, perhaps mirrored crop, values from 0 to 1; beyond the edges the edge pixels repeat.
fn sample(image: &RgbaImage, side: usize, strength: f32, rng: &mut ChaCha8Rng) -> Vec<[f32; 3]> {
    let (width, height) = (image.width() as f32, image.height() as f32);
    let lowest = 1.0 - strength * (1.0 - CROP[0]);
    let scale = rng.random_range(lowest..CROP[1]);
    let stretch = MAX_STRETCH.powf(strength * rng.random_range(-0.5..0.5f32));
    let extent = [width * scale * stretch, height * scale / stretch];
    let largest = ROTATION[usize::from(rng.random_bool(0.33))];
    let angle = (largest * rng.random_range(-1.0..1.0f32)).to_radians();
    let (sin, cos) = angle.sin_cos();
    let mirror = if rng.random_bool(0.5) { -1.0 } else { 1.0 };
    let mut centre = |length: f32, extent: f32| {
        let free = (length - extent).abs() / 2.0;
        length / 2.0 + free * rng.random_range(-1.0..=1.0f32)
    };
    let centre = [centre(width, extent[0]), centre(height, extent[1])];
    let pixel = |x: f32, y: f32| {
        let x = x.clamp(0.0, width - 1.0);
        let y = y.clamp(0.0, height - 1.0);
        let (left, top) = (x as usize, y as usize);
        let right = (left + 1).min(image.width() as usize - 1);
        let bottom = (top + 1).min(image.height() as usize - 1);
        let (u, v) = (x - left as f32, y - top as f32);
        let at = |x: usize, y: usize| image.pixels()[y * image.width() as usize + x];
        let [a, b, c, d] = [
            at(left, top),
            at(right, top),
            at(left, bottom),
            at(right, bottom),
        ];
        core::array::from_fn(|i| {
            let mix = |a: u8, b: u8| f32::from(a) + u * (f32::from(b) - f32::from(a));
            let (upper, lower) = (mix(a[i], b[i]), mix(c[i], d[i]));
            (upper + v * (lower - upper)) / 255.0
        })
    };
    (0..side * side)
        .map(|i| {
            let offset = |i: usize, extent: f32| ((i as f32 + 0.5) / side as f32 - 0.5) * extent;
            let (x, y) = (
                mirror * offset(i % side, extent[0]),
                offset(i / side, extent[1]),
            );
            pixel(
                centre[0] + x * cos + y * sin - 0.5,
                centre[1] + y * cos - x * sin - 0.5,
            )
        })
        .collect()
}

/// Random brightness, tint and contrast; some views lose their colours before they are tinted.
fn change_tone(view: &mut [[f32; 3]], rng: &mut ChaCha8Rng) {
    let mut factor = |largest: f32| largest.powf(rng.random_range(-1.0..1.0f32));
    let brightness = factor(MAX_BRIGHTNESS);
    let contrast = factor(MAX_CONTRAST);
    let tint = [(); 3].map(|()| factor(MAX_TINT));
    let is_grey = rng.random_bool(0.12);
    for pixel in view.iter_mut() {
        if is_grey {
            *pixel = [0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]; 3];
        }
        for (value, tint) in pixel.iter_mut().zip(tint) {
            // A brightness above 1 would burn out white cloth: the dark parts change the most.
            let lit = value.powf(1.0 / brightness);
            *value = (0.5 + contrast * (lit - 0.5)) * tint;
        }
    }
}

/// Squares of pixels take their mean colour.
fn coarsen(view: &mut [[f32; 3]], side: usize, step: usize) {
    for top in (0..side).step_by(step) {
        for left in (0..side).step_by(step) {
            let rows = top..(top + step).min(side);
            let columns = left..(left + step).min(side);
            let places: Vec<usize> = rows
                .flat_map(|y| columns.clone().map(move |x| y * side + x))
                .collect();
            let mean: [f32; 3] = core::array::from_fn(|c| {
                places.iter().map(|i| view[*i][c]).sum::<f32>() / places.len() as f32
            });
            for i in places {
                view[i] = mean;
            }
        }
    }
}

/// Fills a rectangle with a random colour.
fn erase(view: &mut [[f32; 3]], side: usize, rng: &mut ChaCha8Rng) {
    let mut extent = || (side as f32 * rng.random_range(0.15..0.5f32)) as usize;
    let (width, height) = (extent(), extent());
    let left = rng.random_range(0..side - width);
    let top = rng.random_range(0..side - height);
    let colour = core::array::from_fn(|_| rng.random());
    for row in view.chunks_exact_mut(side).skip(top).take(height) {
        row[left..left + width].fill(colour);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn views_differ_and_are_reproducible() {
        let image = RgbaImage::from_fn(64, 64, |x, y| [4 * x as u8, 4 * y as u8, 90, 255]);
        let view = |stream: u64| {
            let mut rng = ChaCha8Rng::seed_from_u64(5);
            rng.set_stream(stream);
            random_view(&image, 32, 1.0, &mut rng)
        };
        assert_eq!(view(1), view(1));
        assert_ne!(view(1), view(2));
        for stream in 0..50 {
            let view = view(stream);
            assert_eq!(view.len(), 32 * 32 * 3);
            assert!(view.iter().all(|v| v.abs() < 2.7));
        }
    }
}

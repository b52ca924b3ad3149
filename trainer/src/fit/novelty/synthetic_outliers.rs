//! Synthetic images of other things than clothes, which the novelty detector is fitted to.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use shared::Grey28;
use shared::image::{PIXELS, RgbaImage, SIDE};

use super::noise::Grid;
use super::synthetic_object;
use super::synthetic_scenes::{landscape, portrait, text_page};
use crate::data::Examples;

/// Draws an image of one kind; some kinds are made from two images of clothes.
type Kind = fn(&mut ChaCha8Rng, [&Grey28; 2]) -> Option<Grey28>;

const KINDS: [Kind; 14] = [
    |rng, _| Some(noise(rng)),
    |rng, _| Some(strokes(rng)),
    |rng, _| Some(text_lines(rng)),
    |rng, _| Some(blob(rng)),
    |rng, _| Some(horizon(rng)),
    |rng, _| Some(texture(rng)),
    |rng, [one, _]| Some(magnified(rng, one)),
    |rng, [one, other]| Some(shuffled(rng, one, other)),
    |rng, _| Some(gradient(rng)),
    |rng, [one, other]| Some(overlapping(rng, one, other)),
    |rng, _| prepared(landscape(rng)),
    |rng, _| prepared(portrait(rng)),
    |rng, _| prepared(text_page(rng)),
    |rng, _| prepared(synthetic_object::draw(rng)),
];

/// Draws `count` images of each kind. Scenes in which segmentation finds nothing are left out.
pub fn synthetic_outliers(garments: &Examples, count: usize, seed: u64) -> Vec<Grey28> {
    if garments.is_empty() {
        return Vec::new();
    }
    let all: Vec<Option<Grey28>> = (0..KINDS.len() * count)
        .into_par_iter()
        .map(|i| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(i as u64);
            let mut draw = || &garments.images[rng.random_range(0..garments.len())];
            let pair = [draw(), draw()];
            KINDS[i / count](&mut rng, pair)
        })
        .collect();
    all.into_iter().flatten().collect()
}

/// The models' input of a synthetic photo; `None` if the photo pipeline finds nothing in it.
fn prepared(photo: RgbaImage) -> Option<Grey28> {
    photo::prepare(&photo).ok().map(|prepared| prepared.grey)
}

/// An image of values from 0 to 1.
fn image_from_fn(value: impl Fn(usize, usize) -> f32) -> Grey28 {
    Grey28::new(core::array::from_fn(|i| {
        (value(i % SIDE, i / SIDE).clamp(0.0, 1.0) * 255.0 + 0.5) as u8
    }))
}

fn value_at(image: &Grey28, x: usize, y: usize) -> f32 {
    f32::from(image.pixels()[y * SIDE + x]) / 255.0
}

fn grid_of(image: &Grey28) -> Grid {
    Grid::from_fn(SIDE, |x, y| value_at(image, x, y))
}

/// Noise of some fineness, sometimes in black and white.
fn noise(rng: &mut ChaCha8Rng) -> Grey28 {
    let noise = match rng.random_range(0..3) {
        0 => Grid::from_fn(SIDE, |_, _| rng.random()),
        _ => {
            let persistence = rng.random_range(0.3..1.3);
            Grid::fractal_noise(SIDE, persistence, rng)
        }
    };
    let threshold = rng.random_range(0.2..0.8);
    let is_binary = rng.random_bool(0.3);
    image_from_fn(|x, y| {
        let value = noise.values[y * SIDE + x];
        if is_binary {
            f32::from(value > threshold)
        } else {
            value
        }
    })
}

/// A few curved strokes, like handwriting.
fn strokes(rng: &mut ChaCha8Rng) -> Grey28 {
    let mut points = Vec::new();
    for _ in 0..rng.random_range(1..4) {
        let mut point = || {
            [
                rng.random_range(4.0..24.0f32),
                rng.random_range(4.0..24.0f32),
            ]
        };
        let [a, b, c, d] = [point(), point(), point(), point()];
        // A cubic Bézier curve.
        for i in 0..=40 {
            let t = i as f32 / 40.0;
            let s = 1.0 - t;
            let mix = |k: usize| {
                s * s * s * a[k]
                    + 3.0 * s * s * t * b[k]
                    + 3.0 * s * t * t * c[k]
                    + t * t * t * d[k]
            };
            points.push([mix(0), mix(1)]);
        }
    }
    let width = rng.random_range(0.6..2.0);
    image_from_fn(|x, y| {
        let squared = points
            .iter()
            .map(|d| (d[0] - x as f32 - 0.5).powi(2) + (d[1] - y as f32 - 0.5).powi(2));
        let nearest = squared.fold(f32::INFINITY, f32::min).sqrt();
        width + 0.5 - nearest
    })
}

/// Lines of words.
fn text_lines(rng: &mut ChaCha8Rng) -> Grey28 {
    let mut ink = vec![0.0f32; PIXELS];
    let (height, gap) = (rng.random_range(1..4), rng.random_range(1..4));
    let margin = rng.random_range(0..5);
    let mut y = margin;
    while y + height <= SIDE - margin {
        let mut x = margin + rng.random_range(0..3);
        while x < SIDE - margin {
            let end = (x + rng.random_range(1..6)).min(SIDE - margin);
            let dark = rng.random_range(0.3..1.0);
            for row in y..y + height {
                ink[row * SIDE + x..row * SIDE + end].fill(dark);
            }
            x = end + rng.random_range(0..3);
        }
        y += height + gap;
    }
    let noise: f32 = [0.0, 0.1]
        .choose(rng)
        .copied()
        .expect("invariant: the list is not empty");
    let angle: f32 = if rng.random_bool(0.3) {
        rng.random_range(-0.3..0.3)
    } else {
        0.0
    };
    let page = Grid {
        side: SIDE,
        values: ink,
    };
    let page = rotated(&page, angle);
    let noise: Vec<f32> = (0..PIXELS)
        .map(|_| rng.random_range(-noise..=noise))
        .collect();
    image_from_fn(|x, y| page.values[y * SIDE + x] + noise[y * SIDE + x])
}

/// A round, irregular or rectangular shape with a texture.
fn blob(rng: &mut ChaCha8Rng) -> Grey28 {
    let radii: Vec<f32> = match rng.random_range(0..3) {
        0 => vec![rng.random_range(8.0..14.0); 16],
        1 => (0..rng.random_range(3..14))
            .map(|_| rng.random_range(5.0..15.0))
            .collect(),
        _ => vec![rng.random_range(12.0..19.0); 4],
    };
    let (width, height) = (
        rng.random_range(0.55..1.0f32),
        rng.random_range(0.55..1.0f32),
    );
    let rotation = rng.random_range(0.0..core::f32::consts::TAU);
    let texture = random_texture(rng);
    let darkest = rng.random_range(0.1..0.6);
    image_from_fn(|x, y| {
        let dx = (x as f32 + 0.5 - 14.0) / width;
        let dy = (y as f32 + 0.5 - 14.0) / height;
        let angle = (dy.atan2(dx) + rotation).rem_euclid(core::f32::consts::TAU);
        let position = angle / core::f32::consts::TAU * radii.len() as f32;
        let (before, part) = (position as usize % radii.len(), position.fract());
        let radius = radii[before] * (1.0 - part) + radii[(before + 1) % radii.len()] * part;
        let inside = (radius - dx.hypot(dy) + 0.5).clamp(0.0, 1.0);
        inside * (darkest + (1.0 - darkest) * texture.values[y * SIDE + x])
    })
}

/// Fractal noise, or one grey.
fn random_texture(rng: &mut ChaCha8Rng) -> Grid {
    if rng.random_bool(0.8) {
        let persistence = rng.random_range(0.4..1.2);
        Grid::fractal_noise(SIDE, persistence, rng)
    } else {
        Grid::from_fn(SIDE, |_, _| 0.5)
    }
}

/// A landscape with a horizon, sometimes without the sky.
fn horizon(rng: &mut ChaCha8Rng) -> Grey28 {
    let mut height = rng.random_range(2.0..20.0f32);
    let roughness = rng.random_range(0.0..1.5f32);
    let ridge: Vec<f32> = (0..SIDE)
        .map(|_| {
            height += rng.random_range(-roughness..=roughness);
            height
        })
        .collect();
    let bottom = rng.random_range(14..=SIDE);
    let (land, sky) = (random_texture(rng), random_texture(rng));
    let sky_brightness = if rng.random_bool(0.6) {
        0.0
    } else {
        rng.random_range(0.1..0.5)
    };
    let darkest = rng.random_range(0.1..0.5);
    image_from_fn(|x, y| {
        let i = y * SIDE + x;
        if y >= bottom {
            0.0
        } else if y as f32 > ridge[x] {
            darkest + (1.0 - darkest) * land.values[i]
        } else {
            sky_brightness * sky.values[i]
        }
    })
}

/// A texture that fills the image.
fn texture(rng: &mut ChaCha8Rng) -> Grey28 {
    let texture = random_texture(rng);
    let darkest = rng.random_range(0.0..0.4);
    image_from_fn(|x, y| darkest + (1.0 - darkest) * texture.values[y * SIDE + x])
}

/// A magnified part of a garment.
fn magnified(rng: &mut ChaCha8Rng, garment: &Grey28) -> Grey28 {
    let zoom = rng.random_range(2.0..4.0f32);
    let room = SIDE as f32 - 1.0 - SIDE as f32 / zoom;
    let (left, top) = (rng.random_range(0.0..room), rng.random_range(0.0..room));
    let grid = grid_of(garment);
    image_from_fn(|x, y| grid.interpolate(left + x as f32 / zoom, top + y as f32 / zoom))
}

/// Pieces of two garments in random order.
fn shuffled(rng: &mut ChaCha8Rng, one: &Grey28, other: &Grey28) -> Grey28 {
    let piece = if rng.random::<bool>() { 7 } else { 14 };
    let across = SIDE / piece;
    let sources: Vec<(bool, usize)> = (0..across * across)
        .map(|_| (rng.random(), rng.random_range(0..across * across)))
        .collect();
    image_from_fn(|x, y| {
        let (is_other, source) = sources[y / piece * across + x / piece];
        let garment = if is_other { other } else { one };
        let (column, row) = (source % across * piece, source / across * piece);
        value_at(garment, column + x % piece, row + y % piece)
    })
}

/// One grey, sometimes with a gradient, sometimes with noise.
fn gradient(rng: &mut ChaCha8Rng) -> Grey28 {
    let grey = rng.random_range(0.0..1.0f32);
    let mut zero_or_up_to = |highest: f32| {
        if rng.random_bool(0.5) {
            rng.random_range(0.0..highest)
        } else {
            0.0
        }
    };
    let amplitude = zero_or_up_to(0.03);
    let (across, down) = (zero_or_up_to(0.015), zero_or_up_to(0.015));
    let noise: Vec<f32> = (0..PIXELS)
        .map(|_| rng.random_range(-amplitude..=amplitude))
        .collect();
    image_from_fn(|x, y| grey + noise[y * SIDE + x] + across * x as f32 - down * y as f32)
}

/// A garment on top of a rotated one.
fn overlapping(rng: &mut ChaCha8Rng, one: &Grey28, other: &Grey28) -> Grey28 {
    let rotated = rotated(&grid_of(one), rng.random_range(1.0..5.2));
    let weight = rng.random_range(0.5..1.0);
    image_from_fn(|x, y| rotated.values[y * SIDE + x].max(weight * value_at(other, x, y)))
}

/// Rotated around the centre, by an angle in radians.
fn rotated(grid: &Grid, angle: f32) -> Grid {
    let (sin, cos) = angle.sin_cos();
    let centre = (grid.side - 1) as f32 / 2.0;
    Grid::from_fn(grid.side, |x, y| {
        let (dx, dy) = (x as f32 - centre, y as f32 - centre);
        grid.interpolate(centre + cos * dx + sin * dy, centre + cos * dy - sin * dx)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Garment;

    #[test]
    fn draws_every_kind_and_no_image_twice() {
        let garments = Examples {
            images: (0..9u8)
                .map(|i| Grey28::new(core::array::from_fn(|p| (p as u8).wrapping_mul(i + 3))))
                .collect(),
            labels: vec![Garment::Bag; 9],
        };
        let all = synthetic_outliers(&garments, 6, 1);
        // Segmentation finds nothing in some scenes.
        assert!(all.len() > 12 * 6, "{}", all.len());
        assert!(all == synthetic_outliers(&garments, 6, 1));
        for (i, one) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|other| other != one), "{i}");
        }
    }
}

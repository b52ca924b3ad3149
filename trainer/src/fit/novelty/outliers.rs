//! Pictures of what is no garment, drawn by chance: to learn what strange looks like.

use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use shared::Grey28;
use shared::image::{PIXELS, SIDE};

use super::scenes::{page, portrait, scenery};
use super::texture::Field;
use crate::data::Examples;

/// What is drawn: from a generator, and two garments that some are made of.
type Kind = fn(&mut ChaCha8Rng, [&Grey28; 2]) -> Option<Grey28>;

const KINDS: [Kind; 13] = [
    |rng, _| Some(noise(rng)),
    |rng, _| Some(strokes(rng)),
    |rng, _| Some(lines(rng)),
    |rng, _| Some(blob(rng)),
    |rng, _| Some(horizon(rng)),
    |rng, _| Some(cloth(rng)),
    |rng, [one, _]| Some(detail(rng, one)),
    |rng, [one, other]| Some(shuffled(rng, one, other)),
    |rng, _| Some(plain(rng)),
    |rng, [one, other]| Some(heap(rng, one, other)),
    |rng, _| scenery(rng),
    |rng, _| portrait(rng),
    |rng, _| page(rng),
];

/// So many of each kind, less those of which nothing is left once they were cut out.
pub fn outliers(garments: &Examples, count: usize, seed: u64) -> Vec<Grey28> {
    if garments.is_empty() {
        return Vec::new();
    }
    let all: Vec<Option<Grey28>> = (0..KINDS.len() * count)
        .into_par_iter()
        .map(|i| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(i as u64);
            let mut some = || &garments.images[rng.random_range(0..garments.len())];
            let two = [some(), some()];
            KINDS[i / count](&mut rng, two)
        })
        .collect();
    all.into_iter().flatten().collect()
}

/// Values from 0 to 1 as a picture.
fn picture(value: impl Fn(usize, usize) -> f32) -> Grey28 {
    Grey28::new(core::array::from_fn(|i| {
        (value(i % SIDE, i / SIDE).clamp(0.0, 1.0) * 255.0 + 0.5) as u8
    }))
}

fn at(picture: &Grey28, x: usize, y: usize) -> f32 {
    f32::from(picture.pixels()[y * SIDE + x]) / 255.0
}

fn field(picture: &Grey28) -> Field {
    Field::of(SIDE, |x, y| at(picture, x, y))
}

/// Chance of some grain, sometimes in black and white.
fn noise(rng: &mut ChaCha8Rng) -> Grey28 {
    let field = match rng.random_range(0..3) {
        0 => Field::of(SIDE, |_, _| rng.random()),
        _ => {
            let fading = rng.random_range(0.3..1.3);
            Field::fractal(SIDE, fading, rng)
        }
    };
    let threshold = rng.random_range(0.2..0.8);
    let is_sharp = rng.random_bool(0.3);
    picture(|x, y| match (is_sharp, field.values[y * SIDE + x]) {
        (true, value) => f32::from(value > threshold),
        (false, value) => value,
    })
}

/// A few bent lines, as digits and letters are made of.
fn strokes(rng: &mut ChaCha8Rng) -> Grey28 {
    let mut dots = Vec::new();
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
            dots.push([mix(0), mix(1)]);
        }
    }
    let thick = rng.random_range(0.6..2.0);
    picture(|x, y| {
        let squared = dots
            .iter()
            .map(|d| (d[0] - x as f32 - 0.5).powi(2) + (d[1] - y as f32 - 0.5).powi(2));
        let nearest = squared.fold(f32::INFINITY, f32::min).sqrt();
        thick + 0.5 - nearest
    })
}

/// Words in rows.
fn lines(rng: &mut ChaCha8Rng) -> Grey28 {
    let mut ink = vec![0.0f32; PIXELS];
    let (high, gap) = (rng.random_range(1..4), rng.random_range(1..4));
    let margin = rng.random_range(0..5);
    let mut y = margin;
    while y + high <= SIDE - margin {
        let mut x = margin + rng.random_range(0..3);
        while x < SIDE - margin {
            let end = (x + rng.random_range(1..6)).min(SIDE - margin);
            let dark = rng.random_range(0.3..1.0);
            for row in y..y + high {
                ink[row * SIDE + x..row * SIDE + end].fill(dark);
            }
            x = end + rng.random_range(0..3);
        }
        y += high + gap;
    }
    let grain = [0.0, 0.1].choose(rng).copied().unwrap_or_default();
    let angle: f32 = if rng.random_bool(0.3) {
        rng.random_range(-0.3..0.3)
    } else {
        0.0
    };
    let page = Field {
        side: SIDE,
        values: ink,
    };
    let page = turned(&page, angle);
    let grains: Vec<f32> = (0..PIXELS)
        .map(|_| rng.random_range(-grain..=grain))
        .collect();
    picture(|x, y| page.values[y * SIDE + x] + grains[y * SIDE + x])
}

/// One thing with a surface: round, angular or rectangular.
fn blob(rng: &mut ChaCha8Rng) -> Grey28 {
    let corners: Vec<f32> = match rng.random_range(0..3) {
        0 => vec![rng.random_range(8.0..14.0); 16],
        1 => (0..rng.random_range(3..14))
            .map(|_| rng.random_range(5.0..15.0))
            .collect(),
        _ => vec![rng.random_range(12.0..19.0); 4],
    };
    let (wide, high) = (
        rng.random_range(0.55..1.0f32),
        rng.random_range(0.55..1.0f32),
    );
    let turn = rng.random_range(0.0..core::f32::consts::TAU);
    let surface = surface(rng);
    let least = rng.random_range(0.1..0.6);
    picture(|x, y| {
        let dx = (x as f32 + 0.5 - 14.0) / wide;
        let dy = (y as f32 + 0.5 - 14.0) / high;
        let angle = (dy.atan2(dx) + turn).rem_euclid(core::f32::consts::TAU);
        let place = angle / core::f32::consts::TAU * corners.len() as f32;
        let (from, part) = (place as usize % corners.len(), place.fract());
        let reach = corners[from] * (1.0 - part) + corners[(from + 1) % corners.len()] * part;
        let inside = (reach - dx.hypot(dy) + 0.5).clamp(0.0, 1.0);
        inside * (least + (1.0 - least) * surface.values[y * SIDE + x])
    })
}

fn surface(rng: &mut ChaCha8Rng) -> Field {
    match rng.random_bool(0.8) {
        true => {
            let fading = rng.random_range(0.4..1.2);
            Field::fractal(SIDE, fading, rng)
        }
        false => Field::of(SIDE, |_, _| 0.5),
    }
}

/// Land under a sky, or what is cut out of one.
fn horizon(rng: &mut ChaCha8Rng) -> Grey28 {
    let mut height = rng.random_range(2.0..20.0f32);
    let rough = rng.random_range(0.0..1.5f32);
    let ridge: Vec<f32> = (0..SIDE)
        .map(|_| {
            height += rng.random_range(-rough..=rough);
            height
        })
        .collect();
    let bottom = rng.random_range(14..=SIDE);
    let (land, sky) = (surface(rng), surface(rng));
    let bright = match rng.random_bool(0.6) {
        true => 0.0,
        false => rng.random_range(0.1..0.5),
    };
    let least = rng.random_range(0.1..0.5);
    picture(|x, y| {
        let place = y * SIDE + x;
        if y >= bottom {
            0.0
        } else if y as f32 > ridge[x] {
            least + (1.0 - least) * land.values[place]
        } else {
            bright * sky.values[place]
        }
    })
}

/// A surface and nothing else.
fn cloth(rng: &mut ChaCha8Rng) -> Grey28 {
    let surface = surface(rng);
    let least = rng.random_range(0.0..0.4);
    picture(|x, y| least + (1.0 - least) * surface.values[y * SIDE + x])
}

/// A part of a garment, from too near.
fn detail(rng: &mut ChaCha8Rng, garment: &Grey28) -> Grey28 {
    let zoom = rng.random_range(2.0..4.0f32);
    let room = SIDE as f32 - 1.0 - SIDE as f32 / zoom;
    let (left, top) = (rng.random_range(0.0..room), rng.random_range(0.0..room));
    let field = field(garment);
    picture(|x, y| field.between(left + x as f32 / zoom, top + y as f32 / zoom))
}

/// Pieces of two garments in disorder.
fn shuffled(rng: &mut ChaCha8Rng, one: &Grey28, other: &Grey28) -> Grey28 {
    let piece = if rng.random::<bool>() { 7 } else { 14 };
    let across = SIDE / piece;
    let from: Vec<(bool, usize)> = (0..across * across)
        .map(|_| (rng.random(), rng.random_range(0..across * across)))
        .collect();
    picture(|x, y| {
        let (is_other, source) = from[y / piece * across + x / piece];
        let garment = if is_other { other } else { one };
        let (column, row) = (source % across * piece, source / across * piece);
        at(garment, column + x % piece, row + y % piece)
    })
}

/// One grey, perhaps fading, perhaps grainy.
fn plain(rng: &mut ChaCha8Rng) -> Grey28 {
    let grey = rng.random_range(0.0..1.0f32);
    let mut up_to = |most: f32| match rng.random_bool(0.5) {
        true => rng.random_range(0.0..most),
        false => 0.0,
    };
    let (grain, across, down) = (up_to(0.03), up_to(0.015), up_to(0.015));
    let grains: Vec<f32> = (0..PIXELS)
        .map(|_| rng.random_range(-grain..=grain))
        .collect();
    picture(|x, y| grey + grains[y * SIDE + x] + across * x as f32 - down * y as f32)
}

/// A garment on top of one that lies askew.
fn heap(rng: &mut ChaCha8Rng, one: &Grey28, other: &Grey28) -> Grey28 {
    let turned = turned(&field(one), rng.random_range(1.0..5.2));
    let weight = rng.random_range(0.5..1.0);
    picture(|x, y| turned.values[y * SIDE + x].max(weight * at(other, x, y)))
}

/// Turned about its middle, by so many radians.
fn turned(field: &Field, angle: f32) -> Field {
    let (sin, cos) = angle.sin_cos();
    let middle = (field.side - 1) as f32 / 2.0;
    Field::of(field.side, |x, y| {
        let (dx, dy) = (x as f32 - middle, y as f32 - middle);
        field.between(middle + cos * dx + sin * dy, middle + cos * dy - sin * dx)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Garment;

    #[test]
    fn every_kind_is_drawn_and_no_two_are_alike() {
        let garments = Examples {
            images: (0..9u8)
                .map(|i| Grey28::new(core::array::from_fn(|p| (p as u8).wrapping_mul(i + 3))))
                .collect(),
            labels: vec![Garment::Bag; 9],
        };
        let all = outliers(&garments, 6, 1);
        // Of a scene sometimes nothing is left.
        assert!(all.len() > 12 * 6, "{}", all.len());
        assert!(all == outliers(&garments, 6, 1));
        for (i, one) in all.iter().enumerate() {
            assert!(all[i + 1..].iter().all(|other| other != one), "{i}");
        }
    }
}

//! Synthetic photos of other things than clothes.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use shared::image::RgbaImage;

use super::noise::Grid;

const SIDE: usize = 144;

type Colour = [f32; 3];

/// An image in colour, row by row.
struct Canvas(Vec<Colour>);

impl Canvas {
    /// A colour with noise in its brightness.
    fn textured(colour: Colour, contrast: f32, rng: &mut ChaCha8Rng) -> Self {
        let persistence = rng.random_range(0.4..1.0);
        let noise = Grid::fractal_noise(SIDE, persistence, rng);
        let shade = |v: &f32| colour.map(|c| c * (1.0 + contrast * (v - 0.5)));
        Self(noise.values.iter().map(shade).collect())
    }

    /// Blends another canvas in, with an opacity from 0 to 1 at each column and row.
    fn blend(&mut self, other: &Self, opacity: impl Fn(f32, f32) -> f32) {
        for (i, (below, above)) in self.0.iter_mut().zip(&other.0).enumerate() {
            let opacity = opacity((i % SIDE) as f32, (i / SIDE) as f32).clamp(0.0, 1.0);
            (0..3).for_each(|c| below[c] += opacity * (above[c] - below[c]));
        }
    }

    /// The first `height` rows as an image.
    fn into_image(self, height: usize) -> RgbaImage {
        let byte = |v: f32| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        RgbaImage::from_fn(SIDE as u32, height as u32, |x, y| {
            let [red, green, blue] = self.0[y as usize * SIDE + x as usize].map(byte);
            [red, green, blue, 255]
        })
    }
}

fn random_colour(rng: &mut ChaCha8Rng) -> Colour {
    core::array::from_fn(|_| rng.random_range(0.1..0.95))
}

/// Hills behind hills, or a shore.
pub fn landscape(rng: &mut ChaCha8Rng) -> RgbaImage {
    let sky = [
        rng.random_range(0.4..0.9),
        rng.random_range(0.5..0.9),
        rng.random_range(0.6..1.0),
    ];
    let mut canvas = Canvas::textured(sky, rng.random_range(0.05..0.5), rng);
    let mut top = rng.random_range(15.0..80.0f32);
    for _ in 0..rng.random_range(1..4) {
        let land = Canvas::textured(random_colour(rng), rng.random_range(0.3..1.2), rng);
        let roughness = rng.random_range(0.0..2.5f32);
        let slope = rng.random_range(-0.3..0.3f32);
        let mut height = top;
        let ridge: Vec<f32> = (0..SIDE)
            .map(|_| {
                height += slope + rng.random_range(-roughness..=roughness);
                height
            })
            .collect();
        canvas.blend(&land, |x, y| y - ridge[x as usize]);
        top += rng.random_range(10.0..45.0);
    }
    let height = rng.random_range(80..=SIDE);
    canvas.into_image(height)
}

/// A head with hair on shoulders.
pub fn portrait(rng: &mut ChaCha8Rng) -> RgbaImage {
    let mut canvas = Canvas::textured(random_colour(rng), rng.random_range(0.1..0.9), rng);
    let light = rng.random_range(0.3..1.0f32);
    let skin = Canvas::textured([0.95 * light, 0.75 * light, 0.62 * light], 0.35, rng);
    let hair = rng.random_range(0.05..0.6f32);
    let hair = Canvas::textured([hair, 0.8 * hair, 0.6 * hair], 0.8, rng);
    let dark = Canvas::textured([0.25 * light, 0.15 * light, 0.12 * light], 0.3, rng);
    let (x0, y0) = (
        rng.random_range(60.0..84.0f32),
        rng.random_range(55.0..80.0f32),
    );
    let (width, height) = (
        rng.random_range(24.0..58.0f32),
        rng.random_range(34.0..72.0f32),
    );
    // Above 0 inside an ellipse; about the distance to its edge, in pixels.
    let ellipse = |x: f32, y: f32, cx: f32, cy: f32, rx: f32, ry: f32| {
        (1.0 - ((x - cx) / rx).hypot((y - cy) / ry)) * rx.min(ry)
    };
    if rng.random_bool(0.6) {
        let shoulders = Canvas::textured(random_colour(rng), 0.4, rng);
        canvas.blend(&shoulders, |x, y| {
            ellipse(x, y, x0, y0 + 1.9 * height, 2.0 * width, 0.9 * height)
        });
    }
    canvas.blend(&hair, |x, y| {
        ellipse(x, y, x0, y0 - 0.15 * height, 1.2 * width, 1.1 * height)
    });
    canvas.blend(&skin, |x, y| ellipse(x, y, x0, y0, width, height));
    for side in [-0.42, 0.42] {
        canvas.blend(&dark, |x, y| {
            ellipse(
                x,
                y,
                x0 + side * width,
                y0 - 0.15 * height,
                0.2 * width,
                0.09 * height,
            )
        });
    }
    canvas.blend(&dark, |x, y| {
        ellipse(x, y, x0, y0 + 0.5 * height, 0.4 * width, 0.08 * height)
    });
    canvas.into_image(SIDE)
}

/// A page of text, slightly rotated.
pub fn text_page(rng: &mut ChaCha8Rng) -> RgbaImage {
    let paper = rng.random_range(0.6..1.0f32);
    let mut canvas = Canvas::textured(
        [paper, paper, 0.95 * paper],
        rng.random_range(0.0..0.3),
        rng,
    );
    let ink = Canvas::textured([0.15, 0.15, 0.2], 0.3, rng);
    let (height, gap) = (
        rng.random_range(2.0..12.0f32),
        rng.random_range(2.0..10.0f32),
    );
    let margin = rng.random_range(2.0..30.0f32);
    let angle = rng.random_range(-0.15..0.15f32);
    let words: Vec<f32> = (0..400).map(|_| rng.random_range(0.5..1.5)).collect();
    canvas.blend(&ink, |x, y| {
        let (across, down) = (x + angle * y, y - angle * x);
        let row = ((down - margin) / (height + gap)).floor();
        let is_in_line = (down - margin).rem_euclid(height + gap) < height;
        let edge = SIDE as f32 - margin;
        if !is_in_line || across < margin || across > edge || down < margin || down > edge {
            return 0.0;
        }
        // A gap after each word, at another position in every line.
        let word = words[(row.abs() as usize * 7) % words.len()] * 4.0 * height;
        f32::from((across - margin).rem_euclid(word + 0.6 * height) < word)
    });
    canvas.into_image(SIDE)
}

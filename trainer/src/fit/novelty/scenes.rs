//! Photos of what is no garment, drawn by chance and put through the same steps as a visitor's.

use photo::prepare;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use shared::Grey28;
use shared::image::RgbaImage;

use super::texture::Field;

const SIDE: usize = 144;

type Colour = [f32; 3];

/// Colours in rows.
struct Canvas(Vec<Colour>);

impl Canvas {
    /// A surface in a colour, more or less bright from place to place.
    fn of(colour: Colour, contrast: f32, rng: &mut ChaCha8Rng) -> Self {
        let fading = rng.random_range(0.4..1.0);
        let field = Field::fractal(SIDE, fading, rng);
        let shade = |v: &f32| colour.map(|c| c * (1.0 + contrast * (v - 0.5)));
        Self(field.values.iter().map(shade).collect())
    }

    /// Lays another on top, as far as it covers a place, 0 to 1.
    fn cover(&mut self, other: &Self, covers: impl Fn(f32, f32) -> f32) {
        for (i, (below, above)) in self.0.iter_mut().zip(&other.0).enumerate() {
            let share = covers((i % SIDE) as f32, (i / SIDE) as f32).clamp(0.0, 1.0);
            (0..3).for_each(|c| below[c] += share * (above[c] - below[c]));
        }
    }

    /// As the models would see it, cut to `height` rows; `None` where nothing stands out.
    fn seen(&self, height: usize) -> Option<Grey28> {
        let byte = |v: f32| (v.clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        let pixels = self.0[..SIDE * height].iter();
        let rgba = pixels
            .flat_map(|[r, g, b]| [byte(*r), byte(*g), byte(*b), 255])
            .collect();
        let photo = RgbaImage::new(SIDE as u32, height as u32, rgba)
            .expect("invariant: four bytes a pixel");
        prepare(&photo).ok().map(|p| p.grey)
    }
}

fn colour(rng: &mut ChaCha8Rng) -> Colour {
    core::array::from_fn(|_| rng.random_range(0.1..0.95))
}

/// Hills behind hills, or a shore.
pub fn scenery(rng: &mut ChaCha8Rng) -> Option<Grey28> {
    let sky = [
        rng.random_range(0.4..0.9),
        rng.random_range(0.5..0.9),
        rng.random_range(0.6..1.0),
    ];
    let mut canvas = Canvas::of(sky, rng.random_range(0.05..0.5), rng);
    let mut top = rng.random_range(15.0..80.0f32);
    for _ in 0..rng.random_range(1..4) {
        let land = Canvas::of(colour(rng), rng.random_range(0.3..1.2), rng);
        let rough = rng.random_range(0.0..2.5f32);
        let slope = rng.random_range(-0.3..0.3f32);
        let mut height = top;
        let ridge: Vec<f32> = (0..SIDE)
            .map(|_| {
                height += slope + rng.random_range(-rough..=rough);
                height
            })
            .collect();
        canvas.cover(&land, |x, y| y - ridge[x as usize]);
        top += rng.random_range(10.0..45.0);
    }
    let height = rng.random_range(80..=SIDE);
    canvas.seen(height)
}

/// A head with hair on shoulders.
pub fn portrait(rng: &mut ChaCha8Rng) -> Option<Grey28> {
    let mut canvas = Canvas::of(colour(rng), rng.random_range(0.1..0.9), rng);
    let light = rng.random_range(0.3..1.0f32);
    let skin = Canvas::of([0.95 * light, 0.75 * light, 0.62 * light], 0.35, rng);
    let hair = rng.random_range(0.05..0.6f32);
    let hair = Canvas::of([hair, 0.8 * hair, 0.6 * hair], 0.8, rng);
    let dark = Canvas::of([0.25 * light, 0.15 * light, 0.12 * light], 0.3, rng);
    let (x0, y0) = (
        rng.random_range(60.0..84.0f32),
        rng.random_range(55.0..80.0f32),
    );
    let (wide, high) = (
        rng.random_range(24.0..58.0f32),
        rng.random_range(34.0..72.0f32),
    );
    // More than 0 within an ellipse, by pixels or so.
    let within = |x: f32, y: f32, cx: f32, cy: f32, rx: f32, ry: f32| {
        (1.0 - ((x - cx) / rx).hypot((y - cy) / ry)) * rx.min(ry)
    };
    if rng.random_bool(0.6) {
        let shoulders = Canvas::of(colour(rng), 0.4, rng);
        canvas.cover(&shoulders, |x, y| {
            within(x, y, x0, y0 + 1.9 * high, 2.0 * wide, 0.9 * high)
        });
    }
    canvas.cover(&hair, |x, y| {
        within(x, y, x0, y0 - 0.15 * high, 1.2 * wide, 1.1 * high)
    });
    canvas.cover(&skin, |x, y| within(x, y, x0, y0, wide, high));
    for side in [-0.42, 0.42] {
        canvas.cover(&dark, |x, y| {
            within(
                x,
                y,
                x0 + side * wide,
                y0 - 0.15 * high,
                0.2 * wide,
                0.09 * high,
            )
        });
    }
    canvas.cover(&dark, |x, y| {
        within(x, y, x0, y0 + 0.5 * high, 0.4 * wide, 0.08 * high)
    });
    canvas.seen(SIDE)
}

/// Lines of words on paper, held more or less straight.
pub fn page(rng: &mut ChaCha8Rng) -> Option<Grey28> {
    let paper = rng.random_range(0.6..1.0f32);
    let mut canvas = Canvas::of(
        [paper, paper, 0.95 * paper],
        rng.random_range(0.0..0.3),
        rng,
    );
    let ink = Canvas::of([0.15, 0.15, 0.2], 0.3, rng);
    let (high, gap) = (
        rng.random_range(2.0..12.0f32),
        rng.random_range(2.0..10.0f32),
    );
    let margin = rng.random_range(2.0..30.0f32);
    let angle = rng.random_range(-0.15..0.15f32);
    let words: Vec<f32> = (0..400).map(|_| rng.random_range(0.5..1.5)).collect();
    canvas.cover(&ink, |x, y| {
        let (across, down) = (x + angle * y, y - angle * x);
        let row = ((down - margin) / (high + gap)).floor();
        let within = (down - margin).rem_euclid(high + gap) < high;
        let edge = SIDE as f32 - margin;
        if !within || across < margin || across > edge || down < margin || down > edge {
            return 0.0;
        }
        // A gap after each word, elsewhere in every row.
        let word = words[(row.abs() as usize * 7) % words.len()] * 4.0 * high;
        f32::from((across - margin).rem_euclid(word + 0.6 * high) < word)
    });
    canvas.seen(SIDE)
}

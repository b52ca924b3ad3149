//! Colour images made from Fashion-MNIST: its garments, enlarged and coloured, on backgrounds of many kinds.
//!
//! They teach the photo network the classes that no photo shows (bags), and keep "blurred and grey" from being a sign of any class.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use shared::Grey28;
use shared::image::{RgbaImage, SIDE};

use super::recipe::SQUARE;
use crate::fit::novelty::noise::Grid;

/// The values from which on, and up to which, a pixel turns from background to garment.
const EDGE: [f32; 2] = [0.03, 0.15];

/// Draws the garment.
pub fn draw(grey: &Grey28, rng: &mut ChaCha8Rng) -> RgbaImage {
    let extent = SQUARE as f32 * rng.random_range(0.55..1.0f32);
    let mut corner = || rng.random_range(0.0..=SQUARE as f32 - extent);
    let corner = [corner(), corner()];
    let background = Background::random(rng);
    let style = Style::random(rng);
    let values = Grid::from_fn(SIDE, |x, y| f32::from(grey.pixels()[y * SIDE + x]) / 255.0);
    let value = |x: f32, y: f32| {
        let at = |v: f32, start: f32| (v + 0.5 - start) * SIDE as f32 / extent - 0.5;
        let (x, y) = (at(x, corner[0]), at(y, corner[1]));
        if style.has_steps {
            values.interpolate(x.round(), y.round())
        } else {
            values.interpolate(x, y)
        }
    };
    RgbaImage::from_fn(SQUARE, SQUARE, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let v = value(x, y);
        let opacity = ((v - EDGE[0]) / (EDGE[1] - EDGE[0])).clamp(0.0, 1.0);
        let below = background.colour(x as usize, y as usize);
        let above = style.colour(v, opacity);
        let [red, green, blue] = core::array::from_fn(|c| {
            let mixed = below[c] + opacity * (above[c] - below[c]);
            (mixed.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
        });
        [red, green, blue, 255]
    })
}

fn random_colour(rng: &mut ChaCha8Rng) -> [f32; 3] {
    if rng.random_bool(0.4) {
        // Grey, as many clothes are.
        [rng.random_range(0.0..1.0); 3]
    } else {
        core::array::from_fn(|_| rng.random_range(0.0..1.0))
    }
}

/// How a garment is coloured.
struct Style {
    colour: [f32; 3],
    /// The colour of the darkest cloth, as a share of the brightest's.
    darkest: f32,
    /// Whether bright pixels are drawn dark.
    is_negated: bool,
    /// The number of steps of brightness of a flat drawing; `None` for continuous ones.
    shades: Option<f32>,
    /// The brightness of the outline of a flat drawing.
    outline: Option<f32>,
    /// Whether the data set's pixels are drawn as squares.
    has_steps: bool,
}

impl Style {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        let is_flat = rng.random_bool(0.3);
        Self {
            colour: random_colour(rng),
            darkest: rng.random_range(0.0..0.8),
            is_negated: rng.random_bool(0.3),
            shades: is_flat.then(|| rng.random_range(1..=4) as f32),
            outline: (is_flat && rng.random_bool(0.5)).then(|| rng.random_range(0.0..0.5)),
            has_steps: rng.random_bool(0.15),
        }
    }

    fn colour(&self, value: f32, opacity: f32) -> [f32; 3] {
        if let Some(outline) = self.outline
            && opacity < 1.0
        {
            return self.colour.map(|c| c * outline);
        }
        let value = match self.shades {
            Some(shades) => (value * shades).floor() / shades,
            None => value,
        };
        let value = if self.is_negated { 1.0 - value } else { value };
        let light = self.darkest + (1.0 - self.darkest) * value;
        self.colour.map(|c| c * light)
    }
}

/// What is behind a garment.
enum Background {
    Plain([f32; 3]),
    /// A colour with noise in its brightness.
    Textured([f32; 3], f32, Grid),
}

impl Background {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        match rng.random_range(0..10) {
            0..=2 => Self::Plain([1.0; 3]),
            3 => Self::Plain([0.0; 3]),
            4 | 5 => Self::Plain(random_colour(rng)),
            _ => {
                let persistence = rng.random_range(0.3..1.0);
                let noise = Grid::fractal_noise(SQUARE as usize / 2, persistence, rng);
                Self::Textured(random_colour(rng), rng.random_range(0.1..1.0), noise)
            }
        }
    }

    fn colour(&self, x: usize, y: usize) -> [f32; 3] {
        match self {
            Self::Plain(colour) => *colour,
            Self::Textured(colour, contrast, noise) => {
                let value = noise.values[y / 2 * noise.side + x / 2];
                colour.map(|c| c * (1.0 + contrast * (value - 0.5)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_garment_stands_out_from_its_background() {
        let grey = Grey28::new(core::array::from_fn(|i| {
            let (x, y) = (i % SIDE, i / SIDE);
            if (8..20).contains(&x) && (4..24).contains(&y) {
                200
            } else {
                0
            }
        }));
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let differing = (0..40)
            .filter(|_| {
                let image = draw(&grey, &mut rng);
                let colours: std::collections::HashSet<_> = image.pixels().iter().collect();
                assert_eq!(image.width(), SQUARE);
                colours.len() > 1
            })
            .count();
        assert!(differing >= 38, "{differing}");
    }
}

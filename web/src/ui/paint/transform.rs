//! Changes of the whole 28x28 image: shift, rotation, mirror image, inversion, noise.

use shared::Grey28;
use shared::image::{PIXELS, SIDE};
use shared::shuffle::Shuffle;

/// The largest change of a grey level by noise.
const NOISE: i16 = 40;

/// A change of the whole image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transform {
    Left,
    Right,
    Up,
    Down,
    /// By 90 degrees, clockwise.
    Rotate,
    Mirror,
    Invert,
    Noise,
    Clear,
}

impl Transform {
    pub const ALL: [Self; 9] = [
        Self::Left,
        Self::Right,
        Self::Up,
        Self::Down,
        Self::Rotate,
        Self::Mirror,
        Self::Invert,
        Self::Noise,
        Self::Clear,
    ];

    /// The name of its button in attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Up => "up",
            Self::Down => "down",
            Self::Rotate => "rotate",
            Self::Mirror => "mirror",
            Self::Invert => "invert",
            Self::Noise => "noise",
            Self::Clear => "clear",
        }
    }

    /// The sign and the text of its button; without a text the sign has the label of [`label`](Self::label).
    pub const fn title(self) -> [&'static str; 2] {
        match self {
            Self::Left => ["←", ""],
            Self::Right => ["→", ""],
            Self::Up => ["↑", ""],
            Self::Down => ["↓", ""],
            Self::Rotate => ["↻ ", "90°"],
            Self::Mirror => ["⇆ ", "Mirror"],
            Self::Invert => ["", "Invert"],
            Self::Noise => ["", "Noise"],
            Self::Clear => ["", "Clear"],
        }
    }

    /// The label for screen readers.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Left => "Shift left by a pixel",
            Self::Right => "Shift right by a pixel",
            Self::Up => "Shift up by a pixel",
            Self::Down => "Shift down by a pixel",
            Self::Rotate => "Rotate by 90° clockwise",
            Self::Mirror => "Mirror left and right",
            Self::Invert => "Invert",
            Self::Noise => "Noise",
            Self::Clear => "Clear: an empty image",
        }
    }

    /// The changed image; `seed` chooses the noise.
    pub fn apply(self, image: &Grey28, seed: u64) -> Grey28 {
        match self {
            Self::Left => moved(image, |row, column| Some([row, column + 1])),
            Self::Right => moved(image, |row, column| Some([row, column.checked_sub(1)?])),
            Self::Up => moved(image, |row, column| Some([row + 1, column])),
            Self::Down => moved(image, |row, column| Some([row.checked_sub(1)?, column])),
            Self::Rotate => moved(image, |row, column| Some([SIDE - 1 - column, row])),
            Self::Mirror => moved(image, |row, column| Some([row, SIDE - 1 - column])),
            Self::Invert => Grey28::new(image.pixels().map(|p| 255 - p)),
            Self::Noise => noisy(image, seed),
            Self::Clear => Grey28::new([0; PIXELS]),
        }
    }
}

/// Each pixel gets the level of the pixel at another row and column; what comes from outside is black.
fn moved(image: &Grey28, from: impl Fn(usize, usize) -> Option<[usize; 2]>) -> Grey28 {
    Grey28::new(core::array::from_fn(|at| {
        match from(at / SIDE, at % SIDE) {
            Some([row, column]) if row < SIDE && column < SIDE => {
                image.pixels()[row * SIDE + column]
            }
            _ => 0,
        }
    }))
}

/// Adds a level between -40 and 40 to each pixel, each level to equally many pixels.
fn noisy(image: &Grey28, seed: u64) -> Grey28 {
    let span = 2 * NOISE + 1;
    let mut offsets: [i16; PIXELS] = core::array::from_fn(|at| at as i16 % span - NOISE);
    Shuffle::new(seed).shuffle(&mut offsets);
    Grey28::new(core::array::from_fn(|at| {
        (i16::from(image.pixels()[at]) + offsets[at]).clamp(0, 255) as u8
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All pixels differ from their neighbours.
    fn image() -> Grey28 {
        Grey28::new(core::array::from_fn(|at| (at % SIDE * 8 + at / SIDE) as u8))
    }

    fn at(image: &Grey28, row: usize, column: usize) -> u8 {
        image.pixels()[row * SIDE + column]
    }

    #[test]
    fn shifts_move_by_one_pixel_and_leave_black_behind() {
        let image = image();
        let centre = at(&image, 14, 14);
        for (transform, row, column, edge) in [
            (Transform::Left, 14, 13, [5, 27]),
            (Transform::Right, 14, 15, [5, 0]),
            (Transform::Up, 13, 14, [27, 5]),
            (Transform::Down, 15, 14, [0, 5]),
        ] {
            let shifted = transform.apply(&image, 0);
            assert_eq!(at(&shifted, row, column), centre, "{transform:?}");
            assert_eq!(at(&shifted, edge[0], edge[1]), 0, "{transform:?}");
        }
    }

    #[test]
    fn four_rotations_and_two_mirror_images_are_the_image() {
        let image = image();
        let times = |transform: Transform, count: usize| {
            (0..count).fold(image.clone(), |image, _| transform.apply(&image, 0))
        };
        assert_eq!(times(Transform::Rotate, 4), image);
        assert_eq!(times(Transform::Mirror, 2), image);
        assert_eq!(times(Transform::Invert, 2), image);
        // Clockwise: the upper left corner goes to the upper right.
        assert_eq!(at(&times(Transform::Rotate, 1), 0, 27), at(&image, 0, 0));
        assert_eq!(at(&times(Transform::Mirror, 1), 3, 27), at(&image, 3, 0));
    }

    #[test]
    fn noise_depends_on_the_seed_only_and_is_bounded() {
        let image = Grey28::new([100; PIXELS]);
        let noise = |seed| Transform::Noise.apply(&image, seed);
        assert_eq!(noise(1), noise(1));
        assert_ne!(noise(1), noise(2));
        let apart = |p: &u8| p.abs_diff(100);
        assert_eq!(noise(1).pixels().iter().map(apart).max(), Some(40));
        assert!(
            Transform::Noise
                .apply(&Grey28::new([0; PIXELS]), 1)
                .pixels()
                .iter()
                .any(|p| *p > 0)
        );
    }
}

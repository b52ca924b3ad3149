//! The brush: which cells of the 28x28 grid a stroke covers.

use shared::Grey28;
use shared::image::SIDE;

/// A brush.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brush {
    /// The diameter in cells, an odd number.
    pub size: u8,
    pub level: u8,
}

/// A place on the grid in cells, from the upper left corner: the middle of the first cell is at 0.5, 0.5.
pub type Place = [f32; 2];

/// The cell of a place, as row and column; places outside belong to the nearest cell.
pub fn cell([x, y]: Place) -> [usize; 2] {
    // A cast saturates, and NaN becomes 0.
    let index = |at: f32| (at as usize).min(SIDE - 1);
    [index(y), index(x)]
}

/// The middle of a cell.
pub fn middle([row, column]: [usize; 2]) -> Place {
    [column as f32 + 0.5, row as f32 + 0.5]
}

impl Brush {
    /// The image with a stroke on the straight line between two places: all cells whose middle the brush covers, and the cells below its
    /// own middle.
    pub fn stroke(self, image: &Grey28, from: Place, to: Place) -> Grey28 {
        let mut pixels = *image.pixels();
        let radius = f32::from(self.size) / 2.0;
        for (at, pixel) in pixels.iter_mut().enumerate() {
            let place = middle([at / SIDE, at % SIDE]);
            // A little less, so that a brush of one cell on an edge does not cover both sides.
            if distance(place, from, to) < radius - 0.01 {
                *pixel = self.level;
            }
        }
        // A thin line passes between the middles of cells.
        let [across, down] = [to[0] - from[0], to[1] - from[1]];
        let steps = (across.abs().max(down.abs()) * 2.0)
            .ceil()
            .clamp(1.0, 4.0 * SIDE as f32) as u32;
        for step in 0..=steps {
            let share = step as f32 / steps as f32;
            let place = [from[0] + across * share, from[1] + down * share];
            // The pointer may be outside of the surface while it is held down.
            if place.iter().all(|at| (0.0..SIDE as f32).contains(at)) {
                let [row, column] = cell(place);
                pixels[row * SIDE + column] = self.level;
            }
        }
        Grey28::new(pixels)
    }
}

/// The distance of a place from a line between two others.
fn distance(place: Place, from: Place, to: Place) -> f32 {
    let line = [to[0] - from[0], to[1] - from[1]];
    let offset = [place[0] - from[0], place[1] - from[1]];
    let squared = line[0] * line[0] + line[1] * line[1];
    let share = if squared > 0.0 {
        ((offset[0] * line[0] + offset[1] * line[1]) / squared).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let [x, y] = [offset[0] - line[0] * share, offset[1] - line[1] * share];
    (x * x + y * y).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::image::PIXELS;

    fn painted(size: u8, from: Place, to: Place) -> Vec<[usize; 2]> {
        let brush = Brush { size, level: 200 };
        let image = brush.stroke(&Grey28::new([0; PIXELS]), from, to);
        let all = image.pixels().iter().enumerate();
        let painted = all.filter(|(_, p)| **p == 200);
        painted.map(|(at, _)| [at / SIDE, at % SIDE]).collect()
    }

    #[test]
    fn a_dab_of_one_cell_is_the_cell_below_the_pointer() {
        for place in [[3.1, 7.9], [3.5, 7.5], [3.9, 7.0]] {
            assert_eq!(painted(1, place, place), [[7, 3]]);
        }
        assert_eq!(painted(3, [5.5, 5.5], [5.5, 5.5]).len(), 9);
        assert_eq!(painted(5, [5.5, 5.5], [5.5, 5.5]).len(), 21);
    }

    #[test]
    fn a_fast_stroke_has_no_gaps() {
        let line = painted(1, [0.5, 0.5], [27.5, 20.5]);
        for column in 0..SIDE {
            assert!(line.iter().any(|cell| cell[1] == column), "{column}");
        }
        for pair in line.windows(2) {
            assert!(pair[1][0] - pair[0][0] <= 1, "{pair:?}");
        }
    }

    #[test]
    fn outside_of_the_image_nothing_is_painted() {
        assert!(painted(1, [-3.0, 5.0], [-1.0, 9.0]).is_empty());
        assert!(painted(3, [40.0, 40.0], [90.0, 40.0]).is_empty());
        assert_eq!(cell([-1.0, 99.0]), [27, 0]);
        assert_eq!(cell([f32::NAN, 2.0]), [2, 0]);
    }
}

//! Where in the photo the 28x28 picture lies.

use serde::{Deserialize, Serialize};

use super::trim::Bounds;
use shared::image::{Grey28, PIXELS, SIDE};

/// The square of the photo that the 28x28 picture shows, in the photo's pixels; it may extend beyond the photo.
///
/// The picture's pixel in column `i` and row `j` covers the square with the corner
/// `(x + i * side / 28, y + j * side / 28)` and the side `side / 28`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub x: f32,
    pub y: f32,
    pub side: f32,
}

/// How a rectangle of the photo is laid out on 28x28 cells: which cells it fills, and where each looks.
///
/// Cells are squares of the longest edge / 28. A short edge takes the nearest whole number of them, about its middle,
/// and these are centred as the data set's are: an odd cell is left over below or at the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    bounds: Bounds,
    /// Cells filled across and down.
    pub columns: usize,
    pub rows: usize,
    /// Empty cells before them.
    pub left: usize,
    pub top: usize,
}

impl Layout {
    pub fn of(bounds: Bounds) -> Self {
        let long = bounds.width.max(bounds.height);
        let cells = |edge: usize| ((2 * edge * SIDE + long) / (2 * long)).max(1);
        let (columns, rows) = (cells(bounds.width), cells(bounds.height));
        Self {
            bounds,
            columns,
            rows,
            left: (SIDE - columns) / 2,
            top: (SIDE - rows) / 2,
        }
    }

    /// The filled cells on an empty picture.
    pub fn picture(&self, cells: &[u8]) -> Grey28 {
        let mut pixels = [0; PIXELS];
        for (row, line) in cells.chunks_exact(self.columns).enumerate() {
            let start = (self.top + row) * SIDE + self.left;
            pixels[start..start + self.columns].copy_from_slice(line);
        }
        Grey28::new(pixels)
    }

    fn long(&self) -> usize {
        self.bounds.width.max(self.bounds.height)
    }

    /// The pixel column that a filled cell takes, of those in the trimmed photo.
    pub fn x(&self, column: usize) -> usize {
        self.bounds.left + middle(column, self.columns, self.bounds.width, self.long())
    }

    /// The pixel row that a filled cell takes.
    pub fn y(&self, row: usize) -> usize {
        self.bounds.top + middle(row, self.rows, self.bounds.height, self.long())
    }

    /// The square that all 28x28 cells cover, in pixels of the photo, which was shrunk by `factor`.
    pub fn frame(&self, factor: usize) -> Frame {
        let factor = factor as f32;
        let long = self.long() as f32;
        let cell = long / SIDE as f32;
        let start = |start: usize, edge: usize, cells: usize, empty: usize| {
            let centre = start as f32 + edge as f32 / 2.0;
            (centre - (cells as f32 / 2.0 + empty as f32) * cell) * factor
        };
        Frame {
            x: start(self.bounds.left, self.bounds.width, self.columns, self.left),
            y: start(self.bounds.top, self.bounds.height, self.rows, self.top),
            side: long * factor,
        }
    }
}

/// The pixel under the middle of a cell; of two that touch there the first, as ImageMagick's `-sample` takes it.
///
/// The middle is at `edge / 2 + (cell + 1/2 - cells / 2) * long / 28`, here in 56ths of a pixel.
fn middle(cell: usize, cells: usize, edge: usize, long: usize) -> usize {
    ((SIDE * edge + (2 * cell + 1) * long - cells * long - 1) / (2 * SIDE)).min(edge - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(left: usize, top: usize, width: usize, height: usize) -> Layout {
        Layout::of(Bounds {
            left,
            top,
            width,
            height,
        })
    }

    #[test]
    fn twice_the_size_skips_every_second_pixel() {
        let layout = layout(10, 20, 56, 56);
        assert_eq!(
            (layout.columns, layout.rows, layout.left, layout.top),
            (28, 28, 0, 0)
        );
        for i in 0..28 {
            assert_eq!((layout.x(i), layout.y(i)), (10 + 2 * i, 20 + 2 * i));
        }
        assert_eq!(
            layout.frame(1),
            Frame {
                x: 10.0,
                y: 20.0,
                side: 56.0
            }
        );
    }

    #[test]
    fn a_tall_photo_is_centred_and_its_odd_cell_is_at_the_right() {
        // 150 of 280: 15 cells of 10 pixels, 6 empty before and 7 after.
        let layout = layout(100, 0, 150, 280);
        assert_eq!(
            (layout.columns, layout.left, layout.rows, layout.top),
            (15, 6, 28, 0)
        );
        assert_eq!((layout.x(0), layout.x(14), layout.y(27)), (104, 244, 274));
        let frame = layout.frame(3);
        assert_eq!((frame.x, frame.y, frame.side), (120.0, 0.0, 840.0));
    }

    #[test]
    fn every_cell_takes_a_pixel_of_the_square_that_the_frame_gives_it() {
        for (width, height) in [
            (1, 300),
            (31, 30),
            (777, 1000),
            (9, 8),
            (280, 281),
            (1999, 3),
            (28, 13),
        ] {
            let layout = layout(7, 11, width, height);
            let frame = layout.frame(1);
            let cell = frame.side / 28.0;
            for i in 0..layout.columns {
                let centre = frame.x + ((layout.left + i) as f32 + 0.5) * cell;
                let x = layout.x(i);
                assert!((7..7 + width).contains(&x));
                assert!(
                    (x as f32 + 0.5 - centre).abs() <= 0.51,
                    "{width}x{height}: {x} {centre}"
                );
            }
            for j in 0..layout.rows {
                let centre = frame.y + ((layout.top + j) as f32 + 0.5) * cell;
                let y = layout.y(j);
                assert!((11..11 + height).contains(&y));
                assert!(
                    (y as f32 + 0.5 - centre).abs() <= 0.51,
                    "{width}x{height}: {y} {centre}"
                );
            }
        }
    }
}

//! The position of the 28x28 image in the photo, and nearest-neighbour sampling of its pixels.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use shared::image::{Grey28, PIXELS, SIDE};

use super::trim::Bounds;

/// The square of the photo that the 28x28 image shows, in the photo's pixels; it may extend beyond the photo.
///
/// The image's pixel in column `i` and row `j` covers the square with the corner
/// `(x + i * side / 28, y + j * side / 28)` and the side `side / 28`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub x: f32,
    pub y: f32,
    pub side: f32,
}

/// How a rectangle of the photo is laid out on 28x28 cells: which cells it fills, and which pixel each cell takes.
///
/// Cells are squares of the longer side / 28. The shorter side takes the nearest whole number of cells, about its middle.
/// They are centred as in the data set: of an odd number of empty cells, one more is below or to the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    bounds: Bounds,
    /// Filled cells across and down.
    pub columns: usize,
    pub rows: usize,
    /// Empty cells before them.
    pub left: usize,
    pub top: usize,
}

impl Layout {
    pub fn new(bounds: Bounds) -> Self {
        let longest = bounds.width.max(bounds.height);
        let cells = |edge: usize| ((2 * edge * SIDE + longest) / (2 * longest)).max(1);
        let (columns, rows) = (cells(bounds.width), cells(bounds.height));
        Self {
            bounds,
            columns,
            rows,
            left: (SIDE - columns) / 2,
            top: (SIDE - rows) / 2,
        }
    }

    /// Pads the filled cells with 0 to 28x28.
    ///
    /// # Shapes
    /// `cells` is `[rows, columns]`, row-major.
    pub fn pad(&self, cells: &[u8]) -> Grey28 {
        let mut pixels = [0; PIXELS];
        for (row, line) in cells.chunks_exact(self.columns).enumerate() {
            let start = (self.top + row) * SIDE + self.left;
            pixels[start..start + self.columns].copy_from_slice(line);
        }
        Grey28::new(pixels)
    }

    /// Nearest-neighbour sampling: the photo's pixel at the centre of each filled cell, with nothing averaged.
    ///
    /// # Shapes
    /// `[rows, columns]`, row-major.
    pub fn sample(&self, pixel: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        let mut cells = Vec::with_capacity(self.rows * self.columns);
        for row in 0..self.rows {
            for column in 0..self.columns {
                cells.push(pixel(self.x(column), self.y(row)));
            }
        }
        cells
    }

    /// Whether the rectangle has fewer pixels than cells, so that cells lie between pixels.
    pub fn enlarges(&self) -> bool {
        self.longest() < SIDE
    }

    /// Bilinear interpolation at the centre of each filled cell; beyond the rectangle its edge pixels repeat.
    ///
    /// # Shapes
    /// `[rows, columns]`, row-major.
    pub fn interpolate(&self, pixel: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        let cell = self.longest() as f32 / SIDE as f32;
        let neighbours = |i: usize, cells: usize, edge: usize| {
            let centre = edge as f32 / 2.0 + (i as f32 + 0.5 - cells as f32 / 2.0) * cell - 0.5;
            let at = centre.clamp(0.0, (edge - 1) as f32);
            let first = at as usize;
            (first, (first + 1).min(edge - 1), at - first as f32)
        };
        let mut cells = Vec::with_capacity(self.rows * self.columns);
        for row in 0..self.rows {
            let (top, bottom, v) = neighbours(row, self.rows, self.bounds.height);
            for column in 0..self.columns {
                let (left, right, u) = neighbours(column, self.columns, self.bounds.width);
                let value = |x: usize, y: usize| {
                    f32::from(pixel(self.bounds.left + x, self.bounds.top + y))
                };
                let across = |y: usize| value(left, y) + u * (value(right, y) - value(left, y));
                let grey = across(top) + v * (across(bottom) - across(top));
                cells.push((grey + 0.5) as u8);
            }
        }
        cells
    }

    fn longest(&self) -> usize {
        self.bounds.width.max(self.bounds.height)
    }

    /// The photo's pixel column at the centre of a column of cells.
    fn x(&self, column: usize) -> usize {
        self.bounds.left + centre_pixel(column, self.columns, self.bounds.width, self.longest())
    }

    /// The photo's pixel row at the centre of a row of cells.
    fn y(&self, row: usize) -> usize {
        self.bounds.top + centre_pixel(row, self.rows, self.bounds.height, self.longest())
    }

    /// The square that all 28x28 cells cover, in pixels of a photo that was downscaled by `factor`.
    pub fn frame(&self, factor: usize) -> Frame {
        let factor = factor as f32;
        let longest = self.longest() as f32;
        let cell = longest / SIDE as f32;
        let start = |start: usize, edge: usize, cells: usize, empty: usize| {
            let centre = start as f32 + edge as f32 / 2.0;
            (centre - (cells as f32 / 2.0 + empty as f32) * cell) * factor
        };
        Frame {
            x: start(self.bounds.left, self.bounds.width, self.columns, self.left),
            y: start(self.bounds.top, self.bounds.height, self.rows, self.top),
            side: longest * factor,
        }
    }
}

/// The pixel at the centre of a cell; of two that touch there the first, as ImageMagick's `-sample` takes it.
///
/// The centre is at `edge / 2 + (cell + 1/2 - cells / 2) * longest / 28`, here in 56ths of a pixel.
fn centre_pixel(cell: usize, cells: usize, edge: usize, longest: usize) -> usize {
    ((SIDE * edge + (2 * cell + 1) * longest - cells * longest - 1) / (2 * SIDE)).min(edge - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(left: usize, top: usize, width: usize, height: usize) -> Layout {
        Layout::new(Bounds {
            left,
            top,
            width,
            height,
        })
    }

    #[test]
    fn sampling_a_photo_of_twice_the_size_skips_every_second_pixel() {
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
    fn a_tall_photo_is_centred_with_the_odd_empty_cell_at_the_right() {
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
    fn every_cell_takes_a_pixel_within_its_square_of_the_frame() {
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

    #[test]
    fn enlarging_interpolates_between_pixels() {
        let layout = layout(2, 3, 14, 7);
        assert!(layout.enlarges() && (layout.columns, layout.rows) == (28, 14));
        let cells = layout.interpolate(|x, y| 10 * (x - 2) as u8 + (y - 3) as u8);
        // The centres are a quarter of a pixel before and after those of the pixels.
        assert_eq!(cells[..4], [0, 3, 8, 13]);
        assert_eq!(cells[27], 130);
        assert_eq!(cells[13 * 28], 6);
        assert!(
            !super::Layout::new(Bounds {
                left: 0,
                top: 0,
                width: 28,
                height: 3
            })
            .enlarges()
        );
    }

    #[test]
    fn cells_take_single_pixels_and_average_nothing() {
        // Columns alternate between two greys; every second one is taken, so only one grey is seen.
        let cells = |left| layout(left, 0, 56, 28).sample(|x, _| if x % 2 == 0 { 200 } else { 20 });
        assert_eq!(cells(0), [200; 28 * 14]);
        assert_eq!(cells(1), [20; 28 * 14]);
    }
}

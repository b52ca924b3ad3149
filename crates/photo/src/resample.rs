//! The trimmed photo on at most 28x28 cells, in grey: rows and columns are skipped, nothing is averaged.

use alloc::vec::Vec;

use super::backdrop::Backdrop;
use super::flat::Flat;
use super::frame::Layout;

/// Takes the pixel in the middle of each filled cell.
///
/// # Shapes
/// `[layout.rows, layout.columns]`, row-major; the background light.
pub(super) fn resample(flat: &Flat, backdrop: &Backdrop, layout: &Layout) -> Vec<u8> {
    (0..layout.rows)
        .flat_map(|row| (0..layout.columns).map(move |column| (layout.x(column), layout.y(row))))
        .map(|(x, y)| backdrop.grey(flat.pixel(x, y)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::trim::Bounds;
    use super::*;

    #[test]
    fn cells_take_single_pixels_and_no_mixture() {
        // Columns alternate between two greys; every second one is taken, so only one grey is seen.
        let flat = Flat {
            width: 60,
            height: 60,
            factor: 1,
            pixels: (0..3600)
                .map(|i| [if i % 2 == 0 { 200 } else { 20 }; 3])
                .collect(),
        };
        let white = Flat {
            width: 8,
            height: 8,
            factor: 1,
            pixels: [[255; 3]; 64].to_vec(),
        };
        let backdrop = Backdrop::of(&white);
        let cells = |left| {
            let layout = Layout::of(Bounds {
                left,
                top: 0,
                width: 56,
                height: 28,
            });
            resample(&flat, &backdrop, &layout)
        };
        assert_eq!(cells(0), [200; 28 * 14]);
        assert_eq!(cells(1), [20; 28 * 14]);
    }
}

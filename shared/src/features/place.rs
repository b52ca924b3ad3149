//! Where in the image a feature comes from.

use serde::{Deserialize, Serialize};

use super::hog;
use crate::image::{PIXELS, SIDE};

/// The place of a feature in the image that the features are computed from, which is mirrored if
/// [`Sample::is_mirrored`](super::Sample::is_mirrored). Rows and columns count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeaturePlace {
    /// The strength of gradients of one orientation in a cell.
    Gradient {
        /// The cell's side in pixels.
        cell: u8,
        row: u8,
        column: u8,
        /// In twelfths of the full circle, from right over down.
        orientation: u8,
    },
    /// The brightness of a pixel.
    Pixel { row: u8, column: u8 },
}

impl FeaturePlace {
    /// The place of the feature of that index; `None` if there is none.
    pub fn of(index: usize) -> Option<Self> {
        let mut index = index;
        for cell in hog::CELLS {
            let side = SIDE / cell;
            let count = side * side * hog::ORIENTATIONS;
            if index < count {
                let (at, orientation) = (index / hog::ORIENTATIONS, index % hog::ORIENTATIONS);
                return Some(Self::Gradient {
                    cell: cell as u8,
                    row: (at / side) as u8,
                    column: (at % side) as u8,
                    orientation: orientation as u8,
                });
            }
            index -= count;
        }
        (index < PIXELS).then_some(Self::Pixel {
            row: (index / SIDE) as u8,
            column: (index % SIDE) as u8,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{DIMENSIONS, extract};
    use crate::image::Grey28;

    #[test]
    fn a_feature_s_place_is_where_the_image_has_it() {
        // A bright bar in the rows 8 to 11, from column 16 or, mirrored, from column 0 on.
        let image = Grey28::new(core::array::from_fn(|i| {
            let (row, column) = (i / SIDE, i % SIDE);
            let inside = (8..12).contains(&row) && (16..28).contains(&column);
            u8::from(inside) * 200
        }));
        let features = extract(&image);
        for cell in hog::CELLS {
            let strongest = (0..DIMENSIONS)
                .filter(|&i| {
                    matches!(FeaturePlace::of(i), Some(FeaturePlace::Gradient { cell: c, .. }) if usize::from(c) == cell)
                })
                .max_by(|&a, &b| features[a].total_cmp(&features[b]));
            let place = FeaturePlace::of(strongest.unwrap()).unwrap();
            let FeaturePlace::Gradient { row, .. } = place else {
                panic!("{place:?}");
            };
            let (top, bottom) = (usize::from(row) * cell, (usize::from(row) + 1) * cell);
            // All gradients are at the bar or beside it.
            assert!(bottom > 6 && top < 14, "{place:?}");
        }
        let brightest = (hog::DIMENSIONS..DIMENSIONS)
            .find(|&i| features[i] > 0.1)
            .map(FeaturePlace::of);
        assert!(
            matches!(
                brightest,
                Some(Some(FeaturePlace::Pixel {
                    row: 8,
                    column: 0 | 16
                }))
            ),
            "{brightest:?}"
        );
    }

    #[test]
    fn scales_follow_each_other_and_then_the_pixels() {
        let gradient = |cell, row, column, orientation| {
            Some(FeaturePlace::Gradient {
                cell,
                row,
                column,
                orientation,
            })
        };
        assert_eq!(FeaturePlace::of(0), gradient(2, 0, 0, 0));
        let second = 14 * 14 * 12;
        assert_eq!(FeaturePlace::of(second - 1), gradient(2, 13, 13, 11));
        assert_eq!(
            FeaturePlace::of(second + (3 * 7 + 2) * 12 + 5),
            gradient(4, 3, 2, 5)
        );
        let pixel = |row, column| Some(FeaturePlace::Pixel { row, column });
        assert_eq!(FeaturePlace::of(DIMENSIONS - 1), pixel(27, 27));
        assert_eq!(FeaturePlace::of(DIMENSIONS), None);
    }
}

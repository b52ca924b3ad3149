//! The crop rectangle, whose four edges can be moved one by one.

use photo::Crop;

/// The smallest width and height, as a share of the photo: less does not show a garment.
const MIN_SIZE: f32 = 0.05;

/// An edge of the crop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    Left,
    Right,
    Top,
    Bottom,
}

impl Edge {
    pub const ALL: [Self; 4] = [Self::Left, Self::Right, Self::Top, Self::Bottom];

    /// The name of the edge's slider in attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Top => "top",
            Self::Bottom => "bottom",
        }
    }

    /// The title of the slider.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Left => "Left",
            Self::Right => "Right",
            Self::Top => "Top",
            Self::Bottom => "Bottom",
        }
    }

    /// The edge's position, as a share of the photo's width or height.
    pub fn position(self, crop: Crop) -> f32 {
        match self {
            Self::Left => crop.left,
            Self::Right => crop.left + crop.width,
            Self::Top => crop.top,
            Self::Bottom => crop.top + crop.height,
        }
    }

    /// The crop with this edge moved, but not beyond the opposite edge.
    pub fn move_to(self, crop: Crop, to: f32) -> Crop {
        let [left, right, top, bottom] = Self::ALL.map(|edge| edge.position(crop));
        let before = |end: f32| to.clamp(0.0, (end - MIN_SIZE).max(0.0));
        let after = |start: f32| to.clamp((start + MIN_SIZE).min(1.0), 1.0);
        match self {
            Self::Left => rectangle([before(right), top], [right, bottom]),
            Self::Right => rectangle([left, top], [after(left), bottom]),
            Self::Top => rectangle([left, before(bottom)], [right, bottom]),
            Self::Bottom => rectangle([left, top], [right, after(top)]),
        }
    }
}

/// The rectangle between two opposite corners, clamped to the photo.
pub fn rectangle(from: [f32; 2], to: [f32; 2]) -> Crop {
    let low = |i: usize| from[i].min(to[i]).clamp(0.0, 1.0);
    let high = |i: usize| from[i].max(to[i]).clamp(0.0, 1.0);
    Crop {
        left: low(0),
        top: low(1),
        width: high(0) - low(0),
        height: high(1) - low(1),
    }
}

/// Whether a rectangle is large enough for a crop; a click without a drag is not.
pub fn is_large_enough(crop: Crop) -> bool {
    crop.width >= MIN_SIZE && crop.height >= MIN_SIZE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_moves_alone_and_stops_before_the_opposite_edge() {
        for edge in Edge::ALL {
            let moved = edge.move_to(Crop::WHOLE, 0.5);
            for other in Edge::ALL {
                let expected = if other == edge {
                    0.5
                } else {
                    other.position(Crop::WHOLE)
                };
                assert_eq!(other.position(moved), expected, "{edge:?} {other:?}");
            }
        }
        let right = Edge::Right.move_to(Crop::WHOLE, 0.3);
        assert_eq!(
            Edge::Left.position(Edge::Left.move_to(right, 0.9)),
            0.3 - MIN_SIZE
        );
        assert!(is_large_enough(Edge::Left.move_to(right, 0.2)));
    }

    #[test]
    fn a_rectangle_is_clamped_to_the_photo() {
        let crop = rectangle([0.75, -0.5], [0.25, 0.5]);
        assert_eq!(Edge::ALL.map(|e| e.position(crop)), [0.25, 0.75, 0.0, 0.5]);
        assert!(!is_large_enough(rectangle([0.5, 0.5], [0.51, 0.9])));
    }
}

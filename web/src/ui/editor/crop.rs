//! The four edges of a crop, each to be moved alone.

use photo::Crop;

/// What is left between two edges at least, as a share of the photo: less shows no garment.
pub const LEAST: f32 = 0.05;

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

    /// The name in the page's hooks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Top => "top",
            Self::Bottom => "bottom",
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Left => "Left",
            Self::Right => "Right",
            Self::Top => "Top",
            Self::Bottom => "Bottom",
        }
    }

    /// Where the edge lies, in shares of the photo's width or height.
    pub fn of(self, crop: Crop) -> f32 {
        match self {
            Self::Left => crop.left,
            Self::Right => crop.left + crop.width,
            Self::Top => crop.top,
            Self::Bottom => crop.top + crop.height,
        }
    }

    /// The crop with this edge somewhere else, as far as the opposite one lets it.
    pub fn moved(self, crop: Crop, to: f32) -> Crop {
        let [left, right, top, bottom] = Self::ALL.map(|edge| edge.of(crop));
        let before = |end: f32| to.clamp(0.0, (end - LEAST).max(0.0));
        let after = |start: f32| to.clamp((start + LEAST).min(1.0), 1.0);
        match self {
            Self::Left => between([before(right), top], [right, bottom]),
            Self::Right => between([left, top], [after(left), bottom]),
            Self::Top => between([left, before(bottom)], [right, bottom]),
            Self::Bottom => between([left, top], [right, after(top)]),
        }
    }
}

/// The rectangle between two opposite corners, as far as it lies on the photo.
pub fn between(from: [f32; 2], to: [f32; 2]) -> Crop {
    let low = |i: usize| from[i].min(to[i]).clamp(0.0, 1.0);
    let high = |i: usize| from[i].max(to[i]).clamp(0.0, 1.0);
    Crop {
        left: low(0),
        top: low(1),
        width: high(0) - low(0),
        height: high(1) - low(1),
    }
}

/// Whether a rectangle is large enough to be meant; a click is not.
pub fn is_meant(crop: Crop) -> bool {
    crop.width >= LEAST && crop.height >= LEAST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_moves_alone_and_stops_before_the_other() {
        for edge in Edge::ALL {
            let moved = edge.moved(Crop::WHOLE, 0.5);
            for other in Edge::ALL {
                let expected = if other == edge {
                    0.5
                } else {
                    other.of(Crop::WHOLE)
                };
                assert_eq!(other.of(moved), expected, "{edge:?} {other:?}");
            }
        }
        let right = Edge::Right.moved(Crop::WHOLE, 0.3);
        assert_eq!(Edge::Left.of(Edge::Left.moved(right, 0.9)), 0.3 - LEAST);
        assert!(is_meant(Edge::Left.moved(right, 0.2)));
    }

    #[test]
    fn any_two_corners_make_a_rectangle_on_the_photo() {
        let crop = between([0.75, -0.5], [0.25, 0.5]);
        assert_eq!(Edge::ALL.map(|e| e.of(crop)), [0.25, 0.75, 0.0, 0.5]);
        assert!(!is_meant(between([0.5, 0.5], [0.51, 0.9])));
    }
}

//! Placement of labels in a plot, so that they do not overlap.

use crate::Point;
use crate::markup::Anchor;

/// The y of each label, moved down where a label would be less than `gap` below another one that it overlaps in x.
///
/// `labels` are (left, right, y); the result is in the same order.
pub fn spread(labels: &[(f64, f64, f64)], gap: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|a, b| labels[*a].2.total_cmp(&labels[*b].2));
    let mut heights: Vec<f64> = labels.iter().map(|l| l.2).collect();
    for (n, &i) in order.iter().enumerate() {
        let (left, right, _) = labels[i];
        // The labels above have their final heights, topmost first.
        for &above in &order[..n] {
            let (l, r, _) = labels[above];
            let is_beside = right < l || r < left;
            if !is_beside && (heights[i] - heights[above]).abs() < gap {
                heights[i] = heights[above] + gap;
            }
        }
    }
    heights
}

/// A mark in a plot, and the size of the label that belongs to it. In pixels.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    pub center: Point,
    pub radius: f64,
    pub label_width: f64,
    pub label_height: f64,
}

/// A rectangle: its upper left and its lower right corner.
#[derive(Clone, Copy, Debug)]
struct Rect(Point, Point);

impl Rect {
    fn around((x, y): Point, radius: f64) -> Self {
        Self((x - radius, y - radius), (x + radius, y + radius))
    }

    /// The area that two rectangles share.
    fn overlap(&self, other: &Self) -> f64 {
        let width = self.1.0.min(other.1.0) - self.0.0.max(other.0.0);
        let height = self.1.1.min(other.1.1) - self.0.1.max(other.0.1);
        width.max(0.0) * height.max(0.0)
    }

    fn is_within(&self, bounds: &Self) -> bool {
        let (from, to) = (bounds.0, bounds.1);
        self.0.0 >= from.0 && self.1.0 <= to.0 && self.0.1 >= from.1 && self.1.1 <= to.1
    }
}

/// A line blocks labels as so many small squares.
const SQUARES: u32 = 100;
/// Half a square's side, and the distance that is kept from a mark's edge.
const CLEARANCE: f64 = 2.0;
/// From a mark's edge to its label, beside it and above it.
const BESIDE: f64 = 5.0;
const ABOVE: f64 = 12.0;

/// For each mark, in their order, the middle of its label's start, middle or end: the first of eight positions around the
/// mark that is within `bounds` and covers no mark, line or earlier label; else the one that covers least.
pub fn place(marks: &[Mark], bounds: (Point, Point), lines: &[[Point; 2]]) -> Vec<(Point, Anchor)> {
    let bounds = Rect(bounds.0, bounds.1);
    let discs = marks
        .iter()
        .map(|m| Rect::around(m.center, m.radius + CLEARANCE));
    let squares = lines.iter().flat_map(|&[from, to]| {
        (0..=SQUARES).map(move |i| {
            let part = f64::from(i) / f64::from(SQUARES);
            let between = |a: f64, b: f64| a + (b - a) * part;
            Rect::around((between(from.0, to.0), between(from.1, to.1)), CLEARANCE)
        })
    });
    let mut taken: Vec<Rect> = discs.chain(squares).collect();
    let mut placed = Vec::with_capacity(marks.len());
    for mark in marks {
        let mut best: Option<(f64, (Point, Anchor), Rect)> = None;
        for (at, anchor) in positions(mark) {
            let rect = label_rect(mark, at, anchor);
            if !rect.is_within(&bounds) {
                continue;
            }
            let covered: f64 = taken.iter().map(|t| rect.overlap(t)).sum();
            if best.is_none_or(|(least, ..)| covered < least) {
                best = Some((covered, (at, anchor), rect));
            }
        }
        if let Some((_, position, rect)) = best {
            taken.push(rect);
            placed.push(position);
        } else {
            // The mark is too near the bounds for its label: to its right all the same.
            placed.push(positions(mark)[0]);
        }
    }
    placed
}

/// The possible positions of a mark's label, the best first.
fn positions(mark: &Mark) -> [(Point, Anchor); 8] {
    let (beside, near, above) = (mark.radius + BESIDE, mark.radius / 2.0, mark.radius + ABOVE);
    [
        (Anchor::Start, beside, 0.0),
        (Anchor::End, -beside, 0.0),
        (Anchor::Middle, 0.0, -above),
        (Anchor::Middle, 0.0, above),
        (Anchor::Start, near, -above),
        (Anchor::Start, near, above),
        (Anchor::End, -near, -above),
        (Anchor::End, -near, above),
    ]
    .map(|(anchor, x, y)| ((mark.center.0 + x, mark.center.1 + y), anchor))
}

/// The rectangle of a label at this position.
fn label_rect(mark: &Mark, at: Point, anchor: Anchor) -> Rect {
    let left = match anchor {
        Anchor::Start => at.0,
        Anchor::Middle => at.0 - mark.label_width / 2.0,
        Anchor::End => at.0 - mark.label_width,
    };
    let half = mark.label_height / 2.0;
    Rect((left, at.1 - half), (left + mark.label_width, at.1 + half))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: (Point, Point) = ((0.0, 0.0), (500.0, 500.0));

    fn mark(x: f64, y: f64) -> Mark {
        Mark {
            center: (x, y),
            radius: 7.0,
            label_width: 80.0,
            label_height: 18.0,
        }
    }

    #[test]
    fn spread_labels_keep_their_distance() {
        let labels = [
            (0.0, 50.0, 20.0),
            (40.0, 90.0, 22.0),
            (200.0, 250.0, 21.0),
            (10.0, 30.0, 25.0),
        ];
        // The third has nothing beside it.
        assert_eq!(spread(&labels, 14.0), [20.0, 34.0, 21.0, 34.0]);
    }

    #[test]
    fn labels_of_neighbours_do_not_overlap() {
        let marks = [
            (250.0, 250.0),
            (250.0, 263.0),
            (495.0, 250.0),
            (250.0, 276.0),
        ];
        let marks = marks.map(|(x, y)| mark(x, y));
        let placed = place(&marks, BOUNDS, &[]);
        let rects = marks.iter().zip(&placed);
        let rects: Vec<Rect> = rects.map(|(m, (at, a))| label_rect(m, *at, *a)).collect();
        for (i, rect) in rects.iter().enumerate() {
            assert!(rect.is_within(&Rect(BOUNDS.0, BOUNDS.1)), "{rect:?}");
            for other in &rects[..i] {
                assert_eq!(rect.overlap(other), 0.0, "{rects:?}");
            }
        }
    }

    #[test]
    fn a_label_is_not_put_on_a_line() {
        let marks = [mark(250.0, 250.0)];
        let (free, anchor) = place(&marks, BOUNDS, &[])[0];
        assert_eq!((free.1, anchor), (250.0, Anchor::Start));
        let lines = [
            [(250.0, 250.0), (450.0, 250.0)],
            [(50.0, 250.0), (250.0, 250.0)],
        ];
        let (aside, _) = place(&marks, BOUNDS, &lines)[0];
        assert!((aside.1 - 250.0).abs() > 10.0, "{aside:?}");
    }
}

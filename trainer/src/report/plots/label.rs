//! Names beside marks, where they cover neither each other nor a mark.

use super::canvas::{NAME, Point, px};

/// A mark and its name.
pub struct Named {
    pub at: Point,
    pub radius: i32,
    pub name: String,
}

/// Where a name is from its point: to the right, to the left, on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    From,
    To,
    Around,
}

/// A box of paper, from its upper left to its lower right corner.
#[derive(Clone, Copy)]
struct Area(Point, Point);

impl Area {
    /// How much of two boxes is the same.
    fn shared(&self, other: &Self) -> i64 {
        let along = |a: (i32, i32), b: (i32, i32)| i64::from((a.1.min(b.1) - a.0.max(b.0)).max(0));
        along((self.0.0, self.1.0), (other.0.0, other.1.0))
            * along((self.0.1, self.1.1), (other.0.1, other.1.1))
    }

    fn is_within(&self, (from, to): (Point, Point)) -> bool {
        self.0.0 >= from.0 && self.1.0 <= to.0 && self.0.1 >= from.1 && self.1.1 <= to.1
    }
}

/// A line is in the way as so many beads.
const BEADS: i32 = 100;

/// Where each name is, at the height of its middle: the first place beside its mark that is free, within `bounds`
/// and off the `lines`; else the one that covers least.
pub fn placed(marks: &[Named], bounds: (Point, Point), lines: &[[Point; 2]]) -> Vec<(Point, Side)> {
    let half = px(9);
    let around = |at: Point, r: i32| Area((at.0 - r, at.1 - r), (at.0 + r, at.1 + r));
    let dots = marks.iter().map(|m| around(m.at, m.radius + 4));
    let beads = lines.iter().flat_map(|&[from, to]| {
        let along = |a: i32, b: i32, i: i32| a + (b - a) * i / BEADS;
        (0..=BEADS).map(move |i| around((along(from.0, to.0, i), along(from.1, to.1, i)), 4))
    });
    let mut taken: Vec<Area> = dots.chain(beads).collect();
    let place = |mark: &Named| {
        let width = NAME.width(&mark.name);
        let (aside, near) = (mark.radius + px(5), mark.radius / 2);
        let up = mark.radius + px(12);
        let beside = [
            (Side::From, aside, 0),
            (Side::To, -aside, 0),
            (Side::Around, 0, -up),
            (Side::Around, 0, up),
            (Side::From, near, -up),
            (Side::From, near, up),
            (Side::To, -near, -up),
            (Side::To, -near, up),
        ];
        let mut best: Option<(i64, (Point, Side), Area)> = None;
        for (side, x, y) in beside {
            let at = (mark.at.0 + x, mark.at.1 + y);
            let start = match side {
                Side::From => at.0,
                Side::To => at.0 - width,
                Side::Around => at.0 - width / 2,
            };
            let area = Area((start, at.1 - half), (start + width, at.1 + half));
            if !area.is_within(bounds) {
                continue;
            }
            let covered: i64 = taken.iter().map(|t| area.shared(t)).sum();
            if best.is_none_or(|(least, ..)| covered < least) {
                best = Some((covered, (at, side), area));
            }
        }
        // A mark too near two edges for its name: to its right all the same.
        let Some((_, place, area)) = best else {
            return ((mark.at.0 + aside, mark.at.1), Side::From);
        };
        taken.push(area);
        place
    };
    marks.iter().map(place).collect()
}

/// Heights moved apart, in their order, until they are `apart`.
pub fn spread(heights: &mut [i32], apart: i32) {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by_key(|&i| heights[i]);
    for pair in order.windows(2) {
        let gap = heights[pair[1]] - heights[pair[0]];
        if gap < apart {
            let push = apart - gap;
            heights[pair[0]] -= push / 2;
            heights[pair[1]] += push - push / 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(x: i32, y: i32) -> Named {
        Named {
            at: (x, y),
            radius: 14,
            name: "SVM 93.45%".into(),
        }
    }

    #[test]
    fn names_of_neighbours_do_not_cover_each_other() {
        let marks = [(500, 500), (500, 526), (990, 500), (500, 552)].map(|(x, y)| mark(x, y));
        let bounds = ((0, 0), (1000, 1000));
        let starts = placed(&marks, bounds, &[]);
        let width = NAME.width(&marks[0].name);
        let areas = starts.iter().map(|((x, y), side)| {
            let start = match side {
                Side::From => *x,
                Side::To => x - width,
                Side::Around => x - width / 2,
            };
            Area((start, y - 18), (start + width, y + 18))
        });
        let areas: Vec<_> = areas.collect();
        for (i, a) in areas.iter().enumerate() {
            assert!(a.is_within(bounds), "{:?}", starts[i]);
            for b in &areas[..i] {
                assert_eq!(a.shared(b), 0, "{starts:?}");
            }
        }
    }

    #[test]
    fn a_name_is_set_beside_a_line_and_not_on_it() {
        let marks = [mark(500, 500)];
        let bounds = ((0, 0), (1000, 1000));
        let (free, side) = placed(&marks, bounds, &[])[0];
        assert_eq!((free.1, side), (500, Side::From));
        let through = [[(500, 500), (900, 500)], [(100, 500), (500, 500)]];
        let (aside, _) = placed(&marks, bounds, &through)[0];
        assert!((aside.1 - 500).abs() > 20, "{aside:?}");
    }

    #[test]
    fn heights_are_moved_apart_about_their_middle() {
        let mut heights = [100, 90];
        spread(&mut heights, 30);
        assert_eq!(heights, [110, 80]);
        let mut far = [0, 100];
        spread(&mut far, 30);
        assert_eq!(far, [0, 100]);
    }
}

//! Frames around a picture: bars, borders, plot axes, windows of a screenshot. Finds the part inside.

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::background::Background;
use super::edits::Crop;
use super::rgb_image::{RgbImage, luma};
use super::trim::trim;

/// Frames are searched in an image of at most this many pixels on its longer side.
const LONGEST: usize = 480;
/// The smallest difference of a channel between the pixels at both sides of an edge.
const EDGE: i16 = 32;
/// The same where the pixels on each side are like their neighbours, as in drawn windows: a page in a light grey, for example.
const FLAT_EDGE: i16 = 9;
/// The largest difference of a channel between such neighbours.
const FLAT: u8 = 1;
/// The share of a side that must be an edge.
const MIN_COVERAGE: f32 = 0.9;
/// The lines with the strongest edges are candidates for a side; so many in each direction.
const MAX_LINES: usize = 28;
/// A line's edge has at least this share of the image's side.
const MIN_LINE: f32 = 0.25;
/// The part inside has at least this share of the image's sides.
const MIN_SIDE: f32 = 0.3;
/// Its content has at least this share of its longer side: otherwise it is a label, not a picture.
const MIN_CONTENT: f32 = 0.4;
/// Its content has at least this share of its area.
const MIN_AREA: f32 = 0.05;
/// Pixels on both sides of a line that belong to its edge.
const EDGE_WIDTH: usize = 2;
/// The smallest square of an enlarged pixel, and the least number of changes between them in each direction.
const MIN_STEP: usize = 3;
const MIN_STEPS: usize = 8;
/// Frames within frames, such as a photo in a page in a window. A frame's sides may be found one after the other.
const MAX_NESTED: usize = 8;
/// The share of the pixels outside of a side that must differ from the colour inside.
const MIN_DIFFERENT: f32 = 0.7;
/// Bars around a photo without a plain background are at most this bright, and cover at least this share of the image.
const DARK_BAR: u8 = 40;
const MIN_BARS: f32 = 0.02;

/// A rectangle of pixels.
#[derive(Clone, Debug, PartialEq)]
struct Rectangle {
    columns: Range<usize>,
    rows: Range<usize>,
}

/// The part of the image inside a frame, as shares of its sides; `None` where there is no frame.
pub fn inside_frame(image: &RgbImage) -> Option<Crop> {
    let small = image.downscaled(LONGEST);
    let mut whole = Rectangle {
        columns: 0..small.width,
        rows: 0..small.height,
    };
    let mut found = false;
    for _ in 0..MAX_NESTED {
        if is_enlarged(&image.cropped(
            scaled(&whole.columns, small.width, image.width),
            scaled(&whole.rows, small.height, image.height),
        )) {
            break;
        }
        let part = small.cropped(whole.columns.clone(), whole.rows.clone());
        let Some(inner) = find(&part) else {
            break;
        };
        found = true;
        whole = Rectangle {
            columns: whole.columns.start + inner.columns.start
                ..whole.columns.start + inner.columns.end,
            rows: whole.rows.start + inner.rows.start..whole.rows.start + inner.rows.end,
        };
    }
    let share = |pixels: usize, side: usize| pixels as f32 / side as f32;
    found.then(|| Crop {
        left: share(whole.columns.start, small.width),
        top: share(whole.rows.start, small.height),
        width: share(whole.columns.len(), small.width),
        height: share(whole.rows.len(), small.height),
    })
}

/// A range of a side's pixels at another length of the side.
fn scaled(range: &Range<usize>, from: usize, to: usize) -> Range<usize> {
    range.start * to / from..range.end * to / from
}

/// Whether an image was enlarged by repeating pixels: then its edges are those of squares, and no frames.
fn is_enlarged(image: &RgbImage) -> bool {
    let row = |y: usize| &image.pixels[y * image.width..][..image.width];
    let rows = (1..image.height).filter(|&y| row(y) != row(y - 1));
    let differs = |x: usize| {
        let mut rows = image.pixels.chunks_exact(image.width);
        rows.any(|row| row[x] != row[x - 1])
    };
    let columns = (1..image.width).filter(|&x| differs(x));
    has_wide_steps(rows) && has_wide_steps(columns)
}

/// Whether there are many changes, none close to another.
fn has_wide_steps(changes: impl Iterator<Item = usize>) -> bool {
    let mut previous = None;
    let mut count = 0;
    for change in changes {
        if previous.is_some_and(|p| change - p < MIN_STEP) {
            return false;
        }
        previous = Some(change);
        count += 1;
    }
    count >= MIN_STEPS
}

/// The part inside the largest frame of an image.
fn find(image: &RgbImage) -> Option<Rectangle> {
    let across = Edges::horizontal(image);
    let down = Edges::vertical(image);
    let rows = sides(across.lines(), image.height);
    let columns = sides(down.lines(), image.width);
    let mut candidates = Vec::new();
    for rows in &rows {
        for columns in &columns {
            let has_sides = across.covers(rows, columns) && down.covers(columns, rows);
            let is_whole = rows.len() == image.height && columns.len() == image.width;
            // A thin border goes all around; a line at one edge is a joint of tiles.
            let is_border = !is_thin(rows, image.height) && !is_thin(columns, image.width)
                || is_inner(rows, image.height) && is_inner(columns, image.width);
            if has_sides && !is_whole && is_border {
                candidates.push(Rectangle {
                    columns: inner(columns, image.width),
                    rows: inner(rows, image.height),
                });
            }
        }
    }
    candidates.sort_by_key(|r| core::cmp::Reverse(r.columns.len() * r.rows.len()));
    candidates
        .iter()
        .find(|r| has_plain_picture(image, r))
        .or_else(|| candidates.iter().find(|r| has_dark_bars(image, r)))
        .cloned()
}

/// Pairs of lines that may be opposite sides, the image's own edges included.
fn sides(lines: Vec<usize>, length: usize) -> Vec<Range<usize>> {
    let mut all = lines;
    all.push(0);
    all.push(length);
    let min = (MIN_SIDE * length as f32) as usize;
    let mut pairs = Vec::new();
    for &start in &all {
        for &end in &all {
            if start + min.max(2 * EDGE_WIDTH + 2) <= end {
                pairs.push(start..end);
            }
        }
    }
    pairs
}

/// Whether there is a side so close to the image's edge that nothing outside of it can be compared.
fn is_thin(sides: &Range<usize>, length: usize) -> bool {
    let thin = 1..=3 * EDGE_WIDTH;
    thin.contains(&sides.start) || thin.contains(&(length - sides.end))
}

/// Whether neither side is the image's own edge.
fn is_inner(sides: &Range<usize>, length: usize) -> bool {
    sides.start > 0 && sides.end < length
}

/// What is inside of two sides, without their edges.
fn inner(sides: &Range<usize>, length: usize) -> Range<usize> {
    let start = if sides.start == 0 {
        0
    } else {
        sides.start + EDGE_WIDTH
    };
    let end = if sides.end == length {
        length
    } else {
        sides.end - EDGE_WIDTH
    };
    start..end
}

/// Whether a rectangle holds a picture on a plain background of another colour than what is outside.
fn has_plain_picture(image: &RgbImage, rectangle: &Rectangle) -> bool {
    let part = image.cropped(rectangle.columns.clone(), rectangle.rows.clone());
    let background = Background::estimate(&part);
    if !background.is_plain(&part) {
        return false;
    }
    let Some(content) = trim(&part, &background) else {
        return false;
    };
    let longest = part.width.max(part.height) as f32;
    let is_large = content.width.max(content.height) as f32 >= MIN_CONTENT * longest;
    let has_centre =
        |start: usize, length: usize, side: usize| 2 * start < side && 2 * (start + length) > side;
    let is_central = has_centre(content.left, content.width, part.width)
        && has_centre(content.top, content.height, part.height);
    let pixels = part
        .pixels
        .iter()
        .filter(|&&c| !background.contains(c))
        .count();
    let is_solid = pixels as f32 >= MIN_AREA * part.pixels.len() as f32;
    // What reaches from one edge of the image to the other is a pattern: the boards of a floor.
    let is_pattern = (part.width == image.width && content.width == part.width)
        || (part.height == image.height && content.height == part.height);
    is_large
        && is_central
        && is_solid
        && !is_pattern
        && outside(image, rectangle).all(|line| {
            let different = line.iter().filter(|&&c| !background.contains(c)).count();
            different as f32 >= MIN_DIFFERENT * line.len() as f32
        })
}

/// Whether a rectangle holds a photo without a plain background, and everything outside of it is dark and reaches along whole
/// sides of the image: the bars of a video or of a photo of another shape.
fn has_dark_bars(image: &RgbImage, rectangle: &Rectangle) -> bool {
    let is_full_width = rectangle.columns == (0..image.width);
    let is_full_height = rectangle.rows == (0..image.height);
    if !is_full_width && !is_full_height {
        return false;
    }
    let part = image.cropped(rectangle.columns.clone(), rectangle.rows.clone());
    if Background::estimate(&part).is_plain(&part) {
        return false;
    }
    let is_beyond = |range: &Range<usize>, i: usize| {
        i + 2 * EDGE_WIDTH < range.start || i >= range.end + 2 * EDGE_WIDTH
    };
    let bars = image.pixels.iter().enumerate().filter(|(i, _)| {
        is_beyond(&rectangle.columns, i % image.width)
            || is_beyond(&rectangle.rows, i / image.width)
    });
    let mut pixels = 0;
    for (_, &colour) in bars {
        if luma(colour) > DARK_BAR {
            return false;
        }
        pixels += 1;
    }
    pixels as f32 >= MIN_BARS * image.pixels.len() as f32
}

/// The lines of pixels just outside of a rectangle's sides, those outside of the image left out.
fn outside<'a>(
    image: &'a RgbImage,
    rectangle: &'a Rectangle,
) -> impl Iterator<Item = Vec<[u8; 3]>> + 'a {
    let before = |start: usize| start.checked_sub(2 * EDGE_WIDTH + 1);
    let after = |end: usize, length: usize| {
        let line = end + 2 * EDGE_WIDTH;
        (line < length).then_some(line)
    };
    let rows = [
        before(rectangle.rows.start),
        after(rectangle.rows.end, image.height),
    ];
    let columns = [
        before(rectangle.columns.start),
        after(rectangle.columns.end, image.width),
    ];
    let rows = rows.into_iter().flatten().map(|y| {
        let columns = rectangle.columns.clone();
        columns.map(|x| image.pixel(x, y)).collect()
    });
    let columns = columns.into_iter().flatten().map(|x| {
        let rows = rectangle.rows.clone();
        rows.map(|y| image.pixel(x, y)).collect()
    });
    rows.chain(columns)
}

/// Where neighbouring lines of an image differ: along each line, which pixels are on an edge.
///
/// Edges to brighter and to darker pixels are counted separately, so that the noise of a photo has few.
struct Edges {
    /// The number of lines and the pixels along each.
    lines: usize,
    length: usize,
    /// For each line, the numbers of edge pixels of both directions before each of its pixels: `[lines, length + 1]`.
    sums: Vec<[u32; 2]>,
    /// For each line, the sum of its differences: largest in the middle of a blurred edge.
    strengths: Vec<u64>,
}

impl Edges {
    /// Edges between rows.
    fn horizontal(image: &RgbImage) -> Self {
        Self::new(image.height, image.width, |line, i| image.pixel(i, line))
    }

    /// Edges between columns.
    fn vertical(image: &RgbImage) -> Self {
        Self::new(image.width, image.height, |line, i| image.pixel(line, i))
    }

    fn new(lines: usize, length: usize, pixel: impl Fn(usize, usize) -> [u8; 3]) -> Self {
        let mut sums = Vec::with_capacity(lines * (length + 1));
        let mut strengths = Vec::with_capacity(lines);
        for line in 0..lines {
            let (before, after) = (line.saturating_sub(1), (line + 1).min(lines - 1));
            let mut sum = [0; 2];
            let mut strength = 0;
            sums.push(sum);
            for i in 0..length {
                let (one, other) = (pixel(before, i), pixel(after, i));
                let previous = i.saturating_sub(1);
                let is_flat = are_alike(one, pixel(before, previous))
                    && are_alike(other, pixel(after, previous));
                let edge = if is_flat { FLAT_EDGE } else { EDGE };
                let differences = one.into_iter().zip(other);
                let differences = differences.map(|(a, b)| i16::from(b) - i16::from(a));
                let largest = differences.max_by_key(|d| d.abs()).unwrap_or(0);
                sum[0] += u32::from(largest >= edge);
                sum[1] += u32::from(largest <= -edge);
                sums.push(sum);
                strength += u64::from(largest.unsigned_abs());
            }
            strengths.push(strength);
        }
        Self {
            lines,
            length,
            sums,
            strengths,
        }
    }

    /// The share of a line's range that is an edge.
    fn coverage(&self, line: usize, range: &Range<usize>) -> f32 {
        let sums = &self.sums[line * (self.length + 1)..][..=self.length];
        let counts = [0, 1].map(|way| sums[range.end][way] - sums[range.start][way]);
        counts[0].max(counts[1]) as f32 / range.len().max(1) as f32
    }

    /// The lines with the strongest of the long edges.
    fn lines(&self) -> Vec<usize> {
        let whole = 0..self.length;
        let coverages: Vec<f32> = (0..self.lines).map(|l| self.coverage(l, &whole)).collect();
        let mut taken = vec![false; self.lines];
        // The first and the last line are the image's own edges.
        let mut order: Vec<usize> = (1..self.lines.saturating_sub(1)).collect();
        order.sort_by_key(|&line| core::cmp::Reverse(self.strengths[line]));
        let mut lines = Vec::new();
        for line in order {
            if lines.len() == MAX_LINES {
                break;
            }
            if taken[line] || coverages[line] < MIN_LINE {
                continue;
            }
            // An edge is seen from the lines at both of its sides.
            let near = line.saturating_sub(1)..(line + 2).min(self.lines);
            taken[near].fill(true);
            lines.push(line);
        }
        lines
    }

    /// Whether both lines are edges along the range; the image's own edges always count.
    fn covers(&self, lines: &Range<usize>, range: &Range<usize>) -> bool {
        let is_edge = |line: usize| {
            line == 0 || line == self.lines || self.coverage(line, range) >= MIN_COVERAGE
        };
        is_edge(lines.start) && is_edge(lines.end)
    }
}

/// Whether two colours differ by no more than neighbours in a drawn area.
fn are_alike(one: [u8; 3], other: [u8; 3]) -> bool {
    one.into_iter()
        .zip(other)
        .all(|(a, b)| a.abs_diff(b) <= FLAT)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An image of 200 x 150 pixels.
    fn image(colour: impl Fn(usize, usize) -> [u8; 3]) -> RgbImage {
        RgbImage {
            width: 200,
            height: 150,
            factor: 1,
            pixels: (0..200 * 150).map(|i| colour(i % 200, i / 200)).collect(),
        }
    }

    /// A garment in the middle of white paper.
    fn product(x: usize, y: usize) -> [u8; 3] {
        let body = (80..120).contains(&x) && (30..120).contains(&y);
        let sleeves = (60..140).contains(&x) && (35..60).contains(&y);
        if body || sleeves {
            [60, 70, 90]
        } else {
            [252; 3]
        }
    }

    /// The part inside as pixels: left, top, right, bottom.
    fn inside(image: &RgbImage) -> Option<[usize; 4]> {
        let crop = inside_frame(image)?;
        let pixels = |share: f32, side: usize| (share * side as f32 + 0.5) as usize;
        Some([
            pixels(crop.left, image.width),
            pixels(crop.top, image.height),
            pixels(crop.left + crop.width, image.width),
            pixels(crop.top + crop.height, image.height),
        ])
    }

    #[test]
    fn a_plain_product_photo_has_no_frame() {
        assert_eq!(inside(&image(product)), None);
    }

    #[test]
    fn borders_of_one_and_of_nine_pixels_are_removed() {
        for width in [1, 9] {
            let framed = image(|x, y| {
                let distance = x.min(y).min(199 - x).min(149 - y);
                if distance < width {
                    [20; 3]
                } else {
                    product(x, y)
                }
            });
            let [left, top, right, bottom] = inside(&framed).unwrap();
            assert!((width..width + 4).contains(&left) && (width..width + 4).contains(&top));
            assert!((196 - width..=200 - width).contains(&right), "{right}");
            assert!((146 - width..=150 - width).contains(&bottom), "{bottom}");
        }
    }

    #[test]
    fn letterbox_bars_are_removed_from_a_plain_photo_and_from_another() {
        let plain = image(|x, y| {
            let inside = (25..175).contains(&x);
            if inside { product(x, y) } else { [0; 3] }
        });
        let scene = image(|x, y| {
            let inside = (25..175).contains(&x);
            if inside {
                [(90 + x / 2) as u8, (60 + y) as u8, 140]
            } else {
                [3; 3]
            }
        });
        for framed in [plain, scene] {
            let [left, top, right, bottom] = inside(&framed).unwrap();
            assert!((25..29).contains(&left) && (172..=175).contains(&right));
            assert_eq!((top, bottom), (0, 150));
        }
    }

    #[test]
    fn the_pixels_of_an_enlarged_image_are_no_frame() {
        // Squares of ten pixels, of which some form a rectangle around others.
        let enlarged = image(|x, y| {
            let (x, y) = (x / 10, y / 10);
            let inside = (4..16).contains(&x) && (2..13).contains(&y);
            let content = (7..13).contains(&x) && (4..11).contains(&y);
            [if content {
                60 + 5 * (x + y) as u8
            } else if inside {
                200
            } else {
                7 * (x % 3) as u8
            }; 3]
        });
        assert_eq!(inside(&enlarged), None);
    }

    #[test]
    fn a_joint_of_tiles_at_an_edge_is_no_frame() {
        let tiles = image(|x, y| {
            let joint = x % 80 == 3 || y % 80 == 3;
            let body = (60..140).contains(&x) && (30..120).contains(&y);
            match (body, joint) {
                (true, _) => [60, 70, 90],
                (_, true) => [150; 3],
                _ => [222, 214, 200],
            }
        });
        assert_eq!(inside(&tiles), None);
    }

    #[test]
    fn the_boards_of_a_floor_are_no_frame() {
        let floor = image(|x, y| {
            let gap = if y % 30 < 2 { 40 } else { 0 };
            let grain = ((x * 7 + y * 13) % 11) as u8;
            [150 - gap + grain, 105 - gap + grain, 60 - gap + grain]
        });
        assert_eq!(inside(&floor), None);
    }

    #[test]
    fn the_picture_of_a_plot_is_inside_its_axes() {
        let plot = image(|x, y| {
            let inside = (50..150).contains(&x) && (20..120).contains(&y);
            let ticks = y == 123 && x % 20 < 4;
            match (inside, ticks) {
                (true, _) if product(x, y)[0] < 100 => [230, 220, 40],
                (true, _) => [68, 1, 84],
                (false, true) => [0; 3],
                (false, false) => [255; 3],
            }
        });
        let [left, top, right, bottom] = inside(&plot).unwrap();
        assert!((50..54).contains(&left) && (20..24).contains(&top));
        assert!((147..=150).contains(&right) && (117..=120).contains(&bottom));
    }

    #[test]
    fn a_bag_with_straight_sides_is_not_a_frame() {
        let bag = image(|x, y| {
            let body = (50..150).contains(&x) && (40..120).contains(&y);
            let buckle = (90..110).contains(&x) && (70..80).contains(&y);
            match (body, buckle) {
                (_, true) => [220, 200, 90],
                (true, _) => [120, 70, 40],
                _ => [252; 3],
            }
        });
        assert_eq!(inside(&bag), None);
    }
}

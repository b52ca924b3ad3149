//! Objects in a photo: the connected parts of what is not background.

use alloc::vec;
use alloc::vec::Vec;

use super::edits::Crop;
use super::mask::Mask;
use super::region::{Region, components};
use super::trim::Bounds;

/// The alpha from which a pixel of the mask belongs to an object. Thin letters cover a small part of their pixels.
const PART: u8 = 32;
/// An object has at least this share of the largest object's pixels, and of the mask's.
const MIN_OF_LARGEST: f32 = 0.3;
const MIN_OF_MASK: f32 = 0.01;
/// Parts that are at most so far apart, as a share of the mask's longer side, are one object.
const MAX_GAP: f32 = 0.02;
/// A smaller part is one of the object's parts if it is no farther away than this, as a share of the longer side.
const MAX_DISTANCE: f32 = 0.08;
/// The same for a part with less than this share of the largest object's pixels: a letter, a speck.
const SPECK: f32 = 0.03;
const MAX_DISTANCE_OF_SPECK: f32 = 0.03;
/// More objects than this are a pattern and not worth a choice.
const MAX_OBJECTS: usize = 4;
/// The margin around an object's crop, as a share of the longer side.
const MARGIN: f32 = 0.04;

/// The objects of a mask.
#[derive(Clone, Debug, PartialEq)]
pub struct Objects {
    /// The bounding boxes in pixels of the mask, the largest object first.
    pub bounds: Vec<Bounds>,
    /// Pixels of the mask that belong to no object and lie away from all of them: captions, logos, specks.
    pub clutter: Vec<usize>,
    width: usize,
    height: usize,
}

impl Objects {
    /// Finds the objects.
    pub fn find(mask: &Mask) -> Self {
        let (width, height) = (mask.width as usize, mask.height as usize);
        let longest = width.max(height) as f32;
        let parts = Region::from_fn(width, width * height, |i| mask.alpha[i] >= PART);
        let radius = (MAX_GAP * longest / 2.0 + 0.5) as usize;
        let joined = (0..radius).fold(parts.clone(), |region, _| region.dilated());
        // The pixels of each part, without the dilation.
        let mut groups: Vec<Vec<usize>> = components(&joined, true)
            .into_iter()
            .map(|component| {
                let own = component.pixels.into_iter();
                own.filter(|&i| parts.pixels[i]).collect()
            })
            .collect();
        groups.sort_by_key(|pixels| core::cmp::Reverse(pixels.len()));
        let largest = groups.first().map_or(0, Vec::len) as f32;
        let min = (MIN_OF_LARGEST * largest).max(MIN_OF_MASK * parts.pixels.len() as f32);
        let mut bounds: Vec<Bounds> = Vec::new();
        let mut small = Vec::new();
        for pixels in groups {
            let own = bounds_of(&pixels, width);
            if bounds.is_empty() || pixels.len() as f32 >= min {
                bounds.push(own);
            } else {
                small.push((own, pixels));
            }
        }
        let mut clutter = Vec::new();
        for (own, pixels) in small {
            let is_speck = (pixels.len() as f32) < SPECK * largest;
            let max = if is_speck {
                MAX_DISTANCE_OF_SPECK
            } else {
                MAX_DISTANCE
            };
            let near = bounds
                .iter_mut()
                .find(|b| distance(b, &own) as f32 <= max * longest);
            match near {
                Some(object) => *object = union(object, &own),
                None => clutter.extend(pixels),
            }
        }
        Self {
            bounds,
            clutter,
            width,
            height,
        }
    }

    /// A crop around each object, as shares of the mask's sides, if there are several.
    pub fn crops(&self) -> Vec<Crop> {
        if !(2..=MAX_OBJECTS).contains(&self.bounds.len()) {
            return Vec::new();
        }
        let (width, height) = (self.width as f32, self.height as f32);
        let margin = MARGIN * width.max(height);
        let range = |start: usize, length: usize, side: f32| {
            let first = (start as f32 - margin).max(0.0);
            let end = ((start + length) as f32 + margin).min(side);
            (first / side, (end - first) / side)
        };
        let crop = |b: &Bounds| {
            let (left, crop_width) = range(b.left, b.width, width);
            let (top, crop_height) = range(b.top, b.height, height);
            Crop {
                left,
                top,
                width: crop_width,
                height: crop_height,
            }
        };
        self.bounds.iter().map(crop).collect()
    }

    /// The mask's pixels that are clutter or next to it.
    pub fn clutter_region(&self) -> Option<Region> {
        if self.clutter.is_empty() {
            return None;
        }
        let mut pixels = vec![false; self.width * self.height];
        self.clutter.iter().for_each(|&i| pixels[i] = true);
        let region = Region {
            width: self.width,
            pixels,
        };
        Some(region.dilated())
    }
}

fn bounds_of(pixels: &[usize], width: usize) -> Bounds {
    let mut low = (usize::MAX, usize::MAX);
    let mut high = (0, 0);
    for &i in pixels {
        let (x, y) = (i % width, i / width);
        low = (low.0.min(x), low.1.min(y));
        high = (high.0.max(x), high.1.max(y));
    }
    Bounds {
        left: low.0.min(high.0),
        top: low.1.min(high.1),
        width: high.0 + 1 - low.0.min(high.0),
        height: high.1 + 1 - low.1.min(high.1),
    }
}

/// The empty pixels between two boxes, along the axis on which they are farther apart.
fn distance(one: &Bounds, other: &Bounds) -> usize {
    let gap = |a: usize, a_length: usize, b: usize, b_length: usize| {
        b.saturating_sub(a + a_length)
            .max(a.saturating_sub(b + b_length))
    };
    gap(one.left, one.width, other.left, other.width).max(gap(
        one.top,
        one.height,
        other.top,
        other.height,
    ))
}

fn union(one: &Bounds, other: &Bounds) -> Bounds {
    let left = one.left.min(other.left);
    let top = one.top.min(other.top);
    Bounds {
        left,
        top,
        width: (one.left + one.width).max(other.left + other.width) - left,
        height: (one.top + one.height).max(other.top + other.height) - top,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mask of 100 x 80 pixels with these boxes: left, top, width, height.
    fn mask(boxes: &[[usize; 4]]) -> Mask {
        let inside = |i: usize| {
            boxes.iter().any(|&[left, top, width, height]| {
                (left..left + width).contains(&(i % 100))
                    && (top..top + height).contains(&(i / 100))
            })
        };
        Mask {
            width: 100,
            height: 80,
            alpha: (0..8000).map(|i| if inside(i) { 255 } else { 0 }).collect(),
        }
    }

    #[test]
    fn two_shoes_are_two_objects() {
        let objects = Objects::find(&mask(&[[10, 30, 30, 20], [60, 30, 28, 20]]));
        let crops = objects.crops();
        assert_eq!(crops.len(), 2);
        assert!((crops[0].left - 0.06).abs() < 1e-6 && (crops[0].width - 0.38).abs() < 1e-6);
        assert!((crops[1].left - 0.56).abs() < 1e-6, "{crops:?}");
        assert!(objects.clutter.is_empty());
    }

    #[test]
    fn a_part_close_to_the_garment_belongs_to_it() {
        // A heel strap five pixels behind a shoe.
        let objects = Objects::find(&mask(&[[20, 40, 40, 20], [65, 35, 4, 20]]));
        assert_eq!(objects.bounds.len(), 1);
        assert_eq!((objects.bounds[0].left, objects.bounds[0].width), (20, 49));
        assert!(objects.crops().is_empty() && objects.clutter.is_empty());
    }

    #[test]
    fn a_caption_away_from_the_garment_is_clutter() {
        let objects = Objects::find(&mask(&[[30, 10, 40, 50], [70, 74, 20, 2]]));
        assert_eq!(objects.bounds.len(), 1);
        assert_eq!(objects.clutter.len(), 40);
        let region = objects.clutter_region().unwrap();
        assert!(region.pixels[73 * 100 + 69] && !region.pixels[70 * 100 + 50]);
    }

    #[test]
    fn many_objects_are_a_pattern() {
        let dots: Vec<[usize; 4]> = (0..9).map(|i| [10 * i, 30, 6, 6]).collect();
        assert!(Objects::find(&mask(&dots)).crops().is_empty());
        assert!(Objects::find(&mask(&[])).bounds.is_empty());
    }
}

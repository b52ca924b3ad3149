//! Segmentation of the garment where the background is not one plain colour.
//!
//! GrabCut's scheme (Rother, Kolmogorov and Blake 2004), with histograms instead of Gaussian mixtures and a continuous
//! minimum cut instead of a graph: the first guess is what differs from the border (`border_distance`); then, in turns,
//! colour models are fitted to garment and background (`color_model`), and a minimum cut labels the pixels (`min_cut`).
//! Morphology (`morphology`) then removes what cannot be part of a garment.

mod blur;
mod border_distance;
mod color_model;
mod lab_image;
mod min_cut;
mod morphology;

use alloc::vec::Vec;

use blur::blur;
use border_distance::border_distances;
use color_model::{BinWeights, ColorModel};
use lab_image::LabImage;
use min_cut::MinCut;
use morphology::{distant_region, garment_region};

use crate::mask::{LONGEST, Mask};
use crate::region::Region;
use crate::rgb_image::RgbImage;

/// Iterations of fitting colour models and cutting.
const ITERATIONS: usize = 6;
/// The largest log-odds, in either direction, that a single pixel's colour contributes.
const MAX_LOG_ODDS: f32 = 3.0;
/// Added to the densities of colours, so that rare ones decide little.
const DENSITY_PRIOR: f32 = 2e-4;
/// The prior's log-odds in favour of the garment in the centre, and how many times as much they fall towards the border.
const CENTRE_PRIOR: f32 = 0.8;
const BORDER_FALL: f32 = 4.0;
/// The first guess where nothing differs from the border: the central part of the image, as a fraction of its sides.
const CENTRAL_PART: f32 = 0.75;
/// A region smaller than this fraction of the image is not a garment.
const MIN_AREA: f32 = 0.02;

/// Segments the garment.
///
/// Returns its mask, empty where there is none, and the mask's quality, 0 to 1: how well the colours of garment and
/// background can be told apart.
pub fn segment(image: &RgbImage) -> (Mask, f32) {
    let image = LabImage::from_rgb(image, LONGEST);
    let (width, count) = (image.width, image.len());
    let centre_distances = image.centre_distances();
    let is_too_small = |region: &Region| (region.area() as f32) < MIN_AREA * count as f32;
    let mut region = distant_region(&border_distances(&image), width);
    if is_too_small(&region) {
        region = Region::from_fn(width, count, |i| centre_distances[i] < CENTRAL_PART);
    }
    let pixels = BinWeights::new(&image);
    let mut min_cut = MinCut::new(&image);
    let mut labels = blur(&hard_labels(&region), width);
    for _ in 0..ITERATIONS {
        let colours = ColorModel::fit(&pixels, &labels, &centre_distances);
        let cost = |i: usize| {
            let log_odds = colours.log_odds(i, DENSITY_PRIOR);
            let squared = centre_distances[i] * centre_distances[i];
            -log_odds.clamp(-MAX_LOG_ODDS, MAX_LOG_ODDS)
                - CENTRE_PRIOR * (1.0 - BORDER_FALL * squared * squared)
        };
        labels = min_cut.solve(&(0..count).map(cost).collect::<Vec<f32>>());
        let segmented = Region::from_fn(width, count, |i| labels[i] > 0.5);
        if is_too_small(&segmented) {
            break;
        }
        region = segmented;
    }
    let region = garment_region(&region);
    let colours = ColorModel::fit(&pixels, &hard_labels(&region), &centre_distances);
    let quality = separability(&region, |i| colours.log_odds(i, DENSITY_PRIOR));
    let soft = blur(&hard_labels(&region), width);
    let mask = Mask {
        width: width as u32,
        height: image.height as u32,
        alpha: soft.iter().map(|s| (s * 255.0 + 0.5) as u8).collect(),
    };
    (mask, quality)
}

/// 1 for the region's pixels, 0 for the others.
fn hard_labels(region: &Region) -> Vec<f32> {
    region
        .pixels
        .iter()
        .map(|&inside| f32::from(inside))
        .collect()
}

/// How well the log-odds of colours classify a region's pixels and the others: balanced accuracy, rescaled so that chance
/// is 0 and no errors are 1 (Youden's J).
fn separability(region: &Region, log_odds: impl Fn(usize) -> f32) -> f32 {
    let mut correct = [0.0f32; 2];
    let mut all = [0.0f32; 2];
    for (i, &inside) in region.pixels.iter().enumerate() {
        all[usize::from(inside)] += 1.0;
        correct[usize::from(inside)] += f32::from((log_odds(i) > 0.0) == inside);
    }
    let recall = |side: usize| correct[side] / all[side].max(1.0);
    (recall(0) + recall(1) - 1.0).max(0.0)
}

//! Colour models: histograms in CIELAB of the garment's and of the background's colours.

use alloc::vec;
use alloc::vec::Vec;

use super::lab_image::LabImage;

/// Bins along lightness and along the two colour axes.
const BINS: [usize; 3] = [12, 16, 16];
const LOWEST: [f32; 3] = [0.0, -64.0, -64.0];
const HIGHEST: [f32; 3] = [100.0, 64.0, 64.0];
const ALL_BINS: usize = BINS[0] * BINS[1] * BINS[2];
/// The distance from the centre beyond which a pixel is at the border, and the weight of its background colour there.
const AT_BORDER: f32 = 0.9;
const BORDER_WEIGHT: f32 = 3.0;

/// Each pixel's eight nearest bins, and its trilinear weight for each.
pub struct BinWeights(Vec<([u16; 8], [f32; 8])>);

impl BinWeights {
    pub fn new(image: &LabImage) -> Self {
        Self(image.colours.iter().map(bin_weights).collect())
    }
}

fn bin_weights(colour: &[f32; 3]) -> ([u16; 8], [f32; 8]) {
    let mut lower = [0; 3];
    let mut fraction = [0.0; 3];
    for axis in 0..3 {
        let scaled = (colour[axis] - LOWEST[axis]) / (HIGHEST[axis] - LOWEST[axis]);
        let last = BINS[axis] - 1;
        let at = scaled.clamp(0.0, 1.0) * last as f32;
        lower[axis] = (at as usize).min(last - 1);
        fraction[axis] = at - lower[axis] as f32;
    }
    let bins = core::array::from_fn(|corner| {
        let at = |axis: usize| lower[axis] + (corner >> axis & 1);
        ((at(0) * BINS[1] + at(1)) * BINS[2] + at(2)) as u16
    });
    let weights = core::array::from_fn(|corner| {
        let weight = |axis: usize| match corner >> axis & 1 {
            1 => fraction[axis],
            _ => 1.0 - fraction[axis],
        };
        weight(0) * weight(1) * weight(2)
    });
    (bins, weights)
}

/// The densities of both kinds of colours over the bins.
pub struct ColorModel<'a> {
    pixels: &'a BinWeights,
    garment: Vec<f32>,
    background: Vec<f32>,
}

impl<'a> ColorModel<'a> {
    /// Fits the model to the pixels' labels, 0 (background) to 1 (garment); a label in between counts for both.
    ///
    /// `centre_distances` tell which pixels are at the border: they count more for the background.
    pub fn fit(pixels: &'a BinWeights, labels: &[f32], centre_distances: &[f32]) -> Self {
        let density = |weight: &dyn Fn(usize) -> f32, total: f32| {
            let mut histogram = vec![0.0f32; ALL_BINS];
            for (i, (bins, bin_weights)) in pixels.0.iter().enumerate() {
                let weight = weight(i) / total.max(1.0);
                for (&bin, bin_weight) in bins.iter().zip(bin_weights) {
                    histogram[bin as usize] += weight * bin_weight;
                }
            }
            blurred(histogram)
        };
        let garment: f32 = labels.iter().sum();
        let border_weight = |i: usize| {
            if centre_distances[i] > AT_BORDER {
                BORDER_WEIGHT
            } else {
                1.0
            }
        };
        Self {
            pixels,
            garment: density(&|i| labels[i], garment),
            background: density(
                &|i| (1.0 - labels[i]) * border_weight(i),
                labels.len() as f32 - garment,
            ),
        }
    }

    /// The log-odds that a pixel's colour is the garment's.
    ///
    /// `prior` is added to both densities, so that rare colours have odds near 1.
    pub fn log_odds(&self, pixel: usize, prior: f32) -> f32 {
        let (bins, weights) = &self.pixels.0[pixel];
        let density = |histogram: &[f32]| -> f32 {
            let terms = bins.iter().zip(weights);
            terms
                .map(|(&bin, weight)| histogram[bin as usize] * weight)
                .sum()
        };
        libm::logf((density(&self.garment) + prior) / (density(&self.background) + prior))
    }
}

/// Blurs a histogram along all three axes with the kernel 1 2 1.
fn blurred(mut histogram: Vec<f32>) -> Vec<f32> {
    for (axis, stride) in [(0, BINS[1] * BINS[2]), (1, BINS[2]), (2, 1)] {
        let old = histogram.clone();
        for (i, bin) in histogram.iter_mut().enumerate() {
            let at = i / stride % BINS[axis];
            let before = if at == 0 { i } else { i - stride };
            let after = if at + 1 == BINS[axis] { i } else { i + stride };
            *bin = 0.25 * (old[before] + old[after]) + 0.5 * old[i];
        }
    }
    histogram
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_odds_are_positive_for_the_garments_colours_only() {
        // Red on blue, and a grey that both have.
        let colours = [[50.0, 60.0, 40.0], [40.0, 10.0, -60.0], [60.0, 0.0, 0.0]];
        let image = LabImage {
            width: 30,
            height: 20,
            colours: (0..600)
                .map(|i| match (i % 5, i < 300) {
                    (0, _) => colours[2],
                    (_, true) => colours[0],
                    (_, false) => colours[1],
                })
                .collect(),
        };
        let pixels = BinWeights::new(&image);
        let labels: Vec<f32> = (0..600).map(|i| f32::from(i < 300)).collect();
        let model = ColorModel::fit(&pixels, &labels, &vec![0.0; 600]);
        assert!(model.log_odds(1, 1e-4) > 3.0 && model.log_odds(599, 1e-4) < -3.0);
        assert!(model.log_odds(0, 1e-4).abs() < 0.1);
    }

    #[test]
    fn a_colours_weights_sum_to_one() {
        for colour in [[0.0; 3], [100.0, 64.0, -64.0], [33.3, -200.0, 12.0]] {
            let (bins, weights) = bin_weights(&colour);
            assert!((weights.iter().sum::<f32>() - 1.0).abs() < 1e-5);
            assert!(bins.iter().all(|&bin| usize::from(bin) < ALL_BINS));
        }
    }
}

//! Maps of the evidence for and against a class, in the units of the method.

use alloc::{vec, vec::Vec};

use serde::{Deserialize, Serialize};

use super::heat_map::HeatMap;
use crate::image::SIDE;
use crate::simd::dot;

/// How a map is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MapMethod {
    /// The sum over the channels of gradient times activation (Draelos and Carin 2020, arXiv 2011.08891).
    HiResCam,
    /// The same with each channel's gradient averaged over the image (Selvaraju et al. 2017, arXiv 1610.02391).
    GradCam,
    /// The gradient of the logit times the brightness of the pixel.
    GradientTimesInput,
    /// The gradient averaged between a black image and the image, times the brightness (Sundararajan et al. 2017,
    /// arXiv 1703.01365).
    IntegratedGradients,
    /// The terms of a linear score, distributed over the pixels.
    LinearEvidence,
    /// The change of the probability when a part of the image is hidden.
    Occlusion,
}

impl MapMethod {
    /// The value of the page's attribute `data-method`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HiResCam => "hirescam",
            Self::GradCam => "grad-cam",
            Self::GradientTimesInput => "gradient-x-input",
            Self::IntegratedGradients => "integrated-gradients",
            Self::LinearEvidence => "linear-evidence",
            Self::Occlusion => "occlusion",
        }
    }

    /// The name that is shown.
    pub const fn title(self) -> &'static str {
        match self {
            Self::HiResCam => "HiResCAM",
            Self::GradCam => "Grad-CAM",
            Self::GradientTimesInput => "Gradient times input",
            Self::IntegratedGradients => "Integrated gradients",
            Self::LinearEvidence => "Evidence of the linear score",
            Self::Occlusion => "Occlusion",
        }
    }
}

/// Signed values on a grid over the image: for a class where positive, against it where negative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceMap {
    pub method: MapMethod,
    /// The index among the network's layers with convolutions; 0 for maps of pixels.
    pub layer: u8,
    pub grid: HeatMap,
}

impl EvidenceMap {
    /// A map of the image's pixels.
    ///
    /// # Shapes
    /// `values` is `[28 * 28]`, row-major.
    pub fn of_pixels(method: MapMethod, values: Vec<f32>) -> Self {
        Self {
            method,
            layer: 0,
            grid: HeatMap {
                rows: SIDE,
                columns: SIDE,
                values,
            },
        }
    }

    /// The map of a layer. For Grad-CAM the gradient is averaged over the image first.
    ///
    /// # Shapes
    /// `activation` and `gradient` are `[rows, columns, channels]`.
    pub fn of_layer(
        method: MapMethod,
        layer: u8,
        rows: usize,
        columns: usize,
        activation: &[f32],
        gradient: &[f32],
    ) -> Self {
        let pixels = rows * columns;
        let channels = activation.len() / pixels;
        let mut mean = vec![0.0; channels];
        for pixel in gradient.chunks_exact(channels) {
            for (sum, value) in mean.iter_mut().zip(pixel) {
                *sum += value / pixels as f32;
            }
        }
        let at_pixels = activation
            .chunks_exact(channels)
            .zip(gradient.chunks_exact(channels));
        let values = at_pixels.map(|(activation, gradient)| match method {
            MapMethod::GradCam => dot(activation, &mean),
            _ => dot(activation, gradient),
        });
        Self {
            method,
            layer,
            grid: HeatMap {
                rows,
                columns,
                values: values.collect(),
            },
        }
    }

    /// The values at the image's pixels, interpolated.
    ///
    /// # Shapes
    /// `[28 * 28]`, row-major.
    pub fn on_pixels(&self) -> Vec<f32> {
        self.grid.resize(SIDE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grad_cam_averages_the_gradient_and_hirescam_does_not() {
        // One row, two columns, two channels.
        let map = |method| {
            let (activation, gradient) = ([3.0, 1.0, 1.0, 4.0], [2.0, -2.0, -4.0, 0.0]);
            EvidenceMap::of_layer(method, 1, 1, 2, &activation, &gradient)
                .grid
                .values
        };
        assert_eq!(map(MapMethod::HiResCam), [4.0, -4.0]);
        assert_eq!(map(MapMethod::GradCam), [-4.0, -5.0]);
    }
}

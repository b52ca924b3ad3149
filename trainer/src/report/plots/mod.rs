//! The plots, as SVG.

pub mod accuracy_cost;
pub mod accuracy_gain;
mod canvas;
pub mod class_counts;
pub mod confusion_matrix;
mod label;
pub mod pixel_histogram;
mod plot_area;
pub mod sample_images;
pub mod training_curves;

use shared::ModelId;

use canvas::Colour;

/// A network's colour, and a classical model's.
fn colour(model: ModelId) -> Colour {
    if model.is_deep() {
        canvas::THREAD
    } else {
        canvas::DENIM
    }
}

/// A logarithm that is the same on every machine, whose last digits are not.
fn log10(value: f64) -> f64 {
    crate::evaluate::rounded(value.log10())
}

/// Where an accuracy stands on an axis that is even in the logarithm of the mistakes: the last points are the dear ones.
fn stretched(accuracy: f64) -> f64 {
    -log10((1.0 - accuracy).max(1e-3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_logarithm_has_no_last_digits() {
        assert_eq!(log10(3.0), 0.477_121);
        assert_eq!(log10(1000.0), 3.0);
    }
}

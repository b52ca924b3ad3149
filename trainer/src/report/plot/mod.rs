//! The plots, as SVG.

pub mod confusion;
pub mod cost;
pub mod counts;
mod frame;
pub mod gains;
mod label;
pub mod pixels;
pub mod samples;
mod sheet;
pub mod training;

use shared::ModelId;

use sheet::Colour;

/// A network's colour, and a classical model's.
fn colour(model: ModelId) -> Colour {
    if model.is_deep() {
        sheet::THREAD
    } else {
        sheet::DENIM
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

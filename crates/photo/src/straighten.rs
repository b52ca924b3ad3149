//! Straightening: a photo whose garment is tilted is rotated before the visitor edits it.

use alloc::format;
use alloc::string::String;

use super::edits::Edits;
use super::error::PhotoError;
use super::pipeline::{Pipeline, Prepared, Route};
use shared::artifact::Artifact;
use shared::model::TiltEstimator;

/// Smaller tilts, in degrees, are left as they are: the estimate's error is of that size.
const LEAST_TILT: f32 = 6.0;
/// The same for a 28x28 image in the data set's form. The data set has garments that look tilted, and its images are used as they are.
const LEAST_TILT_OF_DATA_SET_FORM: f32 = 13.0;
/// The photo is only straightened if the tilt that is estimated afterwards is at most this share of the first estimate. For a
/// garment on its side it is larger.
const LARGEST_REMAINDER: f32 = 0.5;

/// The estimator whose weights are part of the program; `None` if they are invalid, which a test rules out.
fn estimator() -> Option<TiltEstimator> {
    let artifact = Artifact::from_bytes(include_bytes!("tilt.hbd")).ok()?;
    TiltEstimator::new(&artifact).ok()
}

/// Says that a photo was rotated by these degrees, clockwise, because its garment was tilted; `None` for 0.
pub fn straightening_note(rotation: f32) -> Option<String> {
    let direction = match rotation {
        0.0 => return None,
        degrees if degrees < 0.0 => "left",
        _ => "right",
    };
    Some(format!(
        "The garment was tilted: the photo was rotated by {:.0}° to the {direction}.",
        rotation.abs()
    ))
}

impl Pipeline {
    /// Makes the models' 28x28 image of a photo that the visitor has not edited, and rotates the photo so that the garment is
    /// upright. The edits are that rotation, in whole degrees; they are empty if the garment is upright already.
    ///
    /// # Errors
    /// [`PhotoError::NothingStandsOut`], where there is no garment.
    pub fn prepare_upright(&self) -> Result<(Edits, Prepared), PhotoError> {
        let prepared = self.prepare(&Edits::default())?;
        Ok(self
            .straightened(&prepared)
            .unwrap_or_else(|| (Edits::default(), prepared)))
    }

    /// The photo after a rotation that makes the garment upright; `None` if it is upright, its tilt is uncertain, or the photo
    /// shows several objects.
    fn straightened(&self, prepared: &Prepared) -> Option<(Edits, Prepared)> {
        if !prepared.objects.is_empty() {
            return None;
        }
        let estimator = estimator()?;
        let first = estimator.estimate(&prepared.grey);
        let least = match prepared.route {
            Route::AsIs { .. } => LEAST_TILT_OF_DATA_SET_FORM,
            Route::Product { .. } | Route::Scene { .. } => LEAST_TILT,
        };
        if first.abs() < least {
            return None;
        }
        let rotated = |degrees: f32| {
            let edits = Edits {
                rotation: -libm::roundf(degrees),
                ..Edits::default()
            };
            let prepared = self.prepare(&edits).ok()?;
            Some((edits, prepared))
        };
        let straightened = rotated(first)?;
        let second = estimator.estimate(&straightened.1.grey);
        if second.abs() > LARGEST_REMAINDER * first.abs() {
            return None;
        }
        let corrected = first + second;
        if libm::roundf(corrected) == libm::roundf(first) {
            return Some(straightened);
        }
        rotated(corrected)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use shared::image::RgbaImage;

    /// A dark T-shirt on white, 200 pixels wide, rotated clockwise.
    fn photo(degrees: f32) -> RgbaImage {
        let (sin, cos) = degrees.to_radians().sin_cos();
        RgbaImage::from_fn(320, 320, |column, row| {
            let (dx, dy) = (column as f32 - 160.0, row as f32 - 160.0);
            let (x, y) = (dx * cos + dy * sin, dy * cos - dx * sin);
            let is_body = x.abs() < 55.0 && y.abs() < 100.0;
            let is_sleeve = x.abs() < 100.0 && (-100.0..-40.0).contains(&y);
            let is_neck = x * x + (y + 100.0) * (y + 100.0) < 500.0;
            let grey = if (is_body || is_sleeve) && !is_neck {
                70
            } else {
                255
            };
            [grey, grey, grey, 255]
        })
    }

    #[test]
    fn the_weights_are_valid() {
        assert!(estimator().is_some());
    }

    #[test]
    fn the_note_names_the_direction() {
        assert_eq!(straightening_note(0.0), None);
        assert!(
            straightening_note(-12.0)
                .unwrap()
                .ends_with("12° to the left.")
        );
        assert!(
            straightening_note(7.0)
                .unwrap()
                .ends_with("7° to the right.")
        );
    }

    #[test]
    fn a_tilted_garment_is_rotated_upright() {
        let upright = Pipeline::new(&photo(0.0)).unwrap();
        let (edits, expected) = upright.prepare_upright().unwrap();
        assert_eq!(edits, Edits::default());
        for degrees in [-18.0, -10.0, 10.0, 18.0] {
            let tilted = Pipeline::new(&photo(degrees)).unwrap();
            let (edits, prepared) = tilted.prepare_upright().unwrap();
            let left = edits.rotation + degrees;
            assert!(left.abs() <= 4.0, "{degrees}: {left}");
            assert_eq!(tilted.prepare(&edits).unwrap(), prepared);
            let difference = |one: &Prepared| -> u32 {
                let pairs = one.grey.pixels().iter().zip(expected.grey.pixels());
                pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
            };
            let before = tilted.prepare(&Edits::default()).unwrap();
            assert!(difference(&prepared) < difference(&before), "{degrees}");
        }
    }
}

//! Painting on the 28x28 image: the steps, the original that they began with, and whether the section is open.
//!
//! A painted image is the page's image, so that the headline, the models, the reasons and links answer it. It is a version of its
//! original and has the same photo number, as an edited photo has: so the history keeps one entry for both. Another image on the
//! page ends the painting.

use std::sync::Arc;

use leptos::prelude::*;
use shared::garment::CLASSES;
use shared::{Grey28, ModelId, Prediction};

use super::image::{InputImage, Origin};
use super::painting_steps::PaintingSteps;
use super::stale_answers::RequestCounter;

/// The name of a painted image and of a drawing.
pub const PAINTED: &str = "Your painting";

/// The painting on the page.
#[derive(Clone, Copy, Default)]
pub struct PaintingState {
    pub is_open: RwSignal<bool>,
    /// Whether the surface is to get the focus.
    wants_focus: RwSignal<bool>,
    original: RwSignal<Option<Arc<Original>>>,
    steps: RwSignal<Option<PaintingSteps>>,
    /// The number of the version that the page shows.
    shown: RwSignal<Option<u32>>,
    is_busy: RwSignal<bool>,
    /// Numbers the changes: the latest one ends with a pause.
    pub changes: RequestCounter,
}

/// The image that a painting began with, and what was predicted for it.
pub struct Original {
    pub image: Arc<InputImage>,
    pub predictions: Vec<Prediction>,
    /// The ensemble's probabilities.
    pub ensemble: Option<[f32; CLASSES]>,
}

impl Original {
    /// The model's probabilities.
    pub fn probabilities(&self, model: ModelId) -> Option<[f32; CLASSES]> {
        let mut predictions = self.predictions.iter();
        let found = predictions.find(|prediction| prediction.model == model);
        found.map(|prediction| prediction.probabilities)
    }
}

impl PaintingState {
    /// Opens the section, whose surface gets the focus as soon as it is there.
    pub fn open_with_focus(self) {
        self.is_open.set(true);
        self.wants_focus.set(true);
    }

    /// Whether the surface is to get the focus; tracked.
    pub fn wants_focus(self) -> bool {
        self.wants_focus.get()
    }

    pub fn set_focused(self) {
        self.wants_focus.set(false);
    }

    /// Begins with the image on the page.
    pub fn begin(self, original: Original) {
        self.steps
            .set(Some(PaintingSteps::new(original.image.grey.clone())));
        self.shown.set(Some(original.image.number));
        self.original.set(Some(Arc::new(original)));
    }

    /// Whether the image of that number, which the page shows, belongs to the painting.
    pub fn is_of(self, image: Option<u32>) -> bool {
        image.is_some() && self.shown.get() == image
    }

    /// The version of that number is on the page.
    pub fn set_shown(self, image: u32) {
        self.shown.set(Some(image));
    }

    pub fn original(self) -> ReadSignal<Option<Arc<Original>>> {
        self.original.read_only()
    }

    pub fn steps(self) -> ReadSignal<Option<PaintingSteps>> {
        self.steps.read_only()
    }

    /// Changes the steps, if there is a painting.
    pub fn update(self, change: impl FnOnce(&mut PaintingSteps)) {
        self.steps.update(|steps| {
            if let Some(steps) = steps {
                change(steps);
            }
        });
    }

    /// The present version as an image with that number: the original itself, if nothing is painted.
    pub fn version(self, number: u32) -> Option<InputImage> {
        let original = self.original.get_untracked()?;
        let grey = self
            .steps
            .with_untracked(|steps| Some(steps.as_ref()?.current().clone()))?;
        Some(version(&original.image, grey, number))
    }

    /// Whether a version is being classified.
    pub fn is_busy(self) -> bool {
        self.is_busy.get()
    }

    pub fn set_busy(self, is_busy: bool) {
        self.is_busy.set(is_busy);
    }
}

/// A version of the original. A painted one is no test image any more, and no photo.
fn version(original: &InputImage, grey: Grey28, number: u32) -> InputImage {
    if grey == original.grey {
        return InputImage {
            number,
            ..original.clone()
        };
    }
    InputImage {
        photo: original.photo,
        ..InputImage::as_it_is(number, grey, Origin::Visitor(PAINTED.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Garment;
    use shared::image::PIXELS;

    #[test]
    fn a_painted_test_image_is_none_any_more_until_all_is_undone() {
        let grey = Grey28::new([5; PIXELS]);
        let original = InputImage::from_gallery(7, grey.clone(), Garment::Coat, 36);
        let painted = version(&original, Grey28::new([6; PIXELS]), 8);
        assert_eq!((painted.number, painted.photo), (8, 7));
        assert_eq!((painted.true_class(), painted.test_number), (None, None));
        assert_eq!(painted.input().rgba()[..4], [6, 6, 6, 255]);
        let again = version(&original, grey, 9);
        assert_eq!((again.number, again.photo), (9, 7));
        assert_eq!(
            (again.true_class(), again.test_number),
            (Some(Garment::Coat), Some(36))
        );
    }
}

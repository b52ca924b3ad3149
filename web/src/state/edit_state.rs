//! The visitor's edits of the photo: crop, rotation, brush strokes and inversion.

use leptos::prelude::*;
use photo::Edits;

use super::image::{InputImage, Preprocessing};

/// The edits of the photo on the page.
#[derive(Clone, Copy)]
pub struct EditState {
    /// The latest edits; the image on the page can still be that of earlier ones.
    edits: RwSignal<Edits>,
    size: RwSignal<[f32; 2]>,
    /// The latest edits that led to an error, and the error.
    rejected: RwSignal<Option<(Edits, String)>>,
    is_busy: RwSignal<bool>,
}

impl Default for EditState {
    fn default() -> Self {
        Self {
            edits: RwSignal::default(),
            size: RwSignal::new([1.0, 1.0]),
            rejected: RwSignal::default(),
            is_busy: RwSignal::default(),
        }
    }
}

impl EditState {
    /// Begins on a new photo, with the rotation that made its garment upright.
    pub fn reset(self, image: &InputImage) {
        let preprocessing = image.preprocessing.as_ref();
        let (width, height) = preprocessing.map_or((image.width, image.height), |p| p.photo_size);
        self.size.set([width as f32, height as f32]);
        self.rejected.set(None);
        let first = preprocessing.map(Preprocessing::first_edits);
        self.edits.set(first.unwrap_or_default());
    }

    pub fn edits(self) -> ReadSignal<Edits> {
        self.edits.read_only()
    }

    pub fn update(self, change: impl FnOnce(&mut Edits)) {
        self.edits.update(change);
    }

    /// The photo's width and height before it is rotated.
    pub fn photo_size(self) -> [f32; 2] {
        self.size.get_untracked()
    }

    /// Whether the image on the page is not yet that of the latest edits.
    pub fn is_busy(self) -> bool {
        self.is_busy.get()
    }

    pub fn set_busy(self, is_busy: bool) {
        self.is_busy.set(is_busy);
    }

    pub fn reject(self, edits: Edits, error: String) {
        self.rejected.set(Some((edits, error)));
    }

    /// Why the latest edits led to no image.
    pub fn error(self) -> Option<String> {
        self.rejected.with(|rejected| {
            let (edits, error) = rejected.as_ref()?;
            let is_latest = self.edits.with(|now| now == edits);
            is_latest.then(|| error.clone())
        })
    }

    /// The latest edits, if the image is not theirs and they have led to no error.
    pub fn pending(self, image: &InputImage) -> Option<Edits> {
        let edits = self.edits.get_untracked();
        let is_shown = image.preprocessing.as_ref()?.edits == edits;
        let is_rejected = self
            .rejected
            .with_untracked(|r| r.as_ref().is_some_and(|(rejected, _)| *rejected == edits));
        (!is_shown && !is_rejected).then_some(edits)
    }
}

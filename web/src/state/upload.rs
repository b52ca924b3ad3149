//! The image on the page, and the numbers by which stale answers to older images are found.

use std::sync::Arc;

use leptos::prelude::*;

use super::image::InputImage;
use super::stale_answers::RequestCounter;

/// The latest image, whether it came from the visitor or from the gallery.
#[derive(Clone, Copy, Default)]
pub struct UploadState {
    numbers: RequestCounter,
    is_preparing: RwSignal<bool>,
    image: RwSignal<Option<Arc<InputImage>>>,
}

impl UploadState {
    /// The number of a new image, which is prepared from now on. Answers to older images are stale.
    pub fn start(self) -> u32 {
        self.is_preparing.set(true);
        self.next_number()
    }

    /// The number of a new version of the same photo.
    pub fn next_number(self) -> u32 {
        self.numbers.next()
    }

    /// Whether there is a newer image than the one of that number.
    pub fn is_stale(self, image: u32) -> bool {
        self.numbers.is_stale(image)
    }

    /// Ends the preparation that [`start`](Self::start) began.
    pub fn finish(self) {
        self.is_preparing.set(false);
    }

    /// Whether a new image is being prepared.
    pub fn is_preparing(self) -> bool {
        self.is_preparing.get()
    }

    pub fn image(self) -> ReadSignal<Option<Arc<InputImage>>> {
        self.image.read_only()
    }

    /// The number of the image on the page.
    pub fn image_number(self) -> Option<u32> {
        self.image.with(|i| i.as_ref().map(|i| i.number))
    }

    /// The number that the image's photo had before it was edited.
    pub fn photo_number(self) -> Option<u32> {
        self.image.with(|i| i.as_ref().map(|i| i.photo))
    }

    /// Replaces the image without an update of the page, which [`notify`](Self::notify) triggers.
    pub fn replace_untracked(self, image: InputImage) {
        *self.image.write_untracked() = Some(Arc::new(image));
    }

    pub fn notify(self) {
        self.image.notify();
    }
}

//! Requests to preprocess the photo with the visitor's edits.
//!
//! One request is under way at a time. The next one has the latest edits, however many there were in between.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use photo::Edits;

use super::classify::show_image;
use crate::state::AppState;
use crate::state::image::{ImageError, InputImage};

/// Changes the edits, and requests the image of the new ones.
pub fn change(app: AppState, change: impl FnOnce(&mut Edits)) {
    app.edits.update(change);
    apply(app);
}

/// Requests the image of the latest edits, unless it is on the page or a request is under way.
pub fn apply(app: AppState) {
    if untrack(|| app.edits.is_busy()) {
        return;
    }
    app.edits.set_busy(true);
    spawn_local(async move {
        while let Some((image, edits)) = pending(app) {
            // The edited image has a number of its own: answers to the image before the edit are stale from now on.
            let number = app.upload.next_number();
            let edited = request(app, &image, number, &edits).await;
            if app.upload.is_stale(number) {
                continue;
            }
            match edited {
                Ok((image, predictions)) => show_image(app, image, &predictions),
                Err(error) => app.edits.reject(edits, error.to_string()),
            }
        }
        app.edits.set_busy(false);
    });
}

async fn request(
    app: AppState,
    image: &InputImage,
    number: u32,
    edits: &Edits,
) -> Result<(InputImage, Vec<protocol::TimedPrediction>), ImageError> {
    let client = app.engines.client();
    let prepared = client.edit_photo(image.photo, edits.clone()).await?;
    image.edited(number, prepared)
}

/// The image on the page and the latest edits, if the image is not yet theirs.
fn pending(app: AppState) -> Option<(Arc<InputImage>, Edits)> {
    // Another photo will replace this one.
    if untrack(|| app.upload.is_preparing()) {
        return None;
    }
    let image = app.upload.image().get_untracked()?;
    let edits = app.edits.pending(&image)?;
    Some((image, edits))
}

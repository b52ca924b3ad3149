//! Requests for single images of the test set, by their numbers.

use fashion_mnist::GALLERY;
use shared::garment::CLASSES;
use shared::{Garment, Grey28};

use super::start_image::start_image;
use crate::engine::EngineError;
use crate::state::AppState;

/// The image of this number and its class.
///
/// # Errors
/// Why there is none, as a sentence.
pub async fn load(app: AppState, number: u16) -> Result<(Grey28, Garment), String> {
    if let Some(start) = start_image().filter(|start| start.number == number) {
        return Ok((start.grey, start.garment));
    }
    match gallery_place(number) {
        Some(place) => from_gallery(app, place).await,
        None => from_test_set(app, number).await,
    }
    .map_err(|error| match error {
        EngineError::NoTestSet => format!(
            "This site was built without the test images, so image {number} cannot be shown: choose an image from the gallery."
        ),
        error => format!("Test image {number} cannot be shown. {error}"),
    })
}

/// Whether the image is loaded with the page; the whole test set is loaded for the others.
pub fn is_on_page(number: u16) -> bool {
    gallery_place(number).is_some() || start_image().is_some_and(|start| start.number == number)
}

/// The place in the gallery, row by row.
fn gallery_place(number: u16) -> Option<usize> {
    GALLERY.iter().flatten().position(|n| *n == number)
}

async fn from_gallery(app: AppState, place: usize) -> Result<(Grey28, Garment), EngineError> {
    let images = app.engines.client().load_gallery().await?;
    let grey = images.get(place).and_then(|pixels| pixels.grey());
    let grey = grey.ok_or(EngineError::UnexpectedReply)?;
    Ok((grey, Garment::ALL[place % CLASSES]))
}

async fn from_test_set(app: AppState, number: u16) -> Result<(Grey28, Garment), EngineError> {
    let set = app.engines.client().load_test_set().await?;
    let (pixels, labels) = set.slice(usize::from(number), 1);
    let label = labels.first().map(|label| usize::from(*label));
    let image = Grey28::from_slice(pixels).zip(label.and_then(Garment::from_index));
    image.ok_or(EngineError::UnexpectedReply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gallery_is_found_by_number() {
        assert_eq!(gallery_place(19), Some(0));
        assert_eq!(gallery_place(36), Some(37));
        assert!(gallery_place(60).is_none() && gallery_place(83).is_some());
    }
}

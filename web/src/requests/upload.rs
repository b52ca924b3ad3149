//! Requests to preprocess an image that the visitor uploaded or chose from the gallery.

use leptos::task::spawn_local;
use photo::{MAX_FILE_BYTES, PhotoError};
use protocol::TimedPrediction;
use shared::{Garment, Grey28};
use web_sys::File;

use super::classify::show_image;
use super::edit;
use crate::dom::scroll_into_view;
use crate::state::AppState;
use crate::state::image::{ImageError, InputImage};

/// Classifies the image of the test set with this number, and returns the image's own number on the page.
pub fn choose_from_gallery(app: AppState, grey: Grey28, garment: Garment, test_number: u16) -> u32 {
    let number = show_test_image(app, grey, garment, test_number);
    scroll_to_answers();
    number
}

/// As [`choose_from_gallery`], without scrolling.
pub fn show_test_image(app: AppState, grey: Grey28, garment: Garment, test_number: u16) -> u32 {
    let number = app.upload.start();
    app.messages.set_notice(None);
    let image = InputImage::from_gallery(number, grey, garment, test_number);
    show(app, image, &[]);
    number
}

/// Classifies a file, and returns the number of its image.
pub fn choose_file(app: AppState, file: File) -> u32 {
    // The number is taken before the file is read: a smaller file that is chosen later can be read sooner.
    let number = app.upload.start();
    app.address.remember_file(number, file.clone());
    spawn_local(async move { read_file(app, number, &file).await });
    number
}

/// Classifies a file as the image of that number. The result is dropped if a newer image was started meanwhile.
pub async fn read_file(app: AppState, number: u32, file: &File) {
    let image = request(app, number, file).await;
    if app.upload.is_stale(number) {
        return;
    }
    match image {
        Ok((image, predictions)) => {
            show(app, image, &predictions);
            scroll_to_answers();
        }
        Err(error) => reject(app, error.to_string()),
    }
}

async fn request(
    app: AppState,
    number: u32,
    file: &File,
) -> Result<(InputImage, Vec<TimedPrediction>), ImageError> {
    // Checked before it is read: a large file would not fit into the engine's memory.
    if file.size() > MAX_FILE_BYTES as f64 {
        let megabytes = (file.size() / 1e6).ceil() as u64;
        return Err(ImageError::TooLarge(PhotoError::FileTooLarge { megabytes }));
    }
    let prepared = app.engines.client().prepare_photo(file, number).await?;
    InputImage::from_visitor(number, file.name(), prepared)
}

/// Shows why the latest image is not classified; the image before it stays on the page.
pub fn reject(app: AppState, error: String) {
    app.upload.finish();
    app.messages.replace_errors(error);
    scroll_to_answers();
    // Edits of the earlier image that were made in the meantime.
    edit::apply(app);
}

/// Shows an image that was started with its number.
pub(super) fn show(app: AppState, image: InputImage, predictions: &[TimedPrediction]) {
    app.messages.clear_errors();
    app.explanation.set_class(None);
    app.edits.reset(&image);
    app.upload.finish();
    show_image(app, image, predictions);
}

/// On a phone, the answers are above the upload and the gallery.
fn scroll_to_answers() {
    scroll_into_view("answers");
}

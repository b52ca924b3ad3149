//! Requests for the images of files of numbers (npy, IDX, CSV). Each image becomes a file of its own, so that several are shown
//! as several chosen files are.

use js_sys::{Array, Uint8Array};
use photo::MAX_FILE_BYTES;
use protocol::Pixels;
use shared::Grey28;
use web_sys::File;

use crate::state::AppState;

/// The visitor's files, with an own file for each image of a file of numbers.
pub struct ExpandedFiles {
    pub files: Vec<File>,
    /// What the visitor should know, as a sentence.
    pub notice: Option<String>,
}

/// Whether the browser takes a file for an image, by its name. Others may hold numbers.
pub fn is_image(file: &File) -> bool {
    file.type_().starts_with("image/")
}

/// Replaces each file that holds several images by a file for each of the first hundred. Other files stay as they are, also
/// those that cannot be read: the error is shown when they are classified.
pub async fn expand(app: AppState, files: Vec<File>) -> ExpandedFiles {
    let mut expanded = ExpandedFiles {
        files: Vec::new(),
        notice: None,
    };
    for file in files {
        let array = if is_image(&file) || file.size() > MAX_FILE_BYTES as f64 {
            None
        } else {
            app.engines.client().read_array(&file).await.ok()
        };
        match array {
            Some((images, count)) if images.len() > 1 => {
                let read = images.len();
                if read < count as usize {
                    expanded.notice = Some(format!(
                        "{} holds {count} images: only the first {read} are classified.",
                        file.name()
                    ));
                }
                expanded.files.extend(image_files(&file.name(), &images));
            }
            _ => expanded.files.push(file),
        }
    }
    expanded
}

/// An IDX file for each image, with its number in the name.
fn image_files(name: &str, images: &[Pixels]) -> Vec<File> {
    let images = images.iter().filter_map(Pixels::grey);
    let file = |(i, grey): (usize, Grey28)| {
        let header = fashion_mnist::image_header(1);
        let bytes = [header.as_slice(), grey.pixels()].concat();
        let parts = Array::of1(&Uint8Array::from(bytes.as_slice()));
        // A browser that cannot make files in memory cannot run this page.
        File::new_with_u8_array_sequence(&parts, &format!("{name} #{}", i + 1)).ok()
    };
    images.enumerate().filter_map(file).collect()
}

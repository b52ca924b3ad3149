//! Image files, and their images after the photo pipeline.

use std::path::Path;

use photo::{Decoded, Edits, Pipeline, Prepared, Route};
use shared::image::RgbaImage;
use shared::model::photo_network::SIDE;

use super::error::PredictError;
use super::image_source::read;

/// A decoded file, which holds one photo, or 28x28 images as numbers.
pub struct ImageFile {
    path: String,
    decoded: Decoded,
}

impl ImageFile {
    /// Reads and decodes a file, or standard input for [`STANDARD_INPUT`](super::STANDARD_INPUT).
    ///
    /// # Errors
    /// It cannot be read, or is no image.
    pub fn open(path: &Path) -> Result<Self, PredictError> {
        Ok(Self {
            path: path.to_string_lossy().into_owned(),
            decoded: photo::decode_all(&read(path)?)?,
        })
    }

    /// The images with their names: the path, and where the file holds several, `#` and the number from 1.
    pub fn into_images(self) -> impl Iterator<Item = (String, RgbaImage)> {
        let images = self.decoded.images.into_iter().enumerate();
        images.map(move |(i, image)| match self.decoded.count {
            1 => (self.path.clone(), image),
            _ => (format!("{}#{}", self.path, i + 1), image),
        })
    }

    /// What the user should know about the file, as sentences.
    pub fn warnings(&self) -> Vec<String> {
        let (read, count) = (self.decoded.images.len(), self.decoded.count);
        let mut warnings = Vec::new();
        if read < count {
            warnings.push(format!(
                "This file holds {count} images: only the first {read} are classified."
            ));
        }
        if self.decoded.is_damaged {
            warnings.push(photo::DAMAGED.to_string());
        }
        if self.decoded.has_other_profile {
            warnings.push(photo::OTHER_PROFILE.to_string());
        }
        warnings
    }
}

/// A decoded image, and the models' input made from it.
pub struct PreparedFile {
    pub photo: RgbaImage,
    /// The rotation by which a tilted garment was straightened.
    pub edits: Edits,
    pub prepared: Prepared,
    /// The photo network's input; `None` for a 28x28 image, which is no photo.
    pub square: Option<RgbaImage>,
}

impl PreparedFile {
    /// Decodes a file and runs the photo pipeline; of several images on the first.
    ///
    /// # Errors
    /// It cannot be read, or is no image.
    pub fn open(path: &Path) -> Result<Self, PredictError> {
        Self::new(photo::decode(&read(path)?)?)
    }

    /// Runs the photo pipeline on an image.
    ///
    /// # Errors
    /// [`PredictError::Photo`].
    pub fn new(photo: RgbaImage) -> Result<Self, PredictError> {
        let pipeline = Pipeline::new(&photo)?;
        let (edits, prepared) = pipeline.prepare_upright()?;
        let is_photo = !matches!(prepared.route, Route::AsIs { .. });
        Ok(Self {
            square: is_photo.then(|| pipeline.square(&edits, SIDE)),
            photo,
            edits,
            prepared,
        })
    }
}

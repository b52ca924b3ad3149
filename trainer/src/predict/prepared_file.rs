//! An image file after the photo pipeline.

use std::fs;
use std::path::Path;

use photo::Prepared;
use shared::image::RgbaImage;

use super::error::PredictError;

/// A decoded image file, and the models' input made from it.
pub struct PreparedFile {
    pub photo: RgbaImage,
    pub prepared: Prepared,
}

impl PreparedFile {
    /// Decodes a file and runs the photo pipeline.
    ///
    /// # Errors
    /// [`PredictError::Read`] or [`PredictError::Photo`].
    pub fn open(path: &Path) -> Result<Self, PredictError> {
        let photo = photo::decode(&fs::read(path)?)?;
        let prepared = photo::prepare(&photo)?;
        Ok(Self { photo, prepared })
    }
}

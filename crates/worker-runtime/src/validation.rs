//! Checks of requests that both engines make.

use protocol::{Pixels, RequestError, Source, WeightsFile};
use shared::Grey28;

/// A file's bytes. The message loop has downloaded them before the engine gets the request.
pub fn bytes(source: Source) -> Result<Vec<u8>, RequestError> {
    match source {
        Source::Bytes(bytes) => Ok(bytes),
        Source::Url(_) | Source::Fresh(_) => Err(RequestError::NotDownloaded),
    }
}

/// The 28x28 image of a request.
pub fn image(pixels: &Pixels) -> Result<Grey28, RequestError> {
    pixels.grey().ok_or(RequestError::ImageSize)
}

/// The error for a weights file that cannot be used.
pub fn invalid_weights(file: WeightsFile, error: &dyn core::fmt::Display) -> RequestError {
    RequestError::InvalidWeights {
        file,
        reason: error.to_string(),
    }
}

//! Pixels on their way to a canvas.

/// Pixels to show.
#[derive(Clone, PartialEq)]
pub struct Bitmap {
    pub width: u32,
    pub height: u32,
    /// Row-major; red, green, blue, straight alpha.
    pub rgba: Vec<u8>,
}

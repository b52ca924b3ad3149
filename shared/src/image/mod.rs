//! Images: the models' 28x28 grey input, and colour images of any size.

pub mod grey28;
pub mod rgba;

pub use grey28::{Grey28, MEAN, PIXELS, SIDE, STANDARD_DEVIATION, standardise};
pub use rgba::{MAX_PIXELS, MAX_SIDE, RgbaImage, is_size_supported};

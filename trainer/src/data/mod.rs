//! The Fashion-MNIST data set: loading, downloading, splitting and augmentation.

pub mod augment;
pub mod download;
pub mod error;
pub mod examples;
pub mod file;
pub mod source;
pub mod split;

pub use error::DataError;
pub use examples::Examples;
pub use source::DataSet;

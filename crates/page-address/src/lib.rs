//! The page's address: its fragment names an image and what is shown of it, its query the panels of an embedded page.
//!
//! An address is hostile input. What is not understood is ignored, and said in a sentence.

mod base64url;
mod embedding;
mod fragment;
mod history_image;
mod names;
mod percent;
mod problem;
mod quiz_code;

pub use embedding::Embedding;
pub use fragment::{Address, AddressImage, Section};
pub use history_image::HistoryImage;
pub use names::{Key, Panel, class_name};
pub use problem::Problem;
pub use quiz_code::QuizCode;

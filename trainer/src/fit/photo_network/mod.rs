//! Fine-tuning of the photo network: EfficientNet-Lite0, pretrained on ImageNet, on labelled photos.

pub mod backbone;
pub mod examples;
mod garment_drawing;
pub mod recipe;
pub mod training;
mod view;

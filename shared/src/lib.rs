//! What the trainer and the page share: classes, images, features, models, the weights file format, explanations, advice.
//!
//! Nothing here uses files, the DOM, clocks, threads or global randomness.
#![no_std]

extern crate alloc;

pub mod advice;
pub mod any_classifier;
pub mod artifact;
pub mod explain;
pub mod features;
pub mod garment;
pub mod image;
pub mod inside;
pub mod loaded_models;
pub mod metrics;
pub mod model;
pub mod plan;
pub mod rows;
pub mod shuffle;
pub mod simd;

pub use any_classifier::AnyClassifier;
pub use features::Sample;
pub use garment::Garment;
pub use image::Grey28;
pub use loaded_models::LoadedModels;
pub use model::{Classifier, ModelId, Prediction};

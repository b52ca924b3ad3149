//! All that the trainer and the browser must agree on: classes, pixels, models, weights, explanations.
//!
//! Nothing here touches files, the DOM, clocks, threads or global randomness.
#![no_std]

extern crate alloc;

pub mod artifact;
pub mod explain;
pub mod features;
pub mod garment;
pub mod image;
pub mod metrics;
pub mod model;
pub mod plan;
pub mod simd;

pub use features::Sample;
pub use garment::Garment;
pub use image::Grey28;
pub use model::{AnyClassifier, Classifier, ModelId, Prediction};

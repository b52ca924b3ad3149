//! The seven models, their ensemble and the novelty detector.

pub mod classifier;
pub mod ensemble;
pub mod forest;
pub mod knn;
pub mod layer;
mod linear;
pub mod logistic;
pub mod lowering;
pub mod model_id;
pub mod networks;
pub mod novelty;
pub mod shape;
pub mod svm;
pub mod tensors;

pub use classifier::{Classifier, Prediction, argmax, softmax, top_two};
pub use ensemble::Ensemble;
pub use layer::{Layer, Padding};
pub use model_id::ModelId;
pub use novelty::NoveltyDetector;
pub use tensors::ModelError;

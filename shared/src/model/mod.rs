//! The seven models, their ensemble, the novelty detector and the photo network, and the answer that they give together.

pub mod answer;
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
pub mod photo_class;
pub mod photo_network;
pub mod shape;
pub mod svm;
pub mod tensors;
pub mod tilt;
pub mod weights_file;

pub use answer::Answer;
pub use classifier::{Classifier, Prediction, argmax, softmax, top_two};
pub use ensemble::Ensemble;
pub use layer::{Layer, Padding};
pub use model_id::ModelId;
pub use novelty::NoveltyDetector;
pub use photo_class::{PHOTO_CLASSES, PhotoClass};
pub use tensors::ModelError;
pub use tilt::TiltEstimator;
pub use weights_file::WeightsFile;

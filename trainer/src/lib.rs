//! Training, evaluation and export of the Fashion-MNIST classifiers, and predictions for image files.

pub mod ablation;
pub mod atomic_file;
pub mod data;
pub mod device;
pub mod evaluate;
pub mod export;
pub mod fit;
pub mod gallery;
pub mod hash;
pub mod jobs;
pub mod manifest;
pub mod peer_benchmark;
pub mod photos;
pub mod predict;
pub mod provenance;
pub mod report;
pub mod start_image;
pub mod thumbnails;
pub mod training_data;
pub mod weights_store;

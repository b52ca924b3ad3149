//! Trains the models, writes `weights/`, recomputes every figure from them, and answers pictures.

pub mod ablation;
pub mod bench;
pub mod data;
pub mod device;
pub mod evaluate;
pub mod export;
pub mod fit;
pub mod gallery;
pub mod hash;
pub mod jobs;
pub mod manifest;
pub mod photos;
pub mod predict;
pub mod provenance;
pub mod report;
pub mod training_data;
pub mod weights_store;

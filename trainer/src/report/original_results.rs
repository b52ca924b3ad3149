//! The results of the university project that this one reimplements, in percent of the test images.

use shared::ModelId;
use shared::garment::CLASSES;

/// The F1 of its ResNet for each class, in label order.
pub const RESNET_F1: [f64; CLASSES] = [0.86, 0.98, 0.88, 0.91, 0.88, 0.97, 0.74, 0.96, 0.98, 0.96];

/// One model's accuracy in the project's three sources, in percent.
pub struct OriginalAccuracy {
    /// In its README, which rounds.
    pub readme: Option<f64>,
    /// In the bar chart of its slides.
    pub chart: f64,
    /// The highest accuracy that it can claim, which this project must reach.
    pub floor: f64,
}

/// The accuracy of the original's model.
pub fn for_model(model: ModelId) -> OriginalAccuracy {
    let (readme, chart, floor) = match model {
        ModelId::Cnn => (Some(91.0), 91.2, 91.2),
        // The floor is its best epoch.
        ModelId::Resnet => (Some(91.0), 91.2, 91.61),
        ModelId::Mlp => (Some(85.0), 88.8, 88.8),
        ModelId::Svm => (Some(87.0), 88.2, 88.2),
        ModelId::Forest => (Some(89.0), 87.6, 89.0),
        ModelId::Knn => (None, 85.4, 85.4),
        ModelId::Logistic => (Some(83.0), 84.2, 84.2),
    };
    OriginalAccuracy {
        readme,
        chart,
        floor,
    }
}

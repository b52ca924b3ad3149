//! Any of the seven models behind one type: predictions and heat maps.

use crate::artifact::Artifact;
use alloc::{vec, vec::Vec};

use crate::explain::faithfulness::{descending, rank_correlation};
use crate::explain::occlusion::occlusion_map;
use crate::explain::smallest_change::Examined;
use crate::explain::trust::{TestedMap, Trust};
use crate::explain::{Curves, EvidenceMap, HeatMap, MapMethod, Reason};
use crate::features::Sample;
use crate::garment::{CLASSES, Garment};
use crate::image::{Grey28, PIXELS};
use crate::inside::{Cell, CellPlace, FeatureScores, GradientHistograms, NetworkLayers};
use crate::model::forest::Forest;
use crate::model::knn::Knn;
use crate::model::logistic::Logistic;
use crate::model::svm::Svm;
use crate::model::{Classifier, ModelError, ModelId, Prediction};
use crate::plan::Plan;
use crate::shuffle::Shuffle;

/// How many support vectors a reason has on each side.
const SUPPORT_VECTORS: usize = 6;
/// How many terms of a linear score are listed on each side.
const TERMS: usize = 6;
/// The seed of random orders, so that an image always has the same figures.
const SEED: u64 = 1;

/// A model of any kind.
pub enum AnyClassifier {
    Network(Plan),
    Svm(Svm),
    Forest(Forest),
    Knn(Knn),
    Logistic(Logistic),
}

impl AnyClassifier {
    /// A model with the weights of a weights file.
    ///
    /// # Errors
    /// The file is another model's, lacks a tensor, or has a tensor with invalid values.
    pub fn new(model: ModelId, artifact: &Artifact) -> Result<Self, ModelError> {
        Ok(match model {
            ModelId::Cnn | ModelId::Resnet | ModelId::Mlp => {
                Self::Network(Plan::new(model, artifact)?)
            }
            ModelId::Svm => Self::Svm(Svm::new(artifact)?),
            ModelId::Forest => Self::Forest(Forest::new(artifact)?),
            ModelId::Knn => Self::Knn(Knn::new(artifact)?),
            ModelId::Logistic => Self::Logistic(Logistic::new(artifact)?),
        })
    }

    /// The model as a [`Classifier`].
    pub fn classifier(&mut self) -> &mut dyn Classifier {
        match self {
            Self::Network(plan) => plan,
            Self::Svm(svm) => svm,
            Self::Forest(forest) => forest,
            Self::Knn(knn) => knn,
            Self::Logistic(logistic) => logistic,
        }
    }

    /// A heat map of the regions that support a class: Grad-CAM for a network with convolutions, occlusion otherwise.
    pub fn explain(&mut self, sample: &Sample, class: Garment) -> HeatMap {
        match self {
            Self::Network(plan) if plan.has_grad_cam() => {
                plan.scores(sample);
                plan.explain(class)
            }
            other => other.occlusion(sample, class),
        }
    }

    /// The change of a class's probability when a part of the image is hidden, at each pixel.
    pub fn occlusion(&mut self, sample: &Sample, class: Garment) -> HeatMap {
        occlusion_map(sample.grey(), self.probabilities(sample, class))
    }

    /// The probabilities of a class for variations of an image.
    fn probabilities(
        &mut self,
        sample: &Sample,
        class: Garment,
    ) -> impl FnMut(&[Grey28]) -> Vec<f32> {
        let classifier = self.classifier();
        move |images| {
            let samples = images.iter().map(|image| sample.with_image(image.clone()));
            let samples: Vec<Sample> = samples.collect();
            let scores = classifier.scores_batch(&samples);
            let (id, temperature) = (classifier.id(), classifier.temperature());
            let predictions = scores.iter();
            predictions
                .map(|scores| Prediction::from_scores(id, scores, temperature))
                .map(|prediction| prediction.probabilities[class.index()])
                .collect()
        }
    }

    /// What the model itself gives as the reason for a class.
    pub fn reason(&self, sample: &Sample, class: Garment) -> Reason {
        match self {
            Self::Network(plan) => Reason::Maps(plan.evidence(sample.grey(), class)),
            Self::Logistic(logistic) => Reason::Maps(vec![EvidenceMap::of_pixels(
                MapMethod::LinearEvidence,
                logistic.evidence(sample, class),
            )]),
            Self::Knn(knn) => Reason::Neighbours(knn.neighbours(sample)),
            Self::Svm(svm) => {
                Reason::SupportVectors(svm.class_decision(sample, class, SUPPORT_VECTORS))
            }
            Self::Forest(forest) => Reason::Trees(forest.votes(sample, class)),
        }
    }

    /// The model's own map for a class, or occlusion where it has none: the last layer's HiResCAM, integrated gradients, or the
    /// evidence of the linear score.
    pub fn own_map(&mut self, sample: &Sample, class: Garment) -> EvidenceMap {
        let maps = match self {
            Self::Network(_) | Self::Logistic(_) => match self.reason(sample, class) {
                Reason::Maps(maps) => maps,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let last = |method| maps.iter().rfind(|m| m.method == method).cloned();
        last(MapMethod::HiResCam)
            .or_else(|| last(MapMethod::IntegratedGradients))
            .or_else(|| last(MapMethod::LinearEvidence))
            .unwrap_or_else(|| {
                let values = self.occlusion(sample, class).values;
                EvidenceMap::of_pixels(MapMethod::Occlusion, values)
            })
    }

    /// How far the maps of an image and a class can be trusted.
    pub fn trust(&mut self, sample: &Sample, class: Garment) -> Trust {
        let own = self.own_map(sample, class);
        let mut maps = vec![own.clone()];
        if own.method != MapMethod::Occlusion {
            let values = self.occlusion(sample, class).values;
            maps.push(EvidenceMap::of_pixels(MapMethod::Occlusion, values));
        }
        let values: Vec<Vec<f32>> = maps.iter().map(EvidenceMap::on_pixels).collect();
        let mut curves =
            |order: &[usize]| Curves::new(sample.grey(), order, self.probabilities(sample, class));
        let tested = maps.iter().zip(&values).map(|(map, values)| TestedMap {
            method: map.method,
            curves: curves(&descending(values)),
        });
        let tested = tested.collect();
        let mut order: Vec<usize> = (0..PIXELS).collect();
        Shuffle::new(SEED).shuffle(&mut order);
        let random_order = curves(&order);
        let shuffled = self.shuffled(SEED).own_map(sample, class);
        Trust {
            tested,
            random_order,
            agreement: values
                .get(1)
                .map(|other| rank_correlation(&values[0], other)),
            shuffled_agreement: rank_correlation(&values[0], &shuffled.on_pixels()),
            own,
            shuffled,
        }
    }

    /// The layers of a network with their values for an image; `None` of another model.
    pub fn layers(&self, sample: &Sample) -> Option<NetworkLayers> {
        match self {
            Self::Network(plan) => Some(plan.layers(sample.grey())),
            _ => None,
        }
    }

    /// What one value of a network's layer is computed from; `None` if there is no such value.
    pub fn cell(&self, sample: &Sample, place: CellPlace) -> Option<Cell> {
        match self {
            Self::Network(plan) => plan.cell(sample.grey(), place),
            _ => None,
        }
    }

    /// What a classical model computes from an image; `None` of a network.
    pub fn feature_scores(&mut self, sample: &Sample) -> Option<FeatureScores> {
        let projection = match self {
            Self::Network(_) => return None,
            Self::Svm(svm) => Some(svm.projection_size()),
            Self::Forest(forest) => Some(forest.projection_size()),
            Self::Knn(knn) => Some(knn.projection_size()),
            Self::Logistic(_) => None,
        };
        let classifier = self.classifier();
        let (scores, temperature) = (classifier.scores(sample), classifier.temperature());
        let prediction = Prediction::from_scores(classifier.id(), &scores, temperature);
        let score = match self {
            Self::Logistic(logistic) => {
                Some(logistic.linear_score(sample, prediction.garment(), TERMS))
            }
            _ => None,
        };
        Some(FeatureScores {
            is_mirrored: sample.is_mirrored(),
            scales: GradientHistograms::all(sample),
            projection: projection.map(|size| size as u16),
            score,
            scores,
            temperature,
            probabilities: prediction.probabilities,
        })
    }

    /// A model of the same kind that has learned nothing: the same numbers in another order.
    pub fn shuffled(&self, seed: u64) -> Self {
        let order = &mut Shuffle::new(seed);
        match self {
            Self::Network(plan) => Self::Network(plan.shuffled(order)),
            Self::Svm(svm) => Self::Svm(svm.shuffled(order)),
            Self::Forest(forest) => Self::Forest(forest.shuffled(order)),
            Self::Knn(knn) => Self::Knn(knn.shuffled(order)),
            Self::Logistic(logistic) => Self::Logistic(logistic.shuffled(order)),
        }
    }
}

impl Examined for AnyClassifier {
    /// Each image faces the way that it would face alone, so that the class is the one that is predicted for it.
    fn examine(&mut self, images: &[Grey28]) -> Vec<([f32; CLASSES], Garment)> {
        let classifier = self.classifier();
        let samples: Vec<Sample> = images.iter().cloned().map(Sample::new).collect();
        let scores = classifier.scores_batch(&samples);
        let (id, temperature) = (classifier.id(), classifier.temperature());
        let class =
            |scores: &[f32; CLASSES]| Prediction::from_scores(id, scores, temperature).garment();
        scores
            .iter()
            .map(|scores| (*scores, class(scores)))
            .collect()
    }

    fn gradient(&mut self, image: &Grey28, weights: &[f32; CLASSES]) -> Option<Vec<f32>> {
        match self {
            Self::Network(plan) => Some(plan.input_gradient(image, weights)),
            _ => None,
        }
    }
}

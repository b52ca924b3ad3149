//! Replies from a worker to the page.

use photo::{Crop, Edits, Frame, Mask, Route};
use serde::{Deserialize, Serialize};
use shared::explain::{Reason, SearchState, Trust};
use shared::garment::CLASSES;
use shared::image::RgbaImage;
use shared::inside::{Cell, FeatureScores, NetworkLayers};
use shared::model::PHOTO_CLASSES;
use shared::model::layer::grad_cam_layer;
use shared::{Garment, ModelId, Prediction};

use crate::error::{FatalError, RequestError};
use crate::request::Pixels;

/// A reply. Times are in microseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The worker has started.
    Ready,
    /// The number of bytes downloaded so far; the reply itself follows later.
    Progress {
        bytes: u32,
    },
    /// The worker begins with a request that [may take long](crate::Request::may_take_long); the reply itself follows later.
    Started,
    /// The worker receives messages.
    Pong,
    /// The weights are loaded and the slow first run is done.
    Loaded {
        model: ModelId,
        parameters: u32,
    },
    EnsembleLoaded,
    NoveltyLoaded,
    PhotoNetworkLoaded {
        parameters: u32,
    },
    /// The photo network's prediction.
    Photo(PhotoPrediction),
    /// A square photo below its heat map.
    PhotoHeatMap {
        overlay: RgbaImage,
    },
    Novelty {
        /// Whether the image may show one of the ten classes.
        is_garment: bool,
        /// If not: degrees, clockwise, by which the image can be rotated so that it may.
        rotation: Option<u16>,
    },
    Ensemble {
        /// In label order.
        probabilities: [f32; CLASSES],
        /// For each prediction, in the request's order: how much it adds to the lead of the first class over the second,
        /// negative if it speaks against the first.
        contributions: Vec<f32>,
    },
    /// The gallery's images, row by row of the sprite; each row has the ten classes in label order.
    Gallery {
        images: Vec<Pixels>,
    },
    /// One byte per pixel or label, without the file's header.
    TestSet {
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    /// The images of a file that holds 28x28 images as numbers, and how many it holds; not more than the first hundred are
    /// sent. Of another file, none and 0.
    Array {
        images: Vec<Pixels>,
        count: u32,
    },
    Prepared(Box<Prepared>),
    Prediction(TimedPrediction),
    HeatMap(RawHeatMap),
    /// The predicted class index and its probability for each image, and the time for the batch, including the features if the
    /// model needs them.
    Batch {
        #[serde(with = "serde_bytes")]
        classes: Vec<u8>,
        confidences: Vec<f32>,
        micros: u32,
    },
    /// The time of all runs together, without the features.
    Measured {
        micros: u32,
    },
    /// The largest difference from the reference, and the sum of each model's time for its last case.
    SelfTest {
        largest_difference: f32,
        micros: u32,
    },
    /// The request failed; the worker continues.
    Error(RequestError),
    /// The worker cannot continue.
    Fatal(FatalError),
    /// The answers to the first files of a batch: at least one, and not more than the worker needs a short time for.
    Files {
        answers: Vec<Result<FileAnswer, RequestError>>,
    },
    /// A model's own reason.
    Reason(Box<Reason>),
    /// The tests of a model's maps.
    Trust(Box<Trust>),
    /// The answer to a frame of the live camera.
    Frame(Box<FrameAnswer>),
    /// The values of each layer of a network.
    Layers(Box<NetworkLayers>),
    /// What one value is computed from.
    Cell(Box<Cell>),
    /// What a classical model computes from an image.
    FeatureScores(Box<FeatureScores>),
    /// The answers of everything that is loaded.
    AllAnswers(Box<AllAnswers>),
    /// Where the search for a small change stands.
    SmallestChange(SearchState),
}

/// The answers to one image by everything that is loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AllAnswers {
    /// Of the loaded models, in their order.
    pub predictions: Vec<TimedPrediction>,
    /// The ensemble's probabilities in label order, and for each prediction what it contributes, as in [`Reply::Ensemble`].
    pub ensemble: Option<([f32; CLASSES], Vec<f32>)>,
    /// What the novelty detector says, as in [`Reply::Novelty`]: `is_garment` and `rotation`.
    pub novelty: Option<(bool, Option<u16>)>,
}

/// The answer to a file of a batch, by everything that is loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileAnswer {
    pub grey: Pixels,
    /// Whether it is a photo, which the photo network can classify.
    pub is_photo: bool,
    /// Whether the photo's background is plain.
    pub is_plain: bool,
    /// Whether parts of the file are damaged or missing.
    pub is_damaged: bool,
    pub predictions: Vec<Prediction>,
    /// Whether the novelty detector accepts the image.
    pub is_known: Option<bool>,
    /// The ensemble's probabilities, in label order.
    pub ensemble: Option<[f32; CLASSES]>,
    /// The photo network's probabilities, in the order of its classes' indices.
    pub photo: Option<[f32; PHOTO_CLASSES]>,
}

/// The answer to a frame of the live camera.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameAnswer {
    /// As if the frame were a file of a batch.
    pub answer: FileAnswer,
    /// The heat map of the class that was asked for, if a loaded network has one for it.
    pub heat_map: Option<FrameHeatMap>,
}

/// A heat map, to be laid over the frame that it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameHeatMap {
    /// Its colours; the hotter, the less transparent.
    pub colours: RgbaImage,
    /// The square that it covers, in pixels of the frame. It may extend beyond the frame.
    pub square: Frame,
}

/// A photo as the models' input, with the intermediate steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    pub grey: Pixels,
    /// The edits with which it was prepared: the visitor's, or for a new photo the rotation that makes the garment upright.
    pub edits: Edits,
    /// The width and height of the photo in pixels, before it is rotated.
    pub size: (u32, u32),
    /// The position of the 28x28 image in the rotated photo, in pixels of the photo.
    pub frame: Frame,
    /// The size of the rotated photo in pixels.
    pub width: u32,
    pub height: u32,
    pub route: Route,
    /// The garment's mask; a 28x28 file has none.
    pub mask: Option<Mask>,
    /// How well the garment is separated from the background, 0 to 1.
    pub quality: f32,
    /// Whether the background is plain, or transparent around a cut-out garment.
    pub is_plain: bool,
    pub is_white: bool,
    /// Whether the photo's edge cuts the garment off.
    pub is_cut_off: bool,
    /// The part of the rotated photo inside a frame that was found and removed.
    pub inside_frame: Option<Crop>,
    /// A crop for each object, where several were found.
    pub objects: Vec<Crop>,
    /// Whether the file has a colour profile other than sRGB, which is not applied.
    pub has_other_profile: bool,
    /// Whether parts of the photo are damaged or missing.
    pub is_damaged: bool,
    /// The upright photo.
    pub upright: RgbaImage,
    /// The models' square in colour, transparent outside the mask. Empty without a mask.
    pub cutout: RgbaImage,
    /// The same in grey. Empty without a mask.
    pub toned: RgbaImage,
    /// The predictions of the networks that are loaded, which take less time than another message.
    pub predictions: Vec<TimedPrediction>,
}

/// The photo network's prediction for a photo, with its time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoPrediction {
    /// In the order of the classes' indices.
    pub probabilities: [f32; PHOTO_CLASSES],
    pub micros: u32,
}

/// A model's prediction for one image, with its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedPrediction {
    pub model: ModelId,
    /// In label order.
    pub probabilities: [f32; CLASSES],
    /// The scores that the probabilities are computed from: the logits of a network.
    pub scores: [f32; CLASSES],
    /// The time of the model alone for one run.
    pub micros: u32,
    /// The time for the image's features, which the classical models share; `None` for networks.
    pub features_micros: Option<u32>,
}

impl From<&TimedPrediction> for Prediction {
    fn from(prediction: &TimedPrediction) -> Self {
        Self {
            model: prediction.model,
            probabilities: prediction.probabilities,
        }
    }
}

/// The method of an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// The activations of the last convolution, weighted by the gradient of the class.
    GradCam,
    /// The loss of the class's probability when a part of the image is covered.
    Occlusion,
}

impl Method {
    pub const ALL: [Self; 2] = [Self::GradCam, Self::Occlusion];

    /// The name in the page's attributes and addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GradCam => "grad-cam",
            Self::Occlusion => "occlusion",
        }
    }

    /// The method of that [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Grad-CAM for models with convolutions, occlusion for the others.
    pub fn for_model(model: ModelId) -> Self {
        if grad_cam_layer(model.layers()).is_some() {
            Self::GradCam
        } else {
            Self::Occlusion
        }
    }
}

/// A heat map before it is scaled and normalised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawHeatMap {
    pub model: ModelId,
    pub class: Garment,
    pub method: Method,
    /// The map has `side` x `side` values.
    pub side: u32,
    /// Row by row. Grad-CAM's are not below zero; occlusion's are the loss of probability, which is below zero where it rises.
    pub values: Vec<f32>,
    /// The value that is shown at full strength, the same for all classes.
    pub full: f32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_models_with_convolutions_are_explained_by_grad_cam() {
        let explained_by = |method| {
            ModelId::ALL
                .into_iter()
                .filter(move |m| Method::for_model(*m) == method)
        };
        assert!(explained_by(Method::GradCam).eq([ModelId::Cnn, ModelId::Resnet]));
        assert_eq!(explained_by(Method::Occlusion).count(), 5);
    }
}

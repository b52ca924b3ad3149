//! The words between the page and its workers: requests one way, replies the other, as postcard bytes.
//!
//! Every request carries a number and its reply carries the same. Number 0 is the worker speaking unasked: `Ready`
//! once it listens, `Fatal` when it is beyond help.

mod error;
mod message;
mod test_set;

use photo::{Edits, Frame, Mask, Route};
use serde::{Deserialize, Serialize};
use shared::garment::CLASSES;
use shared::image::{PIXELS, RgbaImage};
use shared::model::layer::grad_cam_layer;
use shared::{Garment, Grey28, ModelId};

pub use error::{
    Download, DownloadError, FatalError, GPU_FEATURE, MAX_BATCH, MAX_RUNS, RequestError,
    WeightsFile,
};
pub use message::{Message, UNASKED, WireError, decode, encode};
pub use test_set::{TEST_SET_SIZE, TestSetPart};

/// The largest difference between an engine's probability and the reference's that still counts as agreement.
pub const TOLERANCE: f32 = 1e-3;

/// Where a file's bytes are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// To be fetched by the worker; absolute, or relative to the worker's script.
    Url(String),
    /// The same, past every cache: what lies there has been refused before.
    Fresh(String),
    /// Here.
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
}

/// A 28x28 picture on the wire.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pixels(#[serde(with = "serde_bytes")] Vec<u8>);

impl From<&Grey28> for Pixels {
    fn from(grey: &Grey28) -> Self {
        Self(grey.pixels().to_vec())
    }
}

impl Pixels {
    /// The picture; `None` when the sender did not send 784 bytes.
    pub fn grey(&self) -> Option<Grey28> {
        Grey28::from_slice(&self.0)
    }
}

impl core::fmt::Debug for Pixels {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Pixels({} of {PIXELS})", self.0.len())
    }
}

/// What the page asks of a worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Take a model's weights, check them and warm up. Answer: [`Reply::Loaded`], while they are fetched preceded by
    /// any number of [`Reply::Progress`].
    Load { model: ModelId, weights: Source },
    /// Take the vote's weights. Answer: [`Reply::EnsembleLoaded`].
    LoadEnsemble { weights: Source },
    /// Take what tells garments from other things. Answer: [`Reply::NoveltyLoaded`].
    LoadNovelty { weights: Source },
    /// Unpack a file of the test set and check it. Answer: [`Reply::TestSet`].
    TestSet { part: TestSetPart, file: Source },
    /// Say whether a picture is one of the ten at all. Answer: [`Reply::Novelty`].
    DetectNovelty { grey: Pixels },
    /// Count the verdicts on one picture. Answer: [`Reply::Ensemble`].
    Ensemble {
        predictions: Vec<shared::Prediction>,
    },
    /// Cut the gallery's sprite into its pictures. Answer: [`Reply::Gallery`].
    Gallery { sprite: Source },
    /// Turn a picture file into 28x28. Answer: [`Reply::Prepared`].
    Prepare {
        /// Its bytes; empty where the file itself is sent beside the request, for the worker to read.
        #[serde(with = "serde_bytes")]
        file: Vec<u8>,
        /// The number under which the photo is kept for [`Request::Edit`], in place of the one kept so far; without one,
        /// that one stays.
        photo: Option<u32>,
    },
    /// Turn the photo kept under this number into 28x28 once more, the visitor's way. Answer: [`Reply::Prepared`].
    Edit { photo: u32, edits: Edits },
    /// Answer a picture. Answer: [`Reply::Prediction`].
    Classify { model: ModelId, grey: Pixels },
    /// Show what speaks for a class. Answer: [`Reply::HeatMap`].
    Explain {
        model: ModelId,
        grey: Pixels,
        class: Garment,
    },
    /// Answer many pictures, 784 bytes each, with their classes alone. Answer: [`Reply::Batch`].
    ClassifyBatch {
        model: ModelId,
        #[serde(with = "serde_bytes")]
        pictures: Vec<u8>,
    },
    /// Time a model: so many runs of a batch of different pictures of your own, after one that is not timed. Answer:
    /// [`Reply::Measured`].
    Measure {
        model: ModelId,
        batch: u32,
        runs: u32,
    },
    /// Compare your answers with the reference's. Answer: [`Reply::SelfTest`].
    SelfTest { cases: Vec<Case> },
}

impl Request {
    /// Whether a visitor waits for the answer, so that it goes before weights and whatever else is to be read.
    pub fn is_urgent(&self) -> bool {
        matches!(
            self,
            Self::Prepare { .. }
                | Self::Edit { .. }
                | Self::Classify { .. }
                | Self::Explain { .. }
                | Self::Ensemble { .. }
        )
    }

    /// Whether a file has to be taken in first, which takes a while.
    pub fn is_long(&self) -> bool {
        matches!(
            self,
            Self::Load { .. }
                | Self::LoadEnsemble { .. }
                | Self::LoadNovelty { .. }
                | Self::Gallery { .. }
        )
    }
}

/// A picture with the reference's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub model: ModelId,
    pub grey: Pixels,
    pub probabilities: [f32; CLASSES],
}

/// What a worker answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The worker listens.
    Ready,
    /// So many bytes of the request's file have come; the answer itself is still to come.
    Progress {
        bytes: u32,
    },
    /// The weights are in place and the first, slow run is over.
    Loaded {
        model: ModelId,
        parameters: u32,
    },
    EnsembleLoaded,
    NoveltyLoaded,
    /// Whether the picture may be one of the ten.
    Novelty {
        is_garment: bool,
    },
    /// The vote's ten probabilities, in label order.
    Ensemble {
        probabilities: [f32; CLASSES],
    },
    /// The gallery's pictures, row by row of the sprite; each row holds the ten classes in label order.
    Gallery {
        pictures: Vec<Pixels>,
    },
    /// A byte a pixel or a label, without the file's header.
    TestSet {
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    Prepared(Prepared),
    Prediction(TimedPrediction),
    HeatMap(RawHeatMap),
    /// Each picture's class by the place of its label, and what all took: the model, and the features where it sees
    /// them, in microseconds.
    Batch {
        #[serde(with = "serde_bytes")]
        classes: Vec<u8>,
        micros: u32,
    },
    /// All timed runs together: the model alone, in microseconds.
    Measured {
        micros: u32,
    },
    /// How far the engine's probabilities are from the reference's at most, and how long each model took for its
    /// last case: the sum over the models, in microseconds.
    SelfTest {
        largest_difference: f32,
        micros: u32,
    },
    /// The request failed; the worker continues.
    Error(RequestError),
    /// The worker cannot continue.
    Fatal(FatalError),
}

/// A picture file turned into the models' input, and what each step made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    pub grey: Pixels,
    /// Where the 28x28 picture lies in the photo, in the photo's pixels.
    pub frame: Frame,
    /// The photo's size in pixels, turned upright.
    pub width: u32,
    pub height: u32,
    pub route: Route,
    /// What was taken for the garment, of the part that is looked at; a 28x28 picture has none.
    pub mask: Option<Mask>,
    /// How surely that was told from the background, 0 to 1.
    pub quality: f32,
    pub is_white: bool,
    /// The photo, upright.
    pub upright: RgbaImage,
    /// The square that the models see, in colour, transparent where there is no garment. Empty, as is the next, without a
    /// mask.
    pub cutout: RgbaImage,
    /// The same in the models' greys.
    pub toned: RgbaImage,
    /// What the networks say that are loaded: it takes them less time than another message does.
    pub verdicts: Vec<TimedPrediction>,
}

/// A model's answer to one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedPrediction {
    pub model: ModelId,
    /// In label order.
    pub probabilities: [f32; CLASSES],
    /// What the probabilities are made of; a network's are its logits.
    pub scores: [f32; CLASSES],
    /// The model alone: one run, in microseconds, as finely as the browser's clock tells.
    pub micros: u32,
    /// What the picture's features took, which the classical models share; networks do without.
    pub features_micros: Option<u32>,
}

impl From<&TimedPrediction> for shared::Prediction {
    fn from(verdict: &TimedPrediction) -> Self {
        Self {
            model: verdict.model,
            probabilities: verdict.probabilities,
        }
    }
}

/// How an answer is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// Where the last convolution speaks for the class.
    GradCam,
    /// What the class's probability loses when a part of the picture is covered.
    Occlusion,
}

impl Method {
    /// The method that explains a model: Grad-CAM where there are convolutions.
    pub fn for_model(model: ModelId) -> Self {
        match grad_cam_layer(model.layers()) {
            Some(_) => Self::GradCam,
            None => Self::Occlusion,
        }
    }
}

/// A heat map as its method gives it: rectified, neither enlarged nor normalised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RawHeatMap {
    pub model: ModelId,
    pub class: Garment,
    pub method: Method,
    /// The map is `side` x `side`.
    pub side: u32,
    /// Row-major, none below zero.
    pub values: Vec<f32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn convolutions_are_explained_by_grad_cam_and_nothing_else_is() {
        let by = |method| {
            ModelId::ALL
                .into_iter()
                .filter(move |m| Method::for_model(*m) == method)
        };
        assert!(by(Method::GradCam).eq([ModelId::Cnn, ModelId::Resnet]));
        assert_eq!(by(Method::Occlusion).count(), 5);
    }

    #[test]
    fn a_picture_of_the_wrong_size_is_none() {
        assert!(Pixels(vec![0; PIXELS - 1]).grey().is_none());
        assert!(Pixels(vec![0; PIXELS]).grey().is_some());
    }
}

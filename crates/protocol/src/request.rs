//! Requests from the page to a worker.

use core::fmt;

use photo::Edits;
use serde::{Deserialize, Serialize};
use shared::garment::CLASSES;
use shared::image::{PIXELS, RgbaImage};
use shared::inside::CellPlace;
use shared::model::PhotoClass;
use shared::{Garment, Grey28, ModelId, Prediction};

use crate::test_set::TestSetPart;

/// Where the bytes of a file are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// The worker downloads this URL, which is absolute or relative to the worker's script.
    Url(String),
    /// The same, bypassing all caches: an earlier download was damaged.
    Fresh(String),
    /// The bytes themselves.
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
}

/// The pixels of a 28x28 image. Their number is not checked when a message is decoded.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pixels(#[serde(with = "serde_bytes")] Vec<u8>);

impl From<&Grey28> for Pixels {
    fn from(grey: &Grey28) -> Self {
        Self(grey.pixels().to_vec())
    }
}

impl Pixels {
    /// The image; `None` unless there are 784 pixels.
    pub fn grey(&self) -> Option<Grey28> {
        Grey28::from_slice(&self.0)
    }
}

impl fmt::Debug for Pixels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pixels({} of {PIXELS})", self.0.len())
    }
}

/// A request; each names the [`Reply`](crate::Reply) that answers it. Any request can also be answered by `Error`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Load a model's weights. Reply: `Loaded`, preceded by any number of `Progress` during the download.
    Load { model: ModelId, weights: Source },
    /// Load the ensemble's weights. Reply: `EnsembleLoaded`.
    LoadEnsemble { weights: Source },
    /// Load the novelty detector's weights. Reply: `NoveltyLoaded`.
    LoadNovelty { weights: Source },
    /// Load the photo network's weights. Reply: `PhotoNetworkLoaded`, preceded by any number of `Progress`.
    LoadPhotoNetwork { weights: Source },
    /// Unpack and check a file of the test set. Reply: `TestSet`.
    TestSet { part: TestSetPart, file: Source },
    /// Detect whether an image shows none of the ten classes. Reply: `Novelty`.
    DetectNovelty { grey: Pixels },
    /// Combine the models' predictions for one image. Reply: `Ensemble`.
    Ensemble { predictions: Vec<Prediction> },
    /// Cut the gallery's sprite into its images. Reply: `Gallery`.
    Gallery { sprite: Source },
    /// Read the images of a file that holds 28x28 images as numbers. Reply: `Array`.
    ReadArray {
        /// As in [`Prepare`](Self::Prepare).
        #[serde(with = "serde_bytes")]
        file: Vec<u8>,
    },
    /// Turn an image file into 28x28. Reply: `Prepared`.
    Prepare {
        /// The file's bytes; empty if the file is posted together with the request, and the worker reads it.
        #[serde(with = "serde_bytes")]
        file: Vec<u8>,
        /// The number under which [`Edit`](Self::Edit) finds the photo until one with a larger number is prepared.
        photo: u32,
    },
    /// Turn the photo with this number into 28x28, with the visitor's edits. Reply: `Prepared`.
    Edit { photo: u32, edits: Edits },
    /// Classify the photo with this number, in colour and with the visitor's edits, by the photo network. Reply: `Photo`.
    ClassifyPhoto { photo: u32, edits: Edits },
    /// Explain which parts of this photo support a class of the photo network. Reply: `PhotoHeatMap`.
    ExplainPhoto {
        photo: u32,
        edits: Edits,
        class: PhotoClass,
    },
    /// Classify an image. Reply: `Prediction`.
    Classify { model: ModelId, grey: Pixels },
    /// Explain which pixels support a class. Reply: `HeatMap`.
    Explain {
        model: ModelId,
        grey: Pixels,
        class: Garment,
    },
    /// Classify a batch of images, 784 bytes each. Reply: `Batch`.
    ClassifyBatch {
        model: ModelId,
        #[serde(with = "serde_bytes")]
        images: Vec<u8>,
    },
    /// Measure the time of `runs` batches of different images, after one batch that is not timed. Reply: `Measured`.
    Measure {
        model: ModelId,
        batch: u32,
        runs: u32,
    },
    /// Compare the engine's probabilities with a reference. Reply: `SelfTest`.
    SelfTest { cases: Vec<Case> },
    /// Whether the worker still receives messages. Answered at once, even before earlier requests. Reply: `Pong`.
    Ping,
    /// Classify a batch of images, 784 bytes each, by the ensemble of all models. Reply: `Batch`.
    ClassifyBatchByEnsemble {
        #[serde(with = "serde_bytes")]
        images: Vec<u8>,
    },
    /// Classify some files of a batch with everything that is loaded. Reply: `Files`.
    ClassifyFiles { files: Vec<BatchFile> },
    /// What the model itself gives as the reason for a class. Reply: `Reason`.
    Reason {
        model: ModelId,
        grey: Pixels,
        class: Garment,
    },
    /// Explain by occlusion which pixels support a class, whatever the model. Reply: `HeatMap`.
    Occlude {
        model: ModelId,
        grey: Pixels,
        class: Garment,
    },
    /// Test how far the maps of a class can be trusted. Reply: `Trust`.
    TestMaps {
        model: ModelId,
        grey: Pixels,
        class: Garment,
    },
    /// Classify an image with everything that is loaded, in one message. Reply: `AllAnswers`.
    ClassifyByAll { grey: Pixels },
    /// Continue to look for few pixels whose change makes the model predict another class, for about a twentieth of a second.
    /// Reply: `SmallestChange`; while it says that the search is running, the same request continues it.
    FindSmallestChange { model: ModelId, grey: Pixels },
    /// The values of each layer of a network. Reply: `Layers`.
    Layers { model: ModelId, grey: Pixels },
    /// What one value of a network's layer is computed from. Reply: `Cell`.
    Cell {
        model: ModelId,
        grey: Pixels,
        place: CellPlace,
    },
    /// What a classical model computes from an image. Reply: `FeatureScores`.
    FeatureScores { model: ModelId, grey: Pixels },
    /// Classify a frame of the live camera with everything that is loaded, and explain which of its parts support a class. Reply: `Frame`.
    ClassifyFrame {
        frame: RgbaImage,
        /// The class of the heat map; without one there is no heat map.
        class: Option<PhotoClass>,
    },
}

/// A file of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum BatchFile {
    /// The file's bytes; empty if the file is posted together with the request, and the worker reads it.
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
    /// The image that an earlier request made from the file.
    Prepared(Pixels),
    /// The browser could not read the posted file of this name.
    Unreadable(String),
}

impl Request {
    /// Whether a visitor waits for the reply. Urgent requests are answered before all others.
    pub fn is_urgent(&self) -> bool {
        matches!(
            self,
            Self::ReadArray { .. }
                | Self::Prepare { .. }
                | Self::Edit { .. }
                | Self::Classify { .. }
                | Self::ClassifyByAll { .. }
                | Self::Explain { .. }
                | Self::Reason { .. }
                | Self::Layers { .. }
                | Self::Cell { .. }
                | Self::FeatureScores { .. }
                | Self::ClassifyPhoto { .. }
                | Self::ExplainPhoto { .. }
                | Self::ClassifyFrame { .. }
                | Self::Ensemble { .. }
        )
    }

    /// Whether a worker may need so long for it that it tells the page when it begins. The others take some milliseconds.
    pub fn may_take_long(&self) -> bool {
        !matches!(
            self,
            Self::Classify { .. }
                | Self::ClassifyByAll { .. }
                | Self::DetectNovelty { .. }
                | Self::Ensemble { .. }
                | Self::Ping
        )
    }

    /// Whether the worker needs a long time for it, as it parses a file.
    pub fn is_long(&self) -> bool {
        matches!(
            self,
            Self::Load { .. }
                | Self::LoadEnsemble { .. }
                | Self::LoadNovelty { .. }
                | Self::LoadPhotoNetwork { .. }
                | Self::Gallery { .. }
        )
    }
}

/// An image of a self-test, with the reference's probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    pub model: ModelId,
    pub grey: Pixels,
    pub probabilities: [f32; CLASSES],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_painting_answers_come_before_searches() {
        let grey = Pixels::from(&Grey28::new([0; PIXELS]));
        let live = Request::ClassifyByAll { grey: grey.clone() };
        let model = ModelId::Knn;
        let search = Request::FindSmallestChange { model, grey };
        assert!(live.is_urgent() && !live.may_take_long());
        assert!(!search.is_urgent() && search.may_take_long());
    }

    #[test]
    fn pixels_of_another_number_are_not_an_image() {
        assert!(Pixels(vec![0; PIXELS - 1]).grey().is_none());
        assert!(Pixels(vec![0; PIXELS]).grey().is_some());
    }
}

//! The words between the page and its workers: requests one way, replies the other, as postcard bytes.
//!
//! Every request carries a number and its reply carries the same. Number 0 is the worker speaking unasked: `Ready`
//! once it listens, `Fatal` when it is beyond help.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use shared::garment::CLASSES;
use shared::image::PIXELS;
use shared::photo::Frame;
use shared::{Garment, Grey28, ModelId};
use thiserror::Error;

/// The number of a message that answers no request.
pub const UNASKED: u32 = 0;

/// The largest difference between an engine's probability and the reference's that still counts as agreement.
pub const TOLERANCE: f32 = 1e-3;

/// A body and the number that ties a reply to its request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message<T> {
    pub id: u32,
    pub body: T,
}

/// Where a file's bytes are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// To be fetched by the worker; absolute, or relative to the worker's script.
    Url(String),
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
    /// Take a model's weights, check them and warm up. Answer: [`Reply::Loaded`].
    Load { model: ModelId, weights: Source },
    /// Cut the gallery's sprite into its pictures. Answer: [`Reply::Gallery`].
    Gallery { sprite: Source },
    /// Turn a picture file into 28x28. Answer: [`Reply::Prepared`].
    Prepare {
        #[serde(with = "serde_bytes")]
        file: Vec<u8>,
    },
    /// Answer a picture. Answer: [`Reply::Verdict`].
    Classify { model: ModelId, grey: Pixels },
    /// Show what speaks for a class. Answer: [`Reply::Map`].
    Explain {
        model: ModelId,
        grey: Pixels,
        class: Garment,
    },
    /// Compare your answers with the reference's. Answer: [`Reply::SelfTest`].
    SelfTest { cases: Vec<Case> },
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
    /// The weights are in place and the first, slow run is over.
    Loaded {
        model: ModelId,
        parameters: u32,
    },
    /// The gallery's pictures, row by row of the sprite; each row holds the ten classes in label order.
    Gallery {
        pictures: Vec<Pixels>,
    },
    Prepared(Prepared),
    Verdict(Verdict),
    Map(Map),
    /// How far the engine's probabilities are from the reference's at most, and how long each model took for its
    /// last case: the sum over the models, in microseconds.
    SelfTest {
        largest_difference: f32,
        micros: u32,
    },
    /// The request failed; the worker goes on.
    Error {
        sentence: String,
    },
    /// The worker is beyond help: terminate it.
    Fatal {
        sentence: String,
    },
}

/// A picture file turned into the models' input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    pub grey: Pixels,
    /// Where the 28x28 picture lies in the photo, in the photo's pixels.
    pub frame: Frame,
    /// The photo's size in pixels, turned upright.
    pub width: u32,
    pub height: u32,
    pub thumbnail: Thumbnail,
}

/// The photo, upright and small enough to show.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Thumbnail {
    pub width: u32,
    pub height: u32,
    /// Row-major, 8 bits each of red, green, blue and straight alpha.
    #[serde(with = "serde_bytes")]
    pub rgba: Vec<u8>,
}

impl core::fmt::Debug for Thumbnail {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Thumbnail({} x {})", self.width, self.height)
    }
}

/// A model's answer to one picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub model: ModelId,
    /// In label order.
    pub probabilities: [f32; CLASSES],
    pub logits: [f32; CLASSES],
    /// The forward pass alone: one run, in microseconds, as finely as the browser's clock tells.
    pub micros: u32,
}

/// Grad-CAM's map as the network's last feature map has it: rectified, neither enlarged nor normalised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Map {
    pub model: ModelId,
    pub class: Garment,
    /// The map is `side` x `side`.
    pub side: u32,
    /// Row-major, none below zero.
    pub values: Vec<f32>,
}

/// Why bytes are no message, or a message no bytes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    #[error("a message could not be written ({0}): reload the page")]
    Encode(postcard::Error),
    #[error(
        "a message could not be read ({0}): page and worker may be of different versions, reload the page"
    )]
    Decode(postcard::Error),
}

/// A message's bytes.
///
/// # Errors
/// None of the protocol's own messages fails; postcard reserves the right.
pub fn encode<T: Serialize>(message: &Message<T>) -> Result<Vec<u8>, WireError> {
    postcard::to_allocvec(message).map_err(WireError::Encode)
}

/// The message in these bytes.
///
/// # Errors
/// [`WireError::Decode`] when the bytes are not a whole message of this version.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<Message<T>, WireError> {
    postcard::from_bytes(bytes).map_err(WireError::Decode)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let grey = Grey28::new([7; PIXELS]);
        let message = Message {
            id: 9,
            body: Request::Explain {
                model: ModelId::Resnet,
                grey: Pixels::from(&grey),
                class: Garment::Bag,
            },
        };
        let bytes = encode(&message).unwrap();
        let back: Message<Request> = decode(&bytes).unwrap();
        assert_eq!(back, message);
    }

    #[test]
    fn half_a_message_is_an_error() {
        let message = Message {
            id: 1,
            body: Reply::Error {
                sentence: "Crop the picture.".into(),
            },
        };
        let bytes = encode(&message).unwrap();
        for length in 0..bytes.len() {
            assert!(decode::<Reply>(&bytes[..length]).is_err());
        }
    }

    #[test]
    fn a_picture_of_the_wrong_size_is_none() {
        assert!(Pixels(vec![0; PIXELS - 1]).grey().is_none());
        assert!(Pixels(vec![0; PIXELS]).grey().is_some());
    }
}

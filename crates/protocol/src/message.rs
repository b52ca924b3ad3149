//! Messages as postcard bytes, and the number that ties a reply to its request.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;

/// The number of a message that answers no request.
pub const UNASKED: u32 = 0;

/// A body and the number that ties a reply to its request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message<T> {
    pub id: u32,
    pub body: T,
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
    use crate::{Pixels, Reply, Request, RequestError};
    use shared::image::PIXELS;
    use shared::{Garment, Grey28, ModelId};

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
            body: Reply::Error(RequestError::Photo {
                message: "Crop the picture.".into(),
            }),
        };
        let bytes = encode(&message).unwrap();
        for length in 0..bytes.len() {
            assert!(decode::<Reply>(&bytes[..length]).is_err());
        }
    }
}

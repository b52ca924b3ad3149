//! The encoding of messages, and the number that assigns a reply to its request.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;

/// The number of a reply without a request.
pub const UNASKED: u32 = 0;

/// A request or reply with its number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message<T> {
    pub id: u32,
    pub body: T,
}

/// Why a message could not be encoded or decoded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MessageError {
    #[error("a message could not be encoded: {0}")]
    Encode(postcard::Error),
    #[error("a message could not be decoded: {0}")]
    Decode(postcard::Error),
}

/// Encodes a message.
///
/// # Errors
/// [`MessageError::Encode`], which no message of this protocol causes.
pub fn encode<T: Serialize>(message: &Message<T>) -> Result<Vec<u8>, MessageError> {
    postcard::to_allocvec(message).map_err(MessageError::Encode)
}

/// Decodes a message.
///
/// # Errors
/// [`MessageError::Decode`] if the bytes are not a complete message of this version.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<Message<T>, MessageError> {
    postcard::from_bytes(bytes).map_err(MessageError::Decode)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Pixels, Reply, Request, RequestError};
    use shared::image::PIXELS;
    use shared::{Garment, Grey28, ModelId};

    #[test]
    fn decodes_an_encoded_message() {
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
    fn rejects_a_truncated_message() {
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

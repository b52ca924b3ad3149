//! Fuzz target: bytes as a message in either direction between page and worker.

use photo::Edits;
use protocol::{
    BatchFile, Message, Pixels, Reply, Request, RequestError, Source, UNASKED, decode, encode,
};
use serde::{Serialize, de::DeserializeOwned};
use shared::image::RgbaImage;
use shared::model::PhotoClass;
use shared::{Garment, Grey28, ModelId};

use crate::seed::Seed;

pub fn read(bytes: &[u8]) {
    if let Some(request) = check::<Request>(bytes) {
        // The worker orders requests by these.
        let _ = (
            request.is_urgent(),
            request.may_take_long(),
            request.is_long(),
        );
    }
    check::<Reply>(bytes);
}

/// The body of a message, if the bytes are one.
fn check<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let message: Message<T> = decode(bytes).ok()?;
    // The bytes themselves may write a number with leading zeros. As bytes, because not every number equals itself.
    let written = encode(&message).expect("what was decoded can be encoded");
    let again: Message<T> = decode(&written).expect("what was encoded can be decoded");
    let again = encode(&again).expect("what was decoded can be encoded");
    assert!(again == written, "a message changes when it is sent again");
    Some(message.body)
}

pub fn seeds() -> Vec<Seed> {
    let grey = Pixels::from(&Grey28::new([7; 784]));
    let (model, class) = (ModelId::Resnet, Garment::Bag);
    let load = |weights| Request::Load { model, weights };
    let requests = [
        ("ping", Request::Ping),
        ("load_url", load(Source::Url("weights/resnet.hbd".into()))),
        ("load_bytes", load(Source::Bytes(vec![1, 2, 3]))),
        (
            "classify",
            Request::Classify {
                model,
                grey: grey.clone(),
            },
        ),
        (
            "explain",
            Request::Explain {
                model,
                grey: grey.clone(),
                class,
            },
        ),
        (
            "prepare",
            Request::Prepare {
                file: vec![0x89; 40],
                photo: 3,
            },
        ),
        (
            "edit",
            Request::Edit {
                photo: 3,
                edits: Edits::default(),
            },
        ),
        (
            "files",
            Request::ClassifyFiles {
                files: vec![
                    BatchFile::Bytes(vec![1; 20]),
                    BatchFile::Prepared(grey.clone()),
                    BatchFile::Unreadable("coat.jpg".into()),
                ],
            },
        ),
        (
            "frame",
            Request::ClassifyFrame {
                frame: RgbaImage::from_fn(4, 3, |x, y| [x as u8, y as u8, 9, 255]),
                class: Some(PhotoClass::Other),
            },
        ),
    ];
    let replies = [
        ("ready", Reply::Ready),
        ("progress", Reply::Progress { bytes: 70_000 }),
        (
            "gallery",
            Reply::Gallery {
                images: vec![grey; 2],
            },
        ),
        (
            "ensemble",
            Reply::Ensemble {
                probabilities: [0.1; 10],
                contributions: vec![f32::NAN, -1.0],
            },
        ),
        (
            "error",
            Reply::Error(RequestError::Photo {
                message: "Crop the picture.".into(),
            }),
        ),
    ];
    let mut seeds: Vec<_> = requests
        .into_iter()
        .map(|(name, body)| seed(&format!("request_{name}"), 9, body))
        .collect();
    let replies = replies.into_iter();
    seeds.extend(replies.map(|(name, body)| seed(&format!("reply_{name}"), UNASKED, body)));
    // The length of a file as the largest number there is, and no file.
    let mut endless = seeds[5].bytes[..2].to_vec();
    endless.extend([0xff; 9]);
    endless.push(1);
    seeds.push(Seed::new("endless_file", endless));
    seeds
}

fn seed<T: Serialize>(name: &str, id: u32, body: T) -> Seed {
    let bytes = encode(&Message { id, body }).expect("messages are encodable");
    Seed::new(name, bytes)
}

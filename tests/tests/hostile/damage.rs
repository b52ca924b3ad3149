//! Bytes altered anywhere in a weights file, or in what describes a tensor.

use proptest::prelude::*;
use shared::artifact::Artifact;

use crate::NUMBERS;

/// Dimensions that nobody asked for.
const DIMENSIONS: [u32; 10] = [0, 1, 2, 9, 10, 784, 3916, 0xffff, 0x7fff_ffff, u32::MAX];

/// Bytes altered anywhere, or in what describes a tensor.
#[derive(Clone, Debug)]
pub enum Damage {
    Byte {
        at: prop::sample::Index,
        to: u8,
    },
    Cut {
        at: prop::sample::Index,
    },
    Kind {
        tensor: prop::sample::Index,
        to: u8,
    },
    Rank {
        tensor: prop::sample::Index,
        to: u8,
    },
    Dimension {
        tensor: prop::sample::Index,
        which: usize,
        to: u32,
    },
    Number {
        at: prop::sample::Index,
        to: f32,
    },
}

pub fn damage() -> impl Strategy<Value = Damage> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        (index(), any::<u8>()).prop_map(|(at, to)| Damage::Byte { at, to }),
        index().prop_map(|at| Damage::Cut { at }),
        (index(), 0..7_u8).prop_map(|(tensor, to)| Damage::Kind { tensor, to }),
        (index(), 0..7_u8).prop_map(|(tensor, to)| Damage::Rank { tensor, to }),
        (index(), 0..4_usize, prop::sample::select(&DIMENSIONS[..]))
            .prop_map(|(tensor, which, to)| Damage::Dimension { tensor, which, to }),
        (index(), prop::sample::select(&NUMBERS[..]))
            .prop_map(|(at, to)| Damage::Number { at, to }),
    ]
}

impl Damage {
    pub fn apply(&self, bytes: &mut Vec<u8>, headers: &[usize]) {
        match self {
            Self::Byte { at, to } => *at.get_mut(bytes) = *to,
            Self::Cut { at } => bytes.truncate(at.index(bytes.len())),
            Self::Kind { tensor, to } => put(bytes, *tensor.get(headers), &[*to]),
            Self::Rank { tensor, to } => put(bytes, *tensor.get(headers) + 1, &[*to]),
            Self::Dimension { tensor, which, to } => {
                put(
                    bytes,
                    *tensor.get(headers) + 2 + 4 * which,
                    &to.to_le_bytes(),
                );
            }
            Self::Number { at, to } => {
                let at = at.index(bytes.len());
                put(bytes, at, &to.to_le_bytes());
            }
        }
        mend(bytes);
    }
}

/// Overwrites, as far as there are bytes.
fn put(bytes: &mut [u8], at: usize, with: &[u8]) {
    for (place, value) in bytes.iter_mut().skip(at).zip(with) {
        *place = *value;
    }
}

/// Makes the checksum right again, so that what was altered is reached.
pub fn mend(bytes: &mut [u8]) {
    if let Some(body) = bytes.len().checked_sub(4) {
        let checksum = crc32fast::hash(&bytes[..body]).to_le_bytes();
        bytes[body..].copy_from_slice(&checksum);
    }
}

/// Where the tensors' own bytes begin, behind the file's head.
const HEAD: usize = 4 + 2 + 2 + 16;

/// Where each tensor's element type forgeries; its rank follows, then its dimensions.
pub fn headers(bytes: &[u8]) -> Vec<usize> {
    let artifact = Artifact::from_bytes(bytes).expect("the committed weights are whole");
    let mut at = HEAD;
    let mut found = Vec::new();
    for tensor in &artifact.tensors {
        at += 1 + tensor.name.len();
        found.push(at);
        let alone = Artifact {
            model: String::new(),
            tensors: vec![tensor.clone()],
        };
        let whole = alone
            .to_bytes()
            .expect("what was read can be written")
            .len();
        at += whole - HEAD - 4 - 1 - tensor.name.len();
    }
    found
}

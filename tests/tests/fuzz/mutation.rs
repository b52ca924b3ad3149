//! Mutations of an input, as fuzzers make them.

use fuzzed_readers::Seed;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// A mutated input is cut off behind this length.
const MAX_LENGTH: usize = 1 << 20;

/// Numbers at which sizes, counts and signs go wrong.
const NUMBERS: [u64; 14] = [
    0,
    1,
    27,
    28,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    u64::MAX,
];

/// A place in an input.
#[derive(Clone, Debug)]
pub enum Place {
    Anywhere(Index),
    /// In the head, where files have their sizes.
    NearStart(usize),
}

impl Place {
    fn within(&self, length: usize) -> usize {
        match self {
            Self::Anywhere(index) => index.index(length + 1),
            Self::NearStart(at) => *at.min(&length),
        }
    }
}

/// What is done at a place.
#[derive(Clone, Debug)]
pub enum Change {
    Bit(u32),
    Overwrite(Vec<u8>),
    Insert(Vec<u8>),
    Remove(usize),
    /// Inserts the next bytes this number of times.
    Repeat {
        length: usize,
        times: usize,
    },
    /// Cuts the input off.
    Cut,
    /// The rest is that of another seed, from a place on.
    Splice {
        seed: Index,
        from: Index,
    },
}

/// A change at a place of an input.
#[derive(Clone, Debug)]
pub struct Mutation {
    place: Place,
    change: Change,
}

/// Any mutation.
pub fn mutation() -> impl Strategy<Value = Mutation> {
    let place = prop_oneof![
        any::<Index>().prop_map(Place::Anywhere),
        (0..64_usize).prop_map(Place::NearStart),
    ];
    (place, change()).prop_map(|(place, change)| Mutation { place, change })
}

fn change() -> impl Strategy<Value = Change> {
    let length = || prop_oneof![1..8_usize, 1..600_usize];
    let bytes = || prop::collection::vec(any::<u8>(), 1..6);
    let number = (
        select(&NUMBERS[..]),
        select(vec![1, 2, 4, 8]),
        any::<bool>(),
    );
    let number = number.prop_map(|(number, length, is_big_endian)| {
        let mut bytes = number.to_le_bytes()[..length].to_vec();
        if is_big_endian {
            bytes.reverse();
        }
        bytes
    });
    prop_oneof![
        (0..8_u32).prop_map(Change::Bit),
        bytes().prop_map(Change::Overwrite),
        number.prop_map(Change::Overwrite),
        bytes().prop_map(Change::Insert),
        length().prop_map(Change::Remove),
        (length(), 1..40_usize).prop_map(|(length, times)| Change::Repeat { length, times }),
        Just(Change::Cut),
        any::<(Index, Index)>().prop_map(|(seed, from)| Change::Splice { seed, from }),
    ]
}

impl Mutation {
    pub fn apply(&self, bytes: &mut Vec<u8>, seeds: &[Seed]) {
        let at = self.place.within(bytes.len());
        let end = |length: usize| (at + length).min(bytes.len());
        match &self.change {
            Change::Bit(bit) => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
            Change::Overwrite(with) => {
                for (byte, value) in bytes[at..].iter_mut().zip(with) {
                    *byte = *value;
                }
            }
            Change::Insert(new) => {
                bytes.splice(at..at, new.iter().copied());
            }
            Change::Remove(length) => {
                bytes.drain(at..end(*length));
            }
            Change::Repeat { length, times } => {
                let repeated = bytes[at..end(*length)].repeat(*times);
                bytes.splice(at..at, repeated);
            }
            Change::Cut => bytes.truncate(at),
            Change::Splice { seed, from } => {
                let other = &seed.get(seeds).bytes;
                bytes.truncate(at);
                bytes.extend(&other[from.index(other.len() + 1)..]);
            }
        }
        bytes.truncate(MAX_LENGTH);
    }
}

//! What is fuzzed: for each reader of bytes from outside, a function that panics where something does not hold of its result, and seeds,
//! which are small inputs built in code.
//!
//! `fuzz/` runs the functions with libFuzzer, `tests/tests/fuzz/` with mutations of the seeds. The code here is test code.

mod addresses;
mod arrays;
mod messages;
mod photos;
mod seed;
mod weights;

pub use seed::Seed;

/// No input may take longer, in seconds.
pub const MAX_SECONDS: u64 = 2;
/// No input may take more memory, in megabytes.
pub const MAX_MEGABYTES: usize = 600;

/// A reader of bytes from outside.
#[derive(Clone, Copy)]
pub struct Reader {
    /// The name of the fuzz target.
    pub name: &'static str,
    /// Reads any bytes. It panics where something does not hold of the result; an error is a result.
    pub read: fn(&[u8]),
    /// Inputs to start from.
    pub seeds: fn() -> Vec<Seed>,
}

/// Image files, decoded and prepared for the models.
pub const PHOTOS: Reader = Reader {
    name: "photos",
    read: photos::read,
    seeds: photos::seeds,
};

/// Files of images and labels as numbers: npy, IDX, CSV, gzip.
pub const ARRAYS: Reader = Reader {
    name: "arrays",
    read: arrays::read,
    seeds: arrays::seeds,
};

/// Weights files, and the models made of them.
pub const WEIGHTS: Reader = Reader {
    name: "weights",
    read: weights::read,
    seeds: weights::seeds,
};

/// Messages between the page and its workers.
pub const MESSAGES: Reader = Reader {
    name: "messages",
    read: messages::read,
    seeds: messages::seeds,
};

/// The page's address: fragment, quiz code, query, and images in the browser's history.
pub const ADDRESSES: Reader = Reader {
    name: "addresses",
    read: addresses::read,
    seeds: addresses::seeds,
};

/// All readers.
pub const READERS: [Reader; 5] = [PHOTOS, ARRAYS, WEIGHTS, MESSAGES, ADDRESSES];

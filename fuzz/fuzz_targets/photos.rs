//! Any bytes as a picture file: decoded and prepared, they become a picture or a sentence.

#![no_main]

use libfuzzer_sys::fuzz_target;
use photo::{decode, prepare};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(photo) = decode(bytes) {
        let _ = prepare(&photo);
    }
});

//! Fuzz target: decodes arbitrary bytes as a file of images and prepares them; neither may panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use photo::{decode_all, prepare};

fuzz_target!(|bytes: &[u8]| {
    for photo in decode_all(bytes).into_iter().flat_map(|file| file.images) {
        // A photo without a garment is refused.
        let _ = prepare(&photo);
    }
});

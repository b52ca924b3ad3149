//! Fuzz target: decodes arbitrary bytes as an image file and prepares the photo; neither may panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use photo::{decode, prepare};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(photo) = decode(bytes) {
        // A photo without a garment is refused.
        let _ = prepare(&photo);
    }
});

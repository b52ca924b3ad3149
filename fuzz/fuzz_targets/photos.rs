//! Fuzz target: `fuzzed_readers::PHOTOS`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (fuzzed_readers::PHOTOS.read)(bytes));

//! Fuzz target: `fuzzed_readers::ARRAYS`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (fuzzed_readers::ARRAYS.read)(bytes));

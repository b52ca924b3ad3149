//! Fuzz target: `fuzzed_readers::WEIGHTS`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (fuzzed_readers::WEIGHTS.read)(bytes));

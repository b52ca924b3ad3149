//! Fuzz target: `fuzzed_readers::MESSAGES`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (fuzzed_readers::MESSAGES.read)(bytes));

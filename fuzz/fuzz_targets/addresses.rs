//! Fuzz target: `fuzzed_readers::ADDRESSES`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| (fuzzed_readers::ADDRESSES.read)(bytes));

//! Every reader of bytes from outside, for some seconds on mutations of small inputs: nothing panics, hangs or takes much memory.
//!
//! `fuzz/` runs the same functions with libFuzzer, which finds more as it knows which code an input reaches.
// All of this is test code, also what is outside of `#[test]` functions.
#![allow(clippy::unwrap_used)]

mod limits;
mod mutation;
mod records;

use std::time::{Duration, Instant};

use fuzzed_readers::{ADDRESSES, ARRAYS, MESSAGES, PHOTOS, READERS, Reader, WEIGHTS};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use tests::allocation_counter::CountingAllocator;
use tests::reliability::{attempt, record};

use limits::HangDetector;
use mutation::{Mutation, mutation};
use records::RECORDS;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Seconds for each reader, if the environment names no other number.
const SECONDS: f64 = 5.0;

/// A number from the environment.
fn setting(name: &str) -> Option<f64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is not a number: {text}")),
    )
}

/// Runs the reader on each seed, then on mutations of them. The mutations are always the same, unless HABERDASH_FUZZ_SEED is set;
/// HABERDASH_FUZZ_SECONDS says for how long.
fn fuzz(reader: Reader) {
    let seeds = (reader.seeds)();
    let hangs = HangDetector::start(reader);
    for seed in &seeds {
        hangs.begins(&seed.bytes);
        let start = Instant::now();
        attempt(reader.name, || limits::read(reader, &seed.bytes));
        println!("{} {}: {:?}", reader.name, seed.name, start.elapsed());
    }

    let mut random = [0; 32];
    let number = setting("HABERDASH_FUZZ_SEED").unwrap_or_default();
    random[..8].copy_from_slice(&number.to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &random);
    let config = Config {
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, random);
    let inputs = (any::<Index>(), prop::collection::vec(mutation(), 1..6));
    let mutated = |(seed, mutations): &(Index, Vec<Mutation>)| {
        let mut bytes = seed.get(&seeds).bytes.clone();
        for mutation in mutations {
            mutation.apply(&mut bytes, &seeds);
        }
        bytes
    };
    let seconds = Duration::from_secs_f64(setting("HABERDASH_FUZZ_SECONDS").unwrap_or(SECONDS));
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < seconds {
        let input = inputs.new_tree(&mut runner).expect("there are mutations");
        let outcome = runner.run_one(input, |input| {
            let bytes = mutated(&input);
            hangs.begins(&bytes);
            limits::read(reader, &bytes);
            Ok(())
        });
        if let Err(TestError::Fail(reason, input)) = outcome {
            let path = limits::failure_path(reader);
            std::fs::write(&path, mutated(&input)).unwrap();
            record(reader.name, count + 1, count);
            panic!("{reason}\nthe input is {}", path.display());
        }
        count += 1;
    }
    record(reader.name, count, count);
    println!("{}: {count} mutations", reader.name);
}

#[test]
fn photos() {
    fuzz(PHOTOS);
}

#[test]
fn arrays() {
    fuzz(ARRAYS);
}

#[test]
fn weights() {
    fuzz(WEIGHTS);
}

#[test]
fn messages() {
    fuzz(MESSAGES);
}

#[test]
fn addresses() {
    fuzz(ADDRESSES);
}

#[test]
fn records() {
    fuzz(RECORDS);
}

/// Each reader has a target of libFuzzer, and the scheduled workflow runs it.
#[test]
fn every_reader_is_fuzzed() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let read = |path: &str| std::fs::read_to_string(format!("{root}/{path}")).unwrap();
    let workflow = read(".github/workflows/robustness.yml");
    for Reader { name, .. } in READERS {
        let target = read(&format!("fuzz/fuzz_targets/{name}.rs"));
        assert!(target.contains(&name.to_uppercase()), "{target}");
        assert!(workflow.contains(name), "{name}");
    }
}

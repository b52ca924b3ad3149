//! The limits of time and memory for one input.

use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use fuzzed_readers::{MAX_MEGABYTES, MAX_SECONDS, Reader};
use tests::allocation_counter::peak_allocation;
use tests::cpu_time;

/// After this time, on a machine that may be busy, a reader is taken to hang.
const HANG: Duration = Duration::from_secs(60);

/// Reads the input.
///
/// # Panics
/// Something does not hold of the result, or it took too much time or memory.
pub fn read(reader: Reader, bytes: &[u8]) {
    let start = cpu_time::of_this_thread();
    let (peak, ()) = peak_allocation(|| (reader.read)(bytes));
    let time = cpu_time::of_this_thread() - start;
    assert!(time <= Duration::from_secs(MAX_SECONDS), "it took {time:?}");
    let megabytes = peak >> 20;
    assert!(megabytes <= MAX_MEGABYTES, "it took {megabytes} MB");
}

/// The file into which an input that a reader failed on is written.
pub fn failure_path(reader: Reader) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-failure", reader.name))
}

/// Ends the process with a message when an input takes too long, as a thread cannot be ended.
pub struct HangDetector(Sender<Vec<u8>>);

impl HangDetector {
    /// A detector for the inputs of a reader.
    pub fn start(reader: Reader) -> Self {
        let (sender, receiver) = mpsc::channel::<Vec<u8>>();
        std::thread::spawn(move || {
            let mut input = Vec::new();
            loop {
                match receiver.recv_timeout(HANG) {
                    Ok(next) => input = next,
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        let path = failure_path(reader);
                        std::fs::write(&path, &input).ok();
                        eprintln!("{} hangs with the input {}", reader.name, path.display());
                        std::process::abort();
                    }
                }
            }
        });
        Self(sender)
    }

    /// Tells it that a reader begins with this input.
    pub fn begins(&self, input: &[u8]) {
        self.0
            .send(input.to_vec())
            .expect("the detector is running");
    }
}

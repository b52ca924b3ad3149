//! Ctrl-C: the first ends the run at the next batch, a second ends it at once.

use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C from here on.
pub fn install_handler() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            // 128 + SIGINT, as shells have it.
            std::process::exit(130);
        }
    })
}

/// Whether the user asked to stop.
pub fn is_requested() -> bool {
    ASKED.load(Ordering::Relaxed)
}

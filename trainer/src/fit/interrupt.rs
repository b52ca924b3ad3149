//! Ctrl-C: the first ends a run at the next batch, the second ends the process.

use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Installs the handler of Ctrl-C.
///
/// # Errors
/// The system does not allow it.
pub fn install_handler() -> Result<(), ctrlc::Error> {
    ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::Relaxed) {
            // The exit code of shells: 128 + SIGINT.
            std::process::exit(130);
        }
    })
}

/// Whether Ctrl-C was pressed.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

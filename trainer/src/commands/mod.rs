//! What the command line's commands do.

pub mod measure;
pub mod photos;
pub mod predict;
pub mod train;
pub mod write;

use anyhow::Context;
use trainer::fit::interrupt;
use trainer::fit::progress::RunControl;

/// Draws a progress bar, and ends a run at Ctrl-C.
fn control() -> anyhow::Result<RunControl<'static>> {
    interrupt::install_handler().context("Ctrl-C cannot be listened for")?;
    Ok(RunControl {
        show_progress: true,
        is_interrupted: &interrupt::is_requested,
    })
}

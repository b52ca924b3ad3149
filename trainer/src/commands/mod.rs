//! The commands of the command line.

pub mod measure;
pub mod options;
pub mod photos;
pub mod predict;
pub mod train;
pub mod write;

use anyhow::anyhow;
use trainer::fit::interrupt;
use trainer::fit::progress::RunControl;

/// Shows progress bars, and stops a run at Ctrl-C.
fn run_control() -> anyhow::Result<RunControl<'static>> {
    interrupt::install_handler()
        .map_err(|error| anyhow!("the handler of Ctrl-C could not be installed ({error})"))?;
    Ok(RunControl {
        show_progress: true,
        is_interrupted: &interrupt::is_requested,
    })
}

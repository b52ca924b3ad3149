//! What the command line's commands do.

pub mod measure;
pub mod photos;
pub mod predict;
pub mod train;
pub mod write;

use anyhow::Context;
use trainer::fit::deep::Watch;
use trainer::fit::stop;

/// Draws a progress bar, and ends a run at Ctrl-C.
fn watch() -> anyhow::Result<Watch<'static>> {
    stop::listen().context("Ctrl-C cannot be listened for")?;
    Ok(Watch {
        draw: true,
        stop: &stop::asked,
    })
}

//! `cargo xtask bench-classical`: our SVM and forest beside scikit-learn's, on the same points with the same settings.

use super::{Peer, built, python};
use crate::{step, workspace::Workspace};
use anyhow::Result;

const PEER: Peer = Peer {
    name: "scikit-learn",
    folder: "bench-classical",
    module: "sklearn",
    packages: &["numpy", "scikit-learn"],
};

/// Fits ours, fits theirs, prints a table.
pub fn run(workspace: &Workspace) -> Result<()> {
    let python = python(workspace, &PEER)?;
    let trainer = built(workspace, "trainer")?;
    let figures = workspace.cache.join("bench-classical/figures");
    step::step("fit ours, twice each", || {
        let mut fit = workspace.command(&trainer);
        fit.args(["bench", "--out"]).arg(&figures);
        step::run(&mut fit)
    })?;
    step::step("fit scikit-learn's", || {
        let mut fit = workspace.command(&python);
        fit.arg("xtask/bench/scikit_learn.py").arg(&figures);
        step::run(&mut fit)
    })
}

//! `cargo xtask bench-classical`: the SVM and the forest compared with scikit-learn's, on the same points with the same settings.

use super::{PythonPeer, build_program, python_with};
use crate::{step, workspace::Workspace};
use anyhow::Result;

const PEER: PythonPeer = PythonPeer {
    name: "scikit-learn",
    folder: "bench-classical",
    module: "sklearn",
    packages: &["numpy", "scikit-learn"],
};

/// Fits the models of both libraries, and prints a table.
pub fn run(workspace: &Workspace) -> Result<()> {
    let python = python_with(workspace, &PEER)?;
    let trainer = build_program(workspace, "trainer")?;
    let figures = workspace.cache.join("bench-classical/figures");
    step::step("fit the trainer's models, twice each", || {
        let mut fit = workspace.command(&trainer);
        fit.args(["bench", "--out"]).arg(&figures);
        step::run(&mut fit)
    })?;
    step::step("fit scikit-learn's models", || {
        let mut fit = workspace.command(&python);
        fit.arg("xtask/bench/scikit_learn.py").arg(&figures);
        step::run(&mut fit)
    })
}

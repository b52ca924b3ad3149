//! `cargo xtask bench-classical`: our SVM and forest beside scikit-learn's, on the same points with the same settings.

use crate::{checks::NATIVE, step, workspace::Workspace};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// What is compared with, and nothing else.
const PACKAGES: [&str; 2] = ["numpy", "scikit-learn"];

/// Fits ours, fits theirs, prints a table.
pub fn run(workspace: &Workspace) -> Result<()> {
    let folder = workspace.cache.join("bench-classical");
    let python = environment(workspace, &folder)?;
    step::step("build the trainer", || {
        let mut build = workspace.cargo(None);
        // The selection that the tests have built: another one resolves other features, and would build burn anew.
        build.arg("build").args(NATIVE).args(["--bin", "trainer"]);
        step::run(&mut build)
    })?;
    let figures = folder.join("figures");
    step::step("fit ours, twice each", || {
        let trainer = format!("debug/trainer{}", std::env::consts::EXE_SUFFIX);
        let mut fit = workspace.command(workspace.target.join(trainer));
        fit.args(["bench", "--out"]).arg(&figures);
        step::run(&mut fit)
    })?;
    step::step("fit scikit-learn's", || {
        let mut fit = workspace.command(&python);
        fit.arg("xtask/bench/scikit_learn.py").arg(&figures);
        step::run(&mut fit)
    })
}

/// Python with scikit-learn in a folder of its own.
fn environment(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let venv = folder.join("venv");
    let bin = if cfg!(windows) { "Scripts" } else { "bin" };
    let python = venv.join(bin).join("python");
    let mut probe = workspace.command(&python);
    probe.args(["-c", "import sklearn"]);
    if probe.output().is_ok_and(|answer| answer.status.success()) {
        return Ok(python);
    }
    step::step("install scikit-learn", || {
        let log = workspace.cache.join("logs/bench-classical.log");
        let mut make = workspace.command("python3");
        make.args(["-m", "venv"]).arg(&venv);
        step::run_logged(&mut make, &log)
            .context("a Python environment is needed: install Python 3 with its venv module")?;
        let mut install = workspace.command(&python);
        install
            .args(["-m", "pip", "install", "--quiet"])
            .args(PACKAGES);
        step::run_logged(&mut install, &log)
    })?;
    Ok(python)
}

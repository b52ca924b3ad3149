//! Benchmarks against other libraries, each of which is installed in a folder of its own.

pub mod classical;
pub mod train;
pub mod web;

use crate::{checks::native_packages, step, workspace::Workspace};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// A Python library that is compared with.
struct PythonPeer {
    name: &'static str,
    /// The folder in the cache.
    folder: &'static str,
    /// The name of the module to import.
    module: &'static str,
    packages: &'static [&'static str],
}

/// The path of a Python interpreter with the library; installs it if it is missing.
fn python_with(workspace: &Workspace, peer: &PythonPeer) -> Result<PathBuf> {
    let venv = workspace.cache.join(peer.folder).join("venv");
    let bin = if cfg!(windows) { "Scripts" } else { "bin" };
    let python = venv.join(bin).join("python");
    let mut probe = workspace.command(&python);
    probe.arg("-c").arg(format!("import {}", peer.module));
    if probe.output().is_ok_and(|answer| answer.status.success()) {
        return Ok(python);
    }
    step::step(&format!("install {}", peer.name), || {
        let log = workspace.cache.join(format!("logs/{}.log", peer.folder));
        let mut make = workspace.command("python3");
        make.args(["-m", "venv"]).arg(&venv);
        step::run_logged(&mut make, &log).context(
            "the Python environment cannot be made: install Python 3 with its venv module",
        )?;
        let mut install = workspace.command(&python);
        install
            .args(["-m", "pip", "install", "--quiet"])
            .args(peer.packages);
        step::run_logged(&mut install, &log)
    })?;
    Ok(python)
}

/// Builds a program of the native packages, and returns its path.
pub fn build_program(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    step::step(&format!("build {name}"), || {
        let mut build = workspace.cargo(None);
        build
            .arg("build")
            .args(native_packages())
            .args(["--bin", name]);
        step::run(&mut build)
    })?;
    let file = format!("debug/{name}{}", std::env::consts::EXE_SUFFIX);
    Ok(workspace.target.join(file))
}

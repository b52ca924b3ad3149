//! wasm-opt, from the npm package `binaryen`: Debian's version is too old for rustc's output.

use super::apt;
use crate::{
    step,
    workspace::{Workspace, on_path},
};
use anyhow::{Context, Result};
use std::{path::PathBuf, process::Command};

/// The version of the npm package.
pub const VERSION: &str = "132.0.0";

/// Features that all browsers with WebAssembly SIMD support. `--all-features` would enable compact imports, which no browser
/// supports.
pub const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-simd",
];

/// The folder that contains `wasm-opt`.
pub fn folder(workspace: &Workspace) -> Option<PathBuf> {
    let folder = root(workspace).join("node_modules/.bin");
    folder.join("wasm-opt").exists().then_some(folder)
}

/// A command with wasm-opt and the features, without other arguments. wasm-opt is a Node.js script, so it needs PATH.
pub fn command(workspace: &Workspace) -> Result<Command> {
    let folder = folder(workspace)
        .context("wasm-opt is missing: run `cargo xtask build`, which installs it")?;
    let mut command = workspace.command(folder.join("wasm-opt"));
    command.args(FEATURES);
    Ok(command)
}

/// Runs `npm install` into the cache, and wasm-opt once to check that it works.
pub fn install(workspace: &Workspace) -> Result<()> {
    if on_path("npm").is_none() {
        apt::install(workspace, &["npm"])
            .context("npm is needed for wasm-opt: install Node.js from https://nodejs.org")?;
    }
    let root = root(workspace);
    std::fs::create_dir_all(&root).with_context(|| {
        format!(
            "{} cannot be made: set HABERDASH_CACHE to a folder you may write",
            root.display()
        )
    })?;
    let log = workspace.cache.join("logs/wasm-opt.log");
    let mut npm = workspace.command("npm");
    npm.args([
        "install",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
    ])
    .arg(&root)
    .arg(format!("binaryen@{VERSION}"));
    step::run_logged(&mut npm, &log)?;
    step::run_logged(command(workspace)?.arg("--version"), &log)
        .context("wasm-opt is installed but does not run: it needs Node.js 18 or newer")
}

fn root(workspace: &Workspace) -> PathBuf {
    workspace.tool_folder("binaryen", VERSION)
}

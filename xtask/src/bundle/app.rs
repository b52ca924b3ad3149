//! Builds the page's app: JavaScript and wasm, split into the part that the first screen needs and parts that are loaded when they are
//! opened. trunk builds apps, but cannot split them: the wasm must be split before wasm-bindgen processes it.

use super::{
    assets::{Assets, sha256_hex},
    page,
    wasm_package::{self, WasmPackage},
};
use crate::{site::Profile, step, tools::cargo_program::CargoProgram, workspace::Workspace};
use anyhow::{Context, Result};
use std::{fs, path::Path};

const APP: WasmPackage = WasmPackage {
    package: "web",
    binary: "app",
    optimisation: "-Oz",
    exceptions: &[],
    // The splitter follows the relocations, to find which function needs which.
    link_arguments: &["--emit-relocs"],
};
/// The script and the wasm of the first part, and the script that loads the other parts.
const SCRIPT: &str = "app.js";
const FIRST_PART: &str = "app_bg.wasm";
const LOADER: &str = "__wasm_split.js";

/// The files of the app.
pub struct App {
    /// Names and contents, in the order of names.
    files: Vec<(String, Vec<u8>)>,
}

/// Compiles the app, splits it, runs wasm-bindgen on the first part, and for the profile `dist` wasm-opt on all of them.
pub fn build(workspace: &Workspace, profile: Profile) -> Result<App> {
    let folder = APP.build(workspace, profile, |compiled, folder| {
        split(workspace, compiled, folder)?;
        bind(workspace, folder)?;
        for name in names(folder)? {
            if name.ends_with(".wasm") {
                APP.optimise(workspace, profile, &folder.join(name))?;
            }
        }
        Ok(())
    })?;
    let files = names(&folder)?
        .into_iter()
        .map(|name| wasm_package::read(&folder, &name).map(|bytes| (name, bytes)))
        .collect::<Result<_>>()?;
    Ok(App { files })
}

/// Writes the parts into `folder`.
fn split(workspace: &Workspace, compiled: &Path, folder: &Path) -> Result<()> {
    let wasm_split = CargoProgram::wasm_split();
    let mut command = workspace.command(wasm_split.path(workspace)?);
    command
        .arg(compiled)
        .arg(folder)
        .args(["--target", "web", "--out-name", "app"]);
    step::run(&mut command)
}

/// Runs wasm-bindgen on the first part, `app.wasm`, which becomes `app.js` and `app_bg.wasm`. The other parts import what the linker
/// exports from the first one.
fn bind(workspace: &Workspace, folder: &Path) -> Result<()> {
    let wasm_bindgen = CargoProgram::wasm_bindgen(workspace)?;
    let first = folder.join("app.wasm");
    let mut command = workspace.command(wasm_bindgen.path(workspace)?);
    command
        .args(["--target", "web", "--no-typescript", "--keep-lld-exports"])
        .args(["--no-demangle", "--out-name", "app", "--out-dir"])
        .arg(folder)
        .arg(&first);
    step::run(&mut command)?;
    fs::remove_file(&first).with_context(|| format!("{} cannot be removed", first.display()))
}

/// The names of the files in `folder` that belong to the site, sorted.
fn names(folder: &Path) -> Result<Vec<String>> {
    let unreadable = || format!("{} cannot be read: build again", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let name = entry.with_context(unreadable)?.file_name();
        let name = name.to_string_lossy().into_owned();
        if name.ends_with(".js") || name.ends_with(".wasm") {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

impl App {
    /// Adds the files to the site, in a folder whose name contains a hash of them all: they import each other by fixed names. Returns
    /// `page` with links to those that are needed first.
    pub fn add(&self, assets: &Assets, page: &str) -> Result<String> {
        let listed: String = self
            .files
            .iter()
            .map(|(name, bytes)| format!("{name} {}\n", sha256_hex(bytes)))
            .collect();
        let folder = format!("app-{}", &sha256_hex(listed.as_bytes())[..16]);
        for (name, bytes) in &self.files {
            assets.write_unlisted(bytes, &format!("{folder}/{name}"))?;
        }
        let [script, loader, wasm] =
            [SCRIPT, LOADER, FIRST_PART].map(|name| format!("{folder}/{name}"));
        page::with_app(page, [&script, &loader], &wasm)
    }
}

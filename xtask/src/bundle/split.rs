//! Builds a package as JavaScript and wasm that is split: into the part that is needed first, and parts that are loaded when they are
//! needed. The wasm must be split before wasm-bindgen processes it.

use super::{
    assets::{Assets, CodeFile, integrity, sha256_hex},
    wasm_package::{self, WasmPackage},
};
use crate::{site::Profile, step, tools::cargo_program::CargoProgram, workspace::Workspace};
use anyhow::{Context, Result, bail};
use std::{fs, path::Path};

/// The linker's arguments for a package that is split: the splitter follows the relocations, to find which function needs which.
pub const LINK_ARGUMENTS: &[&str] = &["--emit-relocs"];
/// The script that loads the later parts.
const LOADER: &str = "__wasm_split.js";

/// Fetches a file and checks its hash. The browser's cache may hold a damaged one, so the second attempt bypasses it.
const CHECKED: &str = "
function checked(url, integrity) {
    return fetch(url, { integrity }).catch(() => fetch(url, { integrity, cache: 'reload' }));
}
";

/// The files of a package.
pub struct SplitBundle {
    /// The binary's name, with which the names of the first part's files start.
    name: &'static str,
    /// Names and contents, in the order of names.
    files: Vec<(String, Vec<u8>)>,
}

/// Compiles the package, splits it, runs wasm-bindgen on the first part, and for the profile `dist` wasm-opt on all of them.
pub fn build(
    package: &WasmPackage,
    workspace: &Workspace,
    profile: Profile,
) -> Result<SplitBundle> {
    let name = package.binary;
    let folder = package.build(workspace, profile, |compiled, folder| {
        split(workspace, name, compiled, folder)?;
        bind(workspace, name, folder)?;
        for file in names(folder)? {
            if file.ends_with(".wasm") {
                package.optimise(workspace, profile, &folder.join(file))?;
            }
        }
        add_integrity(name, folder)
    })?;
    let files = names(&folder)?
        .into_iter()
        .map(|name| wasm_package::read(&folder, &name).map(|bytes| (name, bytes)))
        .collect::<Result<_>>()?;
    Ok(SplitBundle { name, files })
}

/// Writes the parts into `folder`.
fn split(workspace: &Workspace, name: &str, compiled: &Path, folder: &Path) -> Result<()> {
    let wasm_split = CargoProgram::wasm_split();
    let mut command = workspace.command(wasm_split.path(workspace)?);
    command
        .arg(compiled)
        .arg(folder)
        .args(["--target", "web", "--out-name", name]);
    step::run(&mut command)
}

/// Runs wasm-bindgen on the first part, `NAME.wasm`, which becomes `NAME.js` and `NAME_bg.wasm`. The other parts import what the linker
/// exports from the first one.
fn bind(workspace: &Workspace, name: &str, folder: &Path) -> Result<()> {
    let wasm_bindgen = CargoProgram::wasm_bindgen(workspace)?;
    let first = folder.join(format!("{name}.wasm"));
    let mut command = workspace.command(wasm_bindgen.path(workspace)?);
    command
        .args(["--target", "web", "--no-typescript", "--keep-lld-exports"])
        .args(["--no-demangle", "--out-name", name, "--out-dir"])
        .arg(folder)
        .arg(&first);
    step::run(&mut command)?;
    fs::remove_file(&first).with_context(|| format!("{} cannot be removed", first.display()))
}

/// Adds the hashes of the later parts to the script that loads them, so that the browser refuses a part with another content.
fn add_integrity(name: &str, folder: &Path) -> Result<()> {
    let first = format!("{name}_bg.wasm");
    let loader = String::from_utf8(wasm_package::read(folder, LOADER)?)
        .with_context(|| format!("wasm-split wrote a {LOADER} that is not text"))?;
    let parts = names(folder)?.into_iter();
    let parts = parts.filter(|file| file.ends_with(".wasm") && *file != first);
    let checked = parts.into_iter().try_fold(loader, |loader, part| {
        let hash = integrity(&wasm_package::read(folder, &part)?);
        with_integrity(&loader, &part, &hash)
    })?;
    let path = folder.join(LOADER);
    fs::write(&path, checked + CHECKED)
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// The loader's script with the hash of a part at the call that fetches it.
fn with_integrity(loader: &str, part: &str, hash: &str) -> Result<String> {
    let call = format!("fetch(new URL(\"./{part}\", import.meta.url))");
    if loader.matches(&call).count() != 1 {
        bail!(
            "{LOADER} does not fetch {part} as expected: wasm-split may have changed, see xtask/src/bundle/split.rs"
        );
    }
    let checked = format!("checked(new URL(\"./{part}\", import.meta.url), \"{hash}\")");
    Ok(loader.replace(&call, &checked))
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

impl SplitBundle {
    /// Adds the files to the site, in a folder whose name contains a hash of them all: they import each other by fixed names.
    pub fn add(&self, assets: &Assets) -> Result<FirstPart> {
        let listed: String = self
            .files
            .iter()
            .map(|(name, bytes)| format!("{name} {}\n", sha256_hex(bytes)))
            .collect();
        let folder = format!("{}-{}", self.name, &sha256_hex(listed.as_bytes())[..16]);
        for (name, bytes) in &self.files {
            assets.write_unlisted(bytes, &format!("{folder}/{name}"))?;
        }
        let file = |name: String| -> Result<CodeFile> {
            let found = self.files.iter().find(|(other, _)| *other == name);
            let (_, bytes) = found.with_context(|| format!("the build wrote no {name}"))?;
            Ok(CodeFile {
                url: format!("{folder}/{name}"),
                integrity: integrity(bytes),
            })
        };
        Ok(FirstPart {
            script: file(format!("{}.js", self.name))?,
            loader: file(LOADER.to_owned())?,
            wasm: file(format!("{}_bg.wasm", self.name))?,
        })
    }
}

/// The files of the first part.
pub struct FirstPart {
    pub script: CodeFile,
    /// The script that loads the later parts. The other script imports it.
    pub loader: CodeFile,
    pub wasm: CodeFile,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_fetched_with_its_hash() {
        let loader = r#"fetch(new URL("./split_a.wasm", import.meta.url)); fetch(new URL("./chunk_b.wasm", import.meta.url));"#;
        let checked = with_integrity(loader, "split_a.wasm", "sha256-A").unwrap();
        let checked = with_integrity(&checked, "chunk_b.wasm", "sha256-B").unwrap();
        assert_eq!(
            checked,
            r#"checked(new URL("./split_a.wasm", import.meta.url), "sha256-A"); checked(new URL("./chunk_b.wasm", import.meta.url), "sha256-B");"#
        );
        assert!(with_integrity(loader, "split_c.wasm", "sha256-C").is_err());
    }
}

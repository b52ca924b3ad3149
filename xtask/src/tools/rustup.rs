//! Targets and components that rustup adds to the user's toolchain.

use crate::{step, workspace::Workspace};
use anyhow::{Context, Result};
use std::{path::PathBuf, process::Stdio, sync::OnceLock};

/// The browser's target.
pub const WASM: &str = "wasm32-unknown-unknown";
/// A target without an operating system: a crate that compiles for it needs no std.
pub const BARE: &str = "x86_64-unknown-none";

/// The folder of the active toolchain.
fn sysroot(workspace: &Workspace) -> Result<&'static PathBuf> {
    static SYSROOT: OnceLock<PathBuf> = OnceLock::new();
    if let Some(known) = SYSROOT.get() {
        return Ok(known);
    }
    let output = workspace
        .command("rustc")
        .args(["--print", "sysroot"])
        .stderr(Stdio::inherit())
        .output()
        .context("rustc cannot be started: install Rust from https://rustup.rs")?;
    let printed = String::from_utf8(output.stdout)
        .context("rustc's folder has a name that is not UTF-8: install Rust elsewhere")?;
    Ok(SYSROOT.get_or_init(|| PathBuf::from(printed.trim())))
}

/// Whether the toolchain has the standard library of `target`.
pub fn target_present(workspace: &Workspace, target: &str) -> Result<bool> {
    Ok(contains_core(
        &sysroot(workspace)?
            .join("lib/rustlib")
            .join(target)
            .join("lib"),
    ))
}

/// Whether `folder` contains a compiled `core`; an interrupted installation may leave an empty folder.
pub fn contains_core(folder: &std::path::Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("libcore-"))
    })
}

/// `rustup target add`.
pub fn add_target(workspace: &Workspace, target: &str) -> Result<()> {
    let log = workspace.cache.join("logs").join(format!("{target}.log"));
    step::run_logged(
        workspace.command("rustup").args(["target", "add", target]),
        &log,
    )
}

/// Whether the toolchain has rustfmt and clippy.
pub fn lints_present(workspace: &Workspace) -> Result<bool> {
    let folder = sysroot(workspace)?.join("bin");
    let has = |name: &str| {
        folder
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
            .is_file()
    };
    Ok(has("cargo-fmt") && has("cargo-clippy"))
}

/// `rustup component add`.
pub fn add_lints(workspace: &Workspace) -> Result<()> {
    let log = workspace.cache.join("logs/components.log");
    step::run_logged(
        workspace
            .command("rustup")
            .args(["component", "add", "rustfmt", "clippy"]),
        &log,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_folder_is_not_a_standard_library() {
        let folder = std::env::temp_dir().join(format!("haberdash-core-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert!(!contains_core(&folder));
        std::fs::write(folder.join("libcore-0123.rlib"), "").unwrap();
        assert!(contains_core(&folder));
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(!contains_core(&folder));
    }
}

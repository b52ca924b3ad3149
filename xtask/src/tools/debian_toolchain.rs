//! The wasm target from Debian, for machines that cannot download from rustup: Debian's `rustc-web` compiles a standard library
//! once, and rustup gets that compiler as the toolchain `web`.

use super::{apt, rustup};
use crate::{step, workspace::Workspace};
use anyhow::{Context, Result, bail};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
};

/// The toolchain's name in rustup.
pub const NAME: &str = "web";
/// Debian's clippy for that compiler.
pub const CLIPPY: &str = "rust-web-clippy";

const PACKAGES: [&str; 5] = [
    "rustc-web",
    "cargo-web",
    "rust-web-src",
    "rust-web-llvm",
    "lld-22",
];
const RUSTC: &str = "/usr/bin/rustc";
const LIBRARY: &str = "/usr/lib/rustlib/wasm32-unknown-unknown/lib";
/// A file with the version of the compiler that built the library: after an upgrade of rustc-web it must be built again.
const STAMP: &str = "built-by";

/// Whether the user has chosen this toolchain.
pub fn forced() -> bool {
    env::var("HABERDASH_WASM_ROUTE").is_ok_and(|route| route == "debian")
}

/// Whether the toolchain is linked, and its library was built by the installed compiler.
pub fn ready(workspace: &Workspace) -> bool {
    let built_by = fs::read_to_string(Path::new(LIBRARY).join(STAMP)).ok();
    linked()
        && rustup::contains_core(Path::new(LIBRARY))
        && built_by.is_some()
        && compiler(workspace) == built_by
}

/// Whether the toolchain has clippy.
pub fn clippy_present() -> bool {
    Path::new("/usr/bin/cargo-clippy").is_file()
}

/// Installs the packages, builds the library, and links the toolchain.
pub fn install(workspace: &Workspace) -> Result<()> {
    if compiler(workspace).is_none() || !Path::new("/usr/lib/rustlib/src/rust/library").exists() {
        apt::install(workspace, &PACKAGES)?;
    }
    let version = compiler(workspace).with_context(|| {
        format!(
            "Debian's rustc is not at {RUSTC}; please run:\n\n    {}\n",
            apt::by_hand(&PACKAGES)
        )
    })?;
    let built =
        fs::read_to_string(Path::new(LIBRARY).join(STAMP)).is_ok_and(|stamp| stamp == version);
    if !built || !rustup::contains_core(Path::new(LIBRARY)) {
        build_library(workspace, &version)?;
    }
    if !linked() {
        step::run(
            workspace
                .command("rustup")
                .args(["toolchain", "link", NAME, "/usr"])
                .stderr(Stdio::null()),
        )?;
    }
    println!("  (for trunk by hand: RUSTUP_TOOLCHAIN={NAME} trunk serve)");
    Ok(())
}

/// Compiles std as a dependency of an empty library, and copies its parts into rustc's folder.
fn build_library(workspace: &Workspace, version: &str) -> Result<()> {
    let Some(prefix) = apt::as_root(workspace) else {
        bail!(
            "{LIBRARY} belongs to root and sudo needs a password: run `cargo xtask build` once as root"
        );
    };
    let scratch = workspace.cache.join("wasm-std");
    if scratch.exists() {
        fs::remove_dir_all(&scratch)?;
    }
    fs::create_dir_all(scratch.join("src"))?;
    fs::write(
        scratch.join("Cargo.toml"),
        "[package]\nname = \"empty\"\nedition = \"2021\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n[workspace]\n",
    )?;
    fs::write(scratch.join("src/lib.rs"), "")?;
    let mut cargo = workspace.command("/usr/bin/cargo");
    cargo
        .current_dir(&scratch)
        .env("CARGO_TARGET_DIR", scratch.join("target"))
        .env("RUSTC", RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        // Link-time optimisation needs bitcode in the library.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .args([
            "build",
            "--release",
            "-Z",
            "build-std=std,panic_abort",
            "--target",
            rustup::WASM,
        ]);
    step::run_logged(&mut cargo, &workspace.cache.join("logs/wasm-std.log"))?;

    let parts = library_parts(
        &scratch
            .join("target")
            .join(rustup::WASM)
            .join("release/deps"),
    )?;
    let stamp = scratch.join(STAMP);
    fs::write(&stamp, version)?;
    let as_root = |words: &[&str], files: &[PathBuf]| {
        let words: Vec<&str> = prefix.iter().chain(words).copied().collect();
        step::run(workspace.command(words[0]).args(&words[1..]).args(files))
    };
    // The parts of an older compiler have other names, and would not be overwritten.
    as_root(&["rm", "-rf", LIBRARY], &[])?;
    as_root(&["mkdir", "-p", LIBRARY], &[])?;
    as_root(&["cp", "-t", LIBRARY], &parts)?;
    // Last, so that an incomplete library has no stamp.
    as_root(&["cp", "-t", LIBRARY], &[stamp])?;
    fs::remove_dir_all(&scratch)?;
    Ok(())
}

fn library_parts(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| {
        format!(
            "{} is missing after the build: please report this",
            folder.display()
        )
    })?;
    let parts: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rlib")
        })
        .filter(|path| {
            !path
                .file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("libempty"))
        })
        .collect();
    if parts.is_empty() {
        bail!(
            "cargo built no standard library in {}: please report this",
            folder.display()
        );
    }
    Ok(parts)
}

fn compiler(workspace: &Workspace) -> Option<String> {
    let output = workspace.command(RUSTC).arg("--version").output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn linked() -> bool {
    let home = env::var_os("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".rustup")));
    home.is_some_and(|home| home.join("toolchains").join(NAME).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_all_rlibs_except_the_empty_crate() {
        let folder = env::temp_dir().join(format!("haberdash-parts-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert!(library_parts(&folder).is_err());
        for name in [
            "libcore-1.rlib",
            "libcore-1.rmeta",
            "libempty.rlib",
            "empty.wasm",
        ] {
            fs::write(folder.join(name), "").unwrap();
        }
        assert_eq!(
            library_parts(&folder).unwrap(),
            [folder.join("libcore-1.rlib")]
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}

//! Compiles a package to wasm, and keeps what was made of it until the compiled file changes.

use super::assets::sha256_hex;
use crate::{
    builder_paths,
    site::Profile,
    step,
    tools::{self, cargo_program::CargoProgram, rustup, wasm_opt},
    workspace::Workspace,
};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// All browsers since 2023 support SIMD; in others the page shows a message and starts no worker. The app and the workers have the same
/// flags, so that they share the build of their dependencies.
const RUSTFLAGS: &str = "-C target-feature=+simd128";

/// Names the binary and the tools that a folder was made of.
const STAMP: &str = "stamp";

/// A package whose binary, of the same name as the file, runs in the browser.
pub struct WasmPackage {
    pub package: &'static str,
    /// The binary's name.
    pub binary: &'static str,
    /// wasm-opt's optimisation level.
    pub optimisation: &'static str,
    /// Environment variables that change the profile `dist`.
    pub exceptions: &'static [(&'static str, &'static str)],
    /// Arguments for the linker.
    pub link_arguments: &'static [&'static str],
}

/// What wasm-bindgen writes.
pub struct BoundWasm {
    pub script: String,
    pub wasm: Vec<u8>,
}

impl WasmPackage {
    /// Compiles the binary. Returns the path of the wasm file, before wasm-bindgen.
    fn compile(&self, workspace: &Workspace, profile: Profile) -> Result<PathBuf> {
        let mut cargo = workspace.cargo(tools::wasm_toolchain(workspace)?.name);
        cargo
            .args(["rustc", "--locked"])
            .args(["--package", self.package, "--bin", self.binary])
            .args(["--target", rustup::WASM, "--profile", profile.name()])
            .envs(self.exceptions.iter().copied())
            .arg("--");
        match profile {
            Profile::Quick => cargo.env("RUSTFLAGS", RUSTFLAGS),
            Profile::Dist => cargo.env(
                "CARGO_ENCODED_RUSTFLAGS",
                builder_paths::encoded_flags(workspace, RUSTFLAGS),
            ),
        };
        for argument in self.link_arguments {
            cargo.arg("-C").arg(format!("link-arg={argument}"));
        }
        step::run(&mut cargo)?;
        let folder = workspace.target.join(rustup::WASM).join(profile.name());
        Ok(folder.join(format!("{}.wasm", self.binary)))
    }

    /// Compiles the binary and calls `make` with its path and a new folder, unless the folder contains what was made of the same
    /// binary by the same tools. Returns the folder.
    pub fn build(
        &self,
        workspace: &Workspace,
        profile: Profile,
        make: impl FnOnce(&Path, &Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let compiled = self.compile(workspace, profile)?;
        let input = fs::read(&compiled).with_context(|| {
            format!(
                "cargo wrote no {}: run `cargo xtask build` again",
                compiled.display()
            )
        })?;
        let optimisation = match profile {
            Profile::Dist => self.optimisation,
            Profile::Quick => "none",
        };
        let stamp = format!(
            "{}\n{}\n{}\nwasm-opt {} {optimisation}\n",
            sha256_hex(&input),
            CargoProgram::wasm_bindgen(workspace)?,
            CargoProgram::wasm_split(),
            wasm_opt::VERSION
        );
        let folder = self.folder(workspace, profile);
        let stamp_path = folder.join(STAMP);
        if fs::read_to_string(&stamp_path).is_ok_and(|done| done == stamp) {
            return Ok(folder);
        }
        let permissions = |doing| {
            let name = folder.display().to_string();
            move || format!("{name} cannot be {doing}: check its permissions")
        };
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(permissions("removed"))?;
        }
        fs::create_dir_all(&folder).with_context(permissions("made"))?;
        make(&compiled, &folder)?;
        // Last, so that an interrupted run leaves no stamp.
        fs::write(&stamp_path, stamp).with_context(permissions("written to"))?;
        Ok(folder)
    }

    /// Whether anything was made of the binary before, also of an earlier version.
    pub fn has_been_built(&self, workspace: &Workspace, profile: Profile) -> bool {
        self.folder(workspace, profile).join(STAMP).is_file()
    }

    /// The folder of what is made of the binary.
    fn folder(&self, workspace: &Workspace, profile: Profile) -> PathBuf {
        let bundle = workspace.target.join("bundle");
        bundle.join(profile.name()).join(self.binary)
    }

    /// Compiles the binary, runs wasm-bindgen for its kind of `target`, and for the profile `dist` wasm-opt.
    pub fn bind(
        &self,
        workspace: &Workspace,
        profile: Profile,
        target: &str,
        out_name: &str,
    ) -> Result<BoundWasm> {
        let (script, wasm) = (format!("{out_name}.js"), format!("{out_name}_bg.wasm"));
        let folder = self.build(workspace, profile, |compiled, folder| {
            let wasm_bindgen = CargoProgram::wasm_bindgen(workspace)?;
            let mut bind = workspace.command(wasm_bindgen.path(workspace)?);
            bind.args(["--target", target, "--no-typescript"])
                .args(["--out-name", out_name, "--out-dir"])
                .arg(folder)
                .arg(compiled);
            step::run(&mut bind)?;
            self.optimise(workspace, profile, &folder.join(&wasm))
        })?;
        Ok(BoundWasm {
            script: String::from_utf8(read(&folder, &script)?).context(
                "wasm-bindgen wrote a script that is not UTF-8: delete target/bundle and try again",
            )?,
            wasm: read(&folder, &wasm)?,
        })
    }

    /// Optimises `file` in place, for the profile `dist`.
    pub fn optimise(&self, workspace: &Workspace, profile: Profile, file: &Path) -> Result<()> {
        if profile != Profile::Dist {
            return Ok(());
        }
        let optimised = file.with_extension("optimised");
        step::run(
            wasm_opt::command(workspace)?
                .arg(self.optimisation)
                .arg(file)
                .arg("-o")
                .arg(&optimised),
        )?;
        fs::rename(&optimised, file).with_context(|| {
            format!(
                "{} cannot be replaced: check its folder's permissions",
                file.display()
            )
        })
    }
}

/// The content of `file` in a folder that [`WasmPackage::build`] returned.
pub fn read(folder: &Path, file: &str) -> Result<Vec<u8>> {
    fs::read(folder.join(file)).with_context(|| {
        format!(
            "{} has no {file}: delete that folder and try again",
            folder.display()
        )
    })
}

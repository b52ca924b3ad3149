//! Builds a package for the browser: cargo, wasm-bindgen, and for the published site wasm-opt.

use super::assets::sha256_hex;
use crate::{
    builder_paths,
    site::Profile,
    step,
    tools::{self, cargo_program::CargoProgram, rustup, wasm_opt},
    workspace::Workspace,
};
use anyhow::{Context, Result};
use std::{fs, path::Path};

/// All browsers since 2023 support SIMD; in others the page shows a message and starts no worker.
const SIMD: &str = "-C target-feature=+simd128";

/// A package with a binary for the browser.
pub struct WasmPackage {
    /// The name of the package and of its binary.
    pub name: &'static str,
    /// wasm-bindgen's kind of script.
    pub target: &'static str,
    /// The name of wasm-bindgen's files.
    pub out_name: &'static str,
    /// wasm-opt's optimisation level.
    pub optimisation: &'static str,
    /// Environment variables that change the profile `dist`.
    pub exceptions: &'static [(&'static str, &'static str)],
}

/// What wasm-bindgen wrote.
pub struct WasmFiles {
    pub script: String,
    pub wasm: Vec<u8>,
}

impl WasmPackage {
    /// Compiles the package, runs wasm-bindgen, and for the profile `dist` wasm-opt.
    pub fn build(&self, workspace: &Workspace, profile: Profile) -> Result<WasmFiles> {
        let toolchain = tools::wasm_toolchain(workspace)?.name;
        let flags = match profile {
            Profile::Quick => SIMD.to_owned(),
            Profile::Dist => builder_paths::rustflags(workspace, SIMD),
        };
        let mut cargo = workspace.cargo(toolchain);
        cargo
            .args(["build", "--locked"])
            .args(["--package", self.name, "--bin", self.name])
            .args(["--target", rustup::WASM, "--profile", profile.name()])
            .env(builder_paths::FLAGS_VARIABLE, flags);
        cargo.envs(self.exceptions.iter().copied());
        step::run(&mut cargo)?;
        let compiled = workspace
            .target
            .join(rustup::WASM)
            .join(profile.name())
            .join(format!("{}.wasm", self.name));
        let scratch = workspace
            .target
            .join("bundle")
            .join(profile.name())
            .join(self.name);
        self.bind(workspace, profile, &compiled, &scratch)?;
        let read = |file: &str| {
            fs::read(scratch.join(file)).with_context(|| {
                format!(
                    "{} has no {file}: delete that folder and try again",
                    scratch.display()
                )
            })
        };
        Ok(WasmFiles {
            script: String::from_utf8(read(&format!("{}.js", self.out_name))?).context(
                "wasm-bindgen wrote a script that is not UTF-8: delete target/bundle and try again",
            )?,
            wasm: read(&format!("{}_bg.wasm", self.out_name))?,
        })
    }

    /// Runs wasm-bindgen and wasm-opt, unless `scratch` contains their output for the same input.
    fn bind(
        &self,
        workspace: &Workspace,
        profile: Profile,
        compiled: &Path,
        scratch: &Path,
    ) -> Result<()> {
        let wasm_bindgen = CargoProgram::wasm_bindgen(workspace)?;
        let optimisation = if profile == Profile::Dist {
            self.optimisation
        } else {
            "none"
        };
        let input = fs::read(compiled).with_context(|| {
            format!(
                "cargo wrote no {}: run `cargo xtask build` again",
                compiled.display()
            )
        })?;
        let stamp = format!(
            "{}\nwasm-bindgen {} {} {}\nwasm-opt {} {optimisation}\n",
            sha256_hex(&input),
            wasm_bindgen.version(),
            self.target,
            self.out_name,
            wasm_opt::VERSION
        );
        let stamp_path = scratch.join("stamp");
        if fs::read_to_string(&stamp_path).is_ok_and(|done| done == stamp) {
            return Ok(());
        }
        if scratch.exists() {
            fs::remove_dir_all(scratch).with_context(|| {
                format!(
                    "{} cannot be removed: check its permissions",
                    scratch.display()
                )
            })?;
        }
        fs::create_dir_all(scratch).with_context(|| {
            format!(
                "{} cannot be made: check its permissions",
                scratch.display()
            )
        })?;
        let mut bind = workspace.command(wasm_bindgen.path(workspace)?);
        bind.args([
            "--target",
            self.target,
            "--no-typescript",
            "--out-name",
            self.out_name,
            "--out-dir",
        ])
        .arg(scratch)
        .arg(compiled);
        step::run(&mut bind)?;
        if profile == Profile::Dist {
            let bound = scratch.join(format!("{}_bg.wasm", self.out_name));
            let optimised = scratch.join("optimised.wasm");
            step::run(
                wasm_opt::command(workspace)?
                    .arg(self.optimisation)
                    .arg(&bound)
                    .arg("-o")
                    .arg(&optimised),
            )?;
            fs::rename(&optimised, &bound)?;
        }
        // Last, so that an interrupted run leaves no stamp.
        fs::write(&stamp_path, stamp).with_context(|| {
            format!(
                "{} cannot be written: check its folder's permissions",
                stamp_path.display()
            )
        })
    }
}

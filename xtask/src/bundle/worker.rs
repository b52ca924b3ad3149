//! Builds a worker of the page: wasm, its JavaScript, and the script that starts it. trunk could build workers, but does not add
//! hashes to their names.

use super::assets::{Assets, hashed_name, sha256_hex};
use crate::{
    site::Profile,
    step,
    tools::{self, cargo_program::CargoProgram, rustup, wasm_opt},
    workspace::Workspace,
};
use anyhow::{Context, Result};
use std::{fs, path::Path};

/// A package whose binary runs in a Web Worker.
pub struct Worker {
    /// The name of the package, of its binary, and of its files.
    pub name: &'static str,
    /// wasm-opt's optimisation level.
    optimisation: &'static str,
    /// Environment variables that change the profile `dist`.
    exceptions: &'static [(&'static str, &'static str)],
}

impl Worker {
    /// The CPU engine, the classical models and the decoders: small, so it is optimised for speed.
    pub const CPU: Self = Self {
        name: "cpu-worker",
        optimisation: "-O3",
        exceptions: &[],
    };
    /// The GPU engine with burn's shader compiler. LTO would take many minutes, save 4% and give no speed.
    pub const GPU: Self = Self {
        name: "gpu-worker",
        optimisation: "-Oz",
        exceptions: &[("CARGO_PROFILE_DIST_LTO", "off")],
    };

    /// Compiles the worker, runs wasm-bindgen, and for the profile `dist` wasm-opt.
    pub fn build(&self, workspace: &Workspace, profile: Profile) -> Result<Bundle> {
        let toolchain = tools::wasm_toolchain(workspace)?.name;
        let mut cargo = workspace.cargo(toolchain);
        cargo
            .args(["build", "--package", self.name, "--bin", self.name])
            .args(["--target", rustup::WASM, "--profile", profile.name()])
            // All browsers since 2023 support SIMD; in others the page shows a message and starts no worker.
            .env("RUSTFLAGS", "-C target-feature=+simd128");
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
        Ok(Bundle {
            name: self.name,
            script: String::from_utf8(read(&format!("{}.js", self.name))?).context(
                "wasm-bindgen wrote a script that is not UTF-8: delete target/bundle and try again",
            )?,
            wasm: read(&format!("{}_bg.wasm", self.name))?,
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
            "{}\nwasm-bindgen {}\nwasm-opt {} {optimisation}\n",
            sha256_hex(&input),
            wasm_bindgen.version(),
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
            "no-modules",
            "--no-typescript",
            "--out-name",
            self.name,
            "--out-dir",
        ])
        .arg(scratch)
        .arg(compiled);
        step::run(&mut bind)?;
        if profile == Profile::Dist {
            let bound = scratch.join(format!("{}_bg.wasm", self.name));
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

/// A worker's two files.
pub struct Bundle {
    name: &'static str,
    /// wasm-bindgen's output without modules, which defines `wasm_bindgen`.
    script: String,
    wasm: Vec<u8>,
}

impl Bundle {
    /// Adds both files to the site. web/boot.js starts the script, and downloads the wasm meanwhile.
    pub fn add(&self, assets: &mut Assets) -> Result<()> {
        let wasm = format!("{}_bg.wasm", self.name);
        assets.write(&self.wasm, &format!("{}.wasm", self.name), &wasm)?;
        let wasm = hashed_name(&wasm, &self.wasm);
        let script = format!("{}\n{}", self.script, start_script(&wasm));
        let name = format!("{}.js", self.name);
        assets.write(script.as_bytes(), &name, &name)
    }
}

/// The script that starts a worker. Messages that arrive before the wasm is compiled are collected in `self.earlyMessages`, as
/// MessageEvents; the Rust code then sets its own `onmessage` and handles them. web/boot.js sets `scriptAddress` and `earlyWasm`,
/// which are missing where a worker is started without a page.
fn start_script(wasm_name: &str) -> String {
    format!(
        "self.earlyMessages = [];\n\
         self.onmessage = (event) => self.earlyMessages.push(event);\n\
         wasm_bindgen({{ module_or_path: self.earlyWasm || new URL(\"{wasm_name}\", self.scriptAddress || self.location.href) }})\n\
         \x20 .catch((error) => self.postMessage({{ fatal: String(error) }}));\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_s_hash_depends_on_the_wasm() {
        let staging = std::env::temp_dir().join(format!("haberdash-worker-{}", std::process::id()));
        let urls = |wasm: &[u8]| {
            let mut assets = Assets::new(staging.clone());
            Bundle {
                name: "cpu-worker",
                script: "let wasm_bindgen;".into(),
                wasm: wasm.to_vec(),
            }
            .add(&mut assets)
            .unwrap();
            let map: serde_json::Value = serde_json::from_str(&assets.map()).unwrap();
            assert_eq!(map.as_object().unwrap().len(), 2);
            map["cpu-worker.js"].as_str().unwrap().to_owned()
        };
        let (first, second) = (urls(b""), urls(b"other"));
        assert_ne!(
            first, second,
            "a changed wasm must change the script's name"
        );
        let script = fs::read_to_string(staging.join(&first)).unwrap();
        assert!(script.starts_with("let wasm_bindgen;\n"));
        assert!(
            script.contains(r#"new URL("cpu-worker_bg-e3b0c44298fc1c14.wasm", self."#),
            "{script}"
        );
        assert!(
            staging
                .join("cpu-worker_bg-e3b0c44298fc1c14.wasm")
                .is_file()
        );
        fs::remove_dir_all(&staging).unwrap();
    }

    #[test]
    fn collects_messages_before_the_wasm_is_fetched() {
        let script = start_script("x.wasm");
        let position = |text: &str| script.find(text).unwrap();
        assert!(position("self.onmessage") < position("wasm_bindgen("));
        assert!(position(".catch((error)") > position("wasm_bindgen("));
    }
}

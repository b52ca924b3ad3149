//! Builds a worker of the page: wasm, its JavaScript, and the script that starts it. trunk could build workers, but does not add
//! hashes to their names.

use super::{
    assets::{Assets, hashed_name},
    wasm_package::WasmPackage,
};
use crate::{site::Profile, workspace::Workspace};
use anyhow::Result;

/// The CPU engine, the classical models and the decoders: small, so it is optimised for speed.
pub const CPU: WasmPackage = WasmPackage {
    package: "cpu-worker",
    binary: "cpu-worker",
    optimisation: "-O3",
    exceptions: &[],
    link_arguments: &[],
};
/// The GPU engine with burn's shader compiler. LTO would take many minutes, save 4% and give no speed.
pub const GPU: WasmPackage = WasmPackage {
    package: "gpu-worker",
    binary: "gpu-worker",
    optimisation: "-Oz",
    exceptions: &[("CARGO_PROFILE_DIST_LTO", "off")],
    link_arguments: &[],
};

/// Compiles the worker, runs wasm-bindgen, and for the profile `dist` wasm-opt.
pub fn build(worker: &WasmPackage, workspace: &Workspace, profile: Profile) -> Result<Bundle> {
    let name = worker.binary;
    let bound = worker.bind(workspace, profile, "no-modules", name)?;
    Ok(Bundle {
        name,
        script: bound.script,
        wasm: bound.wasm,
    })
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
    use std::fs;

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

//! `cargo xtask bench-web`: the page's engines compared with ONNX Runtime Web and TensorFlow.js in Chromium.

use super::build_program;
use crate::{
    site, step,
    tools::{self, Tool},
    workspace::{self, Workspace},
};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder in the cache.
const FOLDER: &str = "bench-web";

/// npm packages of the other libraries.
const PACKAGES: [(&str, &str); 4] = [
    ("onnxruntime-web", "1.30.0"),
    ("@tensorflow/tfjs", "4.22.0"),
    ("@tensorflow/tfjs-backend-wasm", "4.22.0"),
    ("@tensorflow/tfjs-backend-webgpu", "4.22.0"),
];

const MODELS: [&str; 2] = ["cnn", "resnet"];

/// Default number of turns of each engine.
pub const ROUNDS: u32 = 5;

/// Measures the site in `folder`, or builds the published one, and writes docs/benchmarks.md and the README's table.
pub fn run(workspace: &Workspace, folder: Option<&Path>, rounds: u32) -> Result<()> {
    tools::ensure(workspace, &[Tool::Chromium, Tool::DataSet])?;
    let peers = install_peers(workspace)?;
    let (site, profile) = match folder {
        // Relative to the user's current folder, not to the checkout.
        Some(folder) => (
            std::path::absolute(folder)?,
            "another build than the published one",
        ),
        None => {
            site::publish(workspace, site::RELATIVE_URLS)?;
            (workspace.root.join("dist"), "the published profile")
        }
    };
    let trainer = build_program(workspace, "trainer")?;
    let bench = build_program(workspace, "bench-web")?;
    let models = workspace.cache.join(FOLDER).join("models");
    step::step("write the networks as ONNX files", || {
        for model in MODELS {
            let mut export = workspace.command(&trainer);
            export.args(["export", "--model", model]);
            step::run(export.arg(models.join(format!("{model}.onnx"))))?;
        }
        Ok(())
    })?;
    step::step(
        "measure in turns, for about ten minutes; other load on the machine changes the results",
        || {
            let mut measure = workspace.command(&bench);
            step::run(
                measure
                    .arg(&site)
                    .arg(&peers)
                    .arg(&models)
                    .arg(profile)
                    .arg(rounds.to_string()),
            )
        },
    )
}

/// The folder `node_modules` with the other libraries; installs them if they are missing.
fn install_peers(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.cache.join(FOLDER).join("peers");
    let modules = folder.join("node_modules");
    if PACKAGES
        .iter()
        .all(|(name, version)| installed_version(&modules, name).as_deref() == Some(version))
    {
        return Ok(modules);
    }
    let Some(npm) = workspace::on_path("npm") else {
        bail!(
            "npm is needed to fetch ONNX Runtime Web and TensorFlow.js: install Node.js (Debian: npm) and run this again"
        );
    };
    step::step("install ONNX Runtime Web and TensorFlow.js", || {
        let dependencies: serde_json::Map<String, Value> = PACKAGES
            .iter()
            .map(|(name, version)| ((*name).into(), json!(version)))
            .collect();
        let manifest = json!({"name": "peers", "private": true, "dependencies": dependencies});
        fs::create_dir_all(&folder)
            .and_then(|()| fs::write(folder.join("package.json"), manifest.to_string()))
            .with_context(|| {
                format!(
                    "{} cannot be written: set HABERDASH_CACHE to a folder you may write",
                    folder.display()
                )
            })?;
        let mut install = workspace.command(npm);
        // None of the packages needs its install scripts.
        install.args(["install", "--no-audit", "--no-fund", "--ignore-scripts"]);
        install.current_dir(&folder);
        step::run_logged(&mut install, &workspace.cache.join("logs/bench-web.log"))
    })?;
    Ok(modules)
}

/// The version of an installed package.
fn installed_version(modules: &Path, package: &str) -> Option<String> {
    let facts = fs::read(modules.join(package).join("package.json")).ok()?;
    let facts: Value = serde_json::from_slice(&facts).ok()?;
    Some(facts["version"].as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_of_an_installed_package() {
        let modules = std::env::temp_dir().join(format!("haberdash-peers-{}", std::process::id()));
        let package = modules.join("@tensorflow/tfjs");
        fs::create_dir_all(&package).unwrap();
        assert_eq!(installed_version(&modules, "@tensorflow/tfjs"), None);
        fs::write(package.join("package.json"), r#"{"version": "4.21.0"}"#).unwrap();
        assert_eq!(
            installed_version(&modules, "@tensorflow/tfjs").as_deref(),
            Some("4.21.0")
        );
        fs::remove_dir_all(&modules).unwrap();
    }
}

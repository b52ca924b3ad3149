//! Builds the workers of the page: wasm, and a JavaScript module whose default export starts it. trunk could build workers, but does not
//! add hashes to their names, and cannot split them.

use super::{assets::Assets, split, wasm_package::WasmPackage};
use crate::{site::Profile, workspace::Workspace};
use anyhow::Result;

/// The CPU engine, the classical models and the decoders: small, so it is optimised for speed.
const CPU: WasmPackage = WasmPackage {
    package: "cpu-worker",
    binary: "cpu-worker",
    optimisation: "-O3",
    exceptions: &[],
    link_arguments: split::LINK_ARGUMENTS,
};
/// The GPU engine with burn's shader compiler. LTO would take many minutes, save 4% and give no speed.
const GPU: WasmPackage = WasmPackage {
    package: "gpu-worker",
    binary: "gpu-worker",
    optimisation: "-Oz",
    exceptions: &[("CARGO_PROFILE_DIST_LTO", "off")],
    link_arguments: &[],
};

/// Builds the CPU worker and adds its parts to the site.
pub fn add_cpu(workspace: &Workspace, profile: Profile, assets: &mut Assets) -> Result<()> {
    let name = CPU.binary;
    let first = split::build(&CPU, workspace, profile)?.add(assets)?;
    assets.list_code(&format!("{name}.js"), first.script);
    assets.list_code(&format!("{name}-loader.js"), first.loader);
    assets.list_code(&format!("{name}.wasm"), first.wasm);
    Ok(())
}

/// Builds the GPU worker and adds it to the site.
pub fn add_gpu(workspace: &Workspace, profile: Profile, assets: &mut Assets) -> Result<()> {
    let name = GPU.binary;
    let bound = GPU.bind(workspace, profile, "web", name)?;
    assets.write(
        &bound.wasm,
        &format!("{name}.wasm"),
        &format!("{name}_bg.wasm"),
    )?;
    let script = format!("{name}.js");
    assets.write_code(bound.script.as_bytes(), &script, &script)
}

/// Whether the GPU worker was built before.
pub fn has_built_gpu(workspace: &Workspace, profile: Profile) -> bool {
    GPU.has_been_built(workspace, profile)
}

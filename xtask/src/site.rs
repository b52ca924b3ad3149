//! The site's build: trunk builds the page and its styles, and calls `cargo xtask bundle` for the app and all other files.

use crate::{
    builder_paths, size_budgets, step,
    tools::{self, Tool},
    workspace::{self, Workspace},
};
use anyhow::Result;
use std::{env, io::IsTerminal, path::Path, process::Command};

/// The public URL of a site that works in each folder of each host.
pub const RELATIVE_URLS: &str = "./";

/// The environment variable with which `off` builds no GPU engine.
pub const GPU_VARIABLE: &str = "HABERDASH_GPU";

/// A cargo profile of the top Cargo.toml.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Profile {
    /// Short build time.
    Quick,
    /// Small and fast code.
    Dist,
}

impl Profile {
    /// The profile's name in cargo, and its folder in the target folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Dist => "dist",
        }
    }
}

/// The tools that the optimised build needs.
const TOOLS: [Tool; 6] = [
    Tool::WasmTarget,
    Tool::WasmBindgen,
    Tool::WasmSplit,
    Tool::Trunk,
    Tool::WasmOpt,
    // Optional: without it, the page cannot run the test set.
    Tool::DataSet,
];

/// Installs missing tools, builds the optimised site into `dist/`, prints its sizes, and checks them against their budgets.
pub fn publish(workspace: &Workspace, public_url: &str) -> Result<()> {
    build_and_check(workspace, public_url, &[])
}

/// As [`publish`], without the GPU engine.
pub fn publish_without_gpu(workspace: &Workspace, public_url: &str) -> Result<()> {
    build_and_check(workspace, public_url, &[(GPU_VARIABLE, "off")])
}

fn build_and_check(
    workspace: &Workspace,
    public_url: &str,
    variables: &[(&str, &str)],
) -> Result<()> {
    tools::ensure(workspace, &TOOLS)?;
    let dist = workspace.root.join("dist");
    step::step(
        "build the optimised site into dist/ (the first time takes long)",
        || {
            let mut trunk = trunk_build(workspace, Profile::Dist, &dist, public_url)?;
            step::run(trunk.envs(variables.iter().copied()))
        },
    )?;
    check(workspace, &dist)
}

/// Prints the sizes of a published site, and checks them and that it contains no path of this machine.
pub fn check(workspace: &Workspace, folder: &Path) -> Result<()> {
    size_budgets::check_site(folder)?;
    builder_paths::check_site(workspace, folder)
}

/// The command that builds the site into `folder`.
pub fn trunk_build(
    workspace: &Workspace,
    profile: Profile,
    folder: &Path,
    public_url: &str,
) -> Result<Command> {
    let mut trunk = workspace.command("trunk");
    workspace::set_toolchain(&mut trunk, tools::wasm_toolchain(workspace)?.name);
    workspace::prepend_path(&mut trunk, &tools::folders(workspace)?)?;
    trunk.env("HABERDASH_PROFILE", profile.name());
    // trunk expects `true` or `false` in NO_COLOR; other programs only check whether it is set.
    if env::var_os("NO_COLOR").is_some() {
        trunk.env("NO_COLOR", "true");
    }
    if !std::io::stderr().is_terminal() {
        trunk.arg("--quiet");
    }
    trunk
        .args(["build", "--public-url", public_url, "--dist"])
        .arg(folder);
    Ok(trunk)
}

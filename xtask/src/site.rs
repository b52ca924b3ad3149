//! The site: trunk builds the page and its app, and calls `cargo xtask bundle` for all the rest.

use crate::{
    size_budgets, step,
    tools::{self, Tool},
    workspace::{self, Workspace},
};
use anyhow::Result;
use std::{env, io::IsTerminal, path::Path, process::Command};

/// The public URL of a site that works in any folder of any host.
pub const RELATIVE_URLS: &str = "./";

/// A cargo profile of the top Cargo.toml.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Profile {
    /// Builds fast.
    Quick,
    /// Loads and runs fast.
    Dist,
}

impl Profile {
    /// As cargo calls it, and the folder in the target folder.
    pub fn name(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Dist => "dist",
        }
    }
}

/// What it takes to build the optimised site.
const TOOLS: [Tool; 5] = [
    Tool::WasmTarget,
    Tool::WasmBindgen,
    Tool::Trunk,
    Tool::WasmOpt,
    // The site goes without, and says so.
    Tool::DataSet,
];

/// Installs what is missing, builds the optimised site into `dist/`, and prints what it weighs; no part may weigh more than its budget.
pub fn publish(workspace: &Workspace, public_url: &str) -> Result<()> {
    tools::ensure(workspace, &TOOLS)?;
    let dist = workspace.root.join("dist");
    step::step(
        "build the optimised site into dist/ (the first time takes long)",
        || {
            step::run(&mut trunk_build(
                workspace,
                Profile::Dist,
                &dist,
                public_url,
            )?)
        },
    )?;
    size_budgets::check_site(&dist)
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
    // trunk reads NO_COLOR as a true or false, where everybody else means "set".
    if env::var_os("NO_COLOR").is_some() {
        trunk.env("NO_COLOR", "true");
    }
    if !std::io::stderr().is_terminal() {
        trunk.arg("--quiet");
    }
    trunk
        .args([
            "build",
            "--cargo-profile",
            profile.name(),
            "--public-url",
            public_url,
            "--dist",
        ])
        .arg(folder);
    if profile == Profile::Dist {
        // For trunk this only turns wasm-opt on: the profile is the one named above.
        trunk.arg("--release");
    }
    Ok(trunk)
}

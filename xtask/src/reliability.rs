//! `cargo xtask reliability`: runs the checks of faults and hostile input, and writes docs/reliability.md.

use crate::{
    benchmarks::build_program,
    checks::{TOOLS, native_packages},
    site::{self, Profile},
    step, tools,
    workspace::Workspace,
};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Checks the site in `folder`, or the one that `cargo xtask test` would build.
pub fn run(workspace: &Workspace, folder: Option<&Path>) -> Result<()> {
    let site = match folder {
        // Relative to the user's current folder, not to the checkout.
        Some(folder) => std::path::absolute(folder)?,
        None => build_site(workspace)?,
    };
    let records = workspace.cache.join("reliability");
    // There are none before the first run.
    fs::remove_dir_all(&records).ok();
    fs::create_dir_all(&records)
        .with_context(|| format!("{} cannot be made", records.display()))?;
    step::step("fuzzed readers and tests of the page", || {
        let mut tests = workspace.cargo(None);
        tests
            .args(["test", "--locked"])
            .args(native_packages())
            .args(["--no-fail-fast", "--test", "fuzz", "--test", "page"])
            .env("HABERDASH_SITE", &site)
            .env("HABERDASH_RECORDS", &records);
        step::run(&mut tests)
    })?;
    let program = build_program(workspace, "reliability")?;
    step::run(workspace.command(&program).arg(&records))
}

fn build_site(workspace: &Workspace) -> Result<PathBuf> {
    tools::ensure(workspace, &TOOLS)?;
    let folder = workspace.cache.join("site");
    let mut build = site::trunk_build(workspace, Profile::Quick, &folder, site::RELATIVE_URLS)?;
    step::step("site, quick build", || step::run(&mut build))?;
    Ok(folder)
}

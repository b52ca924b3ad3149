//! `cargo xtask test`: all checks of CI in order, until one fails.

use crate::{
    site::{self, Profile},
    step,
    tools::{self, Tool, rustup},
    workspace::Workspace,
};
use anyhow::{Context, Result};
use std::{env, process::Command, time::Instant};

/// What the checks need.
pub const TOOLS: [Tool; 9] = [
    Tool::WasmTarget,
    Tool::Lints,
    Tool::BareTarget,
    Tool::WasmBindgen,
    Tool::WasmSplit,
    Tool::Trunk,
    Tool::WasmOpt,
    Tool::Chromium,
    Tool::DataSet,
];

/// The packages that are built for this machine. The browser's packages are built separately, so that they do not get the features
/// that the trainer needs.
const NATIVE: &[&str] = &[
    "codecs",
    "cpu-backend",
    "fashion-mnist",
    "fuzzed-readers",
    "page-address",
    "photo",
    "plot",
    "protocol",
    "shared",
    "static-server",
    "tests",
    "trainer",
    "xtask",
];

/// The packages that are built for the browser, without the GPU worker, which takes too long to compile for each change.
const BROWSER: &[&str] = &["cpu-worker", "engine-module", "web", "worker-runtime"];

/// cargo's arguments that select the native packages. Commands with the same selection share one build: another selection
/// resolves other features, and would build burn again.
pub fn native_packages() -> Vec<&'static str> {
    selection(NATIVE)
}

/// `-p` before each package.
fn selection(packages: &[&'static str]) -> Vec<&'static str> {
    packages
        .iter()
        .flat_map(|package| ["-p", package])
        .collect()
}

/// A check, and its command.
struct Check {
    name: &'static str,
    command: Command,
}

/// Runs all checks.
pub fn run(workspace: &Workspace) -> Result<()> {
    let start = Instant::now();
    let refused = tools::ensure(workspace, &TOOLS)?;
    let has_bare_target = !refused.iter().any(|(tool, _)| *tool == Tool::BareTarget);
    let checks = checks(workspace, has_bare_target)?;
    let count = checks.len();
    for Check { name, mut command } in checks {
        step::step(name, || step::run(&mut command))
            .with_context(|| format!("the check \"{name}\" failed"))?;
    }
    for (tool, reason) in &refused {
        println!(
            "skipped, as {} is missing: {}",
            tool.label(workspace)?,
            reason.trim()
        );
    }
    println!(
        "all {count} checks passed in {}",
        step::human_time(start.elapsed())
    );
    Ok(())
}

fn checks(workspace: &Workspace, has_bare_target: bool) -> Result<Vec<Check>> {
    let wasm_toolchain = tools::wasm_toolchain(workspace)?.name;
    let site_folder = workspace.cache.join("site");
    let cargo = |toolchain: Option<&str>, words: &[&[&str]]| {
        let mut command = workspace.cargo(toolchain);
        command.args(words.concat());
        command
    };
    let check = |name, command| Check { name, command };
    let (native, browser) = (native_packages(), selection(BROWSER));

    let mut checks = vec![
        check("format", cargo(None, &[&["fmt", "--all", "--check"]])),
        check(
            "lints",
            cargo(
                None,
                &[
                    &["clippy", "--locked"],
                    &native,
                    &["--all-targets", "--", "-D", "warnings"],
                ],
            ),
        ),
        check(
            "lints, for the browser",
            cargo(
                wasm_toolchain,
                &[
                    &["clippy", "--locked"],
                    &browser,
                    &["--target", rustup::WASM, "--", "-D", "warnings"],
                ],
            ),
        ),
    ];
    if has_bare_target {
        let words = [
            "check",
            "--locked",
            "-p",
            "shared",
            "-p",
            "photo",
            "--no-default-features",
            "--target",
            rustup::BARE,
        ];
        checks.push(check(
            "shared and photo without std",
            cargo(None, &[&words]),
        ));
    }
    let site = site::trunk_build(workspace, Profile::Quick, &site_folder, site::RELATIVE_URLS)?;
    checks.push(check("site, quick build", site));
    let mut tests = cargo(None, &[&["test", "--locked"], &native]);
    tests.env("HABERDASH_SITE", &site_folder);
    checks.push(check("tests, also in the browser", tests));
    checks.push(check(
        "training kernels, with every bound checked",
        cargo(
            None,
            &[&[
                "test",
                "--locked",
                "--profile",
                "checked",
                "-p",
                "cpu-backend",
                "--lib",
            ]],
        ),
    ));
    // Unit tests of the page and the CPU worker that need no browser.
    checks.push(check(
        "native tests of the page and the workers",
        cargo(
            None,
            &[&["test", "--locked"], &browser, &["--lib", "--bins"]],
        ),
    ));
    // The published site without the GPU engine, which takes too long to build for each change.
    let published = workspace.cache.join("published");
    let mut site = site::trunk_build(workspace, Profile::Dist, &published, site::RELATIVE_URLS)?;
    site.env("HABERDASH_GPU", "off");
    checks.push(check("site, published build", site));
    let mut weigh = Command::new(env::current_exe()?);
    weigh.arg("weigh").arg(&published);
    checks.push(check("size budgets and paths", weigh));
    // The binary that the tests have built: `cargo run -p trainer` resolves other features, and would build burn again.
    let trainer = format!("debug/trainer{}", std::env::consts::EXE_SUFFIX);
    let mut evaluate = Command::new(workspace.target.join(trainer));
    evaluate
        .args(["evaluate", "--limit", "2000"])
        .current_dir(&workspace.root);
    checks.push(check("committed weights", evaluate));
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_command_builds_browser_crates_together_with_the_trainer() {
        let root = std::env::temp_dir();
        let root_of_lock = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .unwrap();
        let workspace = Workspace {
            root: root_of_lock.to_owned(),
            target: root.clone(),
            cache: root,
        };
        let checks = checks(&workspace, true).unwrap();
        assert_eq!(checks.len(), 11);
        for Check { name, command } in &checks {
            let words: Vec<_> = command.get_args().collect();
            assert!(!words.contains(&"--workspace".as_ref()), "{name}");
            let builds = |packages: &[&str]| packages.iter().any(|p| words.contains(&p.as_ref()));
            let has_browser = builds(&[
                "web",
                "cpu-worker",
                "engine-module",
                "gpu-worker",
                "worker-runtime",
            ]);
            assert!(!(has_browser && builds(&["trainer", "tests"])), "{name}");
        }
        assert!(super::checks(&workspace, false).unwrap().len() < checks.len());
    }

    #[test]
    fn each_workspace_member_is_checked() {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
        let manifest = std::fs::read_to_string(manifest).unwrap();
        let (_, members) = manifest.split_once("members = [").unwrap();
        let (members, _) = members.split_once(']').unwrap();
        // A member's package has the name of its folder.
        let mut members: Vec<&str> = members
            .split(',')
            .filter_map(|member| member.trim().trim_matches('"').rsplit('/').next())
            .filter(|member| !member.is_empty())
            .collect();
        members.sort_unstable();
        let mut checked = [NATIVE, BROWSER, &["gpu-worker"]].concat();
        checked.sort_unstable();
        assert_eq!(checked, members);
    }

    #[test]
    fn workflows_name_actions_and_containers_by_digest() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../.github/workflows");
        let is_digest = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit())
        };
        let mut found = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            for line in std::fs::read_to_string(&path).unwrap().lines() {
                let line = line.trim().trim_start_matches("- ");
                let pinned = if let Some(action) = line.strip_prefix("uses: ") {
                    let action = action.split(' ').next().unwrap();
                    // A workflow of this repository is of the same commit.
                    action.starts_with("./") || is_digest(action.rsplit('@').next().unwrap(), 40)
                } else if let Some(container) = line.strip_prefix("container: ") {
                    is_digest(container.rsplit("@sha256:").next().unwrap(), 64)
                } else {
                    continue;
                };
                assert!(pinned, "{}: {line}", path.display());
                found += 1;
            }
        }
        assert!(found > 10, "{found}");
    }
}

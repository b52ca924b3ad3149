//! Debian's packages: installed where we may, else the exact command for the user.

use crate::{
    step,
    workspace::{Workspace, on_path},
};
use anyhow::{Result, bail};
use std::{path::Path, process::Stdio};

/// Whether the system has apt.
pub fn available() -> bool {
    on_path("apt-get").is_some()
}

/// Chromium or Chrome, and its driver.
pub fn chromium_present() -> bool {
    let browser = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .any(|name| on_path(name).is_some());
    browser && on_path("chromedriver").is_some()
}

/// Where Debian's package puts the data set, and the trainer looks for it.
pub const DATA_SET: &str = "/usr/share/datasets/fashion-mnist";

pub fn data_set_present() -> bool {
    Path::new(DATA_SET).is_dir()
}

/// Installs `packages`; refreshes the lists only if it does not go without.
pub fn install(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    let by_hand = by_hand(packages);
    if !available() {
        bail!(
            "this system has no apt-get: install {} with its own package manager",
            packages.join(", ")
        );
    }
    let Some(prefix) = as_root(workspace) else {
        bail!("root is needed and sudo would ask for a password; please run:\n\n    {by_hand}\n");
    };
    let log = workspace.cache.join("logs/apt.log");
    let apt = |arguments: &[&str]| {
        let words: Vec<&str> = prefix
            .iter()
            .copied()
            .chain(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"])
            .collect();
        let mut command = workspace.command(words[0]);
        command.args(&words[1..]).args(arguments);
        command
    };
    let install: Vec<&str> = ["install", "-y", "--no-install-recommends"]
        .iter()
        .chain(packages)
        .copied()
        .collect();
    // A first failure is the rule where the lists were never fetched, so its output is not shown.
    if apt(&install)
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success())
    {
        return Ok(());
    }
    step::run_logged(&mut apt(&["update"]), &log)?;
    step::run_logged(&mut apt(&install), &log)
}

/// What the user would type.
pub fn by_hand(packages: &[&str]) -> String {
    format!(
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

/// The words to put before a command that needs root: none for root itself, sudo where it asks for nothing.
pub fn as_root(workspace: &Workspace) -> Option<&'static [&'static str]> {
    let silent = |program: &str, arguments: &[&str]| {
        workspace
            .command(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()
    };
    if silent("id", &["-u"]).is_some_and(|output| output.stdout.trim_ascii() == b"0") {
        return Some(&[]);
    }
    silent("sudo", &["-n", "true"])
        .is_some_and(|output| output.status.success())
        .then_some(&["sudo", "-n"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_gets_one_command() {
        assert_eq!(
            by_hand(&["chromium", "chromium-driver"]),
            "sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium chromium-driver"
        );
    }
}

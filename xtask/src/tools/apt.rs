//! Installation of Debian's packages, or the command for the user if root permissions are missing.

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

/// The folder of Debian's package of the data set, where the trainer also finds it.
pub const DATA_SET: &str = "/usr/share/datasets/fashion-mnist";

pub fn data_set_present() -> bool {
    Path::new(DATA_SET).is_dir()
}

/// Installs `packages`; updates the package lists only if the first attempt fails.
pub fn install(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    let by_hand = by_hand(packages);
    if !available() {
        bail!(
            "this system has no apt-get: install {} with its own package manager",
            packages.join(", ")
        );
    }
    let Some(prefix) = as_root(workspace) else {
        bail!(
            "root permissions are needed and sudo needs a password; please run:\n\n    {by_hand}\n"
        );
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
    // The first attempt fails if the package lists were never downloaded, so its output is not shown.
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

/// The command for the user.
pub fn by_hand(packages: &[&str]) -> String {
    format!(
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

/// The words before a command that needs root permissions: none for root, `sudo` if it needs no password; else `None`.
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
    fn the_user_s_command_updates_the_lists_first() {
        assert_eq!(
            by_hand(&["chromium", "chromium-driver"]),
            "sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium chromium-driver"
        );
    }
}

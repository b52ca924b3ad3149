//! Folders of the checkout and the cache, and the environment of child processes.

use anyhow::{Context, Result};
use std::{
    env,
    ffi::OsString,
    io::IsTerminal,
    path::{Path, PathBuf},
    process::Command,
};

/// The folders that xtask uses.
pub struct Workspace {
    /// The checkout: the folder of the workspace's Cargo.toml.
    pub root: PathBuf,
    /// cargo's target folder.
    pub target: PathBuf,
    /// Tools, logs and the tested site; shared by all checkouts.
    pub cache: PathBuf,
}

impl Workspace {
    /// Finds the folders from the environment variables of `cargo run`.
    pub fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .context("the checkout was not found: start this program as `cargo xtask`")?;
        let root = Path::new(&manifest)
            .parent()
            .context("the folder xtask/ must lie inside the checkout")?
            .to_owned();
        let target = target_folder(
            env::var_os("CARGO_TARGET_DIR"),
            env::current_exe().ok(),
            &root,
        );
        let cache = cache_folder(|name| env::var_os(name).filter(|value| !value.is_empty()))
            .context("there is no home folder: set HABERDASH_CACHE to a folder for tools")?;
        Ok(Self {
            root,
            target: std::path::absolute(target)?,
            cache: std::path::absolute(cache)?,
        })
    }

    /// `<cache>/tools/<name>-<version>`: each version has a folder of its own.
    pub fn tool_folder(&self, name: &str, version: &str) -> PathBuf {
        self.cache.join("tools").join(format!("{name}-{version}"))
    }

    /// A command that runs in the checkout, without the environment variables of the cargo that started xtask.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_set_by_cargo) {
                command.env_remove(name);
            }
        }
        command.env("CARGO_TARGET_DIR", &self.target);
        // `cargo run` adds the toolchain's libraries, which another toolchain must not load.
        if let Some(paths) = env::var_os("LD_LIBRARY_PATH") {
            let others = env::split_paths(&paths).filter(|path| {
                !path.starts_with(&self.target)
                    && !path
                        .components()
                        .any(|part| part.as_os_str() == "toolchains")
            });
            match env::join_paths(others) {
                Ok(kept) if !kept.is_empty() => command.env("LD_LIBRARY_PATH", kept),
                _ => command.env_remove("LD_LIBRARY_PATH"),
            };
        }
        // Hundreds of "Compiling" lines are useful as progress in a terminal only.
        if !std::io::stderr().is_terminal() && env::var_os("CARGO_TERM_QUIET").is_none() {
            command.env("CARGO_TERM_QUIET", "true");
        }
        command
    }

    /// A cargo command. `toolchain` is the name of a rustup toolchain; `None` keeps the user's choice.
    pub fn cargo(&self, toolchain: Option<&str>) -> Command {
        let mut command = self.command("cargo");
        set_toolchain(&mut command, toolchain);
        command
    }
}

/// Selects a rustup toolchain for `command` and its child processes.
pub fn set_toolchain(command: &mut Command, toolchain: Option<&str>) {
    if let Some(name) = toolchain {
        command.env("RUSTUP_TOOLCHAIN", name).env_remove("RUSTC");
    }
}

/// Prepends `folders` to PATH for `command`.
pub fn prepend_path(command: &mut Command, folders: &[PathBuf]) -> Result<()> {
    let inherited = env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(env::split_paths(&inherited));
    command.env("PATH", env::join_paths(all).context("a tool's folder has a name that PATH cannot hold: set HABERDASH_CACHE to another folder")?);
    Ok(())
}

/// The first executable called `name` on PATH.
pub fn on_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file())
}

/// Whether the cargo that started xtask has set the variable, which must not reach another cargo: a build script that depends on
/// CARGO_MANIFEST_DIR would run again at each call. The user's settings for registries, network, profiles and terminal are kept.
fn is_set_by_cargo(name: &str) -> bool {
    const SETTINGS: [&str; 11] = [
        "CARGO_HOME",
        "CARGO_TARGET_DIR",
        "CARGO_NET",
        "CARGO_HTTP",
        "CARGO_REGISTR",
        "CARGO_SOURCE",
        "CARGO_BUILD_JOBS",
        "CARGO_INCREMENTAL",
        "CARGO_TERM",
        "CARGO_PROFILE",
        "CARGO_UNSTABLE",
    ];
    let is_cargo_s = name == "CARGO" || name.starts_with("CARGO_");
    name == "RUSTFLAGS" || (is_cargo_s && !SETTINGS.iter().any(|kept| name.starts_with(kept)))
}

/// CARGO_TARGET_DIR, or the folder of this program (`<target>/debug/xtask`), which follows the user's cargo configuration.
fn target_folder(variable: Option<OsString>, program: Option<PathBuf>, root: &Path) -> PathBuf {
    if let Some(folder) = variable.filter(|value| !value.is_empty()) {
        return folder.into();
    }
    program
        .as_deref()
        .and_then(Path::parent)
        .filter(|folder| folder.ends_with("debug"))
        .and_then(Path::parent)
        .map_or_else(|| root.join("target"), Path::to_owned)
}

fn cache_folder(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let inside = |folder: OsString| PathBuf::from(folder).join("haberdash");
    variable("HABERDASH_CACHE")
        .map(PathBuf::from)
        .or_else(|| variable("XDG_CACHE_HOME").map(inside))
        .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".cache/haberdash")))
        .or_else(|| variable("LOCALAPPDATA").map(inside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_cargo_s_variables_and_keeps_the_user_s() {
        for dropped in [
            "CARGO",
            "CARGO_MANIFEST_DIR",
            "CARGO_PKG_NAME",
            "CARGO_ENCODED_RUSTFLAGS",
            "RUSTFLAGS",
            "CARGO_BUILD_TARGET",
        ] {
            assert!(is_set_by_cargo(dropped), "{dropped}");
        }
        for kept in [
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_NET_OFFLINE",
            "CARGO_REGISTRIES_X_INDEX",
            "PATH",
            "CARGONAUT",
        ] {
            assert!(!is_set_by_cargo(kept), "{kept}");
        }
    }

    #[test]
    fn the_first_variable_that_is_set_names_the_cache() {
        let set = |names: &'static [(&str, &str)]| {
            cache_folder(move |name| {
                names
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| value.into())
            })
        };
        assert_eq!(
            set(&[
                ("HOME", "/h"),
                ("XDG_CACHE_HOME", "/x"),
                ("HABERDASH_CACHE", "/c")
            ]),
            Some("/c".into())
        );
        assert_eq!(
            set(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/x")]),
            Some("/x/haberdash".into())
        );
        assert_eq!(set(&[("HOME", "/h")]), Some("/h/.cache/haberdash".into()));
        assert_eq!(set(&[]), None);
    }

    #[test]
    fn the_variable_or_the_program_s_folder_names_the_target_folder() {
        let root = Path::new("/r");
        assert_eq!(
            target_folder(Some("/t".into()), Some("/p/debug/xtask".into()), root),
            Path::new("/t")
        );
        assert_eq!(
            target_folder(None, Some("/p/debug/xtask".into()), root),
            Path::new("/p")
        );
        assert_eq!(
            target_folder(None, Some("/p/bin/xtask".into()), root),
            Path::new("/r/target")
        );
    }
}

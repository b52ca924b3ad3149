//! The checkout, the folders that outlive it, and the environment in which every other program is started.

use anyhow::{Context, Result};
use std::{
    env,
    ffi::OsString,
    io::IsTerminal,
    path::{Path, PathBuf},
    process::Command,
};

/// Where everything is.
pub struct Workspace {
    /// The checkout: the folder of the top Cargo.toml.
    pub root: PathBuf,
    /// cargo's target folder.
    pub target: PathBuf,
    /// Tools, logs and the site under test; outlives the checkout.
    pub cache: PathBuf,
}

impl Workspace {
    /// Finds the folders from the environment that `cargo run` sets.
    pub fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .context("start me as `cargo xtask`, so that I know where the checkout is")?;
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

    /// `<cache>/tools/<name>-<version>`: a new version never meets an old one's files.
    pub fn tool_folder(&self, name: &str, version: &str) -> PathBuf {
        self.cache.join("tools").join(format!("{name}-{version}"))
    }

    /// `program`, to be run in the checkout, without what the cargo around xtask left in the environment.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_leftover) {
                command.env_remove(name);
            }
        }
        command.env("CARGO_TARGET_DIR", &self.target);
        // `cargo run` puts the toolchain's own libraries first, which another toolchain must not load.
        if let Some(paths) = env::var_os("LD_LIBRARY_PATH") {
            let ours = env::split_paths(&paths).filter(|path| {
                !path.starts_with(&self.target)
                    && !path
                        .components()
                        .any(|part| part.as_os_str() == "toolchains")
            });
            match env::join_paths(ours) {
                Ok(kept) if !kept.is_empty() => command.env("LD_LIBRARY_PATH", kept),
                _ => command.env_remove("LD_LIBRARY_PATH"),
            };
        }
        // In a log nobody reads hundreds of "Compiling" lines; in a terminal they show that it goes on.
        if !std::io::stderr().is_terminal() && env::var_os("CARGO_TERM_QUIET").is_none() {
            command.env("CARGO_TERM_QUIET", "true");
        }
        command
    }

    /// A cargo command. `toolchain` names a rustup toolchain, or leaves the user's choice.
    pub fn cargo(&self, toolchain: Option<&str>) -> Command {
        let mut command = self.command("cargo");
        set_toolchain(&mut command, toolchain);
        command
    }
}

/// Makes rustup's cargo and rustc of `toolchain` answer in `command` and in what it starts.
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

/// Whether a variable comes from the cargo around us and would mislead the next one: a build script that watches
/// CARGO_MANIFEST_DIR, say, would be rebuilt at every call. The user's own settings of registries, network, profiles and
/// terminal stay.
fn is_leftover(name: &str) -> bool {
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
    let of_cargo = name == "CARGO" || name.starts_with("CARGO_");
    name == "RUSTFLAGS" || (of_cargo && !SETTINGS.iter().any(|kept| name.starts_with(kept)))
}

/// CARGO_TARGET_DIR; else where this program lies (`<target>/debug/xtask`), which also knows the user's cargo settings.
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
    fn cargo_s_own_variables_are_dropped_and_the_user_s_kept() {
        for dropped in [
            "CARGO",
            "CARGO_MANIFEST_DIR",
            "CARGO_PKG_NAME",
            "CARGO_ENCODED_RUSTFLAGS",
            "RUSTFLAGS",
            "CARGO_BUILD_TARGET",
        ] {
            assert!(is_leftover(dropped), "{dropped}");
        }
        for kept in [
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_NET_OFFLINE",
            "CARGO_REGISTRIES_X_INDEX",
            "PATH",
            "CARGONAUT",
        ] {
            assert!(!is_leftover(kept), "{kept}");
        }
    }

    #[test]
    fn the_cache_follows_the_first_variable_that_is_set() {
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
    fn the_target_folder_is_the_variable_s_or_the_program_s() {
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

//! Programs that `cargo install` builds, wasm-bindgen, wasm-split and trunk: each version in a folder of its own.

use crate::{
    lockfile, step,
    workspace::{Workspace, on_path},
};
use anyhow::{Context, Result};
use std::{
    env::consts::EXE_SUFFIX,
    fmt,
    path::{Path, PathBuf},
    process::Command,
};

/// trunk 0.22 needs a newer rustc than this workspace.
const TRUNK_VERSION: &str = "0.21.14";

/// Compatible with the crate `wasm_split_helpers` of Cargo.lock.
const WASM_SPLIT_VERSION: &str = "0.2.4";

/// A crate with a program.
pub struct CargoProgram {
    package: &'static str,
    /// The crate's features that the program needs.
    features: &'static str,
    program: &'static str,
    version: String,
}

impl fmt::Display for CargoProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.program, self.version)
    }
}

impl CargoProgram {
    /// wasm-bindgen: the program must have the same version as the library.
    pub fn wasm_bindgen(workspace: &Workspace) -> Result<Self> {
        let version = lockfile::locked_version(&workspace.root, "wasm-bindgen")?;
        Ok(Self {
            package: "wasm-bindgen-cli",
            features: "",
            program: "wasm-bindgen",
            version,
        })
    }

    /// wasm-split, which divides the app into parts that are loaded when they are needed.
    pub fn wasm_split() -> Self {
        Self {
            package: "wasm_split_cli_support",
            features: "build-binary",
            program: "wasm-split-cli",
            version: WASM_SPLIT_VERSION.to_owned(),
        }
    }

    /// trunk.
    pub fn trunk() -> Self {
        Self {
            package: "trunk",
            features: "",
            program: "trunk",
            version: TRUNK_VERSION.to_owned(),
        }
    }

    /// The folder of the program in the cache, or on PATH if it has the needed version there.
    pub fn folder(&self, workspace: &Workspace) -> Option<PathBuf> {
        let cached = self.root(workspace).join("bin");
        if cached
            .join(format!("{}{EXE_SUFFIX}", self.program))
            .is_file()
        {
            return Some(cached);
        }
        let found = on_path(self.program)?;
        let output = Command::new(&found).arg("--version").output().ok()?;
        let matches = has_version(&String::from_utf8_lossy(&output.stdout), &self.version);
        matches
            .then(|| found.parent().map(Path::to_owned))
            .flatten()
    }

    /// The path of the program.
    ///
    /// # Errors
    /// The program is missing.
    pub fn path(&self, workspace: &Workspace) -> Result<PathBuf> {
        let folder = self.folder(workspace).with_context(|| {
            format!("{self} is missing: run `cargo xtask build`, which installs it")
        })?;
        Ok(folder.join(format!("{}{EXE_SUFFIX}", self.program)))
    }

    /// Runs `cargo install` into the cache. A registry may lack a version in the crate's own lock file; then cargo chooses the
    /// versions.
    pub fn install(&self, workspace: &Workspace) -> Result<()> {
        let log = workspace
            .cache
            .join("logs")
            .join(format!("{}.log", self.package));
        let attempt = |locked: bool| {
            let mut command = workspace.cargo(None);
            command
                .env("CARGO_TARGET_DIR", workspace.cache.join("tools-target"))
                .args(["install", self.package]);
            command
                .args(["--version", &self.version])
                .args(["--features", self.features])
                .arg("--root")
                .arg(self.root(workspace));
            if locked {
                command.arg("--locked");
            }
            step::run_logged(&mut command, &log)
        };
        attempt(true).or_else(|_| {
            println!("  it cannot be built with its own lock file; trying without");
            attempt(false)
        })
    }

    fn root(&self, workspace: &Workspace) -> PathBuf {
        workspace.tool_folder(self.program, &self.version)
    }
}

/// Whether a `--version` line such as `wasm-bindgen 0.2.130 (abc123)` contains exactly `version`.
fn has_version(line: &str, version: &str) -> bool {
    line.split_whitespace().nth(1) == Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_the_exact_version() {
        assert!(has_version("wasm-bindgen 0.2.130\n", "0.2.130"));
        assert!(has_version("wasm-bindgen 0.2.130 (abc)", "0.2.130"));
        assert!(!has_version("wasm-bindgen 0.2.130", "0.2.13"));
        assert!(!has_version("", "0.2.13"));
    }

    #[test]
    fn finds_a_program_in_the_cache_without_running_it() {
        let cache = std::env::temp_dir().join(format!("haberdash-tools-{}", std::process::id()));
        let workspace = Workspace {
            root: cache.clone(),
            target: cache.clone(),
            cache: cache.clone(),
        };
        let tool = CargoProgram {
            package: "no-such",
            features: "",
            program: "no-such-program",
            version: "1.2.3".into(),
        };
        assert_eq!(tool.folder(&workspace), None);
        assert!(
            tool.path(&workspace)
                .unwrap_err()
                .to_string()
                .contains("cargo xtask build")
        );
        let folder = cache.join("tools/no-such-program-1.2.3/bin");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("no-such-program{EXE_SUFFIX}")), "").unwrap();
        assert_eq!(tool.folder(&workspace), Some(folder));
        std::fs::remove_dir_all(&cache).unwrap();
    }
}

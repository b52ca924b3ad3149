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

/// Versions of trunk that build the page, the preferred one first. trunk 0.22 needs a newer rustc than this workspace.
const TRUNK_VERSIONS: [&str; 4] = ["0.21.14", "0.21.13", "0.21.12", "0.21.9"];

/// Compatible with the crate `wasm_split_helpers` of Cargo.lock.
const WASM_SPLIT_VERSION: &str = "0.2.4";

/// A crate with a program.
pub struct CargoProgram {
    package: &'static str,
    /// The crate's features that the program needs.
    features: &'static str,
    program: &'static str,
    /// The preferred version first.
    versions: Vec<String>,
}

impl fmt::Display for CargoProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.program, self.versions[0])
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
            versions: vec![version],
        })
    }

    /// wasm-split, which divides the app into parts that are loaded when they are needed.
    pub fn wasm_split() -> Self {
        Self {
            package: "wasm_split_cli_support",
            features: "build-binary",
            program: "wasm-split-cli",
            versions: vec![WASM_SPLIT_VERSION.to_owned()],
        }
    }

    /// trunk.
    pub fn trunk() -> Self {
        Self {
            package: "trunk",
            features: "",
            program: "trunk",
            versions: TRUNK_VERSIONS.map(str::to_owned).into(),
        }
    }

    /// The folder of the program in the cache, or on PATH if it has a suitable version there.
    pub fn folder(&self, workspace: &Workspace) -> Option<PathBuf> {
        let program = format!("{}{EXE_SUFFIX}", self.program);
        let versions = self.versions.iter();
        let mut folders = versions.map(|version| self.root(workspace, version).join("bin"));
        if let Some(cached) = folders.find(|folder| folder.join(&program).is_file()) {
            return Some(cached);
        }
        let found = on_path(self.program)?;
        let output = Command::new(&found).arg("--version").output().ok()?;
        let line = String::from_utf8_lossy(&output.stdout);
        let matches = self.versions.iter().any(|v| has_version(&line, v));
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

    /// Runs `cargo install` into the cache, with the versions of the crate's own lock file. A registry may lack one of them; then an
    /// older version of the program is tried, whose lock file is older too.
    ///
    /// Only where none can be installed, as with a registry that is far behind, cargo chooses the versions. That is the only way out for
    /// wasm-bindgen and wasm-split, whose versions those of the libraries in Cargo.lock determine.
    pub fn install(&self, workspace: &Workspace) -> Result<()> {
        let log = workspace
            .cache
            .join("logs")
            .join(format!("{}.log", self.package));
        let attempt = |version: &str, locked: bool| {
            let mut command = workspace.cargo(None);
            command
                .env("CARGO_TARGET_DIR", workspace.cache.join("tools-target"))
                .args(["install", self.package]);
            command
                .args(["--version", version])
                .args(["--features", self.features])
                .arg("--root")
                .arg(self.root(workspace, version));
            if locked {
                command.arg("--locked");
            }
            step::run_logged(&mut command, &log)
        };
        for version in &self.versions {
            if attempt(version, true).is_ok() {
                return Ok(());
            }
            println!("  version {version} cannot be built with its own lock file");
        }
        println!("  trying without the lock file");
        attempt(&self.versions[0], false)
    }

    fn root(&self, workspace: &Workspace, version: &str) -> PathBuf {
        workspace.tool_folder(self.program, version)
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
            versions: vec!["1.2.4".into(), "1.2.3".into()],
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

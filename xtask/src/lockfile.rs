//! The version of a crate in Cargo.lock, which tools outside cargo must match.

use anyhow::{Context, Result};
use std::path::Path;

/// The version of `package` in the Cargo.lock of the folder `root`.
pub fn locked_version(root: &Path, package: &str) -> Result<String> {
    let path = root.join("Cargo.lock");
    let text = std::fs::read_to_string(&path).with_context(|| {
        format!(
            "{} cannot be read: run `cargo generate-lockfile`",
            path.display()
        )
    })?;
    version_in(&text, package).with_context(|| {
        format!("Cargo.lock contains no `{package}`: run `cargo update --workspace` once")
    })
}

/// Needs no TOML parser: cargo writes `version` always on the line after `name`.
fn version_in(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().map(str::trim);
    lines.find(|line| *line == name)?;
    let version = lines
        .next()?
        .strip_prefix("version = \"")?
        .strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"wasm-bindgen-futures\"\nversion = \"0.4.80\"\n\n\
        [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\nsource = \"registry\"\n";

    #[test]
    fn finds_the_whole_name_only() {
        assert_eq!(version_in(LOCK, "wasm-bindgen").as_deref(), Some("0.2.130"));
        assert_eq!(
            version_in(LOCK, "wasm-bindgen-futures").as_deref(),
            Some("0.4.80")
        );
        assert_eq!(version_in(LOCK, "wasm"), None);
    }

    #[test]
    fn this_workspace_locks_wasm_bindgen() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        assert!(
            locked_version(root, "wasm-bindgen")
                .unwrap()
                .starts_with("0.2.")
        );
        assert!(
            locked_version(root, "no-such-crate")
                .unwrap_err()
                .to_string()
                .contains("no-such-crate")
        );
    }
}

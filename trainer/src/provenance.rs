//! Provenance of the weights: hashes of the data, versions of crates, and the git revision.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use fashion_mnist::FILES;

/// SHA-256 of the data set's files.
pub fn data_hashes() -> BTreeMap<String, String> {
    FILES
        .into_iter()
        .map(|file| (file.name.into(), file.sha256.into()))
        .collect()
}

/// Versions of the crates that affect the result, and the repository's revision.
pub fn versions() -> BTreeMap<String, String> {
    let lock = include_str!("../../Cargo.lock");
    let locked = |name: &str| {
        let entry = format!("name = \"{name}\"\nversion = \"");
        let (_, rest) = lock.split_once(&entry)?;
        rest.split('"').next().map(String::from)
    };
    let revision = || {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let out = Command::new("git")
            .args(["describe", "--always", "--dirty", "--abbrev=12"])
            .current_dir(root)
            .output()
            .ok()?;
        let text = String::from_utf8(out.stdout).ok()?;
        out.status.success().then(|| text.trim().to_owned())
    };
    let haberdash = Some(env!("CARGO_PKG_VERSION").to_owned());
    [
        ("haberdash", haberdash),
        ("burn", locked("burn")),
        ("burn-flex", locked("burn-flex")),
        ("linfa-logistic", locked("linfa-logistic")),
        ("git", revision()),
    ]
    .into_iter()
    .filter_map(|(name, version)| Some((name.into(), version?)))
    .collect()
}

//! The trainer's files in weights/: the manifest, the files that it lists, and the metrics.

use super::assets::{Assets, sha256_hex};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const TRAIN: &str = "run `cargo run -p trainer` to train it";

/// Adds the files of `root`/weights.
pub fn add(assets: &mut Assets, root: &Path) -> Result<()> {
    let weights = root.join("weights");
    let manifest_path = weights.join("manifest.json");
    assets.copy(
        &manifest_path,
        "manifest.json",
        "weights/manifest.json",
        TRAIN,
    )?;
    let manifest: Value = serde_json::from_slice(&fs::read(&manifest_path)?).context(
        "weights/manifest.json is not JSON: restore it from git, or run `cargo run -p trainer`",
    )?;

    let mut files = BTreeMap::new();
    collect_files(&manifest, &mut files);
    if !files.keys().any(|file| file.ends_with(".hbd")) {
        bail!("weights/manifest.json lists no model: {TRAIN}");
    }
    for (listed, sha256) in &files {
        let file = listed.strip_prefix("weights/").unwrap_or(listed);
        // The name comes from a file, so it must not lead out of the folder.
        if file.contains(['/', '\\']) {
            bail!(
                "weights/manifest.json names `{listed}`, which is not a file of weights/: {TRAIN}"
            );
        }
        let bytes = fs::read(weights.join(file))
            .with_context(|| format!("weights/{file} is missing: {TRAIN}"))?;
        // The page would refuse these weights.
        if sha256
            .as_ref()
            .is_some_and(|expected| !sha256_hex(&bytes).eq_ignore_ascii_case(expected))
        {
            bail!(
                "weights/{file} is not the file of weights/manifest.json: restore both from git, or {TRAIN}"
            );
        }
        assets.write(&bytes, file, &format!("weights/{file}"))?;
    }

    for path in json_files(&weights.join("metrics"))? {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        assets.copy(
            &path,
            &format!("metrics/{name}"),
            &format!("weights/metrics/{name}"),
            TRAIN,
        )?;
    }
    Ok(())
}

/// The endings of the files that the page uses: weights, thumbnails, and the list of the thumbnails.
const ENDINGS: [&str; 3] = [".hbd", ".jpg", ".json"];

/// Collects all entries `"file": "…"` of the page's files with their `"sha256"`, at any depth of the manifest.
fn collect_files(value: &Value, found: &mut BTreeMap<String, Option<String>>) {
    match value {
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
            if let Some(file) =
                text("file").filter(|file| ENDINGS.iter().any(|ending| file.ends_with(ending)))
            {
                found.insert(file, text("sha256"));
            }
            fields
                .values()
                .for_each(|inner| collect_files(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect_files(inner, found)),
        _ => {}
    }
}

fn json_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).context(
        "weights/metrics is missing: restore it, or delete weights/ and run `cargo run -p trainer`",
    )?;
    let mut files: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkout(name: &str, manifest: &str, models: &[&str]) -> PathBuf {
        let root =
            std::env::temp_dir().join(format!("haberdash-weights-{name}-{}", std::process::id()));
        fs::create_dir_all(root.join("weights/metrics")).unwrap();
        fs::write(root.join("weights/metrics/cnn.json"), "{}").unwrap();
        fs::write(root.join("weights/manifest.json"), manifest).unwrap();
        for model in models {
            fs::write(root.join("weights").join(model), b"").unwrap();
        }
        root
    }

    #[test]
    fn adds_all_files_of_the_manifest() {
        let manifest = r#"{"models": {"cnn": {"file": "cnn.hbd", "sha256": "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"}, "resnet": {"file": "resnet.hbd"}}, "thumbnails": {"files": [{"file": "thumbnails-0.jpg"}]}, "data": [{"file": "x.gz"}]}"#;
        let root = checkout(
            "whole",
            manifest,
            &["cnn.hbd", "resnet.hbd", "thumbnails-0.jpg"],
        );
        let mut assets = Assets::new(root.join("staging"));
        add(&mut assets, &root).unwrap();
        let map: BTreeMap<String, String> = serde_json::from_str(&assets.map()).unwrap();
        let names: Vec<&str> = map.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            [
                "cnn.hbd",
                "manifest.json",
                "metrics/cnn.json",
                "resnet.hbd",
                "thumbnails-0.jpg"
            ]
        );
        for url in map.values() {
            assert!(root.join("staging").join(url).is_file(), "{url}");
        }
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn rejects_missing_altered_and_outside_files_with_advice() {
        let wrong = r#"{"file": "cnn.hbd", "sha256": "00"}"#;
        for (name, manifest, models, message) in [
            (
                "gone",
                r#"{"file": "cnn.hbd"}"#,
                &[][..],
                "weights/cnn.hbd is missing: run",
            ),
            (
                "altered",
                wrong,
                &["cnn.hbd"][..],
                "not the file of weights/manifest.json",
            ),
            (
                "outside",
                r#"{"file": "../x.hbd"}"#,
                &[][..],
                "not a file of weights/",
            ),
            ("empty", "{}", &[][..], "lists no model"),
            ("broken", "{", &[][..], "not JSON"),
        ] {
            let root = checkout(name, manifest, models);
            let error = add(&mut Assets::new(root.join("staging")), &root)
                .unwrap_err()
                .to_string();
            assert!(error.contains(message), "{name}: {error}");
            fs::remove_dir_all(&root).unwrap();
        }
    }
}

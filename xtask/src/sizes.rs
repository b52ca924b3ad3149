//! What the site weighs, for its visitors: bytes as they lie there, and gzipped as GitHub Pages sends them.

use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};
use std::{collections::BTreeMap, fs, io::Write, path::Path};

/// Raw and gzipped bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Weight {
    raw: u64,
    gzipped: u64,
}

/// A line for every class of files in `folder`, and their sum.
pub fn table(folder: &Path) -> Result<String> {
    let mut classes = BTreeMap::new();
    weigh(folder, folder, &mut classes)?;
    let mut lines = format!("  {:<12}{:>14}{:>14}\n", "", "bytes", "gzipped");
    let mut total = Weight::default();
    for (class, weight) in &classes {
        lines += &line(class, weight);
        total.raw += weight.raw;
        total.gzipped += weight.gzipped;
    }
    lines += &line("all", &total);
    Ok(lines)
}

fn line(class: &str, weight: &Weight) -> String {
    format!(
        "  {class:<12}{:>14}{:>14}\n",
        grouped(weight.raw),
        grouped(weight.gzipped)
    )
}

fn weigh(root: &Path, folder: &Path, classes: &mut BTreeMap<&'static str, Weight>) -> Result<()> {
    let unreadable = || {
        format!(
            "{} cannot be read: run `cargo xtask build` again",
            folder.display()
        )
    };
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.is_dir() {
            weigh(root, &path, classes)?;
            continue;
        }
        let bytes = fs::read(&path).with_context(unreadable)?;
        let weight = classes
            .entry(class(path.strip_prefix(root).unwrap_or(&path)))
            .or_default();
        weight.raw += bytes.len() as u64;
        weight.gzipped += gzipped(&bytes)?;
    }
    Ok(())
}

fn class(path: &Path) -> &'static str {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let extension = path
        .extension()
        .map(|extension| extension.to_string_lossy())
        .unwrap_or_default();
    if path.starts_with("weights") {
        return "weights";
    }
    if path.starts_with("test-set") {
        return "test set";
    }
    match (&*name, &*extension) {
        (name, _) if name.starts_with("cpu-worker") => "CPU worker",
        (name, _) if name.starts_with("gpu-worker") => "GPU worker",
        (_, "wasm" | "js") => "app",
        (_, "html" | "css") => "page",
        (_, "png" | "svg" | "ico" | "jpg" | "webp") => "pictures",
        _ => "other",
    }
}

fn gzipped(bytes: &[u8]) -> Result<u64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?.len() as u64)
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_has_one_class() {
        for (path, expected) in [
            ("index.html", "page"),
            ("app-12.js", "app"),
            ("app-12_bg.wasm", "app"),
            ("cpu-worker_bg-12.wasm", "CPU worker"),
            ("gpu-worker-12.js", "GPU worker"),
            ("weights/metrics/cnn-12.json", "weights"),
            ("gallery-12.png", "pictures"),
            ("test-set/t10k-labels-idx1-ubyte-12.gz", "test set"),
            ("LICENSE", "other"),
        ] {
            assert_eq!(class(Path::new(path)), expected, "{path}");
        }
    }

    #[test]
    fn the_table_adds_up() {
        let folder = std::env::temp_dir().join(format!("haberdash-sizes-{}", std::process::id()));
        fs::create_dir_all(folder.join("weights")).unwrap();
        fs::write(folder.join("index.html"), vec![b' '; 1_000]).unwrap();
        fs::write(folder.join("weights/a.hbd"), vec![0; 2_000_000]).unwrap();
        let table = table(&folder).unwrap();
        assert!(
            table.lines().last().unwrap().contains("2,001,000"),
            "{table}"
        );
        assert!(gzipped(&[0; 2_000_000]).unwrap() < 10_000);
        assert!(table.lines().all(|line| line.len() < 80));
        fs::remove_dir_all(&folder).unwrap();
    }
}

//! What the site weighs, for its visitors: bytes as they lie there, and gzipped as GitHub Pages sends them.

use anyhow::{Context, Result, bail};
use flate2::{Compression, write::GzEncoder};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// What each part may weigh at most, gzipped: a little more than it does. What is to weigh more has to be worth it, and to
/// raise its budget here.
const BUDGETS: [(&str, u64); 5] = [
    ("app", 276_000),
    ("CPU worker", 268_000),
    ("GPU worker", 1_270_000),
    ("page", 17_500),
    (FIRST, 860_000),
];

/// What a visitor downloads until the first verdict: the page, the CPU engine, and the weights that it is given first.
const FIRST: &str = "first verdict";

/// Raw and gzipped bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Weight {
    raw: u64,
    gzipped: u64,
}

impl Weight {
    fn add(&mut self, other: Self) {
        self.raw += other.raw;
        self.gzipped += other.gzipped;
    }
}

/// What the site in `folder` weighs: a line for every class of files, their sum, and what comes first.
///
/// # Errors
/// When a part exceeds its budget; the table is printed before.
pub fn check_site(folder: &Path) -> Result<()> {
    let mut files = Vec::new();
    collect(folder, folder, &mut files)?;
    let parts = parts(&files);
    print!("{}", table(&parts));
    check(&parts, &BUDGETS)
}

/// The classes of files, `all` of them, and those that come first.
fn parts(files: &[(PathBuf, Weight)]) -> BTreeMap<&'static str, Weight> {
    let mut parts = BTreeMap::new();
    for (path, weight) in files {
        let class = class(path);
        let comes_first = is_first(path, class).then_some(FIRST);
        for part in [class, "all"].into_iter().chain(comes_first) {
            parts.entry(part).or_insert(Weight::default()).add(*weight);
        }
    }
    parts
}

fn table(parts: &BTreeMap<&'static str, Weight>) -> String {
    let mut lines = format!("  {:<14}{:>14}{:>14}\n", "", "bytes", "gzipped");
    let sums = |part: &str| part == "all" || part == FIRST;
    for (part, weight) in parts.iter().filter(|(part, _)| !sums(part)) {
        lines += &line(part, weight);
    }
    for (part, weight) in parts.iter().filter(|(part, _)| sums(part)) {
        lines += &line(part, weight);
    }
    lines
}

/// One sentence that names each part above its budget.
fn check(parts: &BTreeMap<&'static str, Weight>, budgets: &[(&str, u64)]) -> Result<()> {
    let exceeded: Vec<_> = budgets
        .iter()
        .filter_map(|(part, budget)| {
            let gzipped = parts.get(part)?.gzipped;
            (gzipped > *budget).then(|| {
                format!(
                    "{part} weighs {} bytes gzipped, and its budget is {}",
                    grouped(gzipped),
                    grouped(*budget)
                )
            })
        })
        .collect();
    if !exceeded.is_empty() {
        bail!(
            "{}: find what has grown, or raise the budget in xtask/src/size_budgets.rs with the reason",
            exceeded.join("; ")
        );
    }
    Ok(())
}

fn line(class: &str, weight: &Weight) -> String {
    format!(
        "  {class:<14}{:>14}{:>14}\n",
        grouped(weight.raw),
        grouped(weight.gzipped)
    )
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(PathBuf, Weight)>) -> Result<()> {
    let unreadable = || {
        format!(
            "{} cannot be read: run `cargo xtask build` again",
            folder.display()
        )
    };
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let path = entry.with_context(unreadable)?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
            continue;
        }
        let bytes = fs::read(&path).with_context(unreadable)?;
        let weight = Weight {
            raw: bytes.len() as u64,
            gzipped: gzipped(&bytes)?,
        };
        files.push((path.strip_prefix(root).unwrap_or(&path).to_owned(), weight));
    }
    Ok(())
}

fn is_first(path: &Path, class: &str) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match class {
        "page" | "app" | "CPU worker" | "pictures" => true,
        "weights" => ["cnn-", "resnet-", "manifest-"]
            .iter()
            .any(|start| name.starts_with(start) && path.parent() == Some(Path::new("weights"))),
        _ => false,
    }
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
        (name, "js") if name.starts_with("boot") || name == "offline.js" => "page",
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
            ("boot-12.js", "page"),
            ("offline.js", "page"),
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

    fn site(files: &[(&str, u64)]) -> BTreeMap<&'static str, Weight> {
        let files: Vec<_> = files
            .iter()
            .map(|&(path, gzipped)| {
                let raw = gzipped * 2;
                (PathBuf::from(path), Weight { raw, gzipped })
            })
            .collect();
        parts(&files)
    }

    #[test]
    fn what_comes_first_is_the_page_its_engine_and_two_networks() {
        let parts = site(&[
            ("index.html", 1),
            ("app-1_bg.wasm", 10),
            ("cpu-worker-1.js", 100),
            ("gallery-1.png", 1_000),
            ("weights/cnn-1.hbd", 10_000),
            ("weights/manifest-1.json", 100_000),
            ("weights/knn-1.hbd", 1_000_000),
            ("weights/metrics/cnn-1.json", 1_000_000),
            ("gpu-worker-1.js", 1_000_000),
        ]);
        assert_eq!(parts[FIRST].gzipped, 111_111);
        assert_eq!(parts["all"].gzipped, 3_111_111);
    }

    #[test]
    fn a_part_above_its_budget_is_named_with_both_figures() {
        let parts = site(&[("app-1.js", 1_234), ("index.html", 10)]);
        let budgets = [("app", 1_234), ("page", 9), ("GPU worker", 0)];
        let error = check(&parts, &budgets).unwrap_err().to_string();
        assert!(
            error.starts_with("page weighs 10 bytes gzipped, and its budget is 9: "),
            "{error}"
        );
        assert!(check(&parts, &[("page", 10)]).is_ok());
        let error = check(&parts, &[("app", 1_233)]).unwrap_err().to_string();
        assert!(
            error.contains("1,234") && error.contains("1,233"),
            "{error}"
        );
    }

    #[test]
    fn a_folder_is_weighed_as_it_lies_there() {
        let folder = std::env::temp_dir().join(format!("haberdash-sizes-{}", std::process::id()));
        fs::create_dir_all(folder.join("weights")).unwrap();
        fs::write(folder.join("index.html"), vec![b' '; 1_000]).unwrap();
        fs::write(folder.join("weights/a.hbd"), vec![0; 2_000_000]).unwrap();
        let mut files = Vec::new();
        collect(&folder, &folder, &mut files).unwrap();
        let parts = parts(&files);
        assert_eq!(parts["all"].raw, 2_001_000);
        assert!(parts["weights"].gzipped < 10_000);
        let table = table(&parts);
        assert!(table.contains("2,001,000"), "{table}");
        assert!(table.lines().all(|line| line.len() < 80));
        fs::remove_dir_all(&folder).unwrap();
    }
}

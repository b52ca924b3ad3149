//! Download sizes by kind of file, gzipped as GitHub Pages sends them.

use std::collections::BTreeMap;

use crate::site::{SUB_PATH, Site, gzipped};

/// Gzipped bytes by kind of file.
pub type DownloadSizes = BTreeMap<&'static str, u64>;

/// The kinds of files that the first prediction needs, which is the ResNet's.
pub const KINDS: [&str; 7] = [
    "page and styles",
    "app",
    "CPU engine",
    "other code",
    "library, scripts",
    "library, WebAssembly",
    "ResNet",
];

/// Files that the first prediction does not need: other models' weights, later parts of the code, the gallery, metrics.
pub const LATER: &str = "later";

/// Sizes of the requested files.
pub fn measure(site: &Site, requests: &[String]) -> DownloadSizes {
    let mut paths: Vec<&String> = requests.iter().collect();
    paths.sort();
    paths.dedup();
    let mut sizes = DownloadSizes::new();
    for path in paths {
        *sizes.entry(kind(path)).or_default() += site.file(path).map_or(0, |f| gzipped_size(&f));
    }
    sizes
}

/// The sum of all sizes except [`LATER`].
pub fn total(sizes: &DownloadSizes) -> u64 {
    sizes
        .iter()
        .filter(|(kind, _)| **kind != LATER)
        .map(|(_, bytes)| bytes)
        .sum()
}

fn kind(path: &str) -> &'static str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    if let Some(inside) = path.strip_prefix(SUB_PATH) {
        return match extension {
            "hbd" if inside.starts_with("weights/resnet-") => "ResNet",
            // wasm-split's names for what is loaded later.
            "wasm" if name.starts_with("split_") || name.starts_with("chunk_") => LATER,
            "js" | "wasm" if inside.starts_with("cpu-worker-") => "CPU engine",
            "js" | "wasm" if inside.starts_with("gpu-worker") => "GPU engine",
            "js" | "wasm" if inside.starts_with("app-") => "app",
            "js" | "wasm" if !name.starts_with("boot") => "other code",
            "css" if inside.starts_with("later-") => LATER,
            "hbd" | "json" | "png" => LATER,
            _ => "page and styles",
        };
    }
    match (name.split('.').next(), extension) {
        _ if path.starts_with("/bench/") => "page and styles",
        (Some("resnet"), _) => "ResNet",
        (_, "wasm") => "library, WebAssembly",
        _ => "library, scripts",
    }
}

fn gzipped_size(bytes: &[u8]) -> u64 {
    let compressed = gzipped(bytes);
    compressed.expect("writing to memory does not fail").len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_a_kind() {
        for (path, expected) in [
            ("/haberdash/", "page and styles"),
            ("/haberdash/boot-12.js", "page and styles"),
            ("/haberdash/app-12/app_bg.wasm", "app"),
            ("/haberdash/app-12/split_compare.wasm", LATER),
            ("/haberdash/cpu-worker-12/cpu-worker_bg.wasm", "CPU engine"),
            ("/haberdash/cpu-worker-12/__wasm_split.js", "CPU engine"),
            ("/haberdash/cpu-worker-12/split_photos.wasm", LATER),
            ("/haberdash/gpu-worker-12.js", "GPU engine"),
            ("/haberdash/decoders-12.wasm", "other code"),
            ("/haberdash/weights/cnn-12.hbd", LATER),
            ("/haberdash/weights/svm-12.hbd", LATER),
            ("/haberdash/gallery-12.png", LATER),
            ("/haberdash/later-12.css", LATER),
            ("/models/resnet.bin", "ResNet"),
            (
                "/peers/onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
                "library, scripts",
            ),
            ("/peers/a.wasm", "library, WebAssembly"),
        ] {
            assert_eq!(kind(path), expected, "{path}");
            let is_known = KINDS.contains(&expected) || [LATER, "GPU engine"].contains(&expected);
            assert!(is_known, "{expected}");
        }
    }

    #[test]
    fn later_files_are_not_counted() {
        let sizes = DownloadSizes::from([("app", 3), (LATER, 100), ("ResNet", 4)]);
        assert_eq!(total(&sizes), 7);
        assert!(gzipped_size(&[0; 100_000]) < 1_000);
    }
}

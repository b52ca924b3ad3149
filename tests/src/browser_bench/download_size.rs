//! Download sizes by kind of file, gzipped as GitHub Pages sends them.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::engine::{Engine, MODELS};
use crate::site::{SUB_PATH, Site};

/// Gzipped bytes by kind of file.
pub type DownloadSizes = BTreeMap<&'static str, u64>;

/// The kinds of files in a first visit's download.
pub const KINDS: [&str; 8] = [
    "page and styles",
    "app",
    "CPU engine",
    "other code",
    "library, scripts",
    "library, WebAssembly",
    "CNN",
    "ResNet",
];

/// Files that the first prediction does not need: other models' weights, the gallery, metrics.
pub const LATER: &str = "later";

/// Sizes of the requested files, with the weights of both networks for each engine.
pub fn measure(site: &Site, engine: Engine, requests: &[String]) -> DownloadSizes {
    let mut paths: Vec<String> = requests.to_vec();
    // The pages of the other libraries load one network only.
    paths.extend(MODELS.iter().flat_map(|model| {
        match engine {
            Engine::Haberdash => vec![],
            Engine::Onnx => vec![format!("/models/{model}.onnx")],
            Engine::TensorFlow => ["json", "bin"]
                .map(|kind| format!("/models/{model}.{kind}"))
                .into(),
        }
    }));
    paths.sort();
    paths.dedup();
    let mut sizes = DownloadSizes::new();
    for path in &paths {
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
            "hbd" if inside.starts_with("weights/cnn-") => "CNN",
            "hbd" if inside.starts_with("weights/resnet-") => "ResNet",
            "js" | "wasm" if name.starts_with("cpu-worker") => "CPU engine",
            "js" | "wasm" if name.starts_with("gpu-worker") => "GPU engine",
            "js" | "wasm" if name.starts_with("app") => "app",
            "js" | "wasm" if !name.starts_with("boot") => "other code",
            "hbd" | "json" | "png" => LATER,
            _ => "page and styles",
        };
    }
    match (name.split('.').next(), extension) {
        _ if path.starts_with("/bench/") => "page and styles",
        (Some("cnn"), _) => "CNN",
        (Some("resnet"), _) => "ResNet",
        (_, "wasm") => "library, WebAssembly",
        _ => "library, scripts",
    }
}

fn gzipped_size(bytes: &[u8]) -> u64 {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail").len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_a_kind() {
        for (path, expected) in [
            ("/haberdash/", "page and styles"),
            ("/haberdash/boot-12.js", "page and styles"),
            ("/haberdash/app-12_bg.wasm", "app"),
            ("/haberdash/cpu-worker_bg-12.wasm", "CPU engine"),
            ("/haberdash/gpu-worker-12.js", "GPU engine"),
            ("/haberdash/decoders-12.wasm", "other code"),
            ("/haberdash/weights/cnn-12.hbd", "CNN"),
            ("/haberdash/weights/svm-12.hbd", LATER),
            ("/haberdash/gallery-12.png", LATER),
            ("/models/cnn.onnx", "CNN"),
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
        let sizes = DownloadSizes::from([("app", 3), (LATER, 100), ("CNN", 4)]);
        assert_eq!(total(&sizes), 7);
        assert!(gzipped_size(&[0; 100_000]) < 1_000);
    }
}

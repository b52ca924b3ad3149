//! What a visitor downloads, gzipped as GitHub Pages sends it.

use std::collections::BTreeMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Engine, MODELS};
use crate::site::{SUB_PATH, Site};

/// Gzipped bytes by what they are.
pub type Parts = BTreeMap<&'static str, u64>;

/// What is told apart of a first visit's download.
pub const PARTS: [&str; 8] = [
    "page and styles",
    "app",
    "CPU engine",
    "other code",
    "library, scripts",
    "library, WebAssembly",
    "CNN",
    "ResNet",
];

/// Weights of other models, the gallery, figures: what the page fetches meanwhile or afterwards, and answers without.
pub const MEANWHILE: &str = "meanwhile";

/// The parts of these answers, with the weights of both networks for everyone.
pub fn parts(site: &Site, engine: Engine, requests: &[String]) -> Parts {
    let mut paths: Vec<String> = requests.to_vec();
    // A peer's page has loaded one network.
    paths.extend(MODELS.iter().flat_map(|model| {
        match engine {
            Engine::Ours => vec![],
            Engine::Onnx => vec![format!("/models/{model}.onnx")],
            Engine::TensorFlow => ["json", "bin"]
                .map(|kind| format!("/models/{model}.{kind}"))
                .into(),
        }
    }));
    paths.sort();
    paths.dedup();
    let mut parts = Parts::new();
    for path in &paths {
        *parts.entry(part(path)).or_default() += site.file(path).map_or(0, |f| gzipped(&f));
    }
    parts
}

/// Of all parts but the meanwhile.
pub fn sum(parts: &Parts) -> u64 {
    parts
        .iter()
        .filter(|(part, _)| **part != MEANWHILE)
        .map(|(_, bytes)| bytes)
        .sum()
}

/// What a path is.
fn part(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or_default();
    let kind = name.rsplit('.').next().unwrap_or_default();
    if let Some(inside) = path.strip_prefix(SUB_PATH) {
        return match kind {
            "hbd" if inside.starts_with("weights/cnn-") => "CNN",
            "hbd" if inside.starts_with("weights/resnet-") => "ResNet",
            "js" | "wasm" if name.starts_with("cpu-worker") => "CPU engine",
            "js" | "wasm" if name.starts_with("gpu-worker") => "GPU engine",
            "js" | "wasm" if name.starts_with("app") => "app",
            "js" | "wasm" if !name.starts_with("boot") => "other code",
            "hbd" | "json" | "png" => MEANWHILE,
            _ => "page and styles",
        };
    }
    match (name.split('.').next(), kind) {
        _ if path.starts_with("/bench/") => "page and styles",
        (Some("cnn"), _) => "CNN",
        (Some("resnet"), _) => "ResNet",
        (_, "wasm") => "library, WebAssembly",
        _ => "library, scripts",
    }
}

fn gzipped(bytes: &[u8]) -> u64 {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing into memory does not fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.map_or(0, |bytes| bytes.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_some_part() {
        for (path, expected) in [
            ("/haberdash/", "page and styles"),
            ("/haberdash/boot-12.js", "page and styles"),
            ("/haberdash/app-12_bg.wasm", "app"),
            ("/haberdash/cpu-worker_bg-12.wasm", "CPU engine"),
            ("/haberdash/gpu-worker-12.js", "GPU engine"),
            ("/haberdash/decoders-12.wasm", "other code"),
            ("/haberdash/weights/cnn-12.hbd", "CNN"),
            ("/haberdash/weights/svm-12.hbd", MEANWHILE),
            ("/haberdash/gallery-12.png", MEANWHILE),
            ("/models/cnn.onnx", "CNN"),
            ("/models/resnet.bin", "ResNet"),
            (
                "/peers/onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
                "library, scripts",
            ),
            ("/peers/a.wasm", "library, WebAssembly"),
        ] {
            assert_eq!(part(path), expected, "{path}");
            let is_known =
                PARTS.contains(&expected) || [MEANWHILE, "GPU engine"].contains(&expected);
            assert!(is_known, "{expected}");
        }
    }

    #[test]
    fn what_comes_meanwhile_does_not_count() {
        let parts = Parts::from([("app", 3), (MEANWHILE, 100), ("CNN", 4)]);
        assert_eq!(sum(&parts), 7);
        assert!(gzipped(&[0; 100_000]) < 1_000);
    }
}

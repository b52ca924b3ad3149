//! The committed benchmarks: the README quotes what docs/benchmarks.md says.
// All of this is test code, also what stands outside of `#[test]` functions.
#![allow(clippy::unwrap_used)]

use std::fs;

use tests::bench::document::{placed, quote};

/// The repository's root.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn the_readme_quotes_the_page() {
    let readme = fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    let page = fs::read_to_string(format!("{ROOT}/docs/benchmarks.md")).unwrap();
    assert!(
        placed(&readme, &quote(&page).unwrap()).unwrap() == readme,
        "README.md quotes other figures than docs/benchmarks.md has: run `cargo xtask bench-web`"
    );
}

//! The committed benchmark report: the README's table is the one in docs/benchmarks.md.
// All of this is test code, also what is outside of `#[test]` functions.
#![allow(clippy::unwrap_used)]

use std::fs;

use tests::browser_bench::report::{insert_table, readme_table};

/// The repository's root.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn the_readme_has_the_report_s_table() {
    let readme = fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    let report = fs::read_to_string(format!("{ROOT}/docs/benchmarks.md")).unwrap();
    assert!(
        insert_table(&readme, &readme_table(&report).unwrap()).unwrap() == readme,
        "README.md has other figures than docs/benchmarks.md: run `cargo xtask bench-web`"
    );
}

//! The committed table of reliability: it has a row for each promise, and each promise has a check.
// All of this is test code, also what is outside of `#[test]` functions.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use tests::reliability::{PROMISES, counts};

/// The repository's root.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

#[test]
fn the_table_has_each_promise_and_each_was_kept() {
    let page = fs::read_to_string(format!("{ROOT}/docs/reliability.md")).unwrap();
    for (count, promise) in counts(&page).unwrap().into_iter().zip(&PROMISES) {
        assert!(
            count.tried > 0 && count.survived == count.tried,
            "{}: {count:?}",
            promise.check
        );
    }
}

#[test]
fn a_changed_promise_is_noticed() {
    let page = fs::read_to_string(format!("{ROOT}/docs/reliability.md")).unwrap();
    let promise = PROMISES[0].promise;
    assert!(counts(&page.replacen(promise, "Nothing fails", 1)).is_err());
    assert!(counts(&format!("{page}| more | more | 1 | 1 |\n")).is_err());
}

#[test]
fn each_promise_has_a_check() {
    let mut sources = String::new();
    for folder in ["fuzz", "page"] {
        let folder = Path::new(ROOT).join("tests/tests").join(folder);
        for entry in fs::read_dir(folder).unwrap() {
            sources += &fs::read_to_string(entry.unwrap().path()).unwrap();
        }
    }
    for promise in &PROMISES {
        let name = promise.check;
        let is_there = [format!("\"{name}\""), format!("fn {name}()")]
            .iter()
            .any(|text| sources.contains(text));
        assert!(is_there, "there is no check {name}");
    }
}

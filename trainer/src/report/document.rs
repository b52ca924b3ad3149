//! The files that the report consists of, and the command that writes them.

use std::path::PathBuf;

/// The command that writes the report again.
pub const COMMAND: &str = "cargo run -p trainer -- report";
/// The page of results, relative to the folder of the documents.
pub const PAGE: &str = "results.md";
/// The page about training, relative to the folder of the documents.
pub const TRAINING: &str = "training.md";
/// The plots' folder, relative to the folder of the documents.
pub const PLOTS: &str = "plots";
/// The lines of the README between which its table of results stands.
pub const BEGIN: &str = "<!-- results: written by `cargo run -p trainer -- report` -->";
pub const END: &str = "<!-- end of results -->";

/// A file of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Relative to the folder of the documents.
    pub path: PathBuf,
    pub text: String,
}

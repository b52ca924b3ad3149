//! The style sheets of what is shown after the first prediction, joined into one, which the page loads with the first of its later parts.

use super::assets::Assets;
use anyhow::{Context, Result};
use std::{fs, path::Path};

/// The name of the joined sheet.
pub const NAME: &str = "later.css";

/// The sheets in web/style, in their order. index.html links those of the first screen.
const SHEETS: [&str; 8] = [
    "editor.css",
    "paint.css",
    "batch.css",
    "inside.css",
    "compare.css",
    "share.css",
    "test_images.css",
    "quiz.css",
];

/// Adds the joined sheet.
pub fn add(assets: &mut Assets, root: &Path) -> Result<()> {
    let mut joined = String::new();
    for sheet in SHEETS {
        joined += &fs::read_to_string(root.join("web/style").join(sheet))
            .with_context(|| format!("web/style/{sheet} is missing: restore it from git"))?;
    }
    assets.write(joined.as_bytes(), NAME, NAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_sheet_is_linked_or_joined() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let page = fs::read_to_string(root.join("index.html")).unwrap();
        let files = fs::read_dir(root.join("web/style")).unwrap();
        let files: BTreeSet<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        let is_linked = |name: &String| page.contains(&format!("web/style/{name}"));
        let linked = files.iter().filter(|name| is_linked(name)).cloned();
        let joined = SHEETS.map(str::to_owned);
        let known: BTreeSet<String> = linked
            .chain(joined)
            .chain(["how-it-works.css".to_owned()])
            .collect();
        assert_eq!(files, known);
    }
}

//! The service worker offline.js, with a list of the site's files and their hashes.

use super::assets::sha256_hex;
use anyhow::{Context, Result};
use std::{collections::BTreeMap, fs, path::Path};

/// Has no hash in its name, like the page: a browser looks for a new version under the same name.
const NAME: &str = "offline.js";
/// Files for the host, which it does not serve.
const HOST_FILES: [&str; 1] = [super::headers::NAME];

/// Files that the page does not use, so that its visitors need not store them: the engine for other pages.
const OTHER_PAGES: &str = super::engine_module::FOLDER;

/// Writes `source` into `staging`, after a line with the list of all files there that the page uses.
pub fn add(staging: &Path, source: &Path) -> Result<()> {
    let script = fs::read_to_string(source)
        .with_context(|| format!("{} is missing: restore it from git", source.display()))?;
    let mut files = BTreeMap::new();
    collect(staging, "", &mut files)?;
    let list = serde_json::json!(files);
    let path = staging.join(NAME);
    fs::write(&path, format!("const FILES = {list};\n{script}"))
        .with_context(|| format!("{} cannot be written", path.display()))
}

/// Collects relative URLs, with the page's as `./`, and the first digits of the files' hashes.
fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Result<()> {
    let unreadable = || format!("{} cannot be read: build again", folder.display());
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let url = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{url}/"), files)?;
        } else if url != NAME
            && !url.starts_with(OTHER_PAGES)
            && !HOST_FILES.contains(&url.as_str())
        {
            let bytes = fs::read(entry.path()).with_context(unreadable)?;
            let url = if url == "index.html" { "./" } else { &url };
            files.insert(url.to_owned(), sha256_hex(&bytes)[..16].to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_all_files_except_itself_and_those_of_other_pages() {
        let folder = std::env::temp_dir().join(format!("haberdash-offline-{}", std::process::id()));
        fs::create_dir_all(folder.join("weights")).unwrap();
        fs::create_dir_all(folder.join("engine/examples")).unwrap();
        for name in [
            "index.html",
            "weights/cnn-1.hbd",
            NAME,
            "engine/haberdash.js",
            "engine/examples/classify.js",
        ] {
            fs::write(folder.join(name), b"").unwrap();
        }
        let source = folder.join("weights/source.js");
        fs::write(&source, "\"use strict\";").unwrap();
        add(&folder, &source).unwrap();
        let script = fs::read_to_string(folder.join(NAME)).unwrap();
        let (list, rest) = script.split_once(";\n").unwrap();
        assert_eq!(rest, "\"use strict\";");
        let list = list.strip_prefix("const FILES = ").unwrap();
        let files: BTreeMap<String, String> = serde_json::from_str(list).unwrap();
        // FIPS 180-4's digest of the empty message.
        assert_eq!(files["./"], "e3b0c44298fc1c14");
        let names: Vec<_> = files.keys().collect();
        assert_eq!(names, ["./", "weights/cnn-1.hbd", "weights/source.js"]);
        fs::remove_dir_all(&folder).unwrap();
    }
}

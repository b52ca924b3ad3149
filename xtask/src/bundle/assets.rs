//! Files of the site whose names contain a hash of their content, so that a new page never gets an old file from a cache.

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The files added to the staging folder, by the names that the page uses.
pub struct Assets {
    staging: PathBuf,
    names: BTreeMap<String, String>,
    /// The hashes of code, by the same names.
    integrity: BTreeMap<String, String>,
}

/// A file of code in the site.
pub struct CodeFile {
    /// Relative to the page's.
    pub url: String,
    /// The hash in the form of [`integrity`].
    pub integrity: String,
}

impl Assets {
    /// No files yet.
    pub fn new(staging: PathBuf) -> Self {
        Self {
            staging,
            names: BTreeMap::new(),
            integrity: BTreeMap::new(),
        }
    }

    /// Copies `source` to the relative URL `place`, with a hash added, for the page to find as `name`. `remedy` is the advice if the
    /// source is missing.
    pub fn copy(&mut self, source: &Path, name: &str, place: &str, remedy: &str) -> Result<()> {
        let bytes = fs::read(source)
            .with_context(|| format!("{} is missing: {remedy}", shortened(source)))?;
        self.write(&bytes, name, place)
    }

    /// Writes `bytes` to the relative URL `place`, with a hash added, for the page to find as `name`.
    pub fn write(&mut self, bytes: &[u8], name: &str, place: &str) -> Result<()> {
        let url = hashed_name(place, bytes);
        self.write_unlisted(bytes, &url)?;
        self.names.insert(name.to_owned(), url);
        Ok(())
    }

    /// Writes code as [`write`](Self::write) does, for the page to find with its hash.
    pub fn write_code(&mut self, bytes: &[u8], name: &str, place: &str) -> Result<()> {
        let file = CodeFile {
            url: hashed_name(place, bytes),
            integrity: integrity(bytes),
        };
        self.write_unlisted(bytes, &file.url)?;
        self.list_code(name, file);
        Ok(())
    }

    /// Lets the page find a file of code as `name`.
    pub fn list_code(&mut self, name: &str, file: CodeFile) {
        self.names.insert(name.to_owned(), file.url);
        self.integrity.insert(name.to_owned(), file.integrity);
    }

    /// Writes `bytes` to the URL without adding a hash: for a file that the page does not use by name.
    pub fn write_unlisted(&self, bytes: &[u8], url: &str) -> Result<()> {
        let path = self.staging.join(url);
        let folder = path.parent().unwrap_or(&self.staging);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, bytes))
            .with_context(|| {
                format!(
                    "{} cannot be written: check the folder's permissions and the free space",
                    path.display()
                )
            })
    }

    /// The relative URL of the file that the page finds as `name`.
    pub fn url(&self, name: &str) -> Option<&str> {
        self.names.get(name).map(String::as_str)
    }

    /// The names and relative URLs of the files that the page uses by name.
    pub fn urls(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.iter().map(|(name, url)| (&**name, &**url))
    }

    /// The map from names to relative URLs, as JSON.
    pub fn map(&self) -> String {
        serde_json::json!(self.names).to_string()
    }

    /// The map from names to hashes of code, as JSON.
    pub fn integrity_map(&self) -> String {
        serde_json::json!(self.integrity).to_string()
    }
}

/// The last three parts of a path, for a message.
fn shortened(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts[parts.len().saturating_sub(3)..].join("/")
}

/// `weights/cnn.hbd` becomes `weights/cnn-0123456789abcdef.hbd`.
pub fn hashed_name(place: &str, bytes: &[u8]) -> String {
    let hash = &sha256_hex(bytes)[..16];
    let name_start = place.rfind('/').map_or(0, |slash| slash + 1);
    match place[name_start..].rfind('.') {
        Some(dot) => format!(
            "{}-{hash}{}",
            &place[..name_start + dot],
            &place[name_start + dot..]
        ),
        None => format!("{place}-{hash}"),
    }
}

/// SHA-256, as 64 hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// SHA-256 in the form of Subresource Integrity: "sha256-" and the digest in Base64.
/// Source: <https://www.w3.org/TR/SRI/>.
pub fn integrity(bytes: &[u8]) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The digest of the empty message, from FIPS 180-4's examples.
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn integrity_is_the_digest_in_base64() {
        // `printf abc | openssl dgst -sha256 -binary | base64`
        let expected = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
        assert_eq!(integrity(b"abc"), expected);
    }

    #[test]
    fn adds_the_hash_before_the_last_dot() {
        assert_eq!(sha256_hex(b""), EMPTY);
        assert_eq!(
            hashed_name("weights/cnn.hbd", b""),
            "weights/cnn-e3b0c44298fc1c14.hbd"
        );
        assert_eq!(hashed_name("a.b/c", b""), "a.b/c-e3b0c44298fc1c14");
        assert_eq!(hashed_name("x.tar.gz", b""), "x.tar-e3b0c44298fc1c14.gz");
    }

    #[test]
    fn lists_copied_files_and_advises_on_missing_ones() {
        let staging = std::env::temp_dir().join(format!("haberdash-assets-{}", std::process::id()));
        fs::create_dir_all(&staging).unwrap();
        let source = staging.join("source.png");
        fs::write(&source, b"").unwrap();
        let mut assets = Assets::new(staging.clone());
        assets
            .copy(&source, "gallery.png", "deep/gallery.png", "never")
            .unwrap();
        assert_eq!(
            assets.map(),
            r#"{"gallery.png":"deep/gallery-e3b0c44298fc1c14.png"}"#
        );
        assert!(staging.join("deep/gallery-e3b0c44298fc1c14.png").is_file());
        let missing = assets
            .copy(&staging.join("cnn.hbd"), "cnn.hbd", "cnn.hbd", "train it")
            .unwrap_err();
        assert!(
            missing
                .to_string()
                .ends_with("cnn.hbd is missing: train it"),
            "{missing}"
        );
        fs::remove_dir_all(&staging).unwrap();
    }
}

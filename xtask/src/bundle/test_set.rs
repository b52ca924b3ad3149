//! The test set's original files, which the page can classify in the browser.

use super::assets::{Assets, sha256_hex};
use crate::tools::apt;
use anyhow::{Result, bail};
use fashion_mnist::{IdxFile, TEST_IMAGES, TEST_LABELS};
use flate2::read::GzDecoder;
use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
};

/// The test set's files.
const FILES: [IdxFile; 2] = [TEST_IMAGES, TEST_LABELS];

/// Adds both files from the first folder that contains them. Without them the site is built all the same.
///
/// # Errors
/// A file is damaged.
pub fn add(assets: &mut Assets, folders: &[PathBuf]) -> Result<()> {
    let is_complete =
        |folder: &&PathBuf| FILES.iter().all(|file| folder.join(file.archive).is_file());
    let Some(folder) = folders.iter().find(is_complete) else {
        println!(
            "  without the test set, which is not on this machine: `cargo run -p trainer -- evaluate` downloads it"
        );
        return Ok(());
    };
    for file in &FILES {
        let path = folder.join(file.archive);
        let bytes = fs::read(&path)?;
        let mut unpacked = Vec::new();
        // One byte more than expected, to find files that are too long.
        let unpacks = GzDecoder::new(bytes.as_slice())
            .take(file.unpacked_len() as u64 + 1)
            .read_to_end(&mut unpacked);
        if unpacks.is_err() || sha256_hex(&unpacked) != file.sha256 {
            bail!(
                "{} is damaged: delete it and run `cargo run -p trainer -- evaluate` to download it again",
                path.display()
            );
        }
        assets.write(&bytes, file.archive, &format!("test-set/{}", file.archive))?;
    }
    Ok(())
}

/// The folders where the trainer and Debian's package store the data set.
pub fn folders(cache: &Path) -> Vec<PathBuf> {
    let macs = env::home_dir().map(|home| home.join("Library/Caches/haberdash"));
    let caches = [Some(cache.to_owned()), macs].into_iter().flatten();
    let caches = caches.map(|cache| cache.join("fashion-mnist"));
    caches.chain([PathBuf::from(apt::DATA_SET)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_out_missing_files_and_rejects_damaged_ones() {
        let folder = env::temp_dir().join(format!("haberdash-test-set-{}", std::process::id()));
        let (found, empty) = (folder.join("found"), folder.join("empty"));
        fs::create_dir_all(&found).unwrap();
        fs::create_dir_all(&empty).unwrap();
        let mut assets = Assets::new(folder.join("staging"));
        add(&mut assets, std::slice::from_ref(&empty)).unwrap();
        assert_eq!(assets.map(), "{}");
        // One file of the two is not enough.
        fs::write(found.join(FILES[0].archive), b"not the test set").unwrap();
        let folders = [empty, found.clone()];
        add(&mut assets, &folders).unwrap();
        assert_eq!(assets.map(), "{}");
        fs::write(found.join(FILES[1].archive), b"not the test set").unwrap();
        let error = add(&mut assets, &folders).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains(FILES[0].archive) && error.contains("evaluate"),
            "{error}"
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}

//! The 10,000 test pictures, for visitors who have them answered live: as published, from where the trainer finds them too.

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

/// Adds both files from the first folder that has them; a site without them says how to get them.
pub fn add(assets: &mut Assets, folders: &[PathBuf]) -> Result<()> {
    let whole = |folder: &&PathBuf| FILES.iter().all(|file| folder.join(file.archive).is_file());
    let Some(folder) = folders.iter().find(whole) else {
        println!(
            "  without the test set, which is not on this machine: `cargo run -p trainer -- evaluate` fetches it"
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
                "{} is damaged: delete it and run `cargo run -p trainer -- evaluate` to fetch it anew",
                path.display()
            );
        }
        assets.write(&bytes, file.archive, &format!("test-set/{}", file.archive))?;
    }
    Ok(())
}

/// Where the trainer fetches the data set to, and where Debian's package puts it.
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
    fn what_is_missing_is_left_out_and_what_is_damaged_is_named() {
        let folder = env::temp_dir().join(format!("haberdash-test-set-{}", std::process::id()));
        let (found, empty) = (folder.join("found"), folder.join("empty"));
        fs::create_dir_all(&found).unwrap();
        fs::create_dir_all(&empty).unwrap();
        let mut assets = Assets::new(folder.join("staging"));
        add(&mut assets, std::slice::from_ref(&empty)).unwrap();
        assert_eq!(assets.map(), "{}");
        // One of two is none.
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

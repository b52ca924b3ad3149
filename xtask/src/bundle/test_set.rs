//! The 10,000 test pictures, for visitors who have them answered live: as published, from where the trainer finds them too.

use super::assets::{Assets, sha256_hex};
use crate::tools::apt;
use anyhow::{Result, bail};
use flate2::read::GzDecoder;
use std::{
    env, fs,
    io::Read,
    path::{Path, PathBuf},
};

/// A gzipped file, and the SHA-256 of what it holds: mirrors compress differently.
struct Part {
    name: &'static str,
    sha256: &'static str,
}

/// As the trainer knows them (trainer/src/data/idx.rs).
const PARTS: [Part; 2] = [
    Part {
        name: "t10k-images-idx3-ubyte.gz",
        sha256: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    },
    Part {
        name: "t10k-labels-idx1-ubyte.gz",
        sha256: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
];

/// More than either file holds: whatever is longer is something else.
const LONGEST: u64 = 8_000_000;

/// Adds both files from the first folder that has them; a site without them says how to get them.
pub fn add(assets: &mut Assets, folders: &[PathBuf]) -> Result<()> {
    let whole = |folder: &&PathBuf| PARTS.iter().all(|part| folder.join(part.name).is_file());
    let Some(folder) = folders.iter().find(whole) else {
        println!(
            "  without the test set, which is not on this machine: `cargo run -p trainer -- evaluate` fetches it"
        );
        return Ok(());
    };
    for part in &PARTS {
        let path = folder.join(part.name);
        let bytes = fs::read(&path)?;
        let mut unpacked = Vec::new();
        let unpacks = GzDecoder::new(bytes.as_slice())
            .take(LONGEST)
            .read_to_end(&mut unpacked);
        if unpacks.is_err() || sha256_hex(&unpacked) != part.sha256 {
            bail!(
                "{} is damaged: delete it and run `cargo run -p trainer -- evaluate` to fetch it anew",
                path.display()
            );
        }
        assets.write(&bytes, part.name, &format!("test-set/{}", part.name))?;
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
        fs::write(found.join(PARTS[0].name), b"not the test set").unwrap();
        let folders = [empty, found.clone()];
        add(&mut assets, &folders).unwrap();
        assert_eq!(assets.map(), "{}");
        fs::write(found.join(PARTS[1].name), b"not the test set").unwrap();
        let error = add(&mut assets, &folders).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains(PARTS[0].name) && error.contains("evaluate"),
            "{error}"
        );
        fs::remove_dir_all(&folder).unwrap();
    }
}

//! The images in a folder and its sub-folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The ends of images' names, in small letters, with those that are refused with advice.
const ENDS: [&str; 21] = [
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "bmp", "dib", "gif", "heic", "heif",
    "avif", "tif", "tiff", "ico", "jxl", "jp2", "j2k", "svg", "svgz",
];
/// The folder that macOS adds to archives, with a file of attributes for each image.
const MACOS_ATTRIBUTES: &str = "__MACOSX";

/// An image, or a folder that cannot be read.
#[derive(Debug)]
pub enum Found {
    Image(PathBuf),
    Unreadable(PathBuf, io::Error),
}

impl Found {
    fn path(&self) -> &Path {
        match self {
            Self::Image(path) | Self::Unreadable(path, _) => path,
        }
    }
}

/// All files with the name of an image, in the order of their paths. Hidden files and folders are left out, and links to folders
/// are not followed.
pub fn images_in(folder: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if let Err(error) = list(&folder, &mut folders, &mut found) {
            found.push(Found::Unreadable(folder, error));
        }
    }
    found.sort_by(|a, b| a.path().cmp(b.path()));
    found
}

fn list(folder: &Path, folders: &mut Vec<PathBuf>, found: &mut Vec<Found>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_hidden = name.as_encoded_bytes().starts_with(b".");
        if is_hidden || name == MACOS_ATTRIBUTES {
            continue;
        }
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            folders.push(path);
        } else if is_image(&path) && !path.is_dir() {
            found.push(Found::Image(path));
        }
    }
    Ok(())
}

fn is_image(path: &Path) -> bool {
    let end = path.extension().and_then(|end| end.to_str());
    end.is_some_and(|end| ENDS.contains(&end.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_found_in_order_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in [
            "b.png",
            "a/2.JPG",
            "a/1.webp",
            "a/deep/er/x.gif",
            "a/notes.txt",
            "a/labels.csv",
            "a/._1.webp",
            ".hidden.png",
            ".thumbnails/1.png",
            "__MACOSX/b.png",
            "png",
        ] {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        fs::create_dir(root.join("folder.png")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(root, root.join("a/again.png")).unwrap();
        let found = images_in(root);
        let names: Vec<_> = found
            .iter()
            .map(|found| found.path().strip_prefix(root).unwrap())
            .collect();
        let expected = ["a/1.webp", "a/2.JPG", "a/deep/er/x.gif", "b.png"];
        assert_eq!(names, expected.map(Path::new));
        let missing = images_in(&root.join("nowhere"));
        assert!(matches!(missing.as_slice(), [Found::Unreadable(..)]));
    }
}

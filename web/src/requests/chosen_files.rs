//! Several files or a folder that the visitor chose: which files are left out, and what the folders' names say of the others.

use js_sys::Reflect;
use shared::Garment;
use web_sys::{File, FileList};

use super::batch;
use super::image_arrays::is_image;
use super::upload::{choose_file, reject};
use crate::file_name::{FileName, isolated};
use crate::state::AppState;
use crate::state::batch::{BatchItem, BatchNotes};

/// How many names a sentence gives as examples.
const EXAMPLES: usize = 3;

/// A chosen file, and its name with its folders.
pub struct ChosenFile {
    pub file: File,
    pub path: FileName,
}

impl ChosenFile {
    /// With the folders of a file that the visitor chose as part of a folder.
    pub fn new(file: File) -> Self {
        let property = |name: &str| {
            let value = Reflect::get(&file, &name.into());
            value.map_or_else(|_| FileName::default(), |value| FileName::from_js(&value))
        };
        let path = property("webkitRelativePath");
        let path = if path.text().is_empty() {
            property("name")
        } else {
            path
        };
        Self { file, path }
    }
}

/// Classifies several files as a batch. `notice` is what else the visitor should know of them.
pub fn choose_several(app: AppState, files: Vec<File>, notice: Option<String>) {
    let files = files.into_iter().map(ChosenFile::new);
    let (system, files): (Vec<_>, Vec<_>) =
        files.partition(|chosen| is_system_file(chosen.path.text()));
    let left_out = left_out_sentence(&paths(&system), &[]);
    match files.as_slice() {
        [] => reject(
            app,
            "All of these files are hidden or made by the system: choose images.".into(),
        ),
        [only] => {
            app.messages.set_notice(left_out);
            choose_file(app, only.file.clone());
        }
        [first, ..] => {
            let chosen = format!(
                "{} images were chosen: the first, {}, is shown as the image, and the table lists all of them.",
                files.len(),
                isolated(first.path.text())
            );
            app.messages.set_notice(Some(match notice {
                Some(notice) => format!("{chosen} {notice}"),
                None => chosen,
            }));
            start(app, files, left_out);
        }
    }
}

/// Classifies the images of a folder.
pub fn choose_folder(app: AppState, files: &FileList) {
    let files = (0..files.length()).filter_map(|i| files.get(i));
    choose_from_folders(app, files.map(ChosenFile::new).collect());
}

/// Classifies the images of folders, which are recognised by the type that the browser derives from their names.
pub fn choose_from_folders(app: AppState, files: Vec<ChosenFile>) {
    // The visitor has chosen the first folder, whatever its name is.
    let is_system = |chosen: &ChosenFile| {
        let path = chosen.path.text();
        is_system_file(path.split_once('/').map_or(path, |(_, inner)| inner))
    };
    let (system, files): (Vec<_>, Vec<_>) = files.into_iter().partition(is_system);
    let (images, others): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|chosen| is_image(&chosen.file));
    if images.is_empty() {
        return reject(
            app,
            "This folder contains no images: choose another one.".into(),
        );
    }
    app.messages.set_notice(None);
    let left_out = left_out_sentence(&paths(&system), &paths(&others));
    start(app, images, left_out);
}

fn paths(files: &[ChosenFile]) -> Vec<&str> {
    files.iter().map(|chosen| chosen.path.text()).collect()
}

fn start(app: AppState, files: Vec<ChosenFile>, left_out: Option<String>) {
    let notes = BatchNotes {
        left_out,
        folders: folders_sentence(&paths(&files)),
    };
    let items = files.iter().map(|chosen| BatchItem {
        folder_class: folder_class(chosen.path.text()),
        name: chosen.path.clone(),
        ..BatchItem::default()
    });
    let items = items.collect();
    let files = files.into_iter().map(|chosen| chosen.file);
    batch::start(app, files.collect(), items, notes);
}

/// Whether a file is hidden, or systems and packing programs make it beside the visitor's files.
fn is_system_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    matches!(name.as_str(), "thumbs.db" | "ehthumbs.db" | "desktop.ini")
        || path
            .split('/')
            .any(|part| part.starts_with('.') || part == "__MACOSX")
}

/// The class that a file's folder is named after: by its name or its label, 0 to 9. An inner folder counts before an outer one.
fn folder_class(path: &str) -> Option<Garment> {
    let (folders, _) = path.rsplit_once('/')?;
    folders.rsplit('/').find_map(class_of_folder)
}

fn class_of_folder(name: &str) -> Option<Garment> {
    match name.trim().as_bytes() {
        [digit @ b'0'..=b'9'] => Garment::from_index(usize::from(digit - b'0')),
        _ => Garment::from_name(name),
    }
}

/// How many files were left out, and why.
fn left_out_sentence(system: &[&str], others: &[&str]) -> Option<String> {
    let are_system = match system.len() {
        1 => "1 file that is hidden or made by the system".to_owned(),
        n => format!("{n} files that are hidden or made by the system"),
    };
    let are_others = match others.len() {
        1 => "1 other file that is not an image".to_owned(),
        n => format!("{n} other files that are not images"),
    };
    let parts = [(system, are_system), (others, are_others)];
    let parts = parts.into_iter().filter(|(names, _)| !names.is_empty());
    let parts = parts.map(|(names, what)| format!("{what} ({})", examples(names)));
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| format!("Left out: {}.", parts.join(", and ")))
}

/// Which folders are not named after a class, if the files have sub-folders or other folders are.
fn folders_sentence(paths: &[&str]) -> Option<String> {
    let has_class = paths.iter().any(|path| folder_class(path).is_some());
    let has_sub_folder = paths.iter().any(|path| path.matches('/').count() > 1);
    if !has_class && !has_sub_folder {
        return None;
    }
    let mut count = 0;
    let mut folders: Vec<&str> = Vec::new();
    for path in paths.iter().filter(|path| folder_class(path).is_none()) {
        count += 1;
        let folder = path.rsplit_once('/').map_or("", |(folders, _)| folders);
        let folder = folder.rsplit('/').next().unwrap_or(folder);
        // Few different folders are expected; more than the examples are not told apart.
        if !folder.is_empty() && folders.len() <= EXAMPLES && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let files = match count {
        0 => return None,
        1 => "1 file has".to_owned(),
        n => format!("{n} files have"),
    };
    let folders = match folders.len() {
        0 => "being in no folder".to_owned(),
        1 => format!(
            "as the folder {} is not named after a class",
            examples(&folders)
        ),
        _ => format!(
            "as the folders {} are not named after classes",
            examples(&folders)
        ),
    };
    Some(format!(
        "{files} no true class, {folders}: name folders “shirt”, “ankle boot” and so on, or 0 to 9, to get the accuracy."
    ))
}

/// The first names, and whether there are more.
fn examples(names: &[&str]) -> String {
    let first = names.iter().take(EXAMPLES).map(|name| isolated(name));
    let first: Vec<String> = first.collect();
    let more = if names.len() > EXAMPLES { ", …" } else { "" };
    format!("{}{more}", first.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without the marks around names.
    fn plain(sentence: Option<String>) -> String {
        sentence
            .unwrap_or_default()
            .replace(['\u{2068}', '\u{2069}'], "")
    }

    #[test]
    fn files_of_systems_are_recognised() {
        for path in [
            "._one.png",
            ".DS_Store",
            "a/.hidden/one.png",
            "__MACOSX/a/one.png",
            "a/Thumbs.db",
            "a/Desktop.ini",
        ] {
            assert!(is_system_file(path), "{path}");
        }
        for path in [
            "one.png",
            "a/b/one.png",
            "a..b/one.png",
            "__macosx.png",
            "thumbs.db.png",
        ] {
            assert!(!is_system_file(path), "{path}");
        }
    }

    #[test]
    fn the_nearest_folder_named_after_a_class_counts() {
        for (path, class) in [
            ("test/Shirt/one.png", Some(Garment::Shirt)),
            ("shirt/one.png", Some(Garment::Shirt)),
            ("shirt/coat/one.png", Some(Garment::Coat)),
            ("test/ankle_boot/left/one.png", Some(Garment::AnkleBoot)),
            ("test/T-Shirt/one.png", Some(Garment::TShirt)),
            ("test/9/one.png", Some(Garment::AnkleBoot)),
            ("test/0/one.png", Some(Garment::TShirt)),
            ("test/10/one.png", None),
            ("test/misc/one.png", None),
            ("shirt.png", None),
            ("test/shirt", None),
            ("", None),
        ] {
            assert_eq!(folder_class(path), class, "{path}");
        }
    }

    #[test]
    fn what_is_left_out_is_said() {
        assert_eq!(left_out_sentence(&[], &[]), None);
        assert_eq!(
            plain(left_out_sentence(
                &["a/._1", "a/._2", "a/._3", "a/._4"],
                &["notes.txt"]
            )),
            "Left out: 4 files that are hidden or made by the system (a/._1, a/._2, a/._3, …), \
             and 1 other file that is not an image (notes.txt)."
        );
        assert_eq!(
            plain(left_out_sentence(&["Thumbs.db"], &[])),
            "Left out: 1 file that is hidden or made by the system (Thumbs.db)."
        );
    }

    #[test]
    fn folders_without_a_class_are_named() {
        assert_eq!(
            folders_sentence(&["wardrobe/1.png", "wardrobe/2.png"]),
            None
        );
        assert_eq!(folders_sentence(&["one.png", "two.png"]), None);
        assert_eq!(folders_sentence(&["a/shirt/1.png", "a/bag/2.png"]), None);
        let some = plain(folders_sentence(&[
            "a/shirt/1.png",
            "a/old/2.png",
            "a/old/3.png",
        ]));
        assert!(
            some.starts_with(
                "2 files have no true class, as the folder old is not named after a class: "
            ),
            "{some}"
        );
        let all = plain(folders_sentence(&["a/x/1.png", "a/y/2.png"]));
        assert!(
            all.contains("the folders x, y are not named after classes"),
            "{all}"
        );
    }
}

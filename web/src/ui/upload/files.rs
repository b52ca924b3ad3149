//! The ways a visitor's file reaches the page: picked, dropped, pasted.

use js_sys::Reflect;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use photo::{MAX_FILE_BYTES, PhotoError};
use web_sys::{DataTransfer, File, FileList};

use crate::state::page::Page;

/// Takes files that are pasted, or dropped beside the drop zone: a browser would leave the page for them.
pub fn accept_anywhere(page: Page) {
    window_event_listener(ev::paste, move |event| {
        if let Some(data) = event.clipboard_data() {
            let text = data.get_data("text/plain").unwrap_or_default();
            match data.files() {
                Some(files) if files.length() > 0 => {
                    event.prevent_default();
                    take(page, &files);
                }
                _ if text.is_empty() => {
                    page.refuse("The clipboard holds no picture: copy one and paste again.".into());
                }
                _ => page.refuse(
                    "The clipboard holds text and no picture: copy a picture and paste again."
                        .into(),
                ),
            }
        }
    });
    window_event_listener(ev::dragover, |event| event.prevent_default());
    window_event_listener(ev::drop, move |event| {
        event.prevent_default();
        dropped(page, event.data_transfer());
    });
}

/// Takes what was dropped.
pub fn dropped(page: Page, data: Option<DataTransfer>) {
    match data.and_then(|d| d.files()) {
        Some(files) if files.length() > 0 => take(page, &files),
        _ => page.refuse(
            "What was dropped is no file: save the picture first, then drop its file here.".into(),
        ),
    }
}

/// Takes a file; of several, all into the table.
pub fn take(page: Page, files: &FileList) {
    let files: Vec<File> = (0..files.length()).filter_map(|i| files.get(i)).collect();
    match files.as_slice() {
        [] => {}
        [file] => {
            page.notice.set(None);
            take_one(page, file.clone());
        }
        [first, ..] => {
            page.notice.set(Some(format!(
                "{} files came at once: the first, {}, is the one that is shown, and the table has them all.",
                files.len(),
                first.name()
            )));
            page.take_roll(files);
        }
    }
}

/// Takes a folder's pictures, as far as their names tell.
pub fn take_folder(page: Page, files: &FileList) {
    let all = files.length();
    let files: Vec<File> = (0..all)
        .filter_map(|i| files.get(i))
        .filter(|file| file.type_().starts_with("image/"))
        .collect();
    let left_out = all as usize - files.len();
    match files.len() {
        0 => page.refuse("This folder holds no pictures: choose another one.".into()),
        count => {
            page.notice.set((left_out > 0).then(|| {
                let s = if left_out == 1 { "" } else { "s" };
                format!("Of this folder {count} pictures are answered; {left_out} other file{s} are left out.")
            }));
            page.take_roll(files);
        }
    }
}

/// Takes one file, and returns the number of its picture.
pub fn take_one(page: Page, file: File) -> u32 {
    // Numbered before it is read: a small file handed in later may be read sooner.
    let number = page.next_number();
    spawn_local(async move { page.take_file(number, &file).await });
    number
}

/// A file's name; of a folder's file, with its folders.
pub fn path(file: &File) -> String {
    Reflect::get(file, &"webkitRelativePath".into())
        .ok()
        .and_then(|path| path.as_string())
        .filter(|path| !path.is_empty())
        .unwrap_or_else(|| file.name())
}

/// Whether a file is small enough to be taken.
///
/// # Errors
/// A sentence, where it is not.
pub fn fits(file: &File) -> Result<(), String> {
    // Refused unread: the bytes of a film would not fit into the engine's memory.
    if file.size() > MAX_FILE_BYTES as f64 {
        let megabytes = (file.size() / 1e6).ceil() as u64;
        return Err(PhotoError::FileTooLarge { megabytes }.to_string());
    }
    Ok(())
}

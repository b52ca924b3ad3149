//! The ways a visitor's file reaches the page: picked, dropped, pasted.

use js_sys::Uint8Array;
use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::photo::{MAX_FILE_BYTES, PhotoError};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DataTransfer, File, FileList};

use super::page::Page;

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

/// Takes the first of the files, and says so where there are more.
pub fn take(page: Page, files: &FileList) {
    let Some(file) = files.get(0) else { return };
    page.notice.set((files.length() > 1).then(|| {
        format!(
            "{} files came at once; the first, {}, is the one that is answered.",
            files.length(),
            file.name()
        )
    }));
    // Numbered before it is read: a small file handed in later may be read sooner.
    let number = page.next_number();
    spawn_local(async move {
        let bytes = read(&file).await;
        page.take_file(number, file.name(), bytes).await;
    });
}

async fn read(file: &File) -> Result<Vec<u8>, String> {
    // Refused unread: the bytes of a film would not fit into this thread's memory.
    if file.size() > MAX_FILE_BYTES as f64 {
        let megabytes = (file.size() / 1e6).ceil() as u64;
        return Err(PhotoError::FileTooLarge { megabytes }.to_string());
    }
    JsFuture::from(file.array_buffer())
        .await
        .map(|buffer| Uint8Array::new(&buffer).to_vec())
        .map_err(|_| {
            format!(
                "{} could not be read: choose the file itself, not a folder, and try again.",
                file.name()
            )
        })
}

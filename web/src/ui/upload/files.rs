//! Files that the visitor chose, dropped or pasted.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;
use web_sys::{DataTransfer, File, FileList, HtmlInputElement};

use crate::requests::chosen_files::choose_several;
use crate::requests::image_arrays::{ExpandedFiles, expand, is_image};
use crate::requests::upload::{choose_file, reject};
use crate::state::AppState;

use super::dropped_folders::choose_dropped_folders;

/// Accepts files that are pasted, or dropped outside of the drop zone, where the browser would open them instead.
pub fn accept_files_anywhere(app: AppState) {
    window_event_listener(ev::paste, move |event| {
        if let Some(data) = event.clipboard_data() {
            let text = data.get_data("text/plain").unwrap_or_default();
            match data.files() {
                Some(files) if files.length() > 0 => {
                    event.prevent_default();
                    choose_files(app, &files);
                }
                _ if text.is_empty() => reject(
                    app,
                    "The clipboard contains no image: copy an image and paste it again.".into(),
                ),
                _ => reject(
                    app,
                    "The clipboard contains text but no image: copy an image and paste it again."
                        .into(),
                ),
            }
        }
    });
    window_event_listener(ev::dragover, |event| event.prevent_default());
    window_event_listener(ev::drop, move |event| {
        event.prevent_default();
        drop_files(app, event.data_transfer());
    });
}

/// Accepts the files of a drop event.
pub fn drop_files(app: AppState, data: Option<DataTransfer>) {
    if let Some(data) = &data
        && choose_dropped_folders(app, data)
    {
        return;
    }
    match data.and_then(|d| d.files()) {
        Some(files) if files.length() > 0 => choose_files(app, &files),
        _ => reject(
            app,
            "No file was dropped: save the image first, then drop its file here.".into(),
        ),
    }
}

/// Accepts the files of an input, and empties it, so that the same file can be chosen again.
pub fn accept_input(app: AppState, event: &ev::Event, choose: fn(AppState, &FileList)) {
    let input = event
        .target()
        .and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
    if let Some(input) = input {
        if let Some(files) = input.files() {
            choose(app, &files);
        }
        input.set_value("");
    }
}

/// Classifies one file; several files, and a file of several images, become a batch.
pub fn choose_files(app: AppState, files: &FileList) {
    let files: Vec<File> = (0..files.length()).filter_map(|i| files.get(i)).collect();
    if files.iter().all(is_image) {
        return classify_files(app, files, None);
    }
    // The number is taken before the files are read: others may be chosen in the meantime.
    let number = app.upload.start();
    spawn_local(async move {
        let ExpandedFiles { files, notice } = expand(app, files).await;
        if !app.upload.is_stale(number) {
            classify_files(app, files, notice);
        }
    });
}

fn classify_files(app: AppState, files: Vec<File>, notice: Option<String>) {
    match files.as_slice() {
        [] => {}
        [file] => {
            app.messages.set_notice(notice);
            choose_file(app, file.clone());
        }
        _ => choose_several(app, files, notice),
    }
}

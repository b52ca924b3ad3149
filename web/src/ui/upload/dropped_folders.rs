//! Folders that the visitor drops: their files are found by the browser's interface for entries of file systems.

use js_sys::{Array, Function, Promise, Reflect};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DataTransfer, File};

use crate::file_name::FileName;
use crate::requests::chosen_files::{ChosenFile, choose_from_folders};
use crate::requests::upload::reject;
use crate::state::AppState;

/// Classifies the images of dropped folders, and of files dropped with them. Returns whether a folder was dropped.
pub fn choose_dropped_folders(app: AppState, data: &DataTransfer) -> bool {
    let items = data.items();
    // The entries can be asked for only during the event.
    let entries = (0..items.length()).filter_map(|i| {
        let item = JsValue::from(items.get(i)?);
        let entry = method(&item, "webkitGetAsEntry", &Array::new())?;
        entry.is_object().then_some(entry)
    });
    let entries: Vec<JsValue> = entries.collect();
    if !entries.iter().any(|entry| is(entry, "isDirectory")) {
        return false;
    }
    // The number is taken before the folders are read: others may be chosen in the meantime.
    let number = app.upload.start();
    spawn_local(async move {
        let files = files_of(entries).await;
        if app.upload.is_stale(number) {
            return;
        }
        match files {
            Some(files) => choose_from_folders(app, files),
            None => reject(
                app,
                "The folder could not be read: choose it with the button instead.".into(),
            ),
        }
    });
    true
}

/// All files of these entries and of their folders; `None` if the browser refuses to read them.
async fn files_of(entries: Vec<JsValue>) -> Option<Vec<ChosenFile>> {
    let mut files = Vec::new();
    // The last one is next, so the first is at the end.
    let mut waiting: Vec<JsValue> = entries.into_iter().rev().collect();
    while let Some(entry) = waiting.pop() {
        if is(&entry, "isFile") {
            // A file that cannot be opened is not listed; one that is deleted later says so in its row.
            let Some(file) = callback(&entry, "file").await else {
                continue;
            };
            let path = Reflect::get(&entry, &"fullPath".into()).ok()?;
            let path = FileName::from_js(&path).without_leading_slash();
            files.push(ChosenFile {
                file: file.dyn_into::<File>().ok()?,
                path,
            });
        } else if is(&entry, "isDirectory") {
            let reader = method(&entry, "createReader", &Array::new())?;
            let mut inner = Vec::new();
            // A reader gives some of the entries at a time, and at the end none.
            loop {
                let some: Array = callback(&reader, "readEntries").await?.dyn_into().ok()?;
                if some.length() == 0 {
                    break;
                }
                inner.extend(some.iter());
            }
            waiting.extend(inner.into_iter().rev());
        }
    }
    Some(files)
}

fn is(entry: &JsValue, name: &str) -> bool {
    Reflect::get(entry, &name.into()).is_ok_and(|value| value.is_truthy())
}

fn method(object: &JsValue, name: &str, arguments: &Array) -> Option<JsValue> {
    let function = Reflect::get(object, &name.into()).ok()?;
    let function: Function = function.dyn_into().ok()?;
    function.apply(object, arguments).ok()
}

/// The result of a method that takes two functions, for success and for failure; `None` after a failure.
async fn callback(object: &JsValue, name: &str) -> Option<JsValue> {
    let promise = Promise::new(&mut |resolve, reject| {
        if method(object, name, &Array::of2(&resolve, &reject)).is_none() {
            // The promise fails in any case.
            let _ = reject.call0(&JsValue::NULL);
        }
    });
    JsFuture::from(promise).await.ok()
}

//! A worker's downloads: a file's bytes as they come, with word of how many have come.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    DedicatedWorkerGlobalScope, ReadableStream, ReadableStreamDefaultReader, RequestCache,
    RequestInit, Response,
};

use crate::worker_runtime::describe;

/// Milliseconds between two words on progress: ten a second are enough for a bar.
const PACE: i32 = 100;
/// Bytes of an unpacked file, at most: the test set's pictures take half as many.
const MOST_UNPACKED: usize = 16 << 20;

/// A file's bytes, or why there are none, in a few words. `progress` hears how many bytes have come; a host may
/// compress what it sends, so how many will come is not known here. `fresh` goes past every cache.
pub async fn fetch(
    scope: &DedicatedWorkerGlobalScope,
    url: &str,
    fresh: bool,
    progress: impl Fn(u32) + 'static,
) -> Result<Vec<u8>, String> {
    let options = RequestInit::new();
    if fresh {
        options.set_cache(RequestCache::Reload);
    }
    let answer = match early(scope, url) {
        Some(answer) if !fresh => answer,
        _ => scope.fetch_with_str_and_init(url, &options),
    };
    let response = JsFuture::from(answer)
        .await
        .map_err(|_| "no answer".to_string())?;
    let response: Response = response.dyn_into().map_err(|e| describe(&e))?;
    if !response.ok() {
        return Err(format!("{} {}", response.status(), response.status_text())
            .trim()
            .to_string());
    }
    let Some(body) = response.body() else {
        return Ok(Vec::new());
    };
    let arrived = Rc::new(Cell::new(0));
    spawn_local(tell(scope.clone(), Rc::downgrade(&arrived), progress));
    read(&body, &arrived, usize::MAX).await
}

/// What a file that web/boot.js named early is answered with; it is there to be taken once.
fn early(scope: &DedicatedWorkerGlobalScope, url: &str) -> Option<Promise> {
    let files = Reflect::get(scope, &"earlyFiles".into()).ok()?;
    let files: Object = files.dyn_into().ok()?;
    let answer = Reflect::get(&files, &url.into()).ok()?;
    Reflect::delete_property(&files, &url.into()).ok()?;
    answer.dyn_into().ok()
}

/// A gzipped file, unpacked by the browser. Others are left as they are, as hosts may unpack on the way: none of the
/// page's other files begins as gzip does.
pub async fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let gunzip = || -> Result<ReadableStream, JsValue> {
        // web-sys's own type is still unstable, so its calls are made by name.
        let class: Function =
            Reflect::get(&js_sys::global(), &"DecompressionStream".into())?.dyn_into()?;
        let pair = Reflect::construct(&class, &Array::of1(&"gzip".into()))?;
        let packed = Uint8Array::from(bytes.as_slice());
        let packed = Response::new_with_opt_buffer_source(Some(&packed))?.body();
        let packed = packed.ok_or("an empty file")?;
        let pipe: Function = Reflect::get(&packed, &"pipeThrough".into())?.dyn_into()?;
        pipe.call1(&packed, &pair)?.dyn_into()
    };
    let stream = gunzip().map_err(|_| "this browser cannot unpack gzip files".to_string())?;
    let unpacked = read(&stream, &Cell::new(0), MOST_UNPACKED).await;
    unpacked.map_err(|_| "it is no whole gzip file".to_string())
}

/// All that a body holds, unless that is more than `most` bytes; `arrived` counts along.
async fn read(body: &ReadableStream, arrived: &Cell<u32>, most: usize) -> Result<Vec<u8>, String> {
    let reader: ReadableStreamDefaultReader =
        body.get_reader().dyn_into().map_err(|e| describe(&e))?;
    let mut bytes = Vec::new();
    while let Some(part) = next(&reader).await? {
        let start = bytes.len();
        if start + part.length() as usize > most {
            return Err("there is too much of it".to_string());
        }
        bytes.resize(start + part.length() as usize, 0);
        part.copy_to(&mut bytes[start..]);
        arrived.set(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    }
    Ok(bytes)
}

/// Tells how much has arrived, where that has changed, for as long as more may come. By a timer of its own: a download
/// that stalls has no next part to tell it with.
async fn tell(
    scope: DedicatedWorkerGlobalScope,
    arrived: Weak<Cell<u32>>,
    progress: impl Fn(u32) + 'static,
) {
    let mut told = 0;
    loop {
        let pause = Promise::new(&mut |resolve, _| {
            // Without timers there is no word on progress, and the file comes all the same.
            let _ = scope.set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, PACE);
        });
        let paused = JsFuture::from(pause).await;
        let Some(bytes) = arrived
            .upgrade()
            .map(|a| a.get())
            .filter(|_| paused.is_ok())
        else {
            return;
        };
        if bytes != told {
            told = bytes;
            progress(bytes);
        }
    }
}

/// The next part of a body; `None` at its end.
async fn next(reader: &ReadableStreamDefaultReader) -> Result<Option<Uint8Array>, String> {
    let broken = || "the answer broke off".to_string();
    let part = JsFuture::from(reader.read()).await.map_err(|_| broken())?;
    let done = Reflect::get(&part, &"done".into()).map_err(|_| broken())?;
    if done.is_truthy() {
        return Ok(None);
    }
    let value = Reflect::get(&part, &"value".into()).map_err(|_| broken())?;
    value.dyn_into().map(Some).map_err(|_| broken())
}

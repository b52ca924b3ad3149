//! Downloads of a worker, with reports of their progress.

use std::cell::Cell;
use std::rc::{Rc, Weak};

use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use protocol::DownloadError;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, DedicatedWorkerGlobalScope, ReadableStream, ReadableStreamDefaultReader,
    RequestCache, RequestInit, Response,
};

use crate::global_scope::sleep;

/// Milliseconds between two reports of progress: ten per second are enough for a progress bar.
const PROGRESS_INTERVAL: i32 = 100;
/// A download without any progress for this long is given up. A slow download makes some.
const STALL_SECONDS: u32 = 20;
/// The maximum size of an unpacked file in bytes: twice the size of the test set's images.
const MAX_UNPACKED: usize = 16 << 20;

/// Downloads a file. `on_progress` is called with the number of bytes so far; the total is unknown, as a host may compress the file.
/// `is_fresh` bypasses all caches.
pub async fn fetch(
    scope: &DedicatedWorkerGlobalScope,
    url: &str,
    is_fresh: bool,
    on_progress: impl Fn(u32) + 'static,
) -> Result<Vec<u8>, DownloadError> {
    let EarlyDownload {
        response,
        controller,
    } = match take_early_download(scope, url) {
        Some(download) if !is_fresh => download,
        _ => start(scope, url, is_fresh)?,
    };
    let received = Rc::new(Cell::new(0));
    let is_stalled = Rc::new(Cell::new(false));
    spawn_local(watch(
        Rc::downgrade(&received),
        on_progress,
        controller,
        Rc::clone(&is_stalled),
    ));
    let result = receive(response, &received).await;
    if is_stalled.get() {
        return Err(DownloadError::Stalled {
            seconds: STALL_SECONDS,
        });
    }
    result
}

/// A download that has been started, and what ends it.
struct EarlyDownload {
    response: Promise,
    controller: AbortController,
}

fn start(
    scope: &DedicatedWorkerGlobalScope,
    url: &str,
    is_fresh: bool,
) -> Result<EarlyDownload, DownloadError> {
    let controller = AbortController::new().map_err(|_| DownloadError::NotInWorker)?;
    let options = RequestInit::new();
    options.set_signal(Some(&controller.signal()));
    if is_fresh {
        options.set_cache(RequestCache::Reload);
    }
    Ok(EarlyDownload {
        response: scope.fetch_with_str_and_init(url, &options),
        controller,
    })
}

async fn receive(response: Promise, received: &Cell<u32>) -> Result<Vec<u8>, DownloadError> {
    let response = JsFuture::from(response).await;
    let response = response.map_err(|_| DownloadError::NoResponse)?;
    let response: Response = response.dyn_into().map_err(|_| DownloadError::NoResponse)?;
    if !response.ok() {
        return Err(DownloadError::Status {
            code: response.status(),
            text: response.status_text(),
        });
    }
    let Some(body) = response.body() else {
        return Ok(Vec::new());
    };
    read(&body, received, usize::MAX).await
}

/// A download that web/boot.js started early. It can be taken once.
fn take_early_download(scope: &DedicatedWorkerGlobalScope, url: &str) -> Option<EarlyDownload> {
    let files = Reflect::get(scope, &"earlyFiles".into()).ok()?;
    let files: Object = files.dyn_into().ok()?;
    let response = Reflect::get(&files, &url.into()).ok()?;
    Reflect::delete_property(&files, &url.into()).ok()?;
    let controller = Reflect::get(&response, &"controller".into()).ok()?;
    Some(EarlyDownload {
        response: response.dyn_into().ok()?,
        controller: controller.dyn_into().ok()?,
    })
}

/// Unpacks a gzip file with the browser's decoder. Other bytes are returned unchanged: a host may have unpacked the file, and no
/// other file of the site starts with the signature of gzip.
pub async fn unpack(bytes: Vec<u8>) -> Result<Vec<u8>, DownloadError> {
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let stream = gunzip_stream(&bytes).map_err(|_| DownloadError::NoGzip)?;
    match read(&stream, &Cell::new(0), MAX_UNPACKED).await {
        Err(DownloadError::Interrupted) => Err(DownloadError::InvalidGzip),
        unpacked => unpacked,
    }
}

/// Called by name, as web-sys's type of `DecompressionStream` is still unstable.
fn gunzip_stream(bytes: &[u8]) -> Result<ReadableStream, JsValue> {
    let class: Function =
        Reflect::get(&js_sys::global(), &"DecompressionStream".into())?.dyn_into()?;
    let decoder = Reflect::construct(&class, &Array::of1(&"gzip".into()))?;
    let packed = Uint8Array::from(bytes);
    let packed = Response::new_with_opt_buffer_source(Some(&packed))?.body();
    let packed = packed.ok_or(JsValue::NULL)?;
    let pipe: Function = Reflect::get(&packed, &"pipeThrough".into())?.dyn_into()?;
    pipe.call1(&packed, &decoder)?.dyn_into()
}

/// Reads a body of at most `max` bytes; `received` is the number of bytes so far.
async fn read(
    body: &ReadableStream,
    received: &Cell<u32>,
    max: usize,
) -> Result<Vec<u8>, DownloadError> {
    let reader: ReadableStreamDefaultReader = body
        .get_reader()
        .dyn_into()
        .map_err(|_| DownloadError::Interrupted)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = next_chunk(&reader).await? {
        let start = bytes.len();
        if start + chunk.length() as usize > max {
            return Err(DownloadError::TooLarge);
        }
        bytes.resize(start + chunk.length() as usize, 0);
        chunk.copy_to(&mut bytes[start..]);
        received.set(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    }
    Ok(bytes)
}

/// The next chunk of a body; `None` at its end.
async fn next_chunk(
    reader: &ReadableStreamDefaultReader,
) -> Result<Option<Uint8Array>, DownloadError> {
    let interrupted = |_| DownloadError::Interrupted;
    let chunk = JsFuture::from(reader.read()).await.map_err(interrupted)?;
    let done = Reflect::get(&chunk, &"done".into()).map_err(interrupted)?;
    if done.is_truthy() {
        return Ok(None);
    }
    let value = Reflect::get(&chunk, &"value".into()).map_err(interrupted)?;
    value.dyn_into().map(Some).map_err(interrupted)
}

/// Reports the number of received bytes when it has changed, until the download ends, and aborts a download that stalls. It has its
/// own timer, as such a download has no next chunk.
async fn watch(
    received: Weak<Cell<u32>>,
    on_progress: impl Fn(u32) + 'static,
    controller: AbortController,
    is_stalled: Rc<Cell<bool>>,
) {
    const PATIENCE: u32 = STALL_SECONDS * 1000 / PROGRESS_INTERVAL as u32;
    let mut reported = 0;
    // Counted instead of measured, so that the time during which a machine sleeps does not count.
    let mut idle = 0;
    // Without timers there are no reports; the download is not affected.
    while sleep(PROGRESS_INTERVAL).await {
        let Some(bytes) = received.upgrade().map(|r| r.get()) else {
            return;
        };
        idle += 1;
        if bytes != reported {
            reported = bytes;
            idle = 0;
            on_progress(bytes);
        }
        if idle >= PATIENCE {
            is_stalled.set(true);
            return controller.abort();
        }
    }
}

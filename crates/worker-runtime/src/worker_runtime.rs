//! A worker's side of the protocol: its global scope, its queue and its clock.

use std::future::Future;

use futures_channel::mpsc;
use futures_util::{FutureExt, StreamExt};
use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{DedicatedWorkerGlobalScope, File, MessageEvent, PromiseRejectionEvent};

use crate::download::{fetch, unpacked};
use crate::validation::brief;
use protocol::{Message, Reply, Request, Source, UNASKED, decode, encode};

/// What answers requests, one after the other. Files named by a URL have been fetched before it sees them.
pub trait Engine {
    fn answer(&mut self, request: Request) -> impl Future<Output = Reply>;
}

/// Installs the message handler, takes what arrived before it was there, and says that the worker is ready.
///
/// # Errors
/// When this does not run in a dedicated worker.
pub fn serve(mut engine: impl Engine + 'static) -> Result<(), JsValue> {
    std::panic::set_hook(Box::new(|panic| {
        // Not the place: it is a path on the machine that built this.
        let message = brief(panic.payload_as_str().unwrap_or_default());
        fatal(&format!("an error of its own: {message}"));
    }));
    let scope = global()?;
    let (queue, mut requests) = mpsc::unbounded::<Message<Request>>();

    let receive = Closure::<dyn Fn(MessageEvent)>::new({
        let queue = queue.clone();
        move |event: MessageEvent| receive(&event.data(), &queue)
    });
    let early = Reflect::get(&scope, &"earlyMessages".into())?;
    scope.set_onmessage(Some(receive.as_ref().unchecked_ref()));
    receive.forget();
    if let Ok(early) = early.dyn_into::<Array>() {
        for message in early.iter() {
            match message.dyn_into::<MessageEvent>() {
                Ok(event) => self::receive(&event.data(), &queue),
                Err(data) => self::receive(&data, &queue),
            }
        }
    }

    // A trap inside a future (memory exhausted, say) passes the panic hook by and ends as a rejected promise.
    let rejected = Closure::<dyn Fn(PromiseRejectionEvent)>::new(|event: PromiseRejectionEvent| {
        fatal(&describe(&event.reason()));
    });
    scope.add_event_listener_with_callback(
        "unhandledrejection",
        rejected.as_ref().unchecked_ref(),
    )?;
    rejected.forget();

    spawn_local(async move {
        let mut waiting = Vec::new();
        while let Some(Message { id, body }) = next(&mut waiting, &mut requests).await {
            let reply = engine.answer(body).await;
            post(id, reply);
        }
    });
    post(UNASKED, Reply::Ready);
    Ok(())
}

/// The next request: the first that a visitor waits for, else the first.
async fn next(
    waiting: &mut Vec<Message<Request>>,
    requests: &mut mpsc::UnboundedReceiver<Message<Request>>,
) -> Option<Message<Request>> {
    if waiting.is_empty() {
        waiting.push(requests.next().await?);
    }
    let mut has_looked = false;
    loop {
        while let Some(Some(message)) = requests.next().now_or_never() {
            waiting.push(message);
        }
        let urgent = waiting.iter().position(|m| m.body.is_urgent());
        match urgent {
            // What has come while the last request was answered is seen only once the browser is given its turn.
            None if !has_looked && waiting[0].body.is_long() => pause().await,
            _ => return Some(waiting.remove(urgent.unwrap_or(0))),
        }
        has_looked = true;
    }
}

/// Gives the browser its turn.
async fn pause() {
    let Ok(scope) = global() else { return };
    let turn = Promise::new(&mut |resolve, _| {
        // Where there is no timer, there is no pause.
        if scope
            .set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, 0)
            .is_err()
        {
            let _ = resolve.call0(&JsValue::NULL);
        }
    });
    // It is never rejected.
    let _ = JsFuture::from(turn).await;
}

/// Milliseconds of this worker's monotonic clock.
pub fn now() -> f64 {
    global()
        .ok()
        .and_then(|scope| scope.performance())
        .map_or(0.0, |clock| clock.now())
}

/// Microseconds since a look at such a clock.
pub fn since(clock: fn() -> f64, start: f64) -> u32 {
    ((clock() - start) * 1000.0).round() as u32
}

fn global() -> Result<DedicatedWorkerGlobalScope, JsValue> {
    js_sys::global()
        .dyn_into()
        .map_err(|_| JsValue::from_str("this script belongs in a worker"))
}

/// Takes a request: its bytes, or a pair of its bytes and the visitor's file that it is about.
fn receive(data: &JsValue, queue: &mpsc::UnboundedSender<Message<Request>>) {
    let (bytes, file) = match data.dyn_ref::<Array>() {
        Some(pair) => (pair.get(0), pair.get(1).dyn_into::<File>().ok()),
        None => (data.clone(), None),
    };
    let bytes = match bytes.dyn_ref::<Uint8Array>() {
        Some(bytes) => bytes.to_vec(),
        None => Vec::new(),
    };
    match (decode::<Request>(&bytes), file) {
        (Ok(message), None) => dispatch(message, queue.clone()),
        (Ok(message), Some(file)) => spawn_local(read(message, file, queue.clone())),
        (Err(error), _) => post(UNASKED, failure(error.to_string())),
    }
}

/// Queues a request after its file has been read: here, so that the page need not wait and nothing is copied twice.
async fn read(
    mut message: Message<Request>,
    file: File,
    queue: mpsc::UnboundedSender<Message<Request>>,
) {
    let Ok(buffer) = JsFuture::from(file.array_buffer()).await else {
        let name = file.name();
        let sentence = format!(
            "{name} could not be read: choose the file itself, not a folder, and try again."
        );
        return post(message.id, failure(sentence));
    };
    if let Request::Prepare { file, .. } = &mut message.body {
        *file = Uint8Array::new(&buffer).to_vec();
    }
    enqueue(&queue, message);
}

/// Queues a request, after its file where it names one: a slow download must not hold up what comes after it.
fn dispatch(message: Message<Request>, queue: mpsc::UnboundedSender<Message<Request>>) {
    let Message { id, mut body } = message;
    let (source, what) = match &mut body {
        Request::Load { model, weights } => (weights, format!("The weights of {}", model.title())),
        Request::LoadEnsemble { weights } => (weights, "The vote's weights".to_string()),
        Request::LoadNovelty { weights } => {
            let what = "What tells garments from other things";
            (weights, what.to_string())
        }
        Request::Gallery { sprite } => (sprite, "The gallery".to_string()),
        Request::TestSet { part, file } => (file, format!("The file of the test {}", part.title())),
        _ => return enqueue(&queue, Message { id, body }),
    };
    let (url, fresh) = match source {
        Source::Url(url) => (url.clone(), false),
        Source::Fresh(url) => (url.clone(), true),
        Source::Bytes(_) => return enqueue(&queue, Message { id, body }),
    };
    spawn_local(async move {
        let progress = move |bytes| post(id, Reply::Progress { bytes });
        let fetched = match global() {
            Ok(scope) => fetch(&scope, &url, fresh, progress).await,
            Err(error) => Err(describe(&error)),
        };
        let fetched = match fetched {
            Ok(bytes) => unpacked(bytes).await,
            Err(reason) => Err(reason),
        };
        match fetched {
            Ok(bytes) => {
                match &mut body {
                    Request::Load { weights: file, .. }
                    | Request::LoadEnsemble { weights: file }
                    | Request::LoadNovelty { weights: file }
                    | Request::Gallery { sprite: file }
                    | Request::TestSet { file, .. } => *file = Source::Bytes(bytes),
                    _ => {}
                }
                enqueue(&queue, Message { id, body });
            }
            Err(reason) => post(
                id,
                failure(format!(
                    "{what} could not be fetched ({reason}): check the connection and try again."
                )),
            ),
        }
    });
}

fn enqueue(queue: &mpsc::UnboundedSender<Message<Request>>, message: Message<Request>) {
    let id = message.id;
    if queue.unbounded_send(message).is_err() {
        post(
            id,
            failure("The engine has stopped: reload the page.".into()),
        );
    }
}

/// A reply that says what failed.
pub fn failure(sentence: String) -> Reply {
    Reply::Error { sentence }
}

/// Tells the page, unasked, that this worker is beyond help.
pub fn fatal(sentence: &str) {
    post(
        UNASKED,
        Reply::Fatal {
            sentence: sentence.to_string(),
        },
    );
}

/// Posts a reply; its bytes are handed over, not copied.
fn post(id: u32, body: Reply) {
    let Ok(scope) = global() else { return };
    let Ok(bytes) = encode(&Message { id, body }) else {
        return;
    };
    let bytes = Uint8Array::from(bytes.as_slice());
    let transfer = Array::of1(&bytes.buffer());
    // Nobody is left to tell when the page itself cannot be reached.
    let _ = scope.post_message_with_transfer(&bytes, &transfer);
}

/// A JavaScript error in its own words.
pub fn describe(value: &JsValue) -> String {
    value
        .dyn_ref::<js_sys::Error>()
        .map(|e| String::from(e.message()))
        .or_else(|| value.as_string())
        .unwrap_or_else(|| "unknown reason".to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Pixels;
    use shared::image::PIXELS;
    use shared::{Grey28, ModelId};

    #[test]
    fn what_a_visitor_waits_for_goes_first() {
        let (queue, mut requests) = mpsc::unbounded();
        let grey = Pixels::from(&Grey28::new([0; PIXELS]));
        let model = ModelId::Cnn;
        let measure = Request::Measure {
            model,
            batch: 1,
            runs: 1,
        };
        let bodies = [
            measure.clone(),
            Request::DetectNovelty { grey: grey.clone() },
            Request::Classify { model, grey },
            measure,
        ];
        for (id, body) in (0..).zip(bodies) {
            enqueue(&queue, Message { id, body });
        }
        drop(queue);
        let mut waiting = Vec::new();
        let mut order = Vec::new();
        while let Some(Some(message)) = next(&mut waiting, &mut requests).now_or_never() {
            order.push(message.id);
        }
        assert_eq!(order, [2, 0, 1, 3]);
    }
}

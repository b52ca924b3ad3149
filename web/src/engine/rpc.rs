//! Requests to a worker and their replies.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use futures_channel::oneshot;
use js_sys::{Array, Function, Reflect, Uint8Array};
use protocol::{Message, Reply, Request, RequestError, UNASKED, decode, encode};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{ErrorEvent, File, MessageEvent, Worker};

use super::error::{EngineError, WorkerError};
use super::timer::sleep;
use super::watchdog::{Patience, TICK, Verdict, Watchdog};

/// Why a request has no reply.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RpcError {
    /// The worker refused the request and continues.
    Refused(RequestError),
    /// The message could not be posted to the worker.
    NotSent,
    /// The worker terminated before it answered.
    Terminated,
    /// The worker terminated before it began with the request.
    NotBegun,
    /// The worker took longer than this for the request, and was terminated.
    TooLong(Duration),
}

impl From<RpcError> for EngineError {
    fn from(error: RpcError) -> Self {
        match error {
            RpcError::Refused(error) => Self::Refused(error),
            RpcError::NotSent => Self::NotSent,
            RpcError::TooLong(limit) => Self::TooLong(limit),
            RpcError::Terminated => Self::Terminated,
            RpcError::NotBegun => Self::NotBegun,
        }
    }
}

/// What happens to a worker without a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum WorkerEvent {
    /// It has not started for a while; it may still start.
    Slow,
    /// It has started.
    Started,
    /// It is terminated.
    Failed(WorkerError),
}

/// The time for decoding and preparing a photo.
const PHOTO_LIMIT: Duration = Duration::from_secs(5);
/// Additional time for a large file: a byte that decodes slowly still takes less than this.
const PHOTO_LIMIT_PER_MEGABYTE: Duration = Duration::from_millis(500);

/// A handle to a worker. Dropping the last clone terminates the worker.
#[derive(Clone)]
pub(super) struct WorkerRpc(Rc<Connection>);

struct Connection {
    worker: Worker,
    next_id: Cell<u32>,
    pending: RefCell<HashMap<u32, PendingRequest>>,
    is_terminated: Cell<bool>,
    on_event: Box<dyn Fn(WorkerEvent)>,
    patience: Patience,
    watchdog: RefCell<Watchdog>,
    is_watched: Cell<bool>,
    /// The worker's event handlers, kept as long as the worker.
    handlers: RefCell<Vec<JsValue>>,
}

struct PendingRequest {
    reply: oneshot::Sender<Result<Reply, RpcError>>,
    /// How long the worker may work on the request.
    limit: Option<Duration>,
    /// Called with the number of bytes downloaded so far for the request.
    on_progress: Rc<dyn Fn(u32)>,
}

impl WorkerRpc {
    /// Starts a worker; `None` if the browser does not allow it. `on_event` is called at most once for each kind of event.
    pub fn start(
        name: &str,
        patience: Patience,
        on_event: impl Fn(WorkerEvent) + 'static,
    ) -> Option<Self> {
        Some(Self::from_worker(new_worker(name)?, patience, on_event))
    }

    /// Connects to a worker that is running already.
    pub fn from_worker(
        worker: Worker,
        patience: Patience,
        on_event: impl Fn(WorkerEvent) + 'static,
    ) -> Self {
        let connection = Rc::new(Connection {
            worker,
            next_id: Cell::new(UNASKED + 1),
            pending: RefCell::default(),
            is_terminated: Cell::new(false),
            on_event: Box::new(on_event),
            patience,
            watchdog: RefCell::new(Watchdog::new(patience)),
            is_watched: Cell::new(false),
            handlers: RefCell::default(),
        });

        // Weak references: the worker owns its handlers, and these must not keep it alive.
        let weak = Rc::downgrade(&connection);
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(connection) = weak.upgrade() {
                connection.receive(&event.data());
            }
        });
        let weak = Rc::downgrade(&connection);
        let on_error = Closure::<dyn Fn(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            if let Some(connection) = weak.upgrade() {
                // If the script could not be downloaded, the event is not an ErrorEvent and has no message.
                let message = Reflect::get(&event, &"message".into())
                    .ok()
                    .and_then(|m| m.as_string())
                    .filter(|m| !m.is_empty());
                connection.fail(message.map_or(WorkerError::ScriptMissing, WorkerError::Script));
            }
        });
        let worker = &connection.worker;
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        connection
            .handlers
            .borrow_mut()
            .extend([on_message.into_js_value(), on_error.into_js_value()]);
        Self(connection)
    }

    /// Sends a request and waits for its reply.
    pub async fn call(&self, request: Request) -> Result<Reply, RpcError> {
        self.send(request, &[], |_| {}).await
    }

    /// Sends a request together with the visitor's files, which the worker reads.
    pub async fn call_with_files(
        &self,
        request: Request,
        files: &[File],
    ) -> Result<Reply, RpcError> {
        self.send(request, files, |_| {}).await
    }

    /// Sends a request that makes the worker download a file; `on_progress` is called with the number of bytes so far.
    pub async fn call_with_progress(
        &self,
        request: Request,
        on_progress: impl Fn(u32) + 'static,
    ) -> Result<Reply, RpcError> {
        self.send(request, &[], on_progress).await
    }

    async fn send(
        &self,
        request: Request,
        files: &[File],
        on_progress: impl Fn(u32) + 'static,
    ) -> Result<Reply, RpcError> {
        let connection = &self.0;
        if connection.is_terminated.get() {
            return Err(RpcError::Terminated);
        }
        let id = connection.next_id.get();
        connection
            .next_id
            .set(id.checked_add(1).unwrap_or(UNASKED + 1));
        let limit = limit(&request, files, connection.patience.request);
        let message = Message { id, body: request };
        let bytes = encode(&message).map_err(|_| RpcError::NotSent)?;
        let bytes = Uint8Array::from(bytes.as_slice());
        let (sender, reply) = oneshot::channel();
        let pending = PendingRequest {
            reply: sender,
            limit,
            on_progress: Rc::new(on_progress),
        };
        connection.pending.borrow_mut().insert(id, pending);
        let transfer = Array::of1(&bytes.buffer());
        let data: JsValue = if files.is_empty() {
            bytes.into()
        } else {
            let parts = Array::of1(&bytes);
            for file in files {
                parts.push(file);
            }
            parts.into()
        };
        let posted = connection
            .worker
            .post_message_with_transfer(&data, &transfer);
        if posted.is_err() {
            connection.pending.borrow_mut().remove(&id);
            return Err(RpcError::NotSent);
        }
        connection.watch();
        match reply.await {
            Ok(Ok(Reply::Error(error))) => Err(RpcError::Refused(error)),
            Ok(reply) => reply,
            Err(oneshot::Canceled) => Err(RpcError::Terminated),
        }
    }

    /// Whether the worker has sent any message.
    pub fn has_started(&self) -> bool {
        self.0.watchdog.borrow().has_started()
    }

    /// Terminates the worker without an event.
    pub fn terminate(&self) {
        self.0.terminate();
    }
}

/// Starts a worker of this build with the function of web/boot.js.
fn new_worker(name: &str) -> Option<Worker> {
    let start = Reflect::get(&js_sys::global(), &"haberdashWorker".into()).ok()?;
    let start: Function = start.dyn_into().ok()?;
    let worker = start.call2(&JsValue::NULL, &name.into(), &Array::new());
    worker.ok()?.dyn_into().ok()
}

/// Why a worker could not be started, from the only message of the scripts that start it.
fn start_error(data: &JsValue) -> WorkerError {
    let field = |name: &str| Reflect::get(data, &name.into()).unwrap_or(JsValue::UNDEFINED);
    match field("fatal").as_string() {
        Some(reason) => WorkerError::NotStarted(reason),
        None if field("missing").is_truthy() => WorkerError::ScriptMissing,
        None => WorkerError::Message,
    }
}

/// How long a worker may work on a request, by default `other`; `None` if its caller has a limit.
fn limit(request: &Request, files: &[File], other: Duration) -> Option<Duration> {
    match request {
        Request::Prepare { .. }
        | Request::ReadArray { .. }
        | Request::ClassifyFiles { .. }
        | Request::ClassifyFrame { .. } => {
            let megabytes = files.iter().map(|file| file.size() / 1e6).sum();
            Some(PHOTO_LIMIT + PHOTO_LIMIT_PER_MEGABYTE.mul_f64(megabytes))
        }
        Request::Edit { .. } => Some(2 * PHOTO_LIMIT),
        Request::SelfTest { .. } => None,
        _ => Some(other),
    }
}

impl Connection {
    /// Watches the worker as long as any request has no reply.
    fn watch(self: &Rc<Self>) {
        if self.is_watched.replace(true) {
            return;
        }
        let weak = Rc::downgrade(self);
        spawn_local(async move {
            loop {
                sleep(TICK).await;
                let Some(connection) = weak.upgrade() else {
                    return;
                };
                if connection.is_terminated.get() || connection.pending.borrow().is_empty() {
                    connection.is_watched.set(false);
                    return;
                }
                connection.tick();
            }
        });
    }

    fn tick(&self) {
        let verdict = self.watchdog.borrow_mut().tick(true);
        match verdict {
            Verdict::Wait => {}
            Verdict::Ask => self.ask(),
            Verdict::IsSlow => (self.on_event)(WorkerEvent::Slow),
            Verdict::IsSilent => self.fail(WorkerError::Silent),
            Verdict::IsStuck(id) if self.limit_of(id) == Some(self.patience.request) => {
                self.fail(WorkerError::Silent);
            }
            Verdict::IsStuck(id) => {
                let pending = self.pending.borrow_mut().remove(&id);
                let limit = pending.as_ref().and_then(|p| p.limit).unwrap_or_default();
                if let Some(pending) = pending {
                    // The caller may have dropped its future.
                    let _ = pending.reply.send(Err(RpcError::TooLong(limit)));
                }
                self.fail(WorkerError::TooLong(limit));
            }
        }
    }

    fn limit_of(&self, id: u32) -> Option<Duration> {
        self.pending.borrow().get(&id).and_then(|p| p.limit)
    }

    /// Asks whether the worker still receives messages. The answer needs no handler: any message shows that it does.
    fn ask(&self) {
        let message = Message {
            id: UNASKED,
            body: Request::Ping,
        };
        if let Ok(bytes) = encode(&message) {
            let bytes = Uint8Array::from(bytes.as_slice());
            // A worker that cannot be reached is silent too.
            let _ = self.worker.post_message(&bytes);
        }
    }

    fn receive(&self, data: &JsValue) {
        let Some(bytes) = data.dyn_ref::<Uint8Array>() else {
            return self.fail(start_error(data));
        };
        let Ok(Message { id, body }) = decode::<Reply>(&bytes.to_vec()) else {
            return self.fail(WorkerError::Message);
        };
        let is_first = self.watchdog.borrow_mut().on_message();
        if is_first {
            (self.on_event)(WorkerEvent::Started);
        }
        match body {
            Reply::Ready | Reply::Pong => {}
            Reply::Started => {
                let limit = self.limit_of(id);
                self.watchdog.borrow_mut().on_started(id, limit);
            }
            Reply::Fatal(error) => self.fail(WorkerError::Fatal(error)),
            Reply::Progress { bytes } => {
                // Cloned first: the callback may send the next request, which borrows `pending`.
                let pending = self.pending.borrow();
                let on_progress = pending.get(&id).map(|p| p.on_progress.clone());
                drop(pending);
                if let Some(on_progress) = on_progress {
                    on_progress(bytes);
                }
            }
            reply => {
                self.watchdog.borrow_mut().on_reply(id);
                let pending = self.pending.borrow_mut().remove(&id);
                if let Some(pending) = pending {
                    // The caller may have dropped its future.
                    let _ = pending.reply.send(Ok(reply));
                }
            }
        }
    }

    fn fail(&self, error: WorkerError) {
        if self.terminate() {
            (self.on_event)(WorkerEvent::Failed(error));
        }
    }

    /// Terminates the worker and cancels all pending requests. Returns `false` if it was terminated before.
    fn terminate(&self) -> bool {
        if self.is_terminated.replace(true) {
            return false;
        }
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
        let running = self.watchdog.borrow().running();
        for (id, pending) in self.pending.take() {
            let error = if Some(id) == running {
                RpcError::Terminated
            } else {
                RpcError::NotBegun
            };
            // The caller may have dropped its future.
            let _ = pending.reply.send(Err(error));
        }
        true
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.terminate();
    }
}

//! Requests to a worker and their replies.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Array, Reflect, Uint8Array};
use protocol::{Message, Reply, Request, RequestError, UNASKED, decode, encode};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, File, MessageEvent, Worker};

use super::error::WorkerError;

/// Why a request has no reply.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RpcError {
    /// The worker refused the request and continues.
    Refused(RequestError),
    /// The message could not be posted to the worker.
    NotSent,
    /// The worker terminated before it answered.
    Terminated,
}

/// A handle to a worker. Dropping the last clone terminates the worker.
#[derive(Clone)]
pub(super) struct WorkerRpc(Rc<Connection>);

struct Connection {
    worker: Worker,
    next_id: Cell<u32>,
    pending: RefCell<HashMap<u32, PendingRequest>>,
    is_terminated: Cell<bool>,
    on_failure: Box<dyn Fn(WorkerError)>,
    /// The worker's event handlers, kept as long as the worker.
    handlers: RefCell<Vec<JsValue>>,
}

struct PendingRequest {
    reply: oneshot::Sender<Reply>,
    /// Called with the number of bytes downloaded so far for the request.
    on_progress: Rc<dyn Fn(u32)>,
}

impl WorkerRpc {
    /// Starts a worker; `None` if the browser does not allow it. `on_failure` is called at most once, when the worker fails.
    pub fn start(url: &str, on_failure: impl Fn(WorkerError) + 'static) -> Option<Self> {
        let worker = Worker::new(url).ok()?;
        Some(Self::from_worker(worker, on_failure))
    }

    /// Connects to a worker that is running already.
    pub fn from_worker(worker: Worker, on_failure: impl Fn(WorkerError) + 'static) -> Self {
        let connection = Rc::new(Connection {
            worker,
            next_id: Cell::new(UNASKED + 1),
            pending: RefCell::default(),
            is_terminated: Cell::new(false),
            on_failure: Box::new(on_failure),
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
        self.send(request, None, |_| {}).await
    }

    /// Sends a request together with the visitor's file, which the worker reads.
    pub async fn call_with_file(&self, request: Request, file: &File) -> Result<Reply, RpcError> {
        self.send(request, Some(file), |_| {}).await
    }

    /// Sends a request that makes the worker download a file; `on_progress` is called with the number of bytes so far.
    pub async fn call_with_progress(
        &self,
        request: Request,
        on_progress: impl Fn(u32) + 'static,
    ) -> Result<Reply, RpcError> {
        self.send(request, None, on_progress).await
    }

    async fn send(
        &self,
        request: Request,
        file: Option<&File>,
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
        let message = Message { id, body: request };
        let bytes = encode(&message).map_err(|_| RpcError::NotSent)?;
        let bytes = Uint8Array::from(bytes.as_slice());
        let (sender, reply) = oneshot::channel();
        let pending = PendingRequest {
            reply: sender,
            on_progress: Rc::new(on_progress),
        };
        connection.pending.borrow_mut().insert(id, pending);
        let transfer = Array::of1(&bytes.buffer());
        let data: JsValue = match file {
            Some(file) => Array::of2(&bytes, file).into(),
            None => bytes.into(),
        };
        let posted = connection
            .worker
            .post_message_with_transfer(&data, &transfer);
        if posted.is_err() {
            connection.pending.borrow_mut().remove(&id);
            return Err(RpcError::NotSent);
        }
        match reply.await {
            Ok(Reply::Error(error)) => Err(RpcError::Refused(error)),
            Ok(reply) => Ok(reply),
            Err(oneshot::Canceled) => Err(RpcError::Terminated),
        }
    }

    /// Terminates the worker without calling `on_failure`.
    pub fn terminate(&self) {
        self.0.terminate();
    }
}

impl Connection {
    fn receive(&self, data: &JsValue) {
        let Some(bytes) = data.dyn_ref::<Uint8Array>() else {
            // The only message of the start script: the WebAssembly could not be started.
            let reason = Reflect::get(data, &"fatal".into())
                .ok()
                .and_then(|f| f.as_string());
            return self.fail(reason.map_or(WorkerError::Message, WorkerError::NotStarted));
        };
        let Ok(Message { id, body }) = decode::<Reply>(&bytes.to_vec()) else {
            return self.fail(WorkerError::Message);
        };
        match body {
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
                let pending = self.pending.borrow_mut().remove(&id);
                if let Some(pending) = pending {
                    // The caller may have dropped its future.
                    let _ = pending.reply.send(reply);
                }
            }
        }
    }

    fn fail(&self, error: WorkerError) {
        if self.terminate() {
            (self.on_failure)(error);
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
        self.pending.borrow_mut().clear();
        true
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.terminate();
    }
}

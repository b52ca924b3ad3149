//! The page's end of the line to one worker: requests out, replies to whoever asked, and word of its death.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Array, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, File, MessageEvent, Worker};

use protocol::{Message, Reply, Request, UNASKED, decode, encode};

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// The worker says what is wrong; it goes on.
    Refused(String),
    /// The worker died, or was dismissed, before it answered.
    Died,
}

/// A worker, its unanswered requests, and what to do when it dies. Dropping the last handle ends the worker.
#[derive(Clone)]
pub struct Link(Rc<Line>);

struct Line {
    worker: Worker,
    next: Cell<u32>,
    waiting: RefCell<HashMap<u32, Waiting>>,
    dead: Cell<bool>,
    on_death: Box<dyn Fn(String)>,
    /// The worker's handlers, kept as long as the worker.
    handlers: RefCell<Vec<JsValue>>,
}

/// Who asked.
struct Waiting {
    reply: oneshot::Sender<Reply>,
    /// Hears how many bytes of the request's file have come.
    progress: Rc<dyn Fn(u32)>,
}

impl Link {
    /// Starts the worker of that script; `on_death` hears, once, why it died.
    ///
    /// # Errors
    /// A sentence, when the browser refuses to start a worker.
    pub fn open(url: &str, on_death: impl Fn(String) + 'static) -> Result<Self, String> {
        let worker = Worker::new(url).map_err(|_| {
            "This browser refuses to start a worker: allow scripts for this site and reload the page."
                .to_string()
        })?;
        Ok(Self::to(worker, on_death))
    }

    /// The line to a worker that runs already.
    pub fn to(worker: Worker, on_death: impl Fn(String) + 'static) -> Self {
        let line = Rc::new(Line {
            worker,
            next: Cell::new(UNASKED + 1),
            waiting: RefCell::default(),
            dead: Cell::new(false),
            on_death: Box::new(on_death),
            handlers: RefCell::default(),
        });

        // Weak: the handlers belong to the worker and must not keep it alive.
        let weak = Rc::downgrade(&line);
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(line) = weak.upgrade() {
                line.receive(&event.data());
            }
        });
        let weak = Rc::downgrade(&line);
        let error = Closure::<dyn Fn(ErrorEvent)>::new(move |event: ErrorEvent| {
            event.prevent_default();
            if let Some(line) = weak.upgrade() {
                // A script that could not be fetched has no message; the event is then no ErrorEvent at all.
                let message = Reflect::get(&event, &"message".into())
                    .ok()
                    .and_then(|m| m.as_string())
                    .filter(|m| !m.is_empty());
                line.die(message.unwrap_or_else(|| "its script could not be loaded".into()));
            }
        });
        line.worker
            .set_onmessage(Some(message.as_ref().unchecked_ref()));
        line.worker
            .set_onerror(Some(error.as_ref().unchecked_ref()));
        line.handlers
            .borrow_mut()
            .extend([message.into_js_value(), error.into_js_value()]);
        Self(line)
    }

    /// Asks, and waits for the reply.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn call(&self, body: Request) -> Result<Reply, Failure> {
        self.send(body, None, |_| {}).await
    }

    /// The same, with the visitor's file that the request is about, where there is one: the worker reads it.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn call_with(&self, body: Request, file: Option<&File>) -> Result<Reply, Failure> {
        self.send(body, file, |_| {}).await
    }

    /// The same for a request that names a file: `progress` hears how many bytes of it have come.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn call_patiently(
        &self,
        body: Request,
        progress: impl Fn(u32) + 'static,
    ) -> Result<Reply, Failure> {
        self.send(body, None, progress).await
    }

    async fn send(
        &self,
        body: Request,
        file: Option<&File>,
        progress: impl Fn(u32) + 'static,
    ) -> Result<Reply, Failure> {
        let line = &self.0;
        if line.dead.get() {
            return Err(Failure::Died);
        }
        let id = line.next.get();
        line.next.set(id.checked_add(1).unwrap_or(UNASKED + 1));
        let bytes = encode(&Message { id, body }).map_err(|e| Failure::Refused(e.to_string()))?;
        let bytes = Uint8Array::from(bytes.as_slice());
        let (sender, reply) = oneshot::channel();
        let waiting = Waiting {
            reply: sender,
            progress: Rc::new(progress),
        };
        line.waiting.borrow_mut().insert(id, waiting);
        let transfer = Array::of1(&bytes.buffer());
        let message: JsValue = match file {
            Some(file) => Array::of2(&bytes, file).into(),
            None => bytes.into(),
        };
        let posted = line.worker.post_message_with_transfer(&message, &transfer);
        if posted.is_err() {
            line.waiting.borrow_mut().remove(&id);
            return Err(Failure::Refused(
                "The picture could not be handed to the engine: reload the page.".into(),
            ));
        }
        match reply.await {
            Ok(Reply::Error { sentence }) => Err(Failure::Refused(sentence)),
            Ok(reply) => Ok(reply),
            Err(oneshot::Canceled) => Err(Failure::Died),
        }
    }

    /// Ends the worker without calling it a death.
    pub fn dismiss(&self) {
        self.0.end();
    }
}

impl Line {
    fn receive(&self, data: &JsValue) {
        let Some(bytes) = data.dyn_ref::<Uint8Array>() else {
            // The start script's only word: the wasm could not be started.
            let reason = Reflect::get(data, &"fatal".into())
                .ok()
                .and_then(|f| f.as_string());
            return self.die(reason.unwrap_or_else(|| "it spoke another language".into()));
        };
        match decode::<Reply>(&bytes.to_vec()) {
            Ok(Message {
                body: Reply::Fatal { sentence },
                ..
            }) => self.die(sentence),
            Ok(Message {
                id,
                body: Reply::Progress { bytes },
            }) => {
                // Not called while borrowed: it may ask the next question.
                let progress = self.waiting.borrow().get(&id).map(|w| w.progress.clone());
                if let Some(progress) = progress {
                    progress(bytes);
                }
            }
            Ok(Message { id, body }) => {
                let waiting = self.waiting.borrow_mut().remove(&id);
                if let Some(waiting) = waiting {
                    // Whoever asked may have lost interest.
                    let _ = waiting.reply.send(body);
                }
            }
            Err(error) => self.die(error.to_string()),
        }
    }

    fn die(&self, reason: String) {
        if self.end() {
            (self.on_death)(reason);
        }
    }

    /// Terminates the worker and lets every waiting request fail; `false` when that was done before.
    fn end(&self) -> bool {
        if self.dead.replace(true) {
            return false;
        }
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
        self.waiting.borrow_mut().clear();
        true
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.end();
    }
}

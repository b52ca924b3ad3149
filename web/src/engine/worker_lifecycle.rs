//! The CPU engine's worker: started with the page, and started again if it fails or falls silent.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use js_sys::Reflect;
use protocol::{Reply, Request, WeightsFile};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{File, Worker};

use super::assets::Assets;
use super::error::{CpuError, EngineError, WorkerError};
use super::rpc::{RpcError, WorkerEvent, WorkerRpc};
use super::status_store::StatusStore;
use super::watchdog::Patience;
use super::weight_loader::WeightLoader;

/// How often a worker is started again without having answered any request.
const MAX_RESTARTS: u32 = 1;
/// A request that is not announced as long takes some milliseconds.
pub(super) const PATIENCE: Patience = Patience {
    start: Duration::from_secs(20),
    silence: Duration::from_secs(4),
    request: Duration::from_secs(60),
};

pub(super) struct CpuEngine {
    assets: Assets,
    status: Rc<StatusStore>,
    loader: Rc<WeightLoader>,
    /// The running worker, or why there is none.
    worker: RefCell<Result<WorkerRpc, CpuError>>,
    /// Restarts since the last reply.
    restarts: Cell<u32>,
    /// The number of workers started so far.
    generation: Cell<u32>,
}

impl CpuEngine {
    /// Starts the worker and loads the weights.
    pub fn start(assets: Assets, status: Rc<StatusStore>, loader: Rc<WeightLoader>) -> Rc<Self> {
        let engine = Rc::new_cyclic(|weak| Self {
            worker: RefCell::new(start_worker(&assets, weak.clone())),
            assets,
            status,
            loader,
            restarts: Cell::new(0),
            generation: Cell::new(0),
        });
        engine.after_start();
        engine
    }

    /// Changes whenever a worker is started.
    pub fn generation(&self) -> u32 {
        self.generation.get()
    }

    /// Sends a request, with the visitor's file if there is one.
    pub async fn call(&self, request: Request, file: Option<&File>) -> Result<Reply, EngineError> {
        let rpc = self.rpc()?;
        let reply = match file {
            Some(file) => {
                let files = std::slice::from_ref(file);
                let reply = rpc.call_with_files(request.clone(), files).await;
                match (reply, self.rpc()) {
                    // The worker failed for another reason: its successor gets the visitor's file. It needs no weights for it.
                    (Err(RpcError::NotBegun), Ok(rpc)) => rpc.call_with_files(request, files).await,
                    (reply, _) => reply,
                }
            }
            None => rpc.call(request).await,
        };
        self.checked(reply)
    }

    /// Sends a request with files of a batch. If the worker terminates, its successor does not get them: it has no weights yet.
    pub async fn call_with_batch(
        &self,
        request: Request,
        files: &[File],
    ) -> Result<Reply, EngineError> {
        let reply = self.rpc()?.call_with_files(request, files).await;
        if reply == Err(RpcError::Terminated) {
            // A file that terminates the worker says nothing about the next file.
            self.restarts.set(0);
        }
        self.checked(reply)
    }

    fn checked(&self, reply: Result<Reply, RpcError>) -> Result<Reply, EngineError> {
        match reply {
            Ok(reply) => {
                self.restarts.set(0);
                Ok(reply)
            }
            Err(error @ (RpcError::Terminated | RpcError::NotBegun)) => {
                Err(self.rpc().err().unwrap_or(error.into()))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Loads weights that were deferred or have failed, but for the photo network's.
    pub fn load_weights(self: &Rc<Self>, file: WeightsFile) {
        if let Some(rpc) = self.started() {
            self.loader.load(rpc, file);
        }
    }

    /// Loads the photo network's weights.
    pub fn load_photo_network(&self) {
        if let Ok(rpc) = self.rpc() {
            self.loader.load(rpc, WeightsFile::PhotoNetwork);
        }
    }

    /// The worker. If there is none, or it has not started for long, another one is started, which loads all weights by itself.
    fn started(self: &Rc<Self>) -> Option<WorkerRpc> {
        let is_slow = matches!(self.status.get().cpu_error, Some(CpuError::Slow(_)));
        match self.rpc() {
            Ok(rpc) if rpc.has_started() || !is_slow => Some(rpc),
            _ => {
                self.restarts.set(0);
                self.status.update(|status| status.cpu_error = None);
                self.replace(start_worker(&self.assets, Rc::downgrade(self)));
                None
            }
        }
    }

    fn replace(&self, worker: Result<WorkerRpc, CpuError>) {
        // Dropped after the borrow has ended: what waits for it may ask for the new one.
        let old = self.worker.replace(worker);
        drop(old);
        self.after_start();
    }

    fn rpc(&self) -> Result<WorkerRpc, EngineError> {
        let worker = self.worker.borrow().clone();
        worker.map_err(EngineError::NoCpuEngine)
    }

    /// Loads the weights into a new worker, or reports that there is none.
    fn after_start(&self) {
        let worker = self.worker.borrow().clone();
        match worker {
            Ok(rpc) => {
                self.generation.set(self.generation.get() + 1);
                self.loader.load_all(rpc);
            }
            Err(error) => {
                let reason = error.to_string();
                self.status.update(|status| status.cpu_error = Some(error));
                self.loader.fail_all(&reason);
            }
        }
    }

    fn on_event(self: &Rc<Self>, event: WorkerEvent) {
        match event {
            WorkerEvent::Slow => {
                let error = CpuError::Slow(PATIENCE.start);
                self.loader.delay_all(&error.to_string());
                self.status.update(|status| status.cpu_error = Some(error));
            }
            WorkerEvent::Started => {
                if matches!(self.status.get().cpu_error, Some(CpuError::Slow(_))) {
                    self.status.update(|status| status.cpu_error = None);
                    self.loader.resume_all();
                }
            }
            WorkerEvent::Failed(error) => self.restart(error),
        }
    }

    /// Starts the worker again, unless it failed before it answered anything.
    fn restart(self: &Rc<Self>, error: WorkerError) {
        let restarts = self.restarts.get();
        // A file that takes too long says nothing about the worker.
        let is_file = matches!(error, WorkerError::TooLong(_));
        let worker = if is_file || restarts < MAX_RESTARTS {
            self.restarts.set(restarts + u32::from(!is_file));
            self.status
                .update(|status| status.cpu_error = Some(CpuError::Restarted(error)));
            start_worker(&self.assets, Rc::downgrade(self))
        } else {
            Err(CpuError::Terminated(error))
        };
        self.replace(worker);
    }
}

/// Starts a worker that restarts its engine when it fails, or takes over the one that web/boot.js started.
fn start_worker(assets: &Assets, engine: Weak<CpuEngine>) -> Result<WorkerRpc, CpuError> {
    assets.url("cpu-worker.js").ok_or(CpuError::NotInBuild)?;
    let on_event = move |event| {
        if let Some(engine) = engine.upgrade() {
            engine.on_event(event);
        }
    };
    match take_early_worker() {
        Some(worker) => Ok(WorkerRpc::from_worker(worker, PATIENCE, on_event)),
        None => WorkerRpc::start("cpu-worker", PATIENCE, on_event).ok_or(CpuError::NotAllowed),
    }
}

/// The worker that web/boot.js started while the app was loading. It can be taken once.
fn take_early_worker() -> Option<Worker> {
    let name = JsValue::from_str("haberdashEngine");
    let global = js_sys::global();
    let worker = Reflect::get(&global, &name).ok()?;
    Reflect::set(&global, &name, &JsValue::NULL).ok()?;
    worker.dyn_into().ok()
}

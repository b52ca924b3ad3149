//! The CPU engine's worker: started with the page, and started again once if it fails.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use js_sys::Reflect;
use protocol::{Reply, Request};
use shared::ModelId;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{File, Worker};

use super::assets::Assets;
use super::error::{CpuError, EngineError, WorkerError};
use super::rpc::{RpcError, WorkerRpc};
use super::status_store::StatusStore;
use super::weight_loader::WeightLoader;

/// How often a worker is started again without having answered any request.
const MAX_RESTARTS: u32 = 1;

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
            Some(file) => rpc.call_with_file(request, file).await,
            None => rpc.call(request).await,
        };
        match reply {
            Ok(reply) => {
                self.restarts.set(0);
                Ok(reply)
            }
            Err(RpcError::Refused(error)) => Err(EngineError::Refused(error)),
            Err(RpcError::NotSent) => Err(EngineError::NotSent),
            Err(RpcError::Terminated) => Err(self.rpc().err().unwrap_or(EngineError::Terminated)),
        }
    }

    /// Loads a model's weights that were deferred or have failed.
    pub fn load_weights(&self, model: ModelId) {
        if let Ok(rpc) = self.rpc() {
            self.loader.load(rpc, model);
        }
    }

    /// Loads the ensemble's weights again after they have failed.
    pub fn retry_ensemble(&self) {
        if let Ok(rpc) = self.rpc() {
            self.loader.retry_ensemble(rpc);
        }
    }

    /// Loads the photo network's weights.
    pub fn load_photo_network(&self) {
        if let Ok(rpc) = self.rpc() {
            self.loader.load_photo_network(rpc);
        }
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

    /// Starts the worker again, unless it failed before it answered anything.
    fn restart(self: &Rc<Self>, error: WorkerError) {
        let restarts = self.restarts.get();
        let worker = if restarts < MAX_RESTARTS {
            self.restarts.set(restarts + 1);
            self.status
                .update(|status| status.cpu_error = Some(CpuError::Restarted(error)));
            start_worker(&self.assets, Rc::downgrade(self))
        } else {
            Err(CpuError::Terminated(error))
        };
        *self.worker.borrow_mut() = worker;
        self.after_start();
    }
}

/// Starts a worker that restarts its engine when it fails, or takes over the one that web/boot.js started.
fn start_worker(assets: &Assets, engine: Weak<CpuEngine>) -> Result<WorkerRpc, CpuError> {
    let url = assets.url("cpu-worker.js").ok_or(CpuError::NotInBuild)?;
    let on_failure = move |error| {
        if let Some(engine) = engine.upgrade() {
            engine.restart(error);
        }
    };
    match take_early_worker() {
        Some(worker) => Ok(WorkerRpc::from_worker(worker, on_failure)),
        None => WorkerRpc::start(&url, on_failure).ok_or(CpuError::NotAllowed),
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

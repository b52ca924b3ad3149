//! The GPU engine: checked for in the browser, started, and used only after it has passed a self-test against the CPU engine.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Function, Promise, Reflect};
use protocol::{Case, GPU_FEATURE, Reply, Request};
use shared::ModelId;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::assets::Assets;
use super::engine_selection::{Engine, GpuState};
use super::error::{GpuError, GpuUnavailable};
use super::gallery::Gallery;
use super::rpc::{RpcError, WorkerEvent, WorkerRpc};
use super::status_store::StatusStore;
use super::timer::with_timeout;
use super::watchdog::Patience;
use super::weight_loader::WeightLoader;
use super::worker_lifecycle::CpuEngine;

/// The self-test compiles the shaders, which takes long on a software GPU.
const SELF_TEST_LIMIT: Duration = Duration::from_secs(300);
/// A slow connection takes long for the engine.
const LOAD_LIMIT: Duration = Duration::from_secs(300);
/// The browser's answer about adapters.
const ADAPTER_LIMIT: Duration = Duration::from_secs(10);
/// The engine compiles shaders, which may occupy its worker for long. Its requests have limits of their own.
const PATIENCE: Patience = Patience {
    start: LOAD_LIMIT,
    silence: REPLY_LIMIT,
    request: LOAD_LIMIT,
};
/// The number of the gallery's images in the self-test: its first row has one of each class.
const SELF_TEST_IMAGES: usize = 10;
/// A GPU engine that takes longer to answer is given up.
const REPLY_LIMIT: Duration = Duration::from_secs(60);

pub(super) struct GpuEngine {
    status: Rc<StatusStore>,
    cpu: Rc<CpuEngine>,
    loader: Rc<WeightLoader>,
    gallery: Rc<Gallery>,
    worker: RefCell<Option<WorkerRpc>>,
    /// The models that were loaded for the self-test.
    models: RefCell<Vec<ModelId>>,
    is_started: Cell<bool>,
}

/// The state of the GPU engine before the browser has been asked for an adapter.
pub(super) fn initial_state(assets: &Assets) -> GpuState {
    if navigator_gpu().is_none() {
        GpuState::Absent(GpuUnavailable::NoWebGpu)
    } else if assets.url("gpu-worker.js").is_none() {
        GpuState::Absent(GpuUnavailable::NotInBuild)
    } else {
        GpuState::Loading
    }
}

impl GpuEngine {
    /// Asks the browser for an adapter, so that the page knows early whether there can be a GPU engine; [`start`](Self::start)
    /// starts it.
    pub fn new(
        status: Rc<StatusStore>,
        cpu: Rc<CpuEngine>,
        loader: Rc<WeightLoader>,
        gallery: Rc<Gallery>,
    ) -> Rc<Self> {
        let engine = Rc::new(Self {
            status,
            cpu,
            loader,
            gallery,
            worker: RefCell::default(),
            models: RefCell::default(),
            is_started: Cell::new(false),
        });
        if engine.is_possible() {
            let status = engine.status.clone();
            spawn_local(async move {
                if let Err(error) = check_adapter().await {
                    status.set_gpu(GpuState::Absent(error));
                }
            });
        }
        engine
    }

    /// Downloads and tests the engine, if the browser may support it; at most once.
    pub fn start(self: &Rc<Self>) {
        if self.is_possible() && !self.is_started.replace(true) {
            let engine = self.clone();
            spawn_local(async move {
                if let Err(error) = check_adapter().await {
                    engine.status.set_gpu(GpuState::Absent(error));
                    return;
                }
                match engine.load_and_test().await {
                    Ok(state) => engine.status.set_gpu(state),
                    Err(error) => engine.fail(error),
                }
            });
        }
    }

    /// Whether the engine has a model.
    pub fn has_model(&self, model: ModelId) -> bool {
        self.models.borrow().contains(&model)
    }

    /// The reply to a request about a model, or `None` if the CPU engine has to answer. An engine that fails is not used again.
    pub async fn call(&self, model: ModelId, request: Request) -> Option<Reply> {
        if !self.has_model(model) {
            return None;
        }
        let rpc = self.worker.borrow().clone()?;
        match with_timeout(REPLY_LIMIT, rpc.call(request)).await {
            Some(Ok(reply)) => return Some(reply),
            // Reported by the worker's handler of failures.
            Some(Err(RpcError::Terminated | RpcError::NotBegun)) => {}
            Some(Err(error)) => self.fail(rpc_error(error)),
            None => self.fail(GpuError::Timeout),
        }
        None
    }

    fn is_possible(&self) -> bool {
        self.status.get().gpu == GpuState::Loading
    }

    fn fail(&self, error: GpuError) {
        let worker = self.worker.borrow_mut().take();
        if let Some(worker) = worker {
            worker.terminate();
        }
        self.status
            .update(|status| status.speeds.retain(|s| s.engine == Engine::Cpu));
        self.status.set_gpu(GpuState::Failed(error));
    }

    /// Starts the worker, loads the models, and compares its probabilities with the CPU engine's.
    async fn load_and_test(self: &Rc<Self>) -> Result<GpuState, GpuError> {
        let weak = Rc::downgrade(self);
        let rpc = WorkerRpc::start("gpu-worker", PATIENCE, move |event| {
            if let (WorkerEvent::Failed(error), Some(engine)) = (event, weak.upgrade()) {
                engine.fail(GpuError::Terminated(error));
            }
        });
        let rpc = rpc.ok_or(GpuError::NotAllowed)?;
        *self.worker.borrow_mut() = Some(rpc.clone());
        // Those that the CPU engine can give a reference for.
        let models = ModelId::DEEP.into_iter();
        let models: Vec<ModelId> = models.filter(|m| self.loader.is_loaded(*m)).collect();
        for &model in &models {
            let weights = self.loader.source(model).ok_or(GpuError::NotInBuild)?;
            let load = rpc.call(Request::Load { model, weights });
            match with_timeout(LOAD_LIMIT, load).await {
                Some(Ok(Reply::Loaded { .. })) => {}
                Some(Ok(_)) => return Err(GpuError::Protocol),
                Some(Err(error)) => return Err(rpc_error(error)),
                None => return Err(GpuError::LoadTimeout),
            }
        }
        self.models.borrow_mut().clone_from(&models);

        self.status.set_gpu(GpuState::Testing);
        let cases = self.reference(&models).await?;
        let self_test = rpc.call(Request::SelfTest { cases });
        match with_timeout(SELF_TEST_LIMIT, self_test).await {
            None => Err(GpuError::SelfTestTimeout),
            Some(Ok(Reply::SelfTest {
                largest_difference,
                micros,
            })) => Ok(GpuState::from_self_test(largest_difference, micros)),
            Some(Ok(_)) => Err(GpuError::Protocol),
            Some(Err(error)) => Err(rpc_error(error)),
        }
    }

    /// Images of the gallery with the CPU engine's probabilities, which parity tests compare with an independent implementation.
    async fn reference(&self, models: &[ModelId]) -> Result<Vec<Case>, GpuError> {
        let images = self.gallery.load().await;
        let mut images = images.map_err(|_| GpuError::NoReference)?;
        images.truncate(SELF_TEST_IMAGES);
        let (mut cases, mut micros) = (Vec::new(), 0);
        for &model in models {
            let mut last = 0;
            for grey in &images {
                let request = Request::Classify {
                    model,
                    grey: grey.clone(),
                };
                let Ok(Reply::Prediction(prediction)) = self.cpu.call(request, None).await else {
                    return Err(GpuError::NoReference);
                };
                last = prediction.micros;
                cases.push(Case {
                    model,
                    grey: grey.clone(),
                    probabilities: prediction.probabilities,
                });
            }
            micros += last;
        }
        self.status
            .update(|status| status.cpu_micros = Some(micros));
        Ok(cases)
    }
}

fn rpc_error(error: RpcError) -> GpuError {
    match error {
        RpcError::Refused(error) => GpuError::Refused(error),
        RpcError::NotSent => GpuError::Protocol,
        RpcError::Terminated | RpcError::NotBegun => GpuError::Closed,
        RpcError::TooLong(_) => GpuError::Timeout,
    }
}

/// Asks the browser for a WebGPU adapter with the feature that the engine needs.
async fn check_adapter() -> Result<(), GpuUnavailable> {
    let gpu = navigator_gpu().ok_or(GpuUnavailable::NoWebGpu)?;
    let adapter = with_timeout(ADAPTER_LIMIT, request_adapter(&gpu)).await;
    let adapter = adapter.ok_or(GpuUnavailable::NoAnswer)?;
    let adapter = adapter.map_err(|_| GpuUnavailable::Rejected)?;
    if adapter.is_null() || adapter.is_undefined() {
        return Err(GpuUnavailable::NoAdapter);
    }
    match has_feature(&adapter, GPU_FEATURE) {
        Ok(true) => Ok(()),
        _ => Err(GpuUnavailable::MissingFeature),
    }
}

fn navigator_gpu() -> Option<JsValue> {
    let navigator = web_sys::window()?.navigator();
    let gpu = Reflect::get(&navigator, &"gpu".into()).ok()?;
    (!gpu.is_undefined() && !gpu.is_null()).then_some(gpu)
}

/// Called by name, as web-sys's WebGPU types are still unstable.
async fn request_adapter(gpu: &JsValue) -> Result<JsValue, JsValue> {
    let request: Function = Reflect::get(gpu, &"requestAdapter".into())?.dyn_into()?;
    let promise: Promise = request.call0(gpu)?.dyn_into()?;
    JsFuture::from(promise).await
}

fn has_feature(adapter: &JsValue, feature: &str) -> Result<bool, JsValue> {
    let features = Reflect::get(adapter, &"features".into())?;
    let has: Function = Reflect::get(&features, &"has".into())?.dyn_into()?;
    Ok(has.call1(&features, &feature.into())?.is_truthy())
}

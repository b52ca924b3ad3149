//! The page's access to both engines: it starts them and sends each request to the one that is to answer it.

use std::rc::Rc;

use protocol::{Pixels, Reply, Request, WeightsFile};
use shared::ModelId;
use web_sys::File;

use super::assets::Assets;
use super::engine_selection::{Engine, EngineChoice, EngineStatus, Speed};
use super::error::EngineError;
use super::events::{EngineEvent, EventSink};
use super::gallery::Gallery;
use super::gpu_startup::{GpuEngine, initial_state};
use super::status_store::StatusStore;
use super::test_set::{TestSet, TestSetLoader};
use super::weight_loader::WeightLoader;
use super::worker_lifecycle::CpuEngine;
use super::worker_pool::{LeasedWorker, WorkerPool};

/// A handle to both engines; cheap to clone. The requests are in `api`.
#[derive(Clone)]
pub struct Client(Rc<Engines>);

struct Engines {
    status: Rc<StatusStore>,
    cpu: Rc<CpuEngine>,
    gpu: Rc<GpuEngine>,
    gallery: Rc<Gallery>,
    test_set: TestSetLoader,
    pool: Rc<WorkerPool>,
}

impl Client {
    /// Starts the CPU engine, which loads its weights one file after the other. [`start_gpu`](Self::start_gpu) starts the GPU
    /// engine.
    pub fn start(assets: Assets, on_event: impl Fn(EngineEvent) + 'static) -> Self {
        let events = EventSink::new(on_event);
        let status = StatusStore::new(initial_state(&assets), events.clone());
        let status = Rc::new(status);
        let loader = WeightLoader::new(assets.clone(), events);
        let cpu = CpuEngine::start(assets.clone(), status.clone(), loader.clone());
        let gallery = Rc::new(Gallery::new(assets.clone(), cpu.clone()));
        let pool = WorkerPool::new(loader.clone());
        let gpu = GpuEngine::new(status.clone(), cpu.clone(), loader, gallery.clone());
        let test_set = TestSetLoader::new(assets, cpu.clone());
        Self(Rc::new(Engines {
            status,
            cpu,
            gpu,
            gallery,
            test_set,
            pool,
        }))
    }

    /// Which engine answers, and why.
    pub fn status(&self) -> EngineStatus {
        self.0.status.get()
    }

    /// Uses the visitor's choice of an engine from the next request on.
    pub fn set_choice(&self, choice: EngineChoice) {
        self.0.status.update(|status| status.choice = choice);
        if choice == EngineChoice::WebGpu {
            self.start_gpu();
        }
    }

    /// Downloads and tests the GPU engine, if the browser may support it; at most once.
    pub fn start_gpu(&self) {
        self.0.gpu.start();
    }

    /// Loads weights that were deferred or have failed, but for the photo network's.
    pub fn load_weights(&self, file: WeightsFile) {
        self.0.cpu.load_weights(file);
    }

    /// Loads the photo network's weights, which are loaded on request only.
    pub fn load_photo_network(&self) {
        self.0.cpu.load_photo_network();
    }

    /// The gallery's images, loaded on the first call.
    pub async fn load_gallery(&self) -> Result<Vec<Pixels>, EngineError> {
        self.0.gallery.load().await
    }

    /// The test set, loaded on the first call.
    pub async fn load_test_set(&self) -> Result<Rc<TestSet>, EngineError> {
        self.0.test_set.load().await
    }

    /// Sends a request about a model to an engine. If the GPU engine cannot answer, the CPU engine does.
    pub(super) async fn call(
        &self,
        engine: Engine,
        model: ModelId,
        request: Request,
    ) -> Result<(Reply, Engine), EngineError> {
        if engine == Engine::WebGpu
            && let Some(reply) = self.0.gpu.call(model, request.clone()).await
        {
            return Ok((reply, Engine::WebGpu));
        }
        Ok((self.call_cpu(request).await?, Engine::Cpu))
    }

    /// Sends a request to the CPU engine.
    pub(super) async fn call_cpu(&self, request: Request) -> Result<Reply, EngineError> {
        self.0.cpu.call(request, None).await
    }

    /// Sends a request to the CPU engine together with the visitor's file.
    pub(super) async fn call_cpu_with_file(
        &self,
        request: Request,
        file: &File,
    ) -> Result<Reply, EngineError> {
        self.0.cpu.call(request, Some(file)).await
    }

    /// Sends a request to the CPU engine together with files of a batch.
    pub(super) async fn call_cpu_with_batch(
        &self,
        request: Request,
        files: &[File],
    ) -> Result<Reply, EngineError> {
        self.0.cpu.call_with_batch(request, files).await
    }

    /// The workers of the pool, for a batch.
    pub(super) fn lease_pool(&self) -> Vec<LeasedWorker> {
        self.0.pool.lease()
    }

    /// Whether an engine can answer requests about a model now.
    pub(super) fn can_answer(&self, engine: Engine, model: ModelId) -> bool {
        match engine {
            Engine::Cpu => true,
            Engine::WebGpu => self.status().is_gpu_ready() && self.0.gpu.has_model(model),
        }
    }

    pub(super) fn record_speed(&self, speed: Speed) {
        self.0.status.update(|status| status.record_speed(speed));
    }
}

//! The page's two engines behind one handle: it decides which one answers.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::{Either, select};
use shared::ModelId;
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use super::assets::Assets;
use super::engine_selection::{Engine, EngineChoice, EngineStatus, GpuState};
use super::rpc::{Failure, Link};
use super::test_set::TestSet;
use super::webgpu;
use super::weight_loader::{Supply, WeightsState};
use protocol::{Pixels, Reply, Request};

/// A GPU that is silent for longer is taken for dead.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// What the page is told unasked.
pub enum EngineEvent {
    /// How far a model's weights have come.
    Weights(ModelId, WeightsState),
    /// The same of the vote's.
    EnsembleWeights(WeightsState),
    /// What became of the novelty detector's.
    NoveltyWeights(WeightsState),
    /// All weights that come by themselves have come, or will not.
    WeightsComplete,
    /// Which engine answers, or why, has changed.
    Status(EngineStatus),
}

/// The handle to both engines; cheap to clone.
#[derive(Clone)]
pub struct Client(pub(super) Rc<Inner>);

pub(super) struct Inner {
    pub assets: Assets,
    notify: Box<dyn Fn(EngineEvent)>,
    pub cpu: RefCell<Option<Link>>,
    /// Since the CPU engine last answered.
    pub restarts: Cell<u32>,
    /// CPU workers so far.
    pub generation: Cell<u32>,
    pub supply: Supply,
    pub gpu: RefCell<Option<Link>>,
    /// The models that the GPU engine has been tested with.
    pub on_gpu: RefCell<Vec<ModelId>>,
    pub woken: Cell<bool>,
    pub report: RefCell<EngineStatus>,
    /// The gallery, from which the self-test takes its pictures.
    pub pictures: RefCell<Vec<Pixels>>,
    /// Once it was asked for.
    pub test_set: RefCell<Option<Rc<TestSet>>>,
    pub test_set_refused: Cell<bool>,
}

impl Client {
    /// Starts the CPU engine and has it load the models, one after the other. The GPU engine waits for [`start_gpu`](Self::start_gpu).
    pub fn start(assets: Assets, notify: impl Fn(EngineEvent) + 'static) -> Self {
        let gpu = match (webgpu::is_offered(), assets.url("gpu-worker.js")) {
            (false, _) => GpuState::Absent("this browser has no WebGPU".into()),
            (true, None) => GpuState::Absent("WebGPU is not part of this build".into()),
            (true, Some(_)) => GpuState::Loading,
        };
        let client = Self(Rc::new(Inner {
            assets,
            notify: Box::new(notify),
            cpu: RefCell::default(),
            restarts: Cell::new(0),
            generation: Cell::new(0),
            supply: Supply::new(),
            gpu: RefCell::default(),
            on_gpu: RefCell::default(),
            woken: Cell::new(false),
            report: RefCell::new(EngineStatus {
                choice: EngineChoice::default(),
                gpu,
                cpu_micros: None,
                cpu_error: None,
                speeds: Vec::new(),
            }),
            pictures: RefCell::default(),
            test_set: RefCell::default(),
            test_set_refused: Cell::new(false),
        }));
        client.0.report(|_| {});
        client.start_cpu();
        let inner = client.0.clone();
        spawn_local(async move {
            // Asked early, so that the page need not promise what this browser lacks.
            let waits = inner.report.borrow().gpu == GpuState::Loading;
            if waits && let Some(lack) = webgpu::lack().await {
                inner.gpu_is(GpuState::Absent(lack));
            }
        });
        client
    }

    /// Which engine answers, and why.
    pub fn status(&self) -> EngineStatus {
        self.0.report.borrow().clone()
    }

    /// Follows the visitor's choice from the next picture on.
    pub fn set_choice(&self, choice: EngineChoice) {
        self.0.report(|report| report.choice = choice);
        if choice == EngineChoice::WebGpu {
            self.start_gpu();
        }
    }

    /// Asks the engine that is to answer for the model; a GPU that fails hands over to the CPU.
    pub(super) async fn ask(
        &self,
        model: ModelId,
        request: Request,
    ) -> Result<(Reply, Engine), String> {
        self.ask_on(self.status().active_engine(), model, request)
            .await
    }

    /// The same of an engine of one's choice.
    pub(super) async fn ask_on(
        &self,
        engine: Engine,
        model: ModelId,
        request: Request,
    ) -> Result<(Reply, Engine), String> {
        let gpu = match engine {
            Engine::WebGpu if self.0.on_gpu.borrow().contains(&model) => {
                self.0.gpu.borrow().clone()
            }
            _ => None,
        };
        if let Some(gpu) = gpu {
            match within(ANSWER_LIMIT, gpu.call(request.clone())).await {
                Some(Ok(reply)) => return Ok((reply, Engine::WebGpu)),
                Some(Err(Failure::Refused(why))) => self.0.gpu_failed(why),
                Some(Err(Failure::Died)) => {}
                None => self
                    .0
                    .gpu_failed("it did not answer within a minute".into()),
            }
        }
        Ok((self.ask_cpu(request).await?, Engine::Cpu))
    }

    pub(super) async fn ask_cpu(&self, request: Request) -> Result<Reply, String> {
        self.ask_cpu_with(request, None).await
    }

    /// The same about a visitor's file, where there is one.
    pub(super) async fn ask_cpu_with(
        &self,
        request: Request,
        file: Option<&File>,
    ) -> Result<Reply, String> {
        let link = self.0.cpu.borrow().clone();
        let link = link.ok_or_else(|| self.0.obituary())?;
        let reply = link.call_with(request, file).await;
        if reply.is_ok() {
            // Only one that dies before it answers is beyond help.
            self.0.restarts.set(0);
        }
        reply.map_err(|failure| match failure {
            Failure::Refused(sentence) => sentence,
            Failure::Died if self.0.cpu.borrow().is_none() => self.0.obituary(),
            Failure::Died => {
                "The CPU engine stopped on this picture: try another one, or reload the page."
                    .into()
            }
        })
    }
}

impl Inner {
    pub fn tell(&self, event: EngineEvent) {
        (self.notify)(event);
    }

    pub fn report(&self, change: impl FnOnce(&mut EngineStatus)) {
        change(&mut self.report.borrow_mut());
        let report = self.report.borrow().clone();
        self.tell(EngineEvent::Status(report));
    }

    /// The next stage of an engine that has not failed meanwhile.
    pub fn gpu_is(&self, gpu: GpuState) {
        if !matches!(self.report.borrow().gpu, GpuState::Failed(_)) {
            self.report(|report| report.gpu = gpu);
        }
    }

    /// The first reason stays: what follows it are consequences.
    pub fn gpu_failed(&self, why: String) {
        let link = self.gpu.borrow_mut().take();
        if let Some(link) = link {
            link.dismiss();
        }
        self.report(|report| report.speeds.retain(|s| s.engine == Engine::Cpu));
        self.gpu_is(GpuState::Failed(why.trim_end_matches('.').to_string()));
    }
}

/// The future's result; `None` when it takes longer than the limit.
pub(super) async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let timer = webgpu::sleep(limit);
    match select(std::pin::pin!(future), std::pin::pin!(timer)).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}

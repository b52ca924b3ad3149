//! Loads the weights into the CPU engine: in which order, and how far each file has been loaded.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use js_sys::Reflect;
use protocol::{Reply, Request, Source, WeightsFile};
use shared::ModelId;
use shared::model::{ensemble, novelty, photo_network};
use wasm_bindgen_futures::spawn_local;

use super::assets::Assets;
use super::error::EngineError;
use super::events::{EngineEvent, EventSink, WeightsState};
use super::rpc::{RpcError, WorkerRpc};
use super::timer::with_timeout;

/// Loaded first, the smaller one in front: the visitor waits for the first prediction. web/boot.js downloads the first one early.
const FIRST: [ModelId; 2] = [ModelId::Resnet, ModelId::Cnn];
/// Loaded next, as they are small too.
const SECOND: [ModelId; 2] = [ModelId::Logistic, ModelId::Mlp];
/// Several megabytes each: loaded one after the other, and only on request if the browser is set to save data.
const LARGE: [ModelId; 3] = [ModelId::Forest, ModelId::Svm, ModelId::Knn];

/// After this long without progress the next download is started too.
const PATIENCE: Duration = Duration::from_secs(3);

/// The worker terminated while it loaded weights.
struct Terminated;

/// The state of each model's weights in the CPU engine.
pub(super) struct WeightLoader {
    assets: Assets,
    events: EventSink,
    states: RefCell<[WeightsState; ModelId::ALL.len()]>,
    photo_network: RefCell<WeightsState>,
    /// Counts the reports of progress.
    steps: Cell<u32>,
}

impl WeightLoader {
    pub fn new(assets: Assets, events: EventSink) -> Rc<Self> {
        let saves_data = saves_data();
        let states = ModelId::ALL.map(|model| {
            if saves_data && LARGE.contains(&model) {
                WeightsState::Deferred
            } else {
                WeightsState::Queued
            }
        });
        Rc::new(Self {
            assets,
            events,
            states: RefCell::new(states),
            photo_network: RefCell::new(WeightsState::Deferred),
            steps: Cell::new(0),
        })
    }

    pub fn is_loaded(&self, model: ModelId) -> bool {
        self.state(model).is_ready()
    }

    /// Where a model's weights are; `None` if they are not part of this build.
    pub fn source(&self, model: ModelId) -> Option<Source> {
        self.file_source(model.name(), false)
    }

    /// Loads everything that is loaded without a request into a new CPU worker.
    pub fn load_all(self: &Rc<Self>, rpc: WorkerRpc) {
        for model in ModelId::ALL {
            // Weights that were requested before are loaded again.
            let state = match self.state(model) {
                WeightsState::Deferred => WeightsState::Deferred,
                _ => WeightsState::Queued,
            };
            self.set_state(model, state);
        }
        self.set_ensemble(WeightsState::Queued);
        self.set_novelty(WeightsState::Queued);
        if *self.photo_network.borrow() != WeightsState::Deferred {
            self.load_photo_network(rpc.clone());
        }
        let loader = self.clone();
        spawn_local(async move {
            // After a worker's end its successor loads everything again.
            if loader.load_in_order(&rpc).await.is_ok() {
                loader.events.send(EngineEvent::WeightsComplete);
            }
        });
    }

    /// Loads a model's weights that were deferred or have failed.
    pub fn load(self: &Rc<Self>, rpc: WorkerRpc, model: ModelId) {
        let is_retry = matches!(self.state(model), WeightsState::Failed(_));
        let loader = self.clone();
        // The worker's lifecycle reports its end.
        spawn_local(async move { drop(loader.load_model(&rpc, model, is_retry).await) });
    }

    /// Loads the ensemble's weights again after they have failed.
    pub fn retry_ensemble(self: &Rc<Self>, rpc: WorkerRpc) {
        let loader = self.clone();
        // The worker's lifecycle reports its end.
        spawn_local(async move { drop(loader.load_ensemble(&rpc, true).await) });
    }

    /// Loads the photo network's weights; after an error, again.
    pub fn load_photo_network(self: &Rc<Self>, rpc: WorkerRpc) {
        let is_retry = matches!(&*self.photo_network.borrow(), WeightsState::Failed(_));
        let loader = self.clone();
        // The worker's lifecycle reports its end, and its successor loads them again.
        spawn_local(async move { drop(loader.load_photo_weights(&rpc, is_retry).await) });
    }

    async fn load_photo_weights(
        self: &Rc<Self>,
        rpc: &WorkerRpc,
        is_retry: bool,
    ) -> Result<(), Terminated> {
        let Some(weights) = self.file_source(photo_network::NAME, is_retry) else {
            self.set_photo_network(WeightsState::Absent);
            return Ok(());
        };
        self.set_photo_network(WeightsState::Loading(0));
        let loader = Rc::downgrade(self);
        let on_progress = move |bytes| {
            if let Some(loader) = loader.upgrade() {
                loader.set_photo_network(WeightsState::Loading(bytes));
            }
        };
        let request = Request::LoadPhotoNetwork { weights };
        let state = match rpc.call_with_progress(request, on_progress).await {
            Ok(Reply::PhotoNetworkLoaded { parameters }) => WeightsState::Ready(parameters),
            reply => failed(reply)?,
        };
        self.set_photo_network(state);
        Ok(())
    }

    fn set_photo_network(&self, state: WeightsState) {
        *self.photo_network.borrow_mut() = state.clone();
        self.events.send(EngineEvent::PhotoNetworkWeights(state));
    }

    /// Loads the novelty detector's weights again after they have failed.
    pub fn retry_novelty(self: &Rc<Self>, rpc: WorkerRpc) {
        let loader = self.clone();
        // The worker's lifecycle reports its end.
        spawn_local(async move { drop(loader.load_novelty(&rpc, true).await) });
    }

    /// Sets all weights that are to be loaded to failed, as the CPU engine has not started yet.
    pub fn delay_all(&self, reason: &str) {
        let failed = WeightsState::Failed(reason.to_string());
        for model in ModelId::ALL {
            if self.state(model) != WeightsState::Deferred {
                self.set_state(model, failed.clone());
            }
        }
        self.set_ensemble(failed.clone());
        self.set_novelty(failed);
    }

    /// Takes back [`delay_all`](Self::delay_all), as the CPU engine has started: it answers the requests that it has got already.
    pub fn resume_all(&self) {
        for model in ModelId::ALL {
            if self.state(model) != WeightsState::Deferred {
                self.set_state(model, WeightsState::Queued);
            }
        }
        self.set_ensemble(WeightsState::Queued);
        self.set_novelty(WeightsState::Queued);
    }

    /// Sets all weights to failed, as there is no CPU engine.
    pub fn fail_all(&self, reason: &str) {
        for model in ModelId::ALL {
            self.set_state(model, WeightsState::Failed(reason.to_string()));
        }
        let failed = WeightsState::Failed(reason.to_string());
        self.set_ensemble(failed.clone());
        self.set_novelty(failed.clone());
        if *self.photo_network.borrow() != WeightsState::Deferred {
            self.set_photo_network(failed);
        }
        self.events.send(EngineEvent::WeightsComplete);
    }

    async fn load_in_order(self: &Rc<Self>, rpc: &WorkerRpc) -> Result<(), Terminated> {
        let models = |models: &'static [ModelId]| models.iter().map(|m| WeightsFile::Model(*m));
        let mut loads = FuturesUnordered::new();
        let mut stalled = 0;
        let files = models(&FIRST)
            .chain([WeightsFile::Ensemble, WeightsFile::Novelty])
            .chain(models(&SECOND))
            .chain(models(&LARGE));
        for file in files {
            loads.push(self.load_queued(rpc, file));
            self.wait_while_busy(&mut loads, &mut stalled).await?;
        }
        while let Some(load) = loads.next().await {
            load?;
        }
        Ok(())
    }

    /// Loads a file, unless it was requested meanwhile.
    async fn load_queued(
        self: &Rc<Self>,
        rpc: &WorkerRpc,
        file: WeightsFile,
    ) -> Result<(), Terminated> {
        match file {
            WeightsFile::Model(model) if self.state(model) != WeightsState::Queued => Ok(()),
            WeightsFile::Model(model) => self.load_model(rpc, model, false).await,
            WeightsFile::Ensemble => self.load_ensemble(rpc, false).await,
            WeightsFile::Novelty => self.load_novelty(rpc, false).await,
            WeightsFile::PhotoNetwork => self.load_photo_weights(rpc, false).await,
        }
    }

    /// Waits for the loads, but not for downloads that make no progress: the next ones need not wait for these. `stalled` is how many
    /// of the loads are such downloads.
    async fn wait_while_busy(
        &self,
        loads: &mut FuturesUnordered<impl Future<Output = Result<(), Terminated>>>,
        stalled: &mut usize,
    ) -> Result<(), Terminated> {
        while loads.len() > *stalled {
            let before = self.steps.get();
            match with_timeout(PATIENCE, loads.next()).await {
                Some(None) => break,
                Some(Some(load)) => load?,
                None if self.steps.get() == before => *stalled = loads.len(),
                None => {}
            }
        }
        *stalled = (*stalled).min(loads.len());
        Ok(())
    }

    async fn load_model(
        self: &Rc<Self>,
        rpc: &WorkerRpc,
        model: ModelId,
        is_retry: bool,
    ) -> Result<(), Terminated> {
        let Some(weights) = self.file_source(model.name(), is_retry) else {
            self.set_state(model, WeightsState::Absent);
            return Ok(());
        };
        self.set_state(model, WeightsState::Loading(0));
        let loader = Rc::downgrade(self);
        let on_progress = move |bytes| {
            if let Some(loader) = loader.upgrade() {
                loader.steps.set(loader.steps.get().wrapping_add(1));
                loader.set_state(model, WeightsState::Loading(bytes));
            }
        };
        let request = Request::Load { model, weights };
        let state = match rpc.call_with_progress(request, on_progress).await {
            Ok(Reply::Loaded { parameters, .. }) => WeightsState::Ready(parameters),
            reply => failed(reply)?,
        };
        self.set_state(model, state);
        Ok(())
    }

    async fn load_ensemble(&self, rpc: &WorkerRpc, is_retry: bool) -> Result<(), Terminated> {
        let state = match self.file_source(ensemble::NAME, is_retry) {
            None => WeightsState::Absent,
            Some(weights) => {
                self.set_ensemble(WeightsState::Loading(0));
                match rpc.call(Request::LoadEnsemble { weights }).await {
                    Ok(Reply::EnsembleLoaded) => WeightsState::Ready(0),
                    reply => failed(reply)?,
                }
            }
        };
        self.set_ensemble(state);
        Ok(())
    }

    async fn load_novelty(&self, rpc: &WorkerRpc, is_retry: bool) -> Result<(), Terminated> {
        let state = match self.file_source(novelty::NAME, is_retry) {
            None => WeightsState::Absent,
            Some(weights) => {
                self.set_novelty(WeightsState::Loading(0));
                match rpc.call(Request::LoadNovelty { weights }).await {
                    Ok(Reply::NoveltyLoaded) => WeightsState::Ready(0),
                    reply => failed(reply)?,
                }
            }
        };
        self.set_novelty(state);
        Ok(())
    }

    fn set_ensemble(&self, state: WeightsState) {
        self.events.send(EngineEvent::EnsembleWeights(state));
    }

    fn set_novelty(&self, state: WeightsState) {
        self.events.send(EngineEvent::NoveltyWeights(state));
    }

    fn state(&self, model: ModelId) -> WeightsState {
        self.states.borrow()[model as usize].clone()
    }

    fn set_state(&self, model: ModelId, state: WeightsState) {
        self.states.borrow_mut()[model as usize] = state.clone();
        self.events.send(EngineEvent::Weights(model, state));
    }

    /// A retry bypasses the browser's caches, which may hold the damaged file.
    fn file_source(&self, name: &str, is_retry: bool) -> Option<Source> {
        let url = self.assets.url(&format!("{name}.hbd"))?;
        Some(if is_retry {
            Source::Fresh(url)
        } else {
            Source::Url(url)
        })
    }
}

/// The state of weights that the worker did not load.
fn failed(reply: Result<Reply, RpcError>) -> Result<WeightsState, Terminated> {
    let error = match reply {
        Ok(_) => EngineError::UnexpectedReply,
        Err(RpcError::Refused(error)) => EngineError::Refused(error),
        Err(RpcError::NotSent) => EngineError::NotSent,
        Err(RpcError::Terminated | RpcError::NotBegun | RpcError::TooLong(_)) => {
            return Err(Terminated);
        }
    };
    Ok(WeightsState::Failed(error.to_string()))
}

/// Whether the visitor has set the browser to save data.
pub fn saves_data() -> bool {
    let connection = web_sys::window()
        .and_then(|w| Reflect::get(&w.navigator(), &"connection".into()).ok())
        .filter(|c| c.is_object());
    connection
        .and_then(|c| Reflect::get(&c, &"saveData".into()).ok())
        .is_some_and(|saves| saves.is_truthy())
}

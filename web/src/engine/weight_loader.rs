//! Loads the weights into the CPU engine: in which order, and how far each file has been loaded.

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::future::join;
use js_sys::Reflect;
use protocol::{Reply, Request, Source};
use shared::ModelId;
use shared::model::{ensemble, novelty, photo_network};
use wasm_bindgen_futures::spawn_local;

use super::assets::Assets;
use super::error::EngineError;
use super::events::{EngineEvent, EventSink, WeightsState};
use super::rpc::{RpcError, WorkerRpc};

/// Loaded first and both at once, the smaller one in front: the visitor waits for the first prediction. web/boot.js downloads
/// them early.
const FIRST: [ModelId; 2] = [ModelId::Resnet, ModelId::Cnn];
/// Loaded next, as they are small too.
const SECOND: [ModelId; 2] = [ModelId::Logistic, ModelId::Mlp];
/// Several megabytes each: loaded one after the other, and only on request if the browser is set to save data.
const LARGE: [ModelId; 3] = [ModelId::Forest, ModelId::Svm, ModelId::Knn];

/// The worker terminated while it loaded weights.
struct Terminated;

/// The state of each model's weights in the CPU engine.
pub(super) struct WeightLoader {
    assets: Assets,
    events: EventSink,
    states: RefCell<[WeightsState; ModelId::ALL.len()]>,
    photo_network: RefCell<WeightsState>,
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
        self.events
            .send(EngineEvent::EnsembleWeights(WeightsState::Queued));
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

    /// Loads the photo network's weights, unless they are being loaded; after an error, again.
    pub fn load_photo_network(self: &Rc<Self>, rpc: WorkerRpc) {
        let is_retry = matches!(&*self.photo_network.borrow(), WeightsState::Failed(_));
        let Some(weights) = self.file_source(photo_network::NAME, is_retry) else {
            self.set_photo_network(WeightsState::Absent);
            return;
        };
        self.set_photo_network(WeightsState::Loading(0));
        let loader = self.clone();
        spawn_local(async move {
            let on_progress = {
                let loader = Rc::downgrade(&loader);
                move |bytes| {
                    if let Some(loader) = loader.upgrade() {
                        loader.set_photo_network(WeightsState::Loading(bytes));
                    }
                }
            };
            let request = Request::LoadPhotoNetwork { weights };
            let state = match rpc.call_with_progress(request, on_progress).await {
                Ok(Reply::PhotoNetworkLoaded { parameters }) => WeightsState::Ready(parameters),
                reply => match failed(reply) {
                    Ok(state) => state,
                    // The worker's successor loads them again.
                    Err(Terminated) => return,
                },
            };
            loader.set_photo_network(state);
        });
    }

    fn set_photo_network(&self, state: WeightsState) {
        *self.photo_network.borrow_mut() = state.clone();
        self.events.send(EngineEvent::PhotoNetworkWeights(state));
    }

    /// Sets all weights to failed, as there is no CPU engine.
    pub fn fail_all(&self, reason: &str) {
        for model in ModelId::ALL {
            self.set_state(model, WeightsState::Failed(reason.to_string()));
        }
        let failed = WeightsState::Failed(reason.to_string());
        self.events.send(EngineEvent::EnsembleWeights(failed));
        self.events.send(EngineEvent::WeightsComplete);
    }

    async fn load_in_order(self: &Rc<Self>, rpc: &WorkerRpc) -> Result<(), Terminated> {
        let [first, second] = FIRST.map(|model| self.load_model(rpc, model, false));
        let (first, second) = join(first, second).await;
        first.and(second)?;
        self.load_ensemble(rpc, false).await?;
        self.load_novelty(rpc).await?;
        for model in SECOND.into_iter().chain(LARGE) {
            // It may have been requested meanwhile.
            if self.state(model) == WeightsState::Queued {
                self.load_model(rpc, model, false).await?;
            }
        }
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
                let loading = WeightsState::Loading(0);
                self.events.send(EngineEvent::EnsembleWeights(loading));
                match rpc.call(Request::LoadEnsemble { weights }).await {
                    Ok(Reply::EnsembleLoaded) => WeightsState::Ready(0),
                    reply => failed(reply)?,
                }
            }
        };
        self.events.send(EngineEvent::EnsembleWeights(state));
        Ok(())
    }

    async fn load_novelty(&self, rpc: &WorkerRpc) -> Result<(), Terminated> {
        let state = match self.file_source(novelty::NAME, false) {
            None => WeightsState::Absent,
            Some(weights) => match rpc.call(Request::LoadNovelty { weights }).await {
                Ok(Reply::NoveltyLoaded) => WeightsState::Ready(0),
                reply => failed(reply)?,
            },
        };
        self.events.send(EngineEvent::NoveltyWeights(state));
        Ok(())
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
        Err(RpcError::Terminated) => return Err(Terminated),
    };
    Ok(WeightsState::Failed(error.to_string()))
}

/// Whether the visitor has set the browser to save data.
fn saves_data() -> bool {
    let connection = web_sys::window()
        .and_then(|w| Reflect::get(&w.navigator(), &"connection".into()).ok())
        .filter(|c| c.is_object());
    connection
        .and_then(|c| Reflect::get(&c, &"saveData".into()).ok())
        .is_some_and(|saves| saves.is_truthy())
}

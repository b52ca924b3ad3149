//! Loads the weights into the CPU engine: in which order, and how far each file has been loaded.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use js_sys::Reflect;
use protocol::{Reply, Request, Source, WeightsFile};
use shared::ModelId;
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

/// The state of each weights file in the CPU engine.
pub(super) struct WeightLoader {
    assets: Assets,
    events: EventSink,
    /// In the order of [`WeightsFile::all`].
    states: RefCell<Vec<WeightsState>>,
    /// Counts the reports of progress.
    steps: Cell<u32>,
}

impl WeightLoader {
    pub fn new(assets: Assets, events: EventSink) -> Rc<Self> {
        let saves_data = saves_data();
        let states = WeightsFile::all().map(|file| match file {
            WeightsFile::PhotoNetwork => WeightsState::Deferred,
            WeightsFile::Model(model) if saves_data && LARGE.contains(&model) => {
                WeightsState::Deferred
            }
            _ => WeightsState::Queued,
        });
        Rc::new(Self {
            assets,
            events,
            states: RefCell::new(states.collect()),
            steps: Cell::new(0),
        })
    }

    pub fn is_loaded(&self, model: ModelId) -> bool {
        self.state(WeightsFile::Model(model)).is_ready()
    }

    /// Where a model's weights are; `None` if they are not part of this build.
    pub fn source(&self, model: ModelId) -> Option<Source> {
        self.file_source(model.name(), false)
    }

    /// Loads a file into another worker, which has no state on the page. Returns whether it is loaded.
    pub async fn load_into(&self, rpc: &WorkerRpc, file: WeightsFile) -> bool {
        let Some(weights) = self.file_source(file.name(), false) else {
            return false;
        };
        let reply = rpc.call(request(file, weights)).await;
        reply.is_ok_and(|reply| loaded(file, &reply).is_some())
    }

    /// Loads everything that is loaded without a request into a new CPU worker, and what was requested before.
    pub fn load_all(self: &Rc<Self>, rpc: WorkerRpc) {
        for file in unasked() {
            let state = match self.state(file) {
                WeightsState::Deferred => WeightsState::Deferred,
                _ => WeightsState::Queued,
            };
            self.set_state(file, state);
        }
        if self.state(WeightsFile::PhotoNetwork) != WeightsState::Deferred {
            self.load(rpc.clone(), WeightsFile::PhotoNetwork);
        }
        let loader = self.clone();
        spawn_local(async move {
            // After a worker's end its successor loads everything again.
            if loader.load_in_order(&rpc).await.is_ok() {
                loader.events.send(EngineEvent::WeightsComplete);
            }
        });
    }

    /// Loads a file that was deferred or has failed.
    pub fn load(self: &Rc<Self>, rpc: WorkerRpc, file: WeightsFile) {
        let is_retry = matches!(self.state(file), WeightsState::Failed(_));
        let loader = self.clone();
        // The worker's lifecycle reports its end, and its successor loads the file again.
        spawn_local(async move { drop(loader.load_file(&rpc, file, is_retry).await) });
    }

    /// Sets all weights that are to be loaded to failed, as the CPU engine has not started yet.
    pub fn delay_all(&self, reason: &str) {
        self.set_awaited(&WeightsState::Failed(reason.to_string()));
    }

    /// Takes back [`delay_all`](Self::delay_all), as the CPU engine has started: it answers the requests that it has got already.
    pub fn resume_all(&self) {
        self.set_awaited(&WeightsState::Queued);
    }

    /// Sets the state of the files that are loaded without a request.
    fn set_awaited(&self, state: &WeightsState) {
        for file in unasked() {
            if self.state(file) != WeightsState::Deferred {
                self.set_state(file, state.clone());
            }
        }
    }

    /// Sets all weights to failed, as there is no CPU engine.
    pub fn fail_all(&self, reason: &str) {
        for file in WeightsFile::all() {
            let is_photo_network = file == WeightsFile::PhotoNetwork;
            if !(is_photo_network && self.state(file) == WeightsState::Deferred) {
                self.set_state(file, WeightsState::Failed(reason.to_string()));
            }
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

    /// Loads a file, unless it is a model's that was requested meanwhile.
    async fn load_queued(
        self: &Rc<Self>,
        rpc: &WorkerRpc,
        file: WeightsFile,
    ) -> Result<(), Terminated> {
        let is_model = matches!(file, WeightsFile::Model(_));
        if is_model && self.state(file) != WeightsState::Queued {
            return Ok(());
        }
        self.load_file(rpc, file, false).await
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

    async fn load_file(
        self: &Rc<Self>,
        rpc: &WorkerRpc,
        file: WeightsFile,
        is_retry: bool,
    ) -> Result<(), Terminated> {
        let Some(weights) = self.file_source(file.name(), is_retry) else {
            self.set_state(file, WeightsState::Absent);
            return Ok(());
        };
        self.set_state(file, WeightsState::Loading(0));
        let loader = Rc::downgrade(self);
        let on_progress = move |bytes| {
            if let Some(loader) = loader.upgrade() {
                // Nothing waits for the photo network.
                if file != WeightsFile::PhotoNetwork {
                    loader.steps.set(loader.steps.get().wrapping_add(1));
                }
                loader.set_state(file, WeightsState::Loading(bytes));
            }
        };
        let reply = rpc
            .call_with_progress(request(file, weights), on_progress)
            .await;
        let parameters = reply.as_ref().ok().and_then(|reply| loaded(file, reply));
        let state = match parameters {
            Some(parameters) => WeightsState::Ready(parameters),
            None => failed(reply)?,
        };
        self.set_state(file, state);
        Ok(())
    }

    fn state(&self, file: WeightsFile) -> WeightsState {
        let states = self.states.borrow();
        let mut all = WeightsFile::all().zip(states.iter());
        let found = all.find(|(other, _)| *other == file);
        found.map_or(WeightsState::Absent, |(_, state)| state.clone())
    }

    fn set_state(&self, file: WeightsFile, state: WeightsState) {
        for (other, stored) in WeightsFile::all().zip(self.states.borrow_mut().iter_mut()) {
            if other == file {
                *stored = state.clone();
            }
        }
        self.events.send(EngineEvent::Weights(file, state));
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

/// The files that are loaded without a request, unless they are deferred.
fn unasked() -> impl Iterator<Item = WeightsFile> {
    WeightsFile::all().filter(|file| *file != WeightsFile::PhotoNetwork)
}

fn request(file: WeightsFile, weights: Source) -> Request {
    match file {
        WeightsFile::Model(model) => Request::Load { model, weights },
        WeightsFile::Ensemble => Request::LoadEnsemble { weights },
        WeightsFile::Novelty => Request::LoadNovelty { weights },
        WeightsFile::PhotoNetwork => Request::LoadPhotoNetwork { weights },
    }
}

/// The number of parameters, which is 0 for the small files, if the reply says that the file is loaded.
fn loaded(file: WeightsFile, reply: &Reply) -> Option<u32> {
    match (file, reply) {
        (WeightsFile::Model(_), Reply::Loaded { parameters, .. })
        | (WeightsFile::PhotoNetwork, Reply::PhotoNetworkLoaded { parameters }) => {
            Some(*parameters)
        }
        (WeightsFile::Ensemble, Reply::EnsembleLoaded)
        | (WeightsFile::Novelty, Reply::NoveltyLoaded) => Some(0),
        _ => None,
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

//! Which weights the CPU engine is given, when, and how far they have come.

use std::cell::RefCell;

use futures_util::future::join;
use js_sys::Reflect;
use shared::ModelId;
use shared::model::{ensemble, novelty};
use wasm_bindgen_futures::spawn_local;

use super::api::misplaced;
use super::client::{Client, EngineEvent, Inner};
use super::rpc::{Failure, Link};
use protocol::{Reply, Request, Source};

/// They come first, both at once: the first verdict is what a visitor waits for. The smaller one leads.
const FIRST: [ModelId; 2] = [ModelId::Resnet, ModelId::Cnn];
/// Then these, which are small too.
const SECOND: [ModelId; 2] = [ModelId::Logistic, ModelId::Mlp];
/// Some megabytes each: one after the other, and where data is to be saved only when asked for.
const LARGE: [ModelId; 3] = [ModelId::Forest, ModelId::Svm, ModelId::Knn];

/// How far a file of weights has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum WeightsState {
    /// Its turn will come.
    #[default]
    Queued,
    /// It waits to be asked for: this browser saves data.
    Deferred,
    /// So many of its bytes are here.
    Loading(u32),
    /// How many numbers it holds.
    Ready(u32),
    /// Not part of this build.
    Absent,
    /// Why not, as a sentence.
    Failed(String),
}

impl WeightsState {
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }

    /// Whether they may still come, be it only when asked for.
    pub fn may_load(&self) -> bool {
        !matches!(self, Self::Absent | Self::Failed(_))
    }
}

/// The engine that was to be supplied is no more.
struct Died;

/// What is known of the models' weights.
pub(super) struct Supply(RefCell<[WeightsState; ModelId::ALL.len()]>);

impl Supply {
    /// Nothing is here; whatever is large waits where data is to be saved.
    pub fn new() -> Self {
        let saves = saves_data();
        Self(RefCell::new(ModelId::ALL.map(|model| {
            match saves && LARGE.contains(&model) {
                true => WeightsState::Deferred,
                false => WeightsState::Queued,
            }
        })))
    }

    fn of(&self, model: ModelId) -> WeightsState {
        self.0.borrow()[model as usize].clone()
    }

    /// Whether the engine has a model's weights.
    pub fn has(&self, model: ModelId) -> bool {
        self.of(model).is_ready()
    }
}

impl Client {
    /// Gives a new CPU engine all weights that come by themselves.
    pub(super) fn supply(&self, link: Link) {
        for model in ModelId::ALL {
            // What was asked for once is wanted again.
            let weights = match self.0.supply.of(model) {
                WeightsState::Deferred => WeightsState::Deferred,
                _ => WeightsState::Queued,
            };
            self.0.set_weights(model, weights);
        }
        self.0
            .tell(EngineEvent::EnsembleWeights(WeightsState::Queued));
        let client = self.clone();
        spawn_local(async move {
            if client.stock(&link).await.is_ok() {
                client.0.tell(EngineEvent::WeightsComplete);
            }
        });
    }

    /// Loads what comes by itself; an engine that dies has its successor supplied anew.
    async fn stock(&self, link: &Link) -> Result<(), Died> {
        let [one, other] = FIRST.map(|model| self.load(link, model, false));
        let (one, other) = join(one, other).await;
        one.and(other)?;
        self.load_ensemble_from(link, false).await?;
        self.load_novelty(link).await?;
        for model in SECOND.into_iter().chain(LARGE) {
            // It may have been asked for meanwhile.
            if self.0.supply.of(model) == WeightsState::Queued {
                self.load(link, model, false).await?;
            }
        }
        Ok(())
    }

    /// Fetches a model's weights that wait to be asked for, or that were refused.
    pub fn load_weights(&self, model: ModelId) {
        let fresh = matches!(self.0.supply.of(model), WeightsState::Failed(_));
        let Some(link) = self.0.cpu.borrow().clone() else {
            return;
        };
        let client = self.clone();
        // Its death is told elsewhere.
        spawn_local(async move { drop(client.load(&link, model, fresh).await) });
    }

    /// Fetches the vote's weights again.
    pub fn load_ensemble(&self) {
        let Some(link) = self.0.cpu.borrow().clone() else {
            return;
        };
        let client = self.clone();
        // Its death is told elsewhere.
        spawn_local(async move { drop(client.load_ensemble_from(&link, true).await) });
    }

    async fn load(&self, link: &Link, model: ModelId, fresh: bool) -> Result<(), Died> {
        let Some(weights) = self.0.source(model.name(), fresh) else {
            self.0.set_weights(model, WeightsState::Absent);
            return Ok(());
        };
        self.0.set_weights(model, WeightsState::Loading(0));
        let weak = std::rc::Rc::downgrade(&self.0);
        let progress = move |bytes| {
            if let Some(inner) = weak.upgrade() {
                inner.set_weights(model, WeightsState::Loading(bytes));
            }
        };
        let reply = link
            .call_patiently(Request::Load { model, weights }, progress)
            .await;
        let weights = match reply {
            Ok(Reply::Loaded { parameters, .. }) => WeightsState::Ready(parameters),
            Ok(other) => WeightsState::Failed(misplaced(&other)),
            Err(Failure::Refused(why)) => WeightsState::Failed(why),
            // Which is told elsewhere.
            Err(Failure::Died) => return Err(Died),
        };
        self.0.set_weights(model, weights);
        Ok(())
    }

    async fn load_ensemble_from(&self, link: &Link, fresh: bool) -> Result<(), Died> {
        let weights = match self.0.source(ensemble::NAME, fresh) {
            None => WeightsState::Absent,
            Some(weights) => {
                self.0
                    .tell(EngineEvent::EnsembleWeights(WeightsState::Loading(0)));
                match link.call(Request::LoadEnsemble { weights }).await {
                    Ok(Reply::EnsembleLoaded) => WeightsState::Ready(0),
                    Ok(other) => WeightsState::Failed(misplaced(&other)),
                    Err(Failure::Refused(why)) => WeightsState::Failed(why),
                    Err(Failure::Died) => return Err(Died),
                }
            }
        };
        self.0.tell(EngineEvent::EnsembleWeights(weights));
        Ok(())
    }

    async fn load_novelty(&self, link: &Link) -> Result<(), Died> {
        let weights = match self.0.source(novelty::NAME, false) {
            None => WeightsState::Absent,
            Some(weights) => match link.call(Request::LoadNovelty { weights }).await {
                Ok(Reply::NoveltyLoaded) => WeightsState::Ready(0),
                Ok(other) => WeightsState::Failed(misplaced(&other)),
                Err(Failure::Refused(why)) => WeightsState::Failed(why),
                Err(Failure::Died) => return Err(Died),
            },
        };
        self.0.tell(EngineEvent::NoveltyWeights(weights));
        Ok(())
    }
}

impl Inner {
    fn set_weights(&self, model: ModelId, weights: WeightsState) {
        self.supply.0.borrow_mut()[model as usize] = weights.clone();
        self.tell(EngineEvent::Weights(model, weights));
    }

    /// No engine is left to hold any.
    pub fn no_weights(&self, why: &str) {
        for model in ModelId::ALL {
            self.set_weights(model, WeightsState::Failed(why.to_string()));
        }
        self.tell(EngineEvent::EnsembleWeights(WeightsState::Failed(
            why.to_string(),
        )));
    }

    fn source(&self, name: &str, fresh: bool) -> Option<Source> {
        let url = self.assets.url(&format!("{name}.hbd"))?;
        Some(match fresh {
            true => Source::Fresh(url),
            false => Source::Url(url),
        })
    }

    /// Where a network's weights are, for the GPU engine.
    pub fn weights_of(&self, model: ModelId) -> Option<Source> {
        self.source(model.name(), false)
    }
}

/// Whether the visitor has asked the browser to save data.
fn saves_data() -> bool {
    let connection = web_sys::window()
        .and_then(|w| Reflect::get(&w.navigator(), &"connection".into()).ok())
        .filter(|c| c.is_object());
    connection
        .and_then(|c| Reflect::get(&c, &"saveData".into()).ok())
        .is_some_and(|saves| saves.is_truthy())
}

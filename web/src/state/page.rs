//! The page's state, and what follows from what.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::{Garment, Grey28, ModelId};

use crate::engine::{
    Assets, Client, Engine, EngineChoice, EngineEvent, EngineStatus, WeightsState, sleep,
};
use crate::requests::batch::Roll;
use crate::state::edit_state::Bench;
use crate::state::image::Picture;
use crate::state::manifest::{self, Facts};
use crate::state::models::{Count, Model, Poll, State};
use crate::state::timings::Stopwatch;
use protocol::{Pixels, RawHeatMap};

/// The GPU engine is fetched this long after the models are ready, when no picture has come until then.
const IDLE: Duration = Duration::from_secs(4);

/// Signals, so `Copy`; components get it from the context.
#[derive(Clone, Copy)]
pub struct Page {
    client: StoredValue<Client, LocalStorage>,
    pub(crate) assets: StoredValue<Assets, LocalStorage>,
    /// The number of the latest picture handed in.
    pub(crate) latest: RwSignal<u32>,
    /// Whether that picture is still being read and prepared.
    pub(crate) preparing: RwSignal<bool>,
    pub picture: RwSignal<Option<Arc<Picture>>>,
    /// What the visitor changes about the photo on show.
    pub bench: Bench,
    /// Several files that came at once.
    pub roll: Roll,
    models: [RwSignal<Model>; ModelId::ALL.len()],
    pub poll: RwSignal<Poll>,
    pub errors: RwSignal<Vec<String>>,
    pub notice: RwSignal<Option<String>>,
    pub report: RwSignal<Option<EngineStatus>>,
    /// Whether all weights that come by themselves have come, or will not.
    supplied: RwSignal<bool>,
    /// Whether it can be told what is none of the ten.
    pub(crate) novelty: RwSignal<bool>,
    /// A picture's number, and whether it may be one of the ten.
    pub(crate) recognised: RwSignal<Option<(u32, bool)>>,
    pub gallery: RwSignal<Vec<Grey28>>,
    pub facts: RwSignal<Vec<Facts>>,
    pub stopwatch: RwSignal<Stopwatch>,
    /// The model whose reasons are shown.
    pub asked_model: RwSignal<ModelId>,
    /// The class that the visitor asks about; without one, the model's verdict.
    pub asked_class: RwSignal<Option<Garment>>,
    pub map: RwSignal<Option<Explanation>>,
}

/// A map and the picture that it explains.
#[derive(Clone)]
pub struct Explanation {
    pub picture: Arc<Picture>,
    pub map: Arc<RawHeatMap>,
}

impl Page {
    /// Starts the engines; call it once, within the app's owner.
    pub fn open() -> Self {
        let models = ModelId::ALL.map(|_| RwSignal::new(Model::default()));
        let poll = RwSignal::new(Poll::default());
        let errors = RwSignal::new(Vec::new());
        let report = RwSignal::new(None);
        let asked_model = RwSignal::new(ModelId::Resnet);
        let loaded = RwSignal::new(None);
        let supplied = RwSignal::new(false);
        let novelty = RwSignal::new(false);
        let assets = Assets::from_page();
        let client = Client::start(assets.clone(), move |event| match event {
            EngineEvent::Status(new) => report.set(Some(new)),
            EngineEvent::WeightsComplete => supplied.set(true),
            EngineEvent::Weights(model, weights) => {
                models[model as usize].update(|m| m.weights = weights.clone());
                match weights {
                    WeightsState::Ready(_) => loaded.set(Some(model)),
                    WeightsState::Failed(sentence) => add(errors, sentence),
                    _ => {}
                }
                // Reasons are asked of a model that can give some.
                let able = |m: ModelId| models[m as usize].with_untracked(|m| m.weights.may_load());
                let asked = asked_model.get_untracked();
                if !able(asked)
                    && let Some(other) = ModelId::ALL.into_iter().find(|m| able(*m))
                {
                    asked_model.set(other);
                }
            }
            EngineEvent::NoveltyWeights(weights) => {
                novelty.set(weights.is_ready());
                if let WeightsState::Failed(sentence) = weights {
                    add(errors, sentence);
                }
            }
            EngineEvent::EnsembleWeights(weights) => {
                if let WeightsState::Failed(sentence) = &weights {
                    add(errors, sentence.clone());
                }
                poll.update(|p| p.weights = weights);
            }
        });
        let page = Self {
            client: StoredValue::new_local(client),
            assets: StoredValue::new_local(assets),
            latest: RwSignal::new(0),
            preparing: RwSignal::new(false),
            picture: RwSignal::new(None),
            bench: Bench::default(),
            roll: Roll::default(),
            models,
            poll,
            errors,
            notice: RwSignal::new(None),
            report,
            supplied,
            novelty,
            recognised: RwSignal::new(None),
            gallery: RwSignal::new(Vec::new()),
            facts: RwSignal::new(Vec::new()),
            stopwatch: RwSignal::new(Stopwatch::default()),
            asked_model,
            asked_class: RwSignal::new(None),
            map: RwSignal::new(None),
        };
        page.watch(loaded);
        page.watch_gpu();
        page.watch_poll();
        page.watch_novelty();
        page.watch_reasons();
        page.watch_roll();
        page.furnish();
        page
    }

    /// Weights and engines that become ready answer the picture on show.
    fn watch(self, loaded: RwSignal<Option<ModelId>>) {
        Effect::new(move |_| {
            if let Some(model) = loaded.get() {
                self.ask(model);
            }
        });
        let engine = Memo::new(move |_| self.report.get().map(|r| r.active_engine()));
        Effect::new(move |before: Option<Option<Engine>>| {
            let now = engine.get();
            if before.flatten().is_some_and(|before| Some(before) != now) {
                self.stopwatch.set(Stopwatch::default());
                self.ask_all();
                settled();
            }
            now
        });
    }

    /// The CPU engine's warm-up and the GPU engine come last: after all weights, and after the first answers or a while without a picture.
    fn watch_gpu(self) {
        let answered = Memo::new(move |_| {
            self.models
                .iter()
                .any(|m| m.with(|m| m.answer.is_some() && !m.pending))
        });
        let rest = move || {
            self.warm_up();
            self.client().start_gpu();
            settled();
        };
        Effect::new(move |_| match (self.supplied.get(), answered.get()) {
            (true, true) => rest(),
            (true, false) => spawn_local(async move {
                sleep(IDLE).await;
                rest();
            }),
            (false, _) => {}
        });
    }

    fn warm_up(self) {
        spawn_local(async move {
            for model in ModelId::DEEP {
                // By then another engine may answer, and the times are its.
                if let Some(micros) = self.client().warm_up(model).await
                    && self.client().status().active_engine() == Engine::Cpu
                {
                    self.stopwatch.update(|s| s.note_model(model, micros));
                }
            }
        });
    }

    fn furnish(self) {
        spawn_local(async move {
            match self.client().load_gallery().await {
                Ok(pictures) => {
                    self.leisure().await;
                    self.gallery
                        .set(pictures.iter().filter_map(Pixels::grey).collect());
                }
                Err(error) => add(self.errors, error.to_string()),
            }
        });
        spawn_local(async move {
            let url = self.assets.with_value(|a| a.url("manifest.json"));
            if let Some(url) = url {
                self.facts.set(manifest::fetch(&url).await);
            }
        });
    }

    /// Waits while a picture waits for its first verdict: what may be looked at later is drawn later.
    pub(crate) async fn leisure(self) {
        /// About a frame.
        const BREATH: Duration = Duration::from_millis(16);
        while untrack(|| self.is_pressed()) {
            sleep(BREATH).await;
        }
    }

    fn is_pressed(self) -> bool {
        let number = self.picture.with(|p| p.as_ref().map(|p| p.number));
        let is_answered = || {
            let answers = self
                .models
                .iter()
                .map(|m| m.with(|m| m.answer.as_ref().map(|a| a.picture)));
            answers.flatten().any(|answered| Some(answered) == number)
        };
        self.is_preparing() || (number.is_some() && self.awaited() > 0 && !is_answered())
    }

    pub(crate) fn client(self) -> Client {
        self.client.get_value()
    }

    /// A model's state.
    pub fn model(self, model: ModelId) -> RwSignal<Model> {
        self.models[model as usize]
    }

    /// A model's state in one word.
    pub fn state(self, model: ModelId) -> State {
        let preparing = self.preparing.get();
        self.model(model).with(|m| m.state(preparing))
    }

    /// How many models will answer the picture on show by themselves.
    pub fn awaited(self) -> usize {
        let states = ModelId::ALL.map(|m| self.state(m));
        states.into_iter().filter(|s| s.is_to_come()).count()
    }

    /// How many may still answer it, be it only when asked for.
    pub fn to_come(self) -> usize {
        let states = ModelId::ALL.map(|m| self.state(m));
        let deferred = states.iter().filter(|s| **s == State::Deferred).count();
        self.awaited() + deferred
    }

    /// The vote on the picture on show, as far as it has been counted; until then, the one on what the same photo was
    /// before its last edit.
    pub fn count(self) -> Option<Count> {
        let photo = self.picture.with(|p| p.as_ref().map(|p| p.photo))?;
        self.poll
            .with(|p| p.count.clone())
            .filter(|c| c.picture >= photo)
    }

    /// How many of a vote's voters are still to be heard; all were, of a vote on an earlier edit.
    pub fn unheard(self, count: &Count) -> usize {
        let number = self.picture.with(|p| p.as_ref().map(|p| p.number));
        match number == Some(count.picture) {
            true => self.to_come(),
            false => ModelId::ALL.len().saturating_sub(count.said.len()),
        }
    }

    /// Whether the picture on show may be one of the ten, once that is known.
    pub fn knows(self) -> Option<bool> {
        let picture = self.picture.with(|p| p.as_ref().map(|p| p.number))?;
        let recognised = self.recognised.get();
        recognised.and_then(|(number, known)| (number == picture).then_some(known))
    }

    /// Whether a file is being read and prepared.
    pub fn is_preparing(self) -> bool {
        self.preparing.get()
    }

    /// Follows the visitor's choice of an engine.
    pub fn choose(self, choice: EngineChoice) {
        self.client().set_choice(choice);
    }

    /// Fetches weights that wait to be asked for, or tries again.
    pub fn fetch_weights(self, model: ModelId) {
        self.errors.set(Vec::new());
        self.client().load_weights(model);
    }

    /// Tries the vote's weights again.
    pub fn fetch_vote(self) {
        self.errors.set(Vec::new());
        self.client().load_ensemble();
    }
}

/// Tells web/boot.js that all files that come by themselves are here, so that it keeps them for the next visit.
fn settled() {
    if let Ok(event) = web_sys::Event::new("haberdash-settled") {
        // Nobody can cancel it.
        let _ = document().dispatch_event(&event);
    }
}

/// One sentence once, however many models say it.
pub(crate) fn add(errors: RwSignal<Vec<String>>, sentence: String) {
    errors.update(|all| {
        if !all.contains(&sentence) {
            all.push(sentence);
        }
    });
}

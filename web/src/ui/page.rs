//! The page's state, and what changes it: pictures come in, answers come back, the late ones are dropped.

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::{Garment, Grey28, ModelId};

use super::answer::{Answer, Model, State, Weights};
use super::manifest::{self, Facts};
use super::picture::Picture;
use crate::engine::assets::Assets;
use crate::engine::client::{Client, Event};
use crate::engine::offer::sleep;
use crate::engine::protocol::{Map, Pixels, Prepared};
use crate::engine::report::{Choice, Engine, Report};

/// The GPU engine is fetched this long after the models are ready, when no picture has come until then.
const IDLE: Duration = Duration::from_secs(4);

/// Signals, so `Copy`; components get it from the context.
#[derive(Clone, Copy)]
pub struct Page {
    client: StoredValue<Client, LocalStorage>,
    /// The number of the latest picture handed in.
    latest: RwSignal<u32>,
    /// Whether that picture is still being read and prepared.
    preparing: RwSignal<bool>,
    pub picture: RwSignal<Option<Arc<Picture>>>,
    models: [RwSignal<Model>; ModelId::ALL.len()],
    pub errors: RwSignal<Vec<String>>,
    pub notice: RwSignal<Option<String>>,
    pub report: RwSignal<Option<Report>>,
    pub gallery: RwSignal<Vec<Grey28>>,
    pub facts: RwSignal<Vec<Facts>>,
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
    pub map: Arc<Map>,
}

impl Page {
    /// Starts the engines; call it once, within the app's owner.
    pub fn open() -> Self {
        let models = ModelId::ALL.map(|_| RwSignal::new(Model::default()));
        let errors = RwSignal::new(Vec::new());
        let report = RwSignal::new(None);
        let asked_model = RwSignal::new(ModelId::Resnet);
        let loaded = RwSignal::new(None);
        let assets = Assets::of_page();
        let client = Client::start(assets.clone(), move |event| match event {
            Event::Engine(new) => report.set(Some(new)),
            Event::Reloading => {
                for model in models {
                    model.update(|m| m.weights = Weights::Loading);
                }
            }
            Event::Weights(model, Ok(parameters)) => {
                models[model as usize].update(|m| m.weights = Weights::Ready(parameters));
                loaded.set(Some(model));
            }
            Event::Weights(model, Err(sentence)) => {
                models[model as usize].update(|m| m.weights = Weights::Failed(sentence.clone()));
                add(errors, sentence);
                // Reasons are asked of a model that can give some.
                if let Some(other) = ModelId::ALL.into_iter().find(|m| {
                    models[*m as usize].with_untracked(|m| !matches!(m.weights, Weights::Failed(_)))
                }) && asked_model.get_untracked() == model
                {
                    asked_model.set(other);
                }
            }
        });
        let page = Self {
            client: StoredValue::new_local(client),
            latest: RwSignal::new(0),
            preparing: RwSignal::new(false),
            picture: RwSignal::new(None),
            models,
            errors,
            notice: RwSignal::new(None),
            report,
            gallery: RwSignal::new(Vec::new()),
            facts: RwSignal::new(Vec::new()),
            asked_model,
            asked_class: RwSignal::new(None),
            map: RwSignal::new(None),
        };
        page.watch(loaded);
        page.furnish(assets);
        page
    }

    /// What follows from what: weights and engines that become ready answer the picture on show.
    fn watch(self, loaded: RwSignal<Option<ModelId>>) {
        Effect::new(move |_| {
            if let Some(model) = loaded.get() {
                self.ask(model);
                let all = ModelId::ALL
                    .iter()
                    .all(|m| self.models[*m as usize].with_untracked(|m| m.weights.are_ready()));
                if all {
                    spawn_local(async move {
                        sleep(IDLE).await;
                        self.client().wake_gpu();
                    });
                }
            }
        });
        let engine = Memo::new(move |_| self.report.get().map(|r| r.active()));
        Effect::new(move |before: Option<Option<Engine>>| {
            let now = engine.get();
            if before.flatten().is_some_and(|before| Some(before) != now) {
                self.ask_all();
            }
            now
        });
        let wanted = Memo::new(move |_| self.wanted());
        Effect::new(move |_| {
            if let Some((_, model, class)) = wanted.get() {
                self.explain(model, class, wanted);
            }
        });
    }

    /// Fetches what the page shows besides: the gallery and the published figures.
    fn furnish(self, assets: Assets) {
        spawn_local(async move {
            match self.client().gallery().await {
                Ok(pictures) => self
                    .gallery
                    .set(pictures.iter().filter_map(Pixels::grey).collect()),
                Err(sentence) => add(self.errors, sentence),
            }
        });
        spawn_local(async move {
            if let Some(url) = assets.url("manifest.json") {
                self.facts.set(manifest::fetch(&url).await);
            }
        });
    }

    fn client(self) -> Client {
        self.client.get_value()
    }

    /// A model's state.
    pub fn model(self, model: ModelId) -> RwSignal<Model> {
        self.models[model as usize]
    }

    /// A model's state in one word.
    pub fn state(self, model: ModelId) -> State {
        self.model(model).with(|m| match &m.weights {
            Weights::Failed(_) => State::Error,
            Weights::Loading => State::Loading,
            Weights::Ready(_) if m.pending || self.preparing.get() => State::Loading,
            Weights::Ready(_) if m.failure.is_some() => State::Error,
            Weights::Ready(_) => State::Ready,
        })
    }

    /// Whether a file is being read and prepared.
    pub fn is_preparing(self) -> bool {
        self.preparing.get()
    }

    /// Follows the visitor's choice of an engine.
    pub fn choose(self, choice: Choice) {
        self.client().choose(choice);
    }

    /// Numbers the picture that comes next; answers to earlier ones are late from now on.
    pub fn next_number(self) -> u32 {
        self.latest.update(|n| *n += 1);
        self.preparing.set(true);
        self.latest.get_untracked()
    }

    /// Whether a picture has been overtaken by a newer one.
    pub fn is_late(self, number: u32) -> bool {
        self.latest.get_untracked() != number
    }

    /// A picture from the gallery.
    pub fn take_from_gallery(self, grey: Grey28, garment: Garment) {
        let number = self.next_number();
        self.notice.set(None);
        self.show(Picture::of_gallery(number, grey, garment));
    }

    /// The visitor's file number `number`, or why it could not be read.
    pub async fn take_file(self, number: u32, name: String, bytes: Result<Vec<u8>, String>) {
        let prepared: Result<Prepared, String> = match bytes {
            _ if self.is_late(number) => return,
            Ok(bytes) => self.client().prepare(bytes).await,
            Err(sentence) => Err(sentence),
        };
        if self.is_late(number) {
            return;
        }
        let picture = prepared.and_then(|p| {
            Picture::of_visitor(number, name, p)
                .ok_or_else(|| "The engine returned no picture: reload the page.".to_string())
        });
        match picture {
            Ok(picture) => self.show(picture),
            Err(sentence) => self.refuse(sentence),
        }
    }

    /// Says why the latest picture is not answered; the earlier one and its answers stay.
    pub fn refuse(self, sentence: String) {
        self.preparing.set(false);
        self.errors.set(vec![sentence]);
        bring_into_view();
    }

    fn show(self, picture: Picture) {
        self.errors.set(Vec::new());
        self.asked_class.set(None);
        self.picture.set(Some(Arc::new(picture)));
        self.preparing.set(false);
        self.ask_all();
        bring_into_view();
    }

    fn ask_all(self) {
        for model in ModelId::ALL {
            self.ask(model);
        }
    }

    /// Asks a model about the picture on show.
    fn ask(self, model: ModelId) {
        let state = self.model(model);
        let Some(picture) = self.picture.get_untracked() else {
            return;
        };
        if !state.with_untracked(|m| m.weights.are_ready()) {
            return;
        }
        state.update(|m| {
            m.asked += 1;
            m.pending = true;
        });
        let asked = state.with_untracked(|m| m.asked);
        spawn_local(async move {
            let answer = self
                .client()
                .classify(model, Pixels::from(&picture.grey))
                .await;
            if state.with_untracked(|m| m.asked) != asked {
                return;
            }
            state.update(|m| {
                m.pending = false;
                match answer {
                    Ok((verdict, engine)) => {
                        m.failure = None;
                        m.answer = Some(Answer {
                            picture: picture.number,
                            verdict,
                            engine,
                        });
                    }
                    Err(sentence) => {
                        m.failure = Some(sentence.clone());
                        add(self.errors, sentence);
                    }
                }
            });
            self.client().wake_gpu();
        });
    }

    /// The explanation to show: of which picture, by which model, for which class.
    fn wanted(self) -> Option<(u32, ModelId, Garment)> {
        let picture = self.picture.get()?.number;
        let model = self.asked_model.get();
        let verdict = self
            .model(model)
            .with(|m| m.answer.as_ref().map(|a| (a.picture, a.garment())))
            .filter(|(answered, _)| *answered == picture)?;
        Some((picture, model, self.asked_class.get().unwrap_or(verdict.1)))
    }

    /// The class whose reasons are shown or asked for.
    pub fn wanted_class(self) -> Option<Garment> {
        self.wanted().map(|(_, _, class)| class)
    }

    fn explain(
        self,
        model: ModelId,
        class: Garment,
        wanted: Memo<Option<(u32, ModelId, Garment)>>,
    ) {
        let Some(picture) = self.picture.get_untracked() else {
            return;
        };
        let asked = (picture.number, model, class);
        spawn_local(async move {
            let map = self
                .client()
                .explain(model, Pixels::from(&picture.grey), class)
                .await;
            if wanted.get_untracked() != Some(asked) {
                return;
            }
            match map {
                Ok(map) => self.map.set(Some(Explanation {
                    picture,
                    map: Arc::new(map),
                })),
                Err(sentence) => add(self.errors, sentence),
            }
        });
    }
}

/// On a phone the answers are below the gallery: whoever handed a picture in is taken to them.
fn bring_into_view() {
    let height = window()
        .inner_height()
        .ok()
        .and_then(|h| h.as_f64())
        .unwrap_or_default();
    if let Some(answers) = document().get_element_by_id("answers")
        && answers.get_bounding_client_rect().top() > height / 2.0
    {
        answers.scroll_into_view();
    }
}

/// One sentence once, however many models say it.
fn add(errors: RwSignal<Vec<String>>, sentence: String) {
    errors.update(|all| {
        if !all.contains(&sentence) {
            all.push(sentence);
        }
    });
}

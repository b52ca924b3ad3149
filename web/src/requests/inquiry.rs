//! What is asked about the picture on show: each model's verdict, the vote on them, the reasons of one.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::{Garment, ModelId};

use crate::engine::Engine;
use crate::state::models::{Answer, Count};
use crate::state::page::{Explanation, Page, add};
use protocol::{Pixels, TimedPrediction};

/// An explanation to show: of which picture, by which model, for which class.
type Wanted = Option<(u32, ModelId, Garment)>;

impl Page {
    pub(crate) fn ask_all(self) {
        for model in ModelId::ALL {
            self.ask(model);
        }
    }

    /// Asks a model about the picture on show.
    pub(crate) fn ask(self, model: ModelId) {
        let state = self.model(model);
        let Some(picture) = self.picture.get_untracked() else {
            return;
        };
        if !state.with_untracked(|m| m.weights.is_ready()) {
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
            match answer {
                Ok((verdict, engine)) => self.take_verdict(picture.number, verdict, engine),
                Err(error) => {
                    let sentence = error.to_string();
                    state.update(|m| {
                        m.pending = false;
                        m.failure = Some(sentence.clone());
                    });
                    add(self.errors, sentence);
                }
            }
        });
    }

    /// Takes a verdict on the picture of that number; whatever the model was asked before is late.
    pub(crate) fn take_verdict(self, picture: u32, verdict: TimedPrediction, engine: Engine) {
        self.stopwatch.update(|s| s.note(&verdict));
        self.model(verdict.model).update(|m| {
            m.asked += 1;
            m.pending = false;
            m.failure = None;
            m.answer = Some(Answer {
                picture,
                verdict,
                engine,
            });
        });
    }

    /// Every answer to the picture on show changes the vote.
    pub(crate) fn watch_poll(self) {
        let ballots = Memo::new(move |_| {
            let picture = self.picture.with(|p| p.as_ref().map(|p| p.number))?;
            let ready = self.poll.with(|p| p.weights.is_ready());
            let verdicts: Vec<shared::Prediction> = ModelId::ALL
                .into_iter()
                .filter_map(|model| {
                    let state = self.model(model);
                    state.with(|m| m.answer_to(picture).map(|a| (&a.verdict).into()))
                })
                .collect();
            (ready && !verdicts.is_empty()).then_some((picture, verdicts))
        });
        Effect::new(move |_| {
            if let Some((picture, verdicts)) = ballots.get() {
                self.ask_for_vote(picture, verdicts);
            }
        });
    }

    fn ask_for_vote(self, picture: u32, verdicts: Vec<shared::Prediction>) {
        self.poll.update_untracked(|p| p.asked += 1);
        let asked = self.poll.with_untracked(|p| p.asked);
        let said = verdicts.iter().map(|v| (v.model, v.garment())).collect();
        spawn_local(async move {
            let vote = self.client().ensemble(verdicts).await;
            if self.poll.with_untracked(|p| p.asked) != asked {
                return;
            }
            match vote {
                Ok(probabilities) => self.poll.update(|p| {
                    p.count = Some(Count {
                        picture,
                        probabilities,
                        said,
                    });
                }),
                Err(error) => add(self.errors, error.to_string()),
            }
        });
    }

    /// Every picture is checked for being one of the ten, as soon as that can be done.
    pub(crate) fn watch_novelty(self) {
        let wanted = Memo::new(move |_| {
            let number = self.picture.with(|p| p.as_ref().map(|p| p.number));
            number.filter(|_| self.novelty.get())
        });
        Effect::new(move |_| {
            // Read first, or nothing is followed.
            let wanted_now = wanted.get();
            let picture = self.picture.get_untracked();
            let Some(picture) = picture.filter(|p| wanted_now == Some(p.number)) else {
                return;
            };
            spawn_local(async move {
                let grey = Pixels::from(&picture.grey);
                match self.client().is_garment(grey).await {
                    Ok(known) if wanted.try_get_untracked().flatten() == Some(picture.number) => {
                        self.recognised.set(Some((picture.number, known)));
                    }
                    Ok(_) => {}
                    Err(error) => add(self.errors, error.to_string()),
                }
            });
        });
    }

    /// Explains what is to be explained, whenever that changes.
    pub(crate) fn watch_reasons(self) {
        let wanted = Memo::new(move |_| self.wanted());
        Effect::new(move |_| {
            if let Some((_, model, class)) = wanted.get() {
                self.explain(model, class, wanted);
            }
        });
    }

    fn wanted(self) -> Wanted {
        let picture = self.picture.get()?.number;
        let model = self.asked_model.get();
        let verdict = self
            .model(model)
            .with(|m| m.answer_to(picture).map(Answer::garment))?;
        Some((picture, model, self.asked_class.get().unwrap_or(verdict)))
    }

    /// The class whose reasons are shown or asked for.
    pub fn wanted_class(self) -> Option<Garment> {
        self.wanted().map(|(_, _, class)| class)
    }

    fn explain(self, model: ModelId, class: Garment, wanted: Memo<Wanted>) {
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
                Err(error) => add(self.errors, error.to_string()),
            }
        });
    }
}

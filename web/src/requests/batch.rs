//! The files of a roll, answered one at a time, between whatever else the visitor asks.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ModelId;
use web_sys::File;

use crate::state::batch::{Answers, Outcome};
use crate::state::image::NO_PICTURE;
use crate::state::page::Page;
use crate::ui::batch::export::Line;
use crate::ui::batch::row::Item;
use crate::ui::upload::files;
use protocol::{Pixels, Prepared};

/// The longest side of a photo in the table, twice as many pixels as it is shown with.
const THUMBNAIL: u32 = 96;

/// Several files and how far they have come.
#[derive(Clone, Copy)]
pub struct Roll {
    pub items: RwSignal<Vec<Item>>,
    files: StoredValue<Vec<File>, LocalStorage>,
    /// Counts the lots of files; what was begun for an earlier one ends.
    lot: RwSignal<u32>,
    /// The file that was shown last, and the number that it had as a picture.
    shown: RwSignal<Option<(usize, u32)>>,
    pub running: RwSignal<bool>,
    /// Whether the visitor has stopped it.
    pub stopped: RwSignal<bool>,
}

impl Default for Roll {
    fn default() -> Self {
        Self {
            items: RwSignal::default(),
            files: StoredValue::new_local(Vec::new()),
            lot: RwSignal::default(),
            shown: RwSignal::default(),
            running: RwSignal::default(),
            stopped: RwSignal::default(),
        }
    }
}

impl Roll {
    /// How many files have been answered or refused.
    pub fn done(self) -> usize {
        self.items.with(|items| {
            items
                .iter()
                .filter(|i| i.outcome.with(Outcome::is_done))
                .count()
        })
    }

    /// All files with what became of them so far.
    pub fn lines(self) -> Vec<Line> {
        self.items.with_untracked(|items| {
            let lines = items.iter();
            lines
                .map(|i| (i.name.clone(), i.outcome.get_untracked()))
                .collect()
        })
    }
}

impl Page {
    /// Takes several files in place of those before, and shows the first.
    pub fn take_roll(self, files: Vec<File>) {
        let roll = self.roll;
        roll.lot.update(|n| *n += 1);
        let lot = roll.lot.get_untracked();
        let items = files.iter().enumerate().map(|(place, file)| Item {
            place,
            lot,
            name: files::path(file),
            outcome: ArcRwSignal::default(),
        });
        roll.items.set(items.collect());
        roll.files.set_value(files);
        roll.stopped.set(false);
        roll.running.set(false);
        self.show_of_roll(0);
        self.go_on();
    }

    /// Puts the table away.
    pub fn drop_roll(self) {
        self.notice.set(None);
        self.take_roll(Vec::new());
    }

    /// Shows one of the files as if it had been chosen alone.
    pub fn show_of_roll(self, place: usize) {
        let file = self
            .roll
            .files
            .with_value(|files| files.get(place).cloned());
        if let Some(file) = file {
            let number = files::take_one(self, file);
            self.roll.shown.set(Some((place, number)));
        }
    }

    /// Whether the picture on show is that file.
    pub fn shows_of_roll(self, place: usize) -> bool {
        let photo = self.picture.with(|p| p.as_ref().map(|p| p.photo));
        self.roll
            .shown
            .get()
            .is_some_and(|(shown, number)| shown == place && photo == Some(number))
    }

    /// Stops after the photo that is being answered.
    pub fn stop_roll(self) {
        self.roll.stopped.set(true);
    }

    /// Goes on where it was stopped.
    pub fn resume_roll(self) {
        self.roll.stopped.set(false);
        self.go_on();
    }

    /// Files that were waiting for weights go on when some have come.
    pub(crate) fn watch_roll(self) {
        let ready = Memo::new(move |_| {
            let votes = self.poll.with(|p| p.weights.is_ready());
            (self.ready(), votes, self.novelty.get())
        });
        Effect::new(move |_| {
            ready.track();
            self.go_on();
        });
    }

    /// Answers what is left, unless that is under way.
    fn go_on(self) {
        let roll = self.roll;
        if roll.running.get_untracked() || self.next().is_none() {
            return;
        }
        roll.running.set(true);
        let lot = roll.lot.get_untracked();
        spawn_local(async move {
            while roll.lot.get_untracked() == lot {
                let Some(item) = self.next() else {
                    roll.running.set(false);
                    break;
                };
                self.answer(&item).await;
            }
        });
    }

    /// The file whose turn it is: those that wait, then those that a model has yet to see whose weights came later.
    fn next(self) -> Option<Item> {
        let ready = untrack(|| self.ready());
        let votes = self.poll.with_untracked(|p| p.weights.is_ready());
        let recognises = self.novelty.get_untracked();
        if self.roll.stopped.get_untracked() || ready.is_empty() {
            return None;
        }
        self.roll.items.with_untracked(|items| {
            let is_new = |i: &&Item| i.outcome.with_untracked(|o| !o.is_done());
            let lacks = |i: &&Item| {
                i.outcome.with_untracked(|o| {
                    o.answers()
                        .is_some_and(|a| !a.are_complete(&ready, votes, recognises))
                })
            };
            let next = items.iter().find(is_new);
            next.or_else(|| items.iter().find(lacks)).cloned()
        })
    }

    fn ready(self) -> Vec<ModelId> {
        let is_ready = |m: &ModelId| self.model(*m).with(|m| m.weights.is_ready());
        ModelId::ALL.into_iter().filter(is_ready).collect()
    }

    async fn answer(self, item: &Item) {
        let known = item.outcome.with_untracked(|o| o.answers().cloned());
        let answers = match known {
            Some(answers) => Ok(answers),
            None => {
                item.outcome.set(Outcome::Answering);
                self.prepared(item).await
            }
        };
        item.outcome.set(match answers {
            Ok(mut answers) => {
                self.hear(&mut answers).await;
                Outcome::Answered(answers)
            }
            Err(sentence) => Outcome::Failed(sentence),
        });
    }

    async fn prepared(self, item: &Item) -> Result<Answers, String> {
        let file = self
            .roll
            .files
            .with_value(|files| files.get(item.place).cloned())
            .filter(|_| self.roll.lot.get_untracked() == item.lot);
        let file = file.ok_or("Other files have taken this one's place.")?;
        files::fits(&file)?;
        let prepared = self.client().prepare_photo(&file, None).await?;
        let Prepared {
            grey,
            upright,
            verdicts,
            ..
        } = prepared;
        let grey = grey.grey().filter(|_| !upright.is_empty());
        let grey = grey.ok_or(NO_PICTURE)?;
        let mut answers = Answers::new(upright.downscaled(THUMBNAIL), grey);
        answers.asked = verdicts.iter().map(|v| v.model).collect();
        answers.verdicts = verdicts.iter().map(Into::into).collect();
        Ok(answers)
    }

    /// Asks the models that are ready and were not asked before, and counts anew.
    async fn hear(self, answers: &mut Answers) {
        for model in untrack(|| self.ready()) {
            if answers.asked.contains(&model) {
                continue;
            }
            answers.asked.push(model);
            let grey = Pixels::from(&answers.grey);
            // Whoever fails is missing from the vote, which the row says.
            if let Ok((verdict, _)) = self.client().classify(model, grey).await {
                answers.verdicts.push((&verdict).into());
            }
        }
        if self.novelty.get_untracked() && answers.known.is_none() {
            let grey = Pixels::from(&answers.grey);
            // Where it cannot be told, it may be.
            answers.known = Some(self.client().is_garment(grey).await.unwrap_or(true));
        }
        if self.poll.with_untracked(|p| p.weights.is_ready()) {
            answers.counted = answers.verdicts.len();
            if let Ok(vote) = self.client().ensemble(answers.verdicts.clone()).await {
                answers.vote = Some(vote);
            }
        }
    }
}

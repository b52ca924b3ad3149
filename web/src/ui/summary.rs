//! The vote in a sentence, for the eye and for the ear.

use leptos::prelude::*;
use shared::{Garment, ModelId};

use crate::state::models::{Answer, State};
use crate::state::page::Page;
use crate::ui::ensemble_text;

impl Page {
    /// The vote in a sentence, as far as it has been counted.
    pub fn summary(self) -> String {
        let Some(picture) = self.picture.get() else {
            return "Seven models are waiting for a picture: choose one from the gallery, or hand in a photo of your own.".into();
        };
        match self.count() {
            Some(_) if self.knows() == Some(false) => {
                "I don't know this: it is probably none of the ten classes.".into()
            }
            Some(count) => {
                ensemble_text::headline(count.garment(), &count.said, self.unheard(&count))
            }
            // Without a vote, each speaks for itself.
            None if self.poll.with(|p| !p.weights.may_load()) => {
                match self.verdicts(picture.number).first() {
                    Some((model, garment)) => format!("{} says {garment}.", model.title()),
                    None => "The models are looking at the picture.".into(),
                }
            }
            None => "The models are looking at the picture.".into(),
        }
    }

    /// The vote and who disagrees, for screen readers, once all that is loaded has answered.
    pub fn announcement(self) -> String {
        let busy = |m| self.state(m) == State::Answering;
        match self.count() {
            Some(count) if !ModelId::ALL.into_iter().any(busy) => format!(
                "{}The vote: {}, {:.0} percent. {}",
                match self.knows() {
                    Some(false) => "I don't know this, it is probably none of the ten classes. ",
                    _ => "",
                },
                count.garment(),
                count.confidence() * 100.0,
                ensemble_text::sentence(count.garment(), &count.said, self.unheard(&count))
            ),
            _ => String::new(),
        }
    }

    /// How many models have answered the picture on show.
    pub fn answers(self) -> usize {
        let picture = self.picture.with(|p| p.as_ref().map(|p| p.number));
        picture.map_or(0, |picture| self.verdicts(picture).len())
    }

    fn verdicts(self, picture: u32) -> Vec<(ModelId, Garment)> {
        let answers = ModelId::ALL.into_iter().filter_map(|model| {
            let said = |a: &Answer| (model, a.garment());
            self.model(model).with(|m| m.answer_to(picture).map(said))
        });
        answers.collect()
    }
}

//! All verdicts in a sentence, for the eye and for the ear.

use leptos::prelude::*;
use shared::{Garment, ModelId};

use super::answer::State;
use super::page::Page;

impl Page {
    /// Both verdicts, compared, in a sentence.
    pub fn summary(self) -> String {
        let Some(picture) = self.picture.get() else {
            return "Two networks are waiting for a picture: choose one from the gallery, or hand in a photo of your own.".into();
        };
        let verdicts: Vec<_> = self.verdicts(picture.number);
        match verdicts.as_slice() {
            [] => "The networks are looking at the picture.".into(),
            [(model, garment, _)] => format!("{} says {garment}.", model.title()),
            [(_, first, _), rest @ ..] if rest.iter().all(|(_, g, _)| g == first) => {
                format!("Both networks say {first}.")
            }
            _ => {
                let each: Vec<_> = verdicts
                    .iter()
                    .map(|(model, garment, _)| format!("{} says {garment}", model.title()))
                    .collect();
                format!("The networks disagree: {}.", each.join(", "))
            }
        }
    }

    /// The verdicts with their confidence, for screen readers, once all have come.
    pub fn announcement(self) -> String {
        let Some(picture) = self.picture.get() else {
            return String::new();
        };
        let verdicts = self.verdicts(picture.number);
        let pending = ModelId::ALL
            .into_iter()
            .any(|m| self.state(m) == State::Loading);
        if pending {
            return String::new();
        }
        verdicts
            .iter()
            .map(|(model, garment, confidence)| {
                format!(
                    "{}: {garment}, {:.0} percent. ",
                    model.title(),
                    confidence * 100.0
                )
            })
            .collect()
    }

    fn verdicts(self, picture: u32) -> Vec<(ModelId, Garment, f32)> {
        ModelId::ALL
            .into_iter()
            .filter_map(|model| {
                self.model(model).with(|m| {
                    m.answer
                        .as_ref()
                        .filter(|a| a.picture == picture)
                        .map(|a| (model, a.garment(), a.confidence()))
                })
            })
            .collect()
    }
}

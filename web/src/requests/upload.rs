//! How pictures come in: numbered, prepared, shown; the late ones are dropped.

use std::sync::Arc;

use leptos::prelude::*;
use shared::{Garment, Grey28, ModelId};
use web_sys::File;

use crate::engine::Engine;
use crate::state::image::Picture;
use crate::state::page::Page;
use crate::ui::upload::files;
use protocol::TimedPrediction;

impl Page {
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
        self.show(Picture::of_gallery(number, grey, garment), &[]);
    }

    /// The visitor's file number `number`.
    pub async fn take_file(self, number: u32, file: &File) {
        let prepared = match files::fits(file) {
            Ok(()) => {
                let prepared = self.client().prepare_photo(file, Some(number)).await;
                prepared.map_err(String::from)
            }
            Err(sentence) => Err(sentence),
        };
        if self.is_late(number) {
            return;
        }
        let picture = prepared.and_then(|p| Picture::of_visitor(number, file.name(), p));
        match picture {
            Ok((picture, verdicts)) => self.show(picture, &verdicts),
            Err(sentence) => self.refuse(sentence),
        }
    }

    /// Says why the latest picture is not answered; the earlier one and its answers stay.
    pub fn refuse(self, sentence: String) {
        self.preparing.set(false);
        self.errors.set(vec![sentence]);
        bring_into_view("answers", 0.5);
        // What was changed about the earlier one meanwhile.
        self.develop();
    }

    fn show(self, picture: Picture, verdicts: &[TimedPrediction]) {
        self.errors.set(Vec::new());
        self.asked_class.set(None);
        self.bench.take(&picture);
        self.preparing.set(false);
        self.ask_about(picture, verdicts);
        bring_into_view("answers", 0.5);
    }

    /// Puts a picture on show, with the verdicts that were given already, and asks for the others. It asks before it draws: the
    /// engine computes meanwhile.
    pub(crate) fn ask_about(self, picture: Picture, verdicts: &[TimedPrediction]) {
        let number = picture.number;
        *self.picture.write_untracked() = Some(Arc::new(picture));
        for model in ModelId::ALL {
            match verdicts.iter().find(|v| v.model == model) {
                Some(verdict) => self.take_verdict(number, verdict.clone(), Engine::Cpu),
                None => self.ask(model),
            }
        }
        self.picture.notify();
    }
}

/// On a phone the answers are below the gallery: whoever handed a picture in is taken to them, or to another part of the
/// page that begins further down than that share of the window.
pub(crate) fn bring_into_view(part: &str, share: f64) {
    let height = window()
        .inner_height()
        .ok()
        .and_then(|h| h.as_f64())
        .unwrap_or_default();
    if let Some(part) = document().get_element_by_id(part)
        && part.get_bounding_client_rect().top() > height * share
    {
        part.scroll_into_view();
    }
}

//! What the visitor changes about the photo on show, and how it reaches the engine: one request at a time, and after it
//! the latest state, however many changes came meanwhile.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use photo::Edits;

use crate::state::image::Picture;
use crate::state::page::Page;

/// The edits of the photo on show.
#[derive(Clone, Copy)]
pub struct Bench {
    /// As the visitor has them; the picture on show may be of earlier ones.
    pub edits: RwSignal<Edits>,
    /// The photo's width and height before it was turned.
    pub size: RwSignal<[f32; 2]>,
    /// Edits that left nothing to see, and the sentence that says so.
    refused: RwSignal<Option<(Edits, String)>>,
    /// Whether a request is under way.
    busy: RwSignal<bool>,
}

impl Default for Bench {
    fn default() -> Self {
        Self {
            edits: RwSignal::default(),
            size: RwSignal::new([1.0, 1.0]),
            refused: RwSignal::default(),
            busy: RwSignal::default(),
        }
    }
}

impl Bench {
    /// Takes a photo as it was handed in.
    pub fn take(self, picture: &Picture) {
        self.size.set([picture.width as f32, picture.height as f32]);
        self.refused.set(None);
        self.edits.set(Edits::default());
    }

    /// Whether the picture on show is not yet of the latest edits.
    pub fn is_busy(self) -> bool {
        self.busy.get()
    }

    /// Why the latest change is not answered.
    pub fn complaint(self) -> Option<String> {
        self.refused.with(|refused| {
            let (edits, sentence) = refused.as_ref()?;
            self.edits
                .with(|now| now == edits)
                .then(|| sentence.clone())
        })
    }
}

impl Page {
    /// Changes the edits, and has the photo answered anew.
    pub fn edit(self, change: impl FnOnce(&mut Edits)) {
        self.bench.edits.update(change);
        self.develop();
    }

    /// Has the photo on show prepared as the visitor wants it, unless that is so already or under way.
    pub(crate) fn develop(self) {
        if self.bench.busy.get_untracked() {
            return;
        }
        self.bench.busy.set(true);
        spawn_local(async move {
            while let Some((picture, edits)) = self.undeveloped() {
                // A number of its own, so that what is said of the photo as it was is late from now on.
                self.latest.update(|n| *n += 1);
                let number = self.latest.get_untracked();
                let prepared = self.client().edit_photo(picture.photo, edits.clone()).await;
                if self.is_late(number) {
                    continue;
                }
                let edited = prepared
                    .map_err(String::from)
                    .and_then(|p| picture.edited(number, edits.clone(), p));
                match edited {
                    Ok((picture, verdicts)) => self.ask_about(picture, &verdicts),
                    Err(sentence) => self.bench.refused.set(Some((edits, sentence))),
                }
            }
            self.bench.busy.set(false);
        });
    }

    /// The photo on show and its edits, where the picture is not of these.
    fn undeveloped(self) -> Option<(Arc<Picture>, Edits)> {
        // Another photo is about to take its place.
        if self.preparing.get_untracked() {
            return None;
        }
        let picture = self.picture.get_untracked()?;
        let edits = self.bench.edits.get_untracked();
        let is_shown = picture.development.as_ref()?.edits == edits;
        let is_refused = self
            .bench
            .refused
            .with_untracked(|r| r.as_ref().is_some_and(|(refused, _)| *refused == edits));
        (!is_shown && !is_refused).then_some((picture, edits))
    }
}

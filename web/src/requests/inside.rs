//! Requests for what is computed inside a model, and for the parts of the value that the visitor looks at.

use std::future::Future;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::Pixels;

use crate::state::AppState;
use crate::state::image::InputImage;
use crate::state::inside::{InsideState, ShownFeatures, ShownLayers};

/// Requests a network's layers or a classical model's features whenever the image or the model changes, and a value's parts whenever the visitor moves to another one.
pub fn watch(app: AppState, inside: InsideState) {
    let target = Memo::new(move |_| {
        let model = inside.model().get();
        let number = app.upload.image_number()?;
        app.models.is_ready(model).then_some((number, model))
    });
    let layers = Memo::new(move |_| target.get().filter(|(_, model)| model.is_deep()));
    ask_one_by_one(layers, move |wanted| async move {
        let (number, model) = wanted;
        let Some(image) = image(app, number) else {
            return;
        };
        let pixels = Pixels::from(&image.grey);
        let reply = app.engines.client().layers(model, pixels).await;
        if layers.try_get_untracked() != Some(Some(wanted)) {
            return;
        }
        match reply {
            Ok(network) => inside.show(ShownLayers {
                image,
                model,
                network: Arc::new(network),
            }),
            Err(error) => app.messages.add_error(error.to_string()),
        }
    });
    let features = Memo::new(move |_| target.get().filter(|(_, model)| !model.is_deep()));
    ask_one_by_one(features, move |wanted| async move {
        let (number, model) = wanted;
        let Some(image) = image(app, number) else {
            return;
        };
        let pixels = Pixels::from(&image.grey);
        let reply = app.engines.client().feature_scores(model, pixels).await;
        if features.try_get_untracked() != Some(Some(wanted)) {
            return;
        }
        match reply {
            Ok(scores) => inside.show_features(ShownFeatures {
                image,
                model,
                scores: Arc::new(scores),
            }),
            Err(error) => app.messages.add_error(error.to_string()),
        }
    });
    let cell = Memo::new(move |_| inside.cell_target());
    ask_one_by_one(cell, move |wanted| async move {
        let (number, model, place) = wanted;
        let shown = inside.shown().get_untracked();
        let Some(shown) = shown.filter(|s| s.image.number == number) else {
            return;
        };
        let pixels = Pixels::from(&shown.image.grey);
        let reply = app.engines.client().cell(model, pixels, place).await;
        if cell.try_get_untracked() != Some(Some(wanted)) {
            return;
        }
        match reply {
            Ok(found) => inside.set_cell(wanted, found),
            Err(error) => app.messages.add_error(error.to_string()),
        }
    });
}

/// The image of that number, if it is still the page's image.
fn image(app: AppState, number: u32) -> Option<Arc<InputImage>> {
    let image = app.upload.image().get_untracked();
    image.filter(|image| image.number == number)
}

/// Asks for what is wanted, one request after the other: of the wishes that come during a request, only the last one is asked for.
fn ask_one_by_one<T, F>(wanted: Memo<Option<T>>, ask: impl Fn(T) -> F + Copy + 'static)
where
    T: Clone + PartialEq + Send + Sync + 'static,
    F: Future<Output = ()>,
{
    let is_asking = StoredValue::new(false);
    Effect::new(move |_| {
        if wanted.with(Option::is_none) || is_asking.get_value() {
            return;
        }
        is_asking.set_value(true);
        spawn_local(async move {
            let mut asked = None;
            // Without a wish, the part of the page may have been closed.
            while let Some(Some(next)) = wanted.try_get_untracked()
                && asked.as_ref() != Some(&next)
            {
                ask(next.clone()).await;
                asked = Some(next);
            }
            is_asking.try_update_value(|is_asking| *is_asking = false);
        });
    });
}

//! Requests for heat maps.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::Pixels;

use crate::state::AppState;
use crate::state::explanation::{Explanation, ExplanationTarget};

/// A heat map is requested whenever the image, the model or the class changes.
pub fn watch(app: AppState) {
    let target = Memo::new(move |_| app.explanation_target());
    Effect::new(move |_| {
        if let Some(wanted) = target.get() {
            explain(app, wanted, target);
        }
    });
}

fn explain(app: AppState, wanted: ExplanationTarget, target: Memo<Option<ExplanationTarget>>) {
    let (number, model, class) = wanted;
    let image = app.upload.image().get_untracked();
    let Some(image) = image.filter(|i| i.number == number) else {
        return;
    };
    spawn_local(async move {
        let client = app.engines.client();
        let reply = client
            .explain(model, Pixels::from(&image.grey), class)
            .await;
        if target.get_untracked() != Some(wanted) {
            return;
        }
        match reply {
            Ok(map) => app.explanation.show(Explanation {
                image,
                map: Arc::new(map),
            }),
            Err(error) => app.messages.add_error(error.to_string()),
        }
    });
}

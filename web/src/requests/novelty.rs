//! Requests to the novelty detector.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::Pixels;

use crate::state::AppState;

/// Every image is checked, as soon as the detector is loaded.
pub fn watch(app: AppState) {
    let target = Memo::new(move |_| {
        let image = app.upload.image_number();
        image.filter(|_| app.novelty.is_ready())
    });
    Effect::new(move |_| {
        // To be read first: a memo that is not read is not tracked.
        let number = target.get();
        let image = app.upload.image().get_untracked();
        let Some(image) = image.filter(|i| number == Some(i.number)) else {
            return;
        };
        if app.novelty.result.is_for(image.number) {
            return;
        }
        spawn_local(async move {
            let reply = app
                .engines
                .client()
                .detect_novelty(Pixels::from(&image.grey))
                .await;
            if target.try_get_untracked().flatten() == Some(image.number) {
                let result = reply.map_err(|error| error.to_string());
                app.novelty.result.set(image.number, result);
            }
        });
    });
}

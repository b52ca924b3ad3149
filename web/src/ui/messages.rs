//! The list of errors, and the notices.

use leptos::prelude::*;
use photo::{DAMAGED, OTHER_PROFILE};

use crate::state::AppState;

#[component]
pub fn MessageList() -> impl IntoView {
    let app = expect_context::<AppState>();
    let (errors, notice) = (app.messages.errors(), app.messages.notice());
    let image = app.upload.image();
    let has_other_profile =
        Memo::new(move |_| image.with(|i| i.as_ref().is_some_and(|i| i.has_other_profile)));
    let is_damaged = Memo::new(move |_| image.with(|i| i.as_ref().is_some_and(|i| i.is_damaged)));
    view! {
        <Show when=move || !errors.with(Vec::is_empty)>
            <div class="error" data-testid="error" role="alert">
                {move || {
                    errors.get().into_iter().map(|e| view! { <p>{e}</p> }).collect_view()
                }}
            </div>
        </Show>
        <div role="status">
            {move || notice.get().map(|n| view! { <p class="notice">{n}</p> })}
            {move || {
                is_damaged
                    .get()
                    .then(|| view! { <p class="notice" data-testid="damaged">{DAMAGED}</p> })
            }}
            {move || {
                has_other_profile
                    .get()
                    .then(|| view! { <p class="notice" data-testid="other-profile">{OTHER_PROFILE}</p> })
            }}
        </div>
    }
}

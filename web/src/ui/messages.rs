//! The list of errors, and the notices.
//!
//! Here and beside the answers, text that changes is set as an element's `textContent`: a browser that translates the page replaces
//! text nodes by elements of its own, and an update of such a text node would not be seen.

use leptos::prelude::*;
use photo::{DAMAGED, OTHER_PROFILE};

use crate::state::AppState;

#[component]
pub fn MessageList() -> impl IntoView {
    let app = expect_context::<AppState>();
    let errors = Memo::new(move |_| app.messages.errors());
    let notice = app.messages.notice();
    let image = app.upload.image();
    let has_other_profile =
        Memo::new(move |_| image.with(|i| i.as_ref().is_some_and(|i| i.has_other_profile)));
    let is_damaged = Memo::new(move |_| image.with(|i| i.as_ref().is_some_and(|i| i.is_damaged)));
    view! {
        <Show when=move || !errors.with(Vec::is_empty)>
            <div class="error" data-testid="error" role="alert">
                {move || {
                    errors
                        .get()
                        .into_iter()
                        .map(|error| view! { <p prop:textContent=error></p> })
                        .collect_view()
                }}
            </div>
        </Show>
        <div role="status">
            {move || {
                notice.get().map(|notice| view! { <p class="notice" prop:textContent=notice></p> })
            }}
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

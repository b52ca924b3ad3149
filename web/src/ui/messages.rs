//! The list of errors, and the notice.

use leptos::prelude::*;

use crate::state::AppState;

#[component]
pub fn MessageList() -> impl IntoView {
    let messages = expect_context::<AppState>().messages;
    let (errors, notice) = (messages.errors(), messages.notice());
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
        </div>
    }
}

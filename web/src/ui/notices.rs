//! What went wrong, and what the visitor should know.

use leptos::prelude::*;

use crate::state::page::Page;

#[component]
pub fn Notices() -> impl IntoView {
    let page = expect_context::<Page>();
    view! {
        <Show when=move || !page.errors.with(Vec::is_empty)>
            <div class="error" data-testid="error" role="alert">
                {move || {
                    page.errors.get().into_iter().map(|e| view! { <p>{e}</p> }).collect_view()
                }}
            </div>
        </Show>
        <div role="status">
            {move || page.notice.get().map(|n| view! { <p class="notice">{n}</p> })}
        </div>
    }
}

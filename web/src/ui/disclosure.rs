//! A button that opens and closes a part of the page.

use leptos::prelude::*;

#[component]
pub fn Disclosure(
    is_open: RwSignal<bool>,
    testid: &'static str,
    /// The `id` of the part.
    #[prop(into)]
    controls: String,
    title: &'static str,
    /// What the title leaves to the eye, for screen readers.
    #[prop(optional)]
    hidden_title: Option<&'static str>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class="disclosure"
            data-testid=testid
            aria-expanded=move || if is_open.get() { "true" } else { "false" }
            aria-controls=controls
            on:click=move |_| is_open.update(|o| *o = !*o)
        >
            <span class="chevron" aria-hidden="true"></span>
            <span>{title}</span>
            {hidden_title.map(|text| view! { <span class="visually-hidden">{text}</span> })}
        </button>
    }
}

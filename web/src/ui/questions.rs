//! What the visitor asks to be explained: which model, and about which class.

use leptos::prelude::*;
use shared::{Garment, ModelId};

use crate::state::page::Page;

#[component]
pub fn Questions() -> impl IntoView {
    let page = expect_context::<Page>();
    view! {
        <div class="questions">
            <label>
                <span class="small">"Model"</span>
                <select
                    data-testid="gradcam-model"
                    prop:value=move || page.asked_model.get().name()
                    on:change=move |event| {
                        if let Some(model) = ModelId::from_name(&event_target_value(&event)) {
                            page.asked_model.set(model);
                        }
                    }
                >
                    {ModelId::ALL
                        .map(|model| {
                            view! {
                                <option
                                    value=model.name()
                                    selected=model == page.asked_model.get_untracked()
                                >
                                    {model.title()}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
            <label>
                <span class="small">"What speaks for"</span>
                <select
                    data-testid="gradcam-class"
                    prop:value=move || page.wanted_class().unwrap_or(Garment::ALL[0]).label()
                    on:change=move |event| {
                        page.asked_class.set(Garment::from_label(&event_target_value(&event)));
                    }
                >
                    {Garment::ALL
                        .map(|g| view! { <option value=g.label()>{g.label()}</option> })
                        .collect_view()}
                </select>
            </label>
        </div>
    }
}

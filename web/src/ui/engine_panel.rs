//! Which engine answers, why not the other, the visitor's say in it, and what this machine can do.

use leptos::prelude::*;

use crate::engine::{Engine, EngineChoice};
use crate::state::page::Page;
use crate::ui::benchmark::Machine;

#[component]
pub fn EnginePanel() -> impl IntoView {
    let page = expect_context::<Page>();
    let active = move || {
        page.report
            .with(|r| r.as_ref().map_or(Engine::Cpu, |r| r.active_engine()))
    };
    let gpu = move || page.report.with(|r| r.as_ref().map(|r| r.gpu.name()));
    view! {
        <div
            class="engine"
            data-testid="engine"
            data-engine=move || active().name()
            data-gpu-state=gpu
        >
            <h3>"This machine"</h3>
            <p class="answering">
                <span class="lamp" aria-hidden="true"></span>
                "Engine: "
                <strong>{move || active().title()}</strong>
            </p>
            <p class="small why" role="status">
                {move || page.report.with(|r| r.as_ref().map(|r| r.reason()))}
                {move || {
                    page.report.with(|r| {
                        r.as_ref()
                            .and_then(|r| r.cpu_error.as_ref().map(ToString::to_string))
                            .map(|m| view! { " " <strong>{m}</strong> })
                    })
                }}
            </p>
            <label class="choice">
                <span class="small">"Answer with"</span>
                <select
                    data-testid="engine-choice"
                    on:change=move |event| {
                        if let Some(choice) = EngineChoice::from_name(&event_target_value(&event)) {
                            page.choose(choice);
                        }
                    }
                >
                    {EngineChoice::ALL
                        .map(|choice| view! { <option value=choice.name()>{choice.title()}</option> })
                        .collect_view()}
                </select>
            </label>
            <Machine/>
        </div>
    }
}

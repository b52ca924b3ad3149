//! The panel about the engines: which one is active and why, the visitor's choice, and the benchmarks.

use leptos::prelude::*;

use super::benchmark::BenchmarkPanel;
use crate::engine::{EngineChoice, EngineStatus};
use crate::state::AppState;

#[component]
pub fn EnginePanel() -> impl IntoView {
    let engines = expect_context::<AppState>().engines;
    let status = engines.status();
    view! {
        <section
            class="engine"
            id="machine"
            aria-labelledby="machine-title"
            data-testid="engine"
            data-engine=move || engines.active().name()
            data-gpu-state=move || status.with(|s| s.as_ref().map(|s| s.gpu.name()))
        >
            <h2 id="machine-title">"This machine"</h2>
            <p>
                <span class="status-dot" aria-hidden="true"></span>
                "Engine: "
                <strong prop:textContent=move || engines.active().title()></strong>
            </p>
            <p class="small engine-reason" role="status">
                <span prop:textContent=move || {
                    status.with(|s| s.as_ref().map(EngineStatus::reason))
                }></span>
                {move || {
                    let error = status.with(|s| Some(s.as_ref()?.cpu_error.as_ref()?.to_string()));
                    error.map(|error| view! { " " <strong prop:textContent=error></strong> })
                }}
            </p>
            <label class="choice">
                <span class="small">"Choose an engine"</span>
                <select
                    data-testid="engine-choice"
                    on:change=move |event| {
                        if let Some(choice) = EngineChoice::from_name(&event_target_value(&event)) {
                            engines.choose(choice);
                        }
                    }
                >
                    {EngineChoice::ALL
                        .map(|choice| view! { <option value=choice.name()>{choice.title()}</option> })
                        .collect_view()}
                </select>
            </label>
            <BenchmarkPanel/>
        </section>
    }
}

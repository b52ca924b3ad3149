//! The ten probabilities as bars.

use leptos::prelude::*;
use plot::format::probability;
use shared::Garment;
use shared::garment::CLASSES;
use shared::model::argmax;

/// A bar for each class; dashes while there are no probabilities.
#[component]
pub fn ProbabilityBars(
    #[prop(into)] probabilities: Signal<Option<[f32; CLASSES]>>,
) -> impl IntoView {
    let best = Memo::new(move |_| probabilities.get().map(|p| argmax(&p)));
    view! {
        <ol class="bars" aria-label="Probabilities">
            {Garment::ALL
                .map(|garment| {
                    let share = Memo::new(move |_| {
                        probabilities.with(|p| p.map(|p| p[garment.index()]))
                    });
                    view! {
                        <li class:best=move || best.get() == Some(garment.index())>
                            <span class="name">{garment.label()}</span>
                            <span class="track" aria-hidden="true">
                                <span style:width=move || {
                                    format!("{:.2}%", share.get().unwrap_or_default() * 100.0)
                                }></span>
                            </span>
                            <span
                                class="number"
                                prop:textContent=move || share.get().map_or("–".to_string(), probability)
                            ></span>
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
}

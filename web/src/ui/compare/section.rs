//! The comparison as a section of the page; what it shows besides the manifest is fetched when it comes near.

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::metrics::HUMAN_ACCURACY;

use super::confusion::Confusion;
use super::cost_plot::CostPlot;
use super::curves::Curves;
use super::figures_table::FiguresTable;
use super::measure::Measure;
use super::record::{self, Record};
use super::sight;
use crate::ui::contender::Contender;
use crate::ui::page::Page;

#[component]
pub fn Compare() -> impl IntoView {
    let page = expect_context::<Page>();
    let node = NodeRef::new();
    let near = sight::near(node);
    // What is known of each contender, in their order; nothing before it was fetched.
    let records = RwSignal::new(Vec::<Option<Record>>::new());
    Effect::new(move |_| {
        if near.get() {
            spawn_local(async move {
                let mut all = Vec::new();
                for contender in Contender::all() {
                    let name = format!("metrics/{}.json", contender.name());
                    let url = page.assets.with_value(|a| a.url(&name));
                    all.push(match url {
                        Some(url) => record::fetch(&url).await,
                        None => None,
                    });
                }
                records.set(all);
            });
        }
    });
    view! {
        <section class="compare" id="compare" node_ref=node aria-labelledby="compare-title">
            <div class="heading">
                <div>
                    <h2 id="compare-title">"How the seven compare"</h2>
                    <p class="lead">
                        "Figures on the 10,000 test images, as the trainer measured them. "
                        {format!(
                            "People who were shown some of these images were right about {:.1}% of them.",
                            HUMAN_ACCURACY * 100.0,
                        )}
                    </p>
                </div>
            </div>
            <FiguresTable/>
            <Measure/>
            <div class="panel">
                <CostPlot/>
            </div>
            <Show
                when=move || records.with(|r| !r.is_empty())
                fallback=|| view! { <p class="small" role="status">"The details are being fetched."</p> }
            >
                <div class="panel">
                    <Confusion records/>
                </div>
                <div class="panel">
                    <Curves records/>
                </div>
            </Show>
        </section>
    }
}

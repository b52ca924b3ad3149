//! The section of the page that compares the models. Its metrics files are fetched when it is near the viewport.

use leptos::prelude::*;
use leptos::task::spawn_local;
use plot::format::duration;
use shared::ModelId;
use shared::metrics::HUMAN_ACCURACY;

use super::comparison_table::ComparisonTable;
use super::confusion_matrix::ConfusionPanel;
use super::cost_plot::CostPlot;
use super::measure_latency::MeasureLatency;
use super::metrics_file::{self, MetricsFiles};
use super::observers;
use super::training_curves::TrainingCurves;
use crate::contender::Contender;
use crate::state::AppState;
use crate::ui::lazy_part::LazyPart;
use crate::ui::test_images;

#[component]
pub fn Compare() -> impl IntoView {
    let app = expect_context::<AppState>();
    let node = NodeRef::new();
    let near = observers::near_viewport(node);
    let metrics = MetricsFiles::default();
    provide_context(metrics);
    let MetricsFiles(files) = metrics;
    let is_needed = Memo::new(move |_| near.get() || app.test_images.opened().get() > 0);
    Effect::new(move |_| {
        if is_needed.get() {
            spawn_local(async move { files.set(metrics_file::fetch_all(app).await) });
        }
    });
    let teachers = move || {
        let networks = ModelId::DEEP.into_iter();
        let seconds = networks.filter_map(|model| {
            let network = Contender::Model(model);
            app.site.published(network, |entry| entry.teacher_seconds)
        });
        // All networks have the same teachers.
        seconds.reduce(f64::max).map(teacher_note)
    };
    view! {
        <section class="compare" id="compare" node_ref=node aria-labelledby="compare-title">
            <div class="heading">
                <div>
                    <h2 id="compare-title">"Compare the seven models"</h2>
                    <p class="lead">
                        "Metrics on the 10,000 test images, measured by the trainer. "
                        {format!(
                            "People without training classify {:.1}% of these images correctly.",
                            HUMAN_ACCURACY * 100.0,
                        )}
                    </p>
                </div>
            </div>
            <ComparisonTable/>
            <p class="small" data-testid="teachers" prop:textContent=teachers></p>
            <MeasureLatency/>
            <div class="panel">
                <CostPlot/>
            </div>
            <Show
                when=move || files.with(|f| !f.is_empty())
                fallback=|| view! { <p class="small" role="status">"The details are loading."</p> }
            >
                <div class="panel">
                    <ConfusionPanel files/>
                </div>
                <LazyPart name="The list of test images" load=test_images::load/>
                <div class="panel">
                    <TrainingCurves files/>
                </div>
            </Show>
        </section>
    }
}

/// What the column of training times leaves out.
fn teacher_note(seconds: f64) -> String {
    format!(
        "The training times leave out the larger teacher networks that the three networks learned from, whose training took {}.",
        duration(seconds)
    )
}

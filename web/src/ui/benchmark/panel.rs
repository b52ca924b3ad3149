//! The panel of the benchmarks: it measures the engines, and classifies the test set.

use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use plot::format::{duration, thousands};
use protocol::TEST_SET_SIZE;
use shared::ModelId;
use web_sys::{Element, HtmlSelectElement};

use super::speed_table::{MEASURED, speed_table};
use super::test_run::{Stage, TestRun};
use crate::contender::Contender;
use crate::dom::{action, find, set_attribute, set_text, toggle_attribute};
use crate::state::AppState;
use crate::state::test_images::{Outcome, Query, Subject, TestRunPredictions};
use crate::ui::compare::matrix::{cell_of, matrix, move_focus};

const MARKUP: &str = "\
    <div class=\"measure\"><button type=\"button\" class=\"outlined-button\" data-testid=\"machine-measure\" data-action=\"measure\">Measure the engines</button>\
    <p class=\"small\" role=\"status\" data-testid=\"machine-reason\" data-ref=\"engine-reason\"></p></div>\
    <div data-testid=\"machine-speeds\" data-ref=\"speeds\"></div>\
    <div class=\"measure\"><button type=\"button\" class=\"outlined-button\" data-testid=\"run\" data-action=\"run\"></button>\
    <label class=\"choice\"><span class=\"visually-hidden\">Model for the test images</span><select data-testid=\"run-model\" data-ref=\"model\"></select></label>\
    <p class=\"small\" data-testid=\"run-words\" data-ref=\"progress-text\"></p></div>\
    <progress aria-label=\"Test images classified\" max=\"10000\" data-testid=\"run-progress\" data-ref=\"progress\"></progress>\
    <p role=\"status\" data-testid=\"run-outcome\" data-ref=\"result\"></p>\
    <p><button type=\"button\" class=\"outlined-button\" data-testid=\"run-wrong\" data-action=\"wrong\" hidden></button></p>\
    <div class=\"confusion\" data-testid=\"run-matrix\" data-ref=\"matrix\"></div>";

/// The state of the speed measurement.
#[derive(Clone, PartialEq)]
enum Measurement {
    Idle,
    Running,
    Failed(String),
}

#[component]
pub fn BenchmarkPanel() -> impl IntoView {
    let app = expect_context::<AppState>();
    let node = NodeRef::<html::Div>::new();
    let run = TestRun::default();
    let model = RwSignal::new(ModelId::Cnn);
    let measurement = RwSignal::new(Measurement::Idle);
    Effect::new(move |_| {
        if let Some(select) = node.get().and_then(|n| find::<Element>(&n, "model")) {
            let options =
                ModelId::ALL.map(|m| format!("<option value=\"{m}\">{}</option>", m.title()));
            select.set_inner_html(&options.concat());
        }
    });
    Effect::new(move |_| {
        if let Some(root) = node.get() {
            update_speeds(app, &root, model.get(), &measurement.get());
        }
    });
    Effect::new(move |_| {
        if let Some(root) = node.get() {
            run.stage()
                .with(|stage| update_run(app, &root, stage, model.get()));
        }
    });
    Effect::new(move |_| {
        run.stage().with(|stage| {
            if let Stage::Over(progress) = stage {
                app.test_images.set_run(TestRunPredictions {
                    model: progress.model,
                    predictions: progress.predictions.clone(),
                });
            }
        });
    });
    let click = move |event: MouseEvent| {
        let action = action(&event).map(|(_, action)| action);
        match action.as_deref() {
            Some("measure") if measurement.get_untracked() != Measurement::Running => {
                measurement.set(Measurement::Running);
                spawn_local(async move {
                    measurement.set(measure(app).await);
                });
            }
            Some("run") if run.stage().with_untracked(Stage::is_busy) => run.stop(),
            Some("run") => run.start(app, model.get_untracked()),
            Some("wrong") => app.test_images.open(Query {
                outcome: Outcome::Wrong,
                ..Query::new(Subject::Run)
            }),
            _ => {}
        }
        if let Some((truth, predicted)) = cell_of(&event) {
            app.test_images.open(Query {
                truth: Some(truth),
                predicted: Some(predicted),
                ..Query::new(Subject::Run)
            });
        }
    };
    let choose_model = move |_| {
        let select = node.get_untracked();
        let select = select.and_then(|n| find::<HtmlSelectElement>(&n, "model"));
        if let Some(chosen) = select.and_then(|s| ModelId::from_name(&s.value())) {
            model.set(chosen);
        }
    };
    view! {
        <div
            class="benchmark"
            role="group"
            aria-label="Benchmarks on this machine"
            data-testid="machine"
            node_ref=node
            inner_html=MARKUP
            on:click=click
            on:change=choose_model
            on:keydown=move |event| move_focus(&event)
        ></div>
    }
}

/// Measures the networks whose weights are loaded, one after the other.
async fn measure(app: AppState) -> Measurement {
    for model in MEASURED {
        if untrack(|| app.models.is_ready(model))
            && let Err(error) = app.engines.client().measure_speed(model).await
        {
            return Measurement::Failed(error.to_string());
        }
    }
    Measurement::Idle
}

fn update_speeds(app: AppState, root: &Element, model: ModelId, measurement: &Measurement) {
    app.engines.status().with(|status| {
        let Some(status) = status else { return };
        if let Some(speeds) = find::<Element>(root, "speeds") {
            speeds.set_inner_html(&speed_table(status));
        }
        let text = match measurement {
            Measurement::Idle => status.batch_reason(model),
            Measurement::Running => "Measuring each engine, one after the other…".to_string(),
            Measurement::Failed(error) => error.clone(),
        };
        set_text(root, "engine-reason", &text);
        let engine = status.batch_engine(model);
        set_attribute(root, "data-batch-engine", engine.name());
    });
}

fn update_run(app: AppState, root: &Element, stage: &Stage, model: ModelId) {
    let progress = stage.progress();
    let is_busy = stage.is_busy();
    let done = progress.map_or(0, |p| p.done()).to_string();
    set_attribute(root, "data-run", stage.name());
    set_attribute(root, "data-done", &done);
    let button = if is_busy {
        "Stop"
    } else {
        "Classify the 10,000 test images"
    };
    set_text(root, "run", button);
    toggle_attribute(root, "model", "disabled", is_busy);
    toggle_attribute(root, "progress", "hidden", !is_busy);
    if let Some(bar) = find::<Element>(root, "progress") {
        if progress.is_some() {
            set_attribute(&bar, "value", &done);
        } else {
            // A bar without a value shows that the duration is not known. The attribute's name is valid.
            let _ = bar.remove_attribute("value");
        }
    }
    let text = match stage {
        Stage::Fetching => "The test images are being loaded, about 4 MB.".to_string(),
        Stage::Measuring => "The engines are being measured, to use the faster one.".to_string(),
        Stage::Running(progress) => progress.text(),
        Stage::Over(_) => String::new(),
        Stage::Idle | Stage::Failed(_) => estimate(app, model),
    };
    set_text(root, "progress-text", &text);
    let mut matrix_html = String::new();
    let mut wrong = 0;
    let result = match stage {
        Stage::Over(progress) => {
            let accuracy = progress.confusion.accuracy();
            set_attribute(root, "data-accuracy", &accuracy.to_string());
            set_attribute(root, "data-seconds", &progress.seconds.to_string());
            set_attribute(root, "data-engine", progress.engine.name());
            let contender = Contender::Model(progress.model);
            matrix_html = matrix(contender, &progress.confusion.0);
            wrong = progress.done() - progress.confusion.correct() as usize;
            progress.result(app.site.published(contender, |e| e.accuracy))
        }
        Stage::Failed(error) => error.clone(),
        _ => String::new(),
    };
    set_text(root, "result", &result);
    let images = if wrong == 1 { "image" } else { "images" };
    let text = format!("Show the {} wrong {images}", thousands(wrong as u64));
    set_text(root, "wrong", &text);
    toggle_attribute(root, "wrong", "hidden", wrong == 0);
    if let Some(element) = find::<Element>(root, "matrix") {
        element.set_inner_html(&matrix_html);
    }
}

/// The expected duration of the run, if the model's speed is known.
fn estimate(app: AppState, model: ModelId) -> String {
    let measured = app.engines.status().with(|status| {
        let status = status.as_ref()?;
        status.speed(status.batch_engine(model), model)
    });
    let single = app.timings.with(|timings| {
        let features = if model.is_deep() {
            0
        } else {
            timings.features()?
        };
        Some(f64::from(timings.model(model)? + features) / 1e6)
    });
    let seconds = measured.map(|s| 1.0 / s.many).or(single);
    match seconds.map(|s| s * TEST_SET_SIZE as f64) {
        Some(seconds) => format!("About {} on this machine.", duration(seconds.max(1.0))),
        None => "Loads 4 MB. The duration is estimated after the first prediction.".to_string(),
    }
}

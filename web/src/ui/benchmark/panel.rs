//! The panel: two buttons, a table, a bar, and what came of it all.

use leptos::ev::MouseEvent;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use plot::format::duration;
use shared::ModelId;
use web_sys::{Element, HtmlSelectElement};

use super::speed_table::{MEASURED, table};
use super::test_run::{Stage, TestRun};
use crate::contender::Contender;
use crate::dom::{clicked, mark, part, say};
use crate::state::page::Page;
use crate::ui::compare::confusion_matrix::matrix;
use protocol::TEST_SET_SIZE;

const MARKUP: &str = "\
    <div class=\"measure\"><button type=\"button\" class=\"pill\" data-testid=\"machine-measure\">Measure the engines</button>\
    <p class=\"small\" role=\"status\" data-testid=\"machine-reason\"></p></div>\
    <div data-testid=\"machine-speeds\"></div>\
    <div class=\"measure\"><button type=\"button\" class=\"pill\" data-testid=\"run\"></button>\
    <label class=\"choice\"><span class=\"unseen\">Model that answers the test images</span><select data-testid=\"run-model\"></select></label>\
    <p class=\"small\" data-testid=\"run-words\"></p></div>\
    <progress aria-label=\"Test images answered\" max=\"10000\" data-testid=\"run-progress\"></progress>\
    <p role=\"status\" data-testid=\"run-outcome\"></p>\
    <div class=\"confusion\" data-testid=\"run-matrix\"></div>";

/// Where the visitor sees what this machine can do.
#[component]
pub fn Machine() -> impl IntoView {
    let page = expect_context::<Page>();
    let node = NodeRef::<html::Div>::new();
    let run = TestRun::new();
    let model = RwSignal::new(ModelId::Cnn);
    let measuring = RwSignal::new(None::<Result<(), String>>);
    Effect::new(move |_| {
        if let Some(select) = node.get().and_then(|n| part::<Element>(&n, "run-model")) {
            let options =
                ModelId::ALL.map(|m| format!("<option value=\"{m}\">{}</option>", m.title()));
            select.set_inner_html(&options.concat());
        }
    });
    Effect::new(move |_| {
        if let Some(root) = node.get() {
            show_speeds(page, &root, model.get(), measuring.get());
        }
    });
    Effect::new(move |_| {
        if let Some(root) = node.get() {
            run.stage
                .with(|stage| show_run(page, &root, stage, model.get()));
        }
    });
    let press = move |event: MouseEvent| match clicked(&event).map(|(_, hook)| hook).as_deref() {
        Some("machine-measure") if measuring.get_untracked() != Some(Ok(())) => {
            measuring.set(Some(Ok(())));
            spawn_local(async move { measuring.set(measure(page).await.err().map(Err)) });
        }
        Some("run") if run.stage.with_untracked(Stage::is_busy) => run.stop(),
        Some("run") => run.start(page, model.get_untracked()),
        _ => {}
    };
    let choose = move |_| {
        let select = node.get_untracked();
        let select = select.and_then(|n| part::<HtmlSelectElement>(&n, "run-model"));
        if let Some(chosen) = select.and_then(|s| ModelId::from_name(&s.value())) {
            model.set(chosen);
        }
    };
    view! {
        <div
            class="machine"
            role="group"
            aria-label="This machine"
            data-testid="machine"
            node_ref=node
            inner_html=MARKUP
            on:click=press
            on:change=choose
        ></div>
    }
}

/// Times the networks that have weights, one after the other.
async fn measure(page: Page) -> Result<(), String> {
    for model in MEASURED {
        if page.model(model).with_untracked(|m| m.weights.is_ready()) {
            page.client().measure_speed(model).await?;
        }
    }
    Ok(())
}

fn show_speeds(page: Page, root: &Element, model: ModelId, measuring: Option<Result<(), String>>) {
    page.report.with(|report| {
        let Some(report) = report else { return };
        if let Some(speeds) = part::<Element>(root, "machine-speeds") {
            speeds.set_inner_html(&table(report));
        }
        let words = match measuring {
            Some(Ok(())) => "Measuring each engine, one after the other…".to_string(),
            Some(Err(sentence)) => sentence,
            None => report.batch_reason(model),
        };
        say(root, "machine-reason", &words);
        // Attributes' names are legal.
        let _ = root.set_attribute("data-batch-engine", report.batch_engine(model).name());
    });
}

fn show_run(page: Page, root: &Element, stage: &Stage, model: ModelId) {
    let progress = stage.progress();
    let busy = stage.is_busy();
    let recorded = progress.and_then(|p| recorded(page, p.model));
    let set = |name: &str, value: &str| {
        let _ = root.set_attribute(name, value);
    };
    set("data-run", stage.name());
    set("data-done", &progress.map_or(0, |p| p.done()).to_string());
    say(
        root,
        "run",
        if busy {
            "Stop"
        } else {
            "Run the 10,000 test images"
        },
    );
    mark(root, "run-model", "disabled", busy);
    mark(root, "run-progress", "hidden", !busy);
    if let Some(bar) = part::<Element>(root, "run-progress") {
        let _ = match progress {
            Some(progress) => bar.set_attribute("value", &progress.done().to_string()),
            None => bar.remove_attribute("value"),
        };
    }
    let words = match stage {
        Stage::Fetching => "The test images are being fetched, about 4 MB.".to_string(),
        Stage::Measuring => "The engines are being timed: the faster one is to answer.".to_string(),
        Stage::Running(progress) => progress.words(),
        Stage::Over(_) => String::new(),
        _ => forecast(page, model),
    };
    say(root, "run-words", &words);
    let outcome = match stage {
        Stage::Over(progress) => progress.outcome(recorded),
        Stage::Failed(sentence) => sentence.clone(),
        _ => String::new(),
    };
    say(root, "run-outcome", &outcome);
    if let Some(place) = part::<Element>(root, "run-matrix") {
        place.set_inner_html(&match stage {
            Stage::Over(progress) => {
                set("data-accuracy", &progress.confusion.accuracy().to_string());
                set("data-seconds", &progress.seconds.to_string());
                set("data-engine", progress.engine.name());
                matrix(&progress.confusion.0)
            }
            _ => String::new(),
        });
    }
}

/// The accuracy that the trainer recorded.
fn recorded(page: Page, model: ModelId) -> Option<f64> {
    page.facts.with(|facts| {
        let fact = facts
            .iter()
            .find(|f| f.contender == Contender::Model(model));
        fact.and_then(|f| f.accuracy)
    })
}

/// How long it will take, as far as can be told.
fn forecast(page: Page, model: ModelId) -> String {
    let measured = page.report.with(|report| {
        let report = report.as_ref()?;
        report.speed(report.batch_engine(model), model)
    });
    let alone = page.stopwatch.with(|s| {
        let features = if model.is_deep() { 0 } else { s.features()? };
        Some(f64::from(s.model(model)? + features) / 1e6)
    });
    let seconds = measured.map(|s| 1.0 / s.many).or(alone);
    match seconds.map(|s| s * TEST_SET_SIZE as f64) {
        Some(seconds) => format!("About {} here.", duration(seconds.max(1.0))),
        None => "Fetches 4 MB; how long it takes is seen once a picture is answered.".to_string(),
    }
}

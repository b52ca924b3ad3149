//! Reliability diagrams: the accuracy of the predictions in each range of confidence, beside the calibration error.

use leptos::prelude::*;
use leptos::task::spawn_local;
use plot::axis::{Axis, Scale};
use plot::format::{percent, thousands};
use plot::markup::{Anchor, Markup};
use shared::metrics::{CALIBRATION_BINS, Calibration};

use super::confidences::SharedConfidences;
use super::selection::place;
use crate::contender::Contender;
use crate::state::AppState;
use crate::state::stale_answers::RequestCounter;
use crate::ui::compare::metrics_file::MetricsFile;

/// The size of a diagram in its own units, and its margins.
const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 44.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 40.0;

/// The state of the latest computation.
#[derive(Clone, PartialEq)]
enum Stage {
    Idle,
    Loading,
    /// The number of images classified.
    Classifying(usize),
    Failed(String),
}

#[component]
pub fn ReliabilityDiagrams(
    /// The metrics file of each contender, in their order.
    files: RwSignal<Vec<Option<MetricsFile>>>,
    confidences: SharedConfidences,
) -> impl IntoView {
    let app = expect_context::<AppState>();
    let chosen = RwSignal::new(Contender::all().next().unwrap_or(Contender::Vote));
    let stage = RwSignal::new(Stage::Idle);
    let runs = RequestCounter::default();
    // In the order in which they were computed.
    let diagrams = RwSignal::new(Vec::<(Contender, Calibration)>::new());
    let is_busy =
        move || stage.with(|stage| matches!(stage, Stage::Loading | Stage::Classifying(_)));
    let press = move |_| {
        let run = runs.next();
        if untrack(is_busy) {
            stage.set(Stage::Idle);
            return;
        }
        let contender = chosen.get_untracked();
        let predicted = files.with_untracked(|f| predicted(f, contender));
        stage.set(Stage::Loading);
        spawn_local(async move {
            let on_progress = move |done| {
                let goes_on = !runs.is_stale(run);
                if goes_on {
                    stage.set(Stage::Classifying(done));
                }
                goes_on
            };
            let result = compute(app, contender, &predicted, confidences, on_progress).await;
            if runs.is_stale(run) {
                return;
            }
            stage.set(match result {
                Ok(calibration) => {
                    diagrams.update(|all| {
                        all.retain(|(c, _)| *c != contender);
                        all.push((contender, calibration));
                    });
                    Stage::Idle
                }
                Err(error) => Stage::Failed(error),
            });
        });
    };
    view! {
        <div class="plot-heading">
            <div>
                <h3>"Reliability diagrams"</h3>
                <p class="small">
                    "Of the predictions made with a confidence of, for example, 80%, four out of five should be right. Each bar is the share of right predictions in a range of confidence; the line shows where it should end. The calibration error is the mean distance from the line."
                </p>
            </div>
        </div>
        <div class="measure">
            <label class="choice">
                <span class="visually-hidden">"Model of the diagram"</span>
                <select
                    data-testid="reliability-model"
                    disabled=is_busy
                    on:change=move |event| {
                        if let Some(contender) = Contender::from_name(&event_target_value(&event)) {
                            chosen.set(contender);
                        }
                    }
                >
                    {Contender::all()
                        .map(|c| view! { <option value=c.name()>{c.title()}</option> })
                        .collect_view()}
                </select>
            </label>
            <button
                type="button"
                class="outlined-button"
                data-testid="reliability-run"
                on:click=press
                prop:textContent=move || {
                    if is_busy() { "Stop" } else { "Classify the 10,000 test images" }
                }
            ></button>
            <p
                class="small"
                data-testid="reliability-progress"
                prop:textContent=move || stage.with(progress_text)
            ></p>
        </div>
        <p role="status" class="small" prop:textContent=move || {
            stage
                .with(|stage| match stage {
                    Stage::Failed(error) => error.clone(),
                    _ => String::new(),
                })
        }></p>
        <div
            class="curves"
            data-testid="reliability"
            inner_html=move || {
                let mut html = Markup::default();
                diagrams
                    .with(|all| {
                        for (contender, calibration) in all {
                            let recorded = app.site.published(*contender, |e| e.calibration_error);
                            diagram(&mut html, *contender, calibration, recorded);
                        }
                    });
                html.into_text()
            }
        ></div>
    }
}

fn progress_text(stage: &Stage) -> String {
    match stage {
        Stage::Idle | Stage::Failed(_) => String::new(),
        Stage::Loading => "The test images are being loaded, about 4 MB.".to_string(),
        Stage::Classifying(done) => format!("{} images classified.", thousands(*done as u64)),
    }
}

/// The labels that a contender predicts.
fn predicted(files: &[Option<MetricsFile>], contender: Contender) -> Vec<u8> {
    let file = files.get(place(contender)).and_then(Option::as_ref);
    file.map(|file| file.answers.clone()).unwrap_or_default()
}

async fn compute(
    app: AppState,
    contender: Contender,
    predicted: &[u8],
    confidences: SharedConfidences,
    on_progress: impl Fn(usize) -> bool,
) -> Result<Calibration, String> {
    let test_set = app.engines.client().load_test_set().await;
    let test_set = test_set.map_err(|error| error.to_string())?;
    let labels = test_set.labels();
    if predicted.len() != labels.len() {
        return Err(
            "The model’s recorded predictions could not be loaded: reload the page.".into(),
        );
    }
    let confidences = confidences.get_value();
    let all: Vec<usize> = (0..labels.len()).collect();
    let mut done = 0;
    let go_on = |count| {
        done += count;
        on_progress(done)
    };
    let request = confidences.request(app, &test_set, contender, &all, go_on);
    request.await.map_err(|error| error.to_string())?;
    let mut calibration = Calibration::default();
    let known = confidences.all(contender, labels.len()).unwrap_or_default();
    for ((label, predicted), confidence) in labels.iter().zip(predicted).zip(known) {
        calibration.add_confidence(label == predicted, confidence);
    }
    Ok(calibration)
}

fn diagram(
    html: &mut Markup,
    contender: Contender,
    calibration: &Calibration,
    recorded: Option<f64>,
) {
    let (name, title, error) = (contender.name(), contender.title(), calibration.error());
    let trainer = match recorded {
        Some(recorded) => format!(", {} measured by the trainer", percent(recorded)),
        None => String::new(),
    };
    html.put(format_args!(
        "<figure data-testid=\"reliability-diagram\" data-model=\"{name}\" data-error=\"{error}\">\
         <figcaption><strong>{title}</strong> calibration error {}{trainer}</figcaption>\
         <svg role=\"img\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-label=\"Reliability diagram, {title}.",
        percent(error)
    ));
    let bins = || calibration.bins().iter().enumerate();
    for (bin, content) in bins().filter(|(_, b)| b.predictions > 0) {
        html.put(format_args!(
            " Confidence {:.0} to {:.0}%: {} predictions, {:.1}% right.",
            start(bin) * 100.0,
            start(bin + 1) * 100.0,
            content.predictions,
            accuracy(content) * 100.0
        ));
    }
    html.put(format_args!("\">"));
    let x = Axis {
        range: (0.0, 1.0),
        pixels: (LEFT, WIDTH - RIGHT),
        scale: Scale::Linear,
    };
    let y = Axis {
        range: (0.0, 1.0),
        pixels: (HEIGHT - BOTTOM, TOP),
        scale: Scale::Linear,
    };
    for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
        let text = format!("{:.0}", tick * 100.0);
        html.line(
            "grid",
            (LEFT, y.place(tick)),
            (WIDTH - RIGHT, y.place(tick)),
        );
        let beside = (LEFT - 6.0, y.place(tick) + 4.0);
        html.text("tick", beside, Anchor::End, &text);
        let below = (x.place(tick), HEIGHT - BOTTOM + 16.0);
        html.text("tick", below, Anchor::Middle, &text);
    }
    for (bin, content) in bins().filter(|(_, b)| b.predictions > 0) {
        html.rect(
            "reliability-bar",
            (x.place(start(bin)) + 1.0, y.place(accuracy(content))),
            (x.place(start(bin + 1)) - 1.0, y.place(0.0)),
        );
    }
    html.line(
        "reliability-line",
        (x.place(0.0), y.place(0.0)),
        (x.place(1.0), y.place(1.0)),
    );
    let middle = (LEFT + WIDTH - RIGHT) / 2.0;
    html.text(
        "tick",
        (middle, HEIGHT - 6.0),
        Anchor::Middle,
        "Confidence, %",
    );
    html.text("tick", (LEFT + 4.0, TOP + 8.0), Anchor::Start, "Right, %");
    html.put(format_args!("</svg></figure>"));
}

/// The lowest confidence of a bin.
fn start(bin: usize) -> f64 {
    bin as f64 / CALIBRATION_BINS as f64
}

fn accuracy(bin: &shared::metrics::CalibrationBin) -> f64 {
    f64::from(bin.correct) / f64::from(bin.predictions.max(1))
}

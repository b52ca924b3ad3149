//! The training curves of the networks: training loss, validation loss and accuracy, epoch by epoch.
//!
//! The two losses are different functions, so each has a chart of its own: in training it is that of distillation, on augmented images;
//! on the validation set it is the cross-entropy with the labels.

use leptos::html;
use leptos::prelude::*;
use plot::axis::{Axis, Scale};
use plot::markup::{Anchor, Markup};
use shared::ModelId;
use web_sys::PointerEvent;

use super::metrics_file::{Epoch, MetricsFile};
use crate::contender::Contender;

/// The size of a chart in its own units. It is about as wide on the page, so that its text has the size of the page's.
const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 206.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 40.0;

/// A line of a chart.
struct Line {
    /// What it is measured on; also the class of the line.
    name: &'static str,
    value: fn(&Epoch) -> f64,
}

/// A chart that each network has.
struct Chart {
    name: &'static str,
    title: &'static str,
    /// The name of the y axis.
    unit: &'static str,
    decimals: usize,
    lines: &'static [Line],
}

static CHARTS: [Chart; 3] = [
    Chart {
        name: "training-loss",
        title: "training loss (distillation)",
        unit: "loss",
        decimals: 3,
        lines: &[Line {
            name: "training",
            value: |epoch| epoch.train_loss,
        }],
    },
    Chart {
        name: "validation-loss",
        title: "validation loss (cross-entropy)",
        unit: "loss, nats",
        decimals: 3,
        lines: &[Line {
            name: "validation",
            value: |epoch| epoch.validation_loss,
        }],
    },
    Chart {
        name: "accuracy",
        title: "accuracy",
        unit: "accuracy, %",
        decimals: 1,
        lines: &[
            Line {
                name: "training",
                value: |epoch| epoch.train_accuracy * 100.0,
            },
            Line {
                name: "validation",
                value: |epoch| epoch.validation_accuracy * 100.0,
            },
        ],
    },
];

#[component]
pub fn TrainingCurves(
    /// The metrics file of each contender, in their order.
    files: RwSignal<Vec<Option<MetricsFile>>>,
) -> impl IntoView {
    let networks: Vec<(ModelId, Vec<Epoch>)> = files.with_untracked(|all| {
        let networks = Contender::all().zip(all);
        let networks = networks.filter_map(|(contender, file)| match (contender, file) {
            (Contender::Model(model), Some(file)) if file.epochs.len() > 1 => {
                Some((model, file.epochs.clone()))
            }
            _ => None,
        });
        networks.collect()
    });
    let count = networks.iter().map(|(_, epochs)| epochs.len()).max();
    let last = count.unwrap_or(1);
    // The epoch whose values are shown, from 1.
    let epoch = RwSignal::new(last);
    view! {
        <div class="plot-heading">
            <div>
                <h3>"Training curves of the networks"</h3>
                <p class="small">
                    "The training loss compares a network's probabilities with those of its teachers and with the labels, so it cannot be compared with the validation loss."
                </p>
                <p class="small key">
                    <span class="train-key">"training images, augmented"</span>
                    <span class="validation-key">"held-out validation set, 5,000 images"</span>
                </p>
            </div>
            <label class="choice">
                <span class="small">"Values at epoch "<span prop:textContent=move || epoch.get().to_string()></span></span>
                <input
                    type="range"
                    data-testid="epoch"
                    min="1"
                    max=last.to_string()
                    prop:value=move || epoch.get().to_string()
                    on:input=move |event| {
                        if let Ok(chosen) = event_target_value(&event).parse() {
                            epoch.set(chosen);
                        }
                    }
                />
            </label>
        </div>
        <div class="curves">
            {networks
                .into_iter()
                .flat_map(|(model, epochs)| CHARTS.iter().map(move |chart| (model, epochs.clone(), chart)))
                .map(|(model, epochs, chart)| view! { <Curve model epochs chart epoch/> })
                .collect_view()}
        </div>
    }
}

/// A chart, and its values at the chosen epoch. The epoch follows the pointer.
#[component]
fn Curve(
    model: ModelId,
    epochs: Vec<Epoch>,
    chart: &'static Chart,
    epoch: RwSignal<usize>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let svg = draw(model, chart, &epochs);
    let count = epochs.len();
    let shown = move || epoch.get().min(count);
    let point = move |event: PointerEvent| {
        if let Some(plot) = node.get() {
            let place = plot.get_bounding_client_rect();
            let x = (f64::from(event.client_x()) - place.left()) / place.width() * WIDTH;
            let share = ((x - LEFT) / (WIDTH - LEFT - RIGHT)).clamp(0.0, 1.0);
            epoch.set(1 + (share * (count - 1) as f64).round() as usize);
        }
    };
    view! {
        <figure data-testid="curve" data-model=model.name() data-chart=chart.name>
            <figcaption>
                <strong>{model.title()}</strong>
                " "
                {chart.title}
            </figcaption>
            <div class="curve-plot" node_ref=node on:pointermove=point>
                <div inner_html=svg></div>
                <span
                    class="cursor"
                    aria-hidden="true"
                    style:left=move || {
                        let share = (shown() - 1) as f64 / (count - 1) as f64;
                        format!("{:.2}%", (LEFT + share * (WIDTH - LEFT - RIGHT)) / WIDTH * 100.0)
                    }
                ></span>
            </div>
            <p
                class="small"
                data-testid="curve-value"
                prop:textContent=move || values(chart, shown(), &epochs[shown() - 1])
            ></p>
        </figure>
    }
}

/// The values of an epoch as text.
fn values(chart: &Chart, number: usize, epoch: &Epoch) -> String {
    let decimals = chart.decimals;
    let values = chart
        .lines
        .iter()
        .map(|line| format!("{} {:.decimals$}", line.name, (line.value)(epoch)));
    let values: Vec<String> = values.collect();
    format!("epoch {number}: {}", values.join(", "))
}

/// The chart as SVG.
fn draw(model: ModelId, chart: &Chart, epochs: &[Epoch]) -> String {
    let values = |line: &Line| epochs.iter().map(line.value).collect::<Vec<f64>>();
    let lines: Vec<(&str, Vec<f64>)> = chart.lines.iter().map(|l| (l.name, values(l))).collect();
    let all = || lines.iter().flat_map(|(_, values)| values);
    let least = all().fold(f64::INFINITY, |a, b| a.min(*b));
    let most = all().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
    let margin = (most - least) * 0.05;
    let x = Axis {
        range: (1.0, epochs.len() as f64),
        pixels: (LEFT, WIDTH - RIGHT),
        scale: Scale::Linear,
    };
    let y = Axis {
        range: (least - margin, most + margin),
        pixels: (HEIGHT - BOTTOM, TOP),
        scale: Scale::Linear,
    };
    let mut html = Markup::default();
    html.put(format_args!(
        "<svg role=\"img\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-label=\"{}, {} by epoch:",
        model.title(),
        chart.title
    ));
    for (name, values) in &lines {
        html.put(format_args!(
            " {name} from {:.2} to {:.2};",
            values[0],
            values[values.len() - 1]
        ));
    }
    html.put(format_args!(" {} epochs\">", epochs.len()));
    let ticks = y.ticks(4);
    let step = ticks
        .windows(2)
        .next()
        .map_or(1.0, |pair| pair[1] - pair[0]);
    let decimals = if step < 0.1 {
        2
    } else if step < 1.0 {
        1
    } else {
        0
    };
    html.text("tick", (LEFT, TOP - 10.0), Anchor::Start, chart.unit);
    for value in ticks {
        let at = y.place(value);
        html.line("grid", (LEFT, at), (WIDTH - RIGHT, at));
        let text = format!("{value:.decimals$}");
        html.text("tick", (LEFT - 6.0, at + 4.0), Anchor::End, &text);
    }
    for epoch in x.ticks(5).into_iter().filter(|e| e.fract() == 0.0) {
        let text = format!("{epoch:.0}");
        let at = x.place(epoch);
        // The last label must not reach beyond the edge.
        let anchor = if at > WIDTH - 16.0 {
            Anchor::End
        } else {
            Anchor::Middle
        };
        html.text("tick", (at, HEIGHT - BOTTOM + 18.0), anchor, &text);
    }
    let middle = (LEFT + WIDTH - RIGHT) / 2.0;
    html.text("tick", (middle, HEIGHT - 6.0), Anchor::Middle, "epoch");
    for (name, values) in &lines {
        let points = values.iter().enumerate();
        html.polyline(
            name,
            points.map(|(i, value)| (x.place((i + 1) as f64), y.place(*value))),
        );
    }
    html.put(format_args!("</svg>"));
    html.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs() -> Vec<Epoch> {
        let epoch = |loss: f64| Epoch {
            train_loss: 2.0 * loss,
            validation_loss: loss,
            train_accuracy: 0.5,
            validation_accuracy: 0.6,
        };
        vec![epoch(1.0), epoch(0.5), epoch(0.25)]
    }

    #[test]
    fn a_chart_of_losses_has_one_of_the_two() {
        for chart in &CHARTS {
            let svg = draw(ModelId::Cnn, chart, &epochs());
            let both = svg.contains("class=\"training\"") && svg.contains("class=\"validation\"");
            assert_eq!(both, chart.name == "accuracy", "{svg}");
            assert!(svg.contains(">epoch</text>") && svg.contains(chart.unit));
        }
    }

    #[test]
    fn values_have_their_names() {
        let epochs = epochs();
        assert_eq!(
            CHARTS.each_ref().map(|chart| values(chart, 2, &epochs[1])),
            [
                "epoch 2: training 1.000",
                "epoch 2: validation 0.500",
                "epoch 2: training 50.0, validation 60.0"
            ]
        );
    }
}

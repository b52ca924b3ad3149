//! The training curves of the networks: loss and accuracy, epoch by epoch.

use leptos::prelude::*;
use plot::axis::{Axis, Scale};
use plot::markup::{Anchor, Markup};
use shared::ModelId;

use super::metrics_file::{Epoch, MetricsFile};
use crate::contender::Contender;

/// The size of a chart in its own units. It is about as wide on the app, so that its text has the size of the page's.
const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;

/// The two values of an epoch that a chart shows: on the training images and on the validation split.
type Pair = fn(&Epoch) -> (f64, f64);

#[component]
pub fn TrainingCurves(
    /// The metrics file of each contender, in their order.
    files: RwSignal<Vec<Option<MetricsFile>>>,
) -> impl IntoView {
    view! {
        <div class="plot-heading">
            <div>
                <h3>"Training curves of the networks"</h3>
                <p class="small key">
                    <span class="train-key">"training images"</span>
                    <span class="validation-key">"validation split, 5,000 images"</span>
                </p>
            </div>
        </div>
        <div
            class="curves"
            inner_html=move || {
                let mut html = Markup::default();
                files
                    .with(|all| {
                        for (contender, file) in Contender::all().zip(all) {
                            if let (Contender::Model(model), Some(file)) = (contender, file)
                                && file.epochs.len() > 1
                            {
                                charts(&mut html, model, &file.epochs);
                            }
                        }
                    });
                html.into_text()
            }
        ></div>
    }
}

fn charts(html: &mut Markup, model: ModelId, epochs: &[Epoch]) {
    chart(html, model, "loss", epochs, |e| {
        (e.train_loss, e.validation_loss)
    });
    chart(html, model, "accuracy, %", epochs, |e| {
        (e.train_accuracy * 100.0, e.validation_accuracy * 100.0)
    });
}

fn chart(html: &mut Markup, model: ModelId, what: &str, epochs: &[Epoch], pair: Pair) {
    let pairs: Vec<(f64, f64)> = epochs.iter().map(pair).collect();
    let values = pairs
        .iter()
        .flat_map(|(train, validation)| [*train, *validation]);
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let most = values.fold(f64::NEG_INFINITY, f64::max);
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
    let (first, last) = (pairs[0], pairs[pairs.len() - 1]);
    html.put(format_args!(
        "<figure data-testid=\"curve\" data-model=\"{}\"><figcaption><strong>{}</strong> {what}</figcaption>\
         <svg role=\"img\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" aria-label=\"{}, {what}: from {:.2} to {:.2} in training, \
         from {:.2} to {:.2} on the validation split, in {} epochs\">",
        model.name(),
        model.title(),
        model.title(),
        first.0,
        last.0,
        first.1,
        last.1,
        pairs.len()
    ));
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
        html.text("tick", (at, HEIGHT - 8.0), anchor, &text);
    }
    let place = |epoch: usize, value| (x.place((epoch + 1) as f64), y.place(value));
    let values = || pairs.iter().enumerate();
    html.polyline("train", values().map(|(i, p)| place(i, p.0)));
    html.polyline("validation", values().map(|(i, p)| place(i, p.1)));
    html.put(format_args!("</svg></figure>"));
}

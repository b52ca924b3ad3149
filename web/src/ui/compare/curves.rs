//! How the networks learned: loss and accuracy, epoch by epoch.

use leptos::prelude::*;
use plot::axis::{Axis, Scale};
use plot::markup::{Anchor, Markup};
use shared::ModelId;

use super::record::{Epoch, Record};
use crate::ui::contender::Contender;

/// A chart's size, in the units of its drawing: about as wide as it is shown, so that letters keep their size.
const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 190.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;

/// What a chart shows of an epoch: on the training pictures, and on those held out.
type Pair = fn(&Epoch) -> (f64, f64);

#[component]
pub fn Curves(
    /// What is known of each contender, in their order.
    records: RwSignal<Vec<Option<Record>>>,
) -> impl IntoView {
    view! {
        <div class="plot-heading">
            <div>
                <h3>"How the networks learned"</h3>
                <p class="small key">
                    <span class="train-key">"training pictures"</span>
                    <span class="validation-key">"5,000 held out to choose by"</span>
                </p>
            </div>
        </div>
        <div
            class="curves"
            inner_html=move || {
                let mut html = Markup::default();
                records
                    .with(|all| {
                        for (contender, record) in Contender::all().zip(all) {
                            if let (Contender::Model(model), Some(record)) = (contender, record)
                                && record.epochs.len() > 1
                            {
                                charts(&mut html, model, &record.epochs);
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
    let values = pairs.iter().flat_map(|(train, held)| [*train, *held]);
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
         from {:.2} to {:.2} on the pictures held out, in {} epochs\">",
        model.name(),
        model.title(),
        model.title(),
        first.0,
        last.0,
        first.1,
        last.1,
        pairs.len()
    ));
    let marks = y.ticks(4);
    let step = marks
        .windows(2)
        .next()
        .map_or(1.0, |pair| pair[1] - pair[0]);
    let decimals = match step {
        s if s < 0.1 => 2,
        s if s < 1.0 => 1,
        _ => 0,
    };
    for value in marks {
        let at = y.place(value);
        html.line("grid", (LEFT, at), (WIDTH - RIGHT, at));
        let text = format!("{value:.decimals$}");
        html.text("tick", (LEFT - 6.0, at + 4.0), Anchor::End, &text);
    }
    for epoch in x.ticks(5).into_iter().filter(|e| e.fract() == 0.0) {
        let text = format!("{epoch:.0}");
        let at = x.place(epoch);
        // The last one must not reach beyond the edge.
        let anchor = if at > WIDTH - 16.0 {
            Anchor::End
        } else {
            Anchor::Middle
        };
        html.text("tick", (at, HEIGHT - 8.0), anchor, &text);
    }
    let place = |epoch: usize, value| (x.place((epoch + 1) as f64), y.place(value));
    let each = || pairs.iter().enumerate();
    html.polyline("train", each().map(|(i, p)| place(i, p.0)));
    html.polyline("validation", each().map(|(i, p)| place(i, p.1)));
    html.put(format_args!("</svg></figure>"));
}

//! The plot of accuracy against cost: a point for each model and for the ensemble, and a line for the accuracy of people.

use leptos::prelude::*;
use plot::axis::{Axis, Scale};
use plot::format::{self, milliseconds};
use plot::labels::spread;
use plot::markup::{Anchor, Markup};
use shared::metrics::HUMAN_ACCURACY;

use super::columns::Column;
use super::observers;
use crate::contender::Contender;
use crate::state::AppState;
use crate::ui::choice::Choice;

/// The plot's margins, in pixels.
const LEFT: f64 = 46.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 44.0;
/// A label's height, and the approximate width of a letter.
const LABEL_HEIGHT: f64 = 16.0;
const LETTER_WIDTH: f64 = 7.6;
/// Below this width, names are shortened.
const NARROW: f64 = 560.0;
/// The distance from a point to its label.
const LABEL_DISTANCE: f64 = 10.0;

/// The columns of the comparison that are costs.
const COSTS: [(Column, &str); 2] = [
    (Column::Bytes, "Size of the weights"),
    (Column::Time, "Time for one image in this browser"),
];

#[component]
pub fn CostPlot() -> impl IntoView {
    let app = expect_context::<AppState>();
    let cost = RwSignal::new(Column::Bytes);
    let node = NodeRef::new();
    let width = observers::width(node);
    view! {
        <div class="plot-heading">
            <h3 id="cost-title">"Accuracy against cost"</h3>
            <Choice
                label="Cost"
                testid="cost"
                options=COSTS.map(|(cost, title)| (cost, cost.name(), title)).to_vec()
                chosen=cost
                choose=move |chosen| cost.set(chosen)
            />
        </div>
        <div
            class="plot"
            node_ref=node
            data-testid="cost-plot"
            inner_html=move || {
                let points = points(app, cost.get());
                match width.get() {
                    Some(_) if points.is_empty() => NO_TIMES.to_string(),
                    Some(width) => draw(&points, cost.get(), width),
                    None => String::new(),
                }
            }
        ></div>
    }
}

const NO_TIMES: &str =
    "<p class=\"small\">There are no times yet: classify an image, or measure below the table.</p>";

/// The cost and accuracy of all contenders for which both are known.
fn points(app: AppState, cost: Column) -> Vec<(Contender, f64, f64)> {
    Contender::all()
        .filter_map(|contender| {
            let amount = cost.value(app, contender)?;
            let accuracy = Column::Accuracy.value(app, contender)?;
            // The clock is too coarse for the fastest models: it reads 0, which has no logarithm.
            Some((contender, amount.max(50.0), accuracy))
        })
        .collect()
}

/// The plot as SVG, `width` pixels wide.
fn draw(points: &[(Contender, f64, f64)], cost: Column, width: f64) -> String {
    let height = (width * 0.5).clamp(280.0, 420.0);
    let (right, bottom) = (width - RIGHT, height - BOTTOM);
    let costs = points.iter().map(|p| p.1);
    let accuracies = points.iter().map(|p| p.2).chain([HUMAN_ACCURACY]);
    let least = accuracies.clone().fold(1.0, f64::min);
    let most = accuracies.fold(0.0, f64::max);
    let x = Axis {
        range: (
            costs.clone().fold(f64::INFINITY, f64::min) / 1.6,
            costs.fold(0.0, f64::max) * 1.6,
        ),
        pixels: (LEFT, right),
        scale: Scale::Log,
    };
    let y = Axis {
        range: ((least - 0.01) * 100.0, (most + 0.01) * 100.0),
        pixels: (bottom, TOP),
        scale: Scale::Linear,
    };
    let name = |contender: Contender| {
        if width < NARROW {
            contender.short()
        } else {
            contender.title()
        }
    };
    let (amount, what): (fn(f64) -> String, _) = match cost {
        Column::Time => (
            |v| milliseconds(v as u32),
            "time for one image, logarithmic",
        ),
        _ => (format::bytes, "size of the weights, logarithmic"),
    };

    let mut svg = Markup::default();
    svg.put(format_args!(
        "<svg role=\"img\" aria-labelledby=\"cost-title\" width=\"{width:.0}\" height=\"{height:.0}\">"
    ));
    for value in y.ticks(6) {
        let at = y.place(value);
        svg.line("grid", (LEFT, at), (right, at));
        svg.text(
            "tick",
            (LEFT - 8.0, at + 4.0),
            Anchor::End,
            &format!("{value:.0}%"),
        );
    }
    for value in x.ticks(5) {
        let at = x.place(value);
        // The last label must not reach beyond the edge.
        let anchor = if at > right - 20.0 {
            Anchor::End
        } else {
            Anchor::Middle
        };
        svg.line("grid", (at, TOP), (at, bottom));
        svg.text("tick", (at, bottom + 18.0), anchor, &amount(value));
    }
    let humans = y.place(HUMAN_ACCURACY * 100.0);
    svg.line("humans", (LEFT, humans), (right, humans));
    let people = format!("people: {:.1}%", HUMAN_ACCURACY * 100.0);
    svg.text("tick", (right, humans - 6.0), Anchor::End, &people);
    svg.text(
        "tick",
        ((LEFT + right) / 2.0, height - 6.0),
        Anchor::Middle,
        what,
    );

    let labels: Vec<(f64, f64, f64)> = points
        .iter()
        .map(|(contender, cost, accuracy)| {
            let (px, py) = (x.place(*cost), y.place(accuracy * 100.0));
            let length = name(*contender).chars().count() as f64 * LETTER_WIDTH;
            if px + LABEL_DISTANCE + length < right {
                (px + LABEL_DISTANCE, px + LABEL_DISTANCE + length, py)
            } else {
                (px - LABEL_DISTANCE - length, px - LABEL_DISTANCE, py)
            }
        })
        .collect();
    let places = spread(&labels, LABEL_HEIGHT);
    for (((contender, cost, accuracy), (left, end, _)), place) in
        points.iter().zip(labels).zip(places)
    {
        let (px, py) = (x.place(*cost), y.place(accuracy * 100.0));
        let (class, radius) = match contender {
            Contender::Vote => ("point vote-point", 6.5),
            Contender::Model(_) => ("point", 5.0),
        };
        svg.put(format_args!(
            "<g class=\"{class}\" data-model=\"{}\"><title>{}: {:.2}%, {}</title>",
            contender.name(),
            contender.title(),
            accuracy * 100.0,
            amount(*cost)
        ));
        let (edge, anchor) = if left > px {
            (left, Anchor::Start)
        } else {
            (end, Anchor::End)
        };
        svg.line("leader", (px, py), (edge, place));
        svg.put(format_args!(
            "<circle cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"{radius}\"/>"
        ));
        svg.text("name", (edge, place + 4.0), anchor, name(*contender));
        svg.put(format_args!("</g>"));
    }
    svg.put(format_args!("</svg>"));
    svg.into_text()
}

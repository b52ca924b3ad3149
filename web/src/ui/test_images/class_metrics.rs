//! Precision, recall or F1 of each class, as bars of the seven models and the ensemble.

use leptos::prelude::*;
use plot::markup::Markup;
use shared::Garment;

use crate::contender::Contender;
use crate::ui::choice::Choice;
use crate::ui::compare::metrics_file::{ClassReport, MetricsFile};

/// A metric of a class.
#[derive(Clone, Copy, PartialEq)]
enum Metric {
    F1,
    Recall,
    Precision,
}

impl Metric {
    const ALL: [Self; 3] = [Self::F1, Self::Recall, Self::Precision];

    const fn title(self) -> &'static str {
        match self {
            Self::F1 => "F1",
            Self::Recall => "Recall",
            Self::Precision => "Precision",
        }
    }

    const fn of(self, class: &ClassReport) -> f64 {
        match self {
            Self::F1 => class.f1,
            Self::Recall => class.recall,
            Self::Precision => class.precision,
        }
    }
}

#[component]
pub fn ClassMetrics(
    /// The metrics file of each contender, in their order.
    files: RwSignal<Vec<Option<MetricsFile>>>,
) -> impl IntoView {
    let metric = RwSignal::new(Metric::F1);
    view! {
        <div class="plot-heading">
            <div>
                <h3>"Class by class"</h3>
                <p class="small">
                    "On the 10,000 test images, in percent. Recall: share of the class’s images that are predicted as the class. Precision: share of the images predicted as the class that are of it. F1: the harmonic mean of both."
                </p>
            </div>
            <Choice
                label="Metric"
                testid="class-metric"
                options=Metric::ALL.map(|m| (m, m.title(), m.title())).to_vec()
                chosen=metric
                choose=move |chosen| metric.set(chosen)
            />
        </div>
        <div
            class="class-metrics"
            data-testid="class-metrics"
            inner_html=move || files.with(|files| tables(files, metric.get()))
        ></div>
    }
}

/// A table for each class with a row for each contender.
fn tables(files: &[Option<MetricsFile>], metric: Metric) -> String {
    let mut html = Markup::default();
    for garment in Garment::ALL {
        html.put(format_args!(
            "<table data-label=\"{garment}\"><caption>{garment}<span class=\"visually-hidden\">, {}</span></caption><tbody>",
            metric.title()
        ));
        for (contender, file) in Contender::all().zip(files) {
            let class = file.as_ref().and_then(|f| f.classes.get(garment.index()));
            let Some(class) = class else { continue };
            let percent = metric.of(class) * 100.0;
            html.put(format_args!("<tr data-model=\"{}\">", contender.name()));
            html.head("row", contender.short());
            html.put(format_args!(
                "<td><svg viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
                 <rect class=\"class-bar\" width=\"{percent:.1}\" height=\"1\"/></svg></td>\
                 <td data-value=\"{percent:.1}\">{percent:.1}</td></tr>"
            ));
        }
        html.put(format_args!("</tbody></table>"));
    }
    html.into_text()
}

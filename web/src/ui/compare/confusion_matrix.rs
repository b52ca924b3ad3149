//! The confusion matrix of one model, and its precision, recall and F1 for each class.

use leptos::prelude::*;
use plot::markup::Markup;
use shared::Garment;

use super::matrix::{cell_of, matrix, move_focus};
use super::metrics_file::MetricsFile;
use crate::contender::Contender;
use crate::state::AppState;
use crate::state::test_images::{Query, Subject};
use crate::ui::choice::Choice;

#[component]
pub fn ConfusionPanel(
    /// The metrics file of each contender, in their order.
    files: RwSignal<Vec<Option<MetricsFile>>>,
) -> impl IntoView {
    let app = expect_context::<AppState>();
    let chosen = RwSignal::new(Contender::Vote);
    let file = Memo::new(move |_| {
        let place = Contender::all().position(|c| c == chosen.get())?;
        files.with(|all| all.get(place).cloned().flatten())
    });
    // The ensemble's, or the first that is available.
    Effect::new(move |_| {
        let available = files.with(|all| {
            let known = Contender::all().zip(all).filter(|(_, r)| r.is_some());
            known.map(|(c, _)| c).collect::<Vec<_>>()
        });
        if let Some(first) = available.first()
            && !available.contains(&chosen.get_untracked())
        {
            chosen.set(*first);
        }
    });
    view! {
        <div class="plot-heading">
            <div>
                <h3>"Confusion matrix"</h3>
                <p class="small">
                    "Rows: the true classes of the 10,000 test images, a thousand of each. Columns: the predicted classes. Each cell opens its images."
                </p>
            </div>
            <Choice
                label="Model"
                testid="confusion-model"
                options=Contender::all().map(|c| (c, c.name(), c.title())).collect()
                chosen
                choose=move |contender| chosen.set(contender)
            />
        </div>
        <div
            class="confusion"
            data-testid="confusion"
            data-model=move || chosen.get().name()
            on:click=move |event| {
                if let Some((truth, predicted)) = cell_of(&event) {
                    app.test_images.open(Query {
                        truth: Some(truth),
                        predicted: Some(predicted),
                        ..Query::new(Subject::Recorded(chosen.get_untracked()))
                    });
                }
            }
            on:keydown=move |event| move_focus(&event)
            inner_html=move || {
                file
                    .with(|file| match file {
                        Some(file) => tables(chosen.get(), file),
                        None => "<p class=\"small\">The metrics of this model could not be loaded.</p>".to_string(),
                    })
            }
        ></div>
    }
}

/// The matrix, and the table of classes beside it.
fn tables(contender: Contender, file: &MetricsFile) -> String {
    let mut html = Markup::default();
    html.put(format_args!("{}", matrix(contender, &file.confusion)));
    html.put(format_args!(
        "<table class=\"report\" data-testid=\"class-report\">\
         <caption class=\"small\">Class by class, in percent</caption><thead><tr>"
    ));
    for head in ["Class", "Precision", "Recall", "F1"] {
        html.head("col", head);
    }
    html.put(format_args!("</tr></thead><tbody>"));
    for (garment, class) in Garment::ALL.into_iter().zip(&file.classes) {
        html.put(format_args!("<tr>"));
        html.head("row", garment.label());
        for share in [class.precision, class.recall, class.f1] {
            html.put(format_args!("<td>{:.1}</td>", share * 100.0));
        }
        html.put(format_args!("</tr>"));
    }
    html.put(format_args!("</tbody></table>"));
    html.into_text()
}

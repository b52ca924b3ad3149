//! One model's confusion matrix and its report class by class.

use leptos::prelude::*;
use plot::markup::Markup;
use shared::Garment;

use super::matrix::matrix;
use super::record::Record;
use crate::ui::contender::Contender;

#[component]
pub fn Confusion(
    /// What is known of each contender, in their order.
    records: RwSignal<Vec<Option<Record>>>,
) -> impl IntoView {
    let chosen = RwSignal::new(Contender::Vote);
    let record = Memo::new(move |_| {
        let place = Contender::all().position(|e| e == chosen.get())?;
        records.with(|all| all.get(place).cloned().flatten())
    });
    // The vote's, or the first that there is.
    Effect::new(move |_| {
        let there = records.with(|all| {
            let known = Contender::all().zip(all).filter(|(_, r)| r.is_some());
            known.map(|(e, _)| e).collect::<Vec<_>>()
        });
        if let Some(first) = there.first()
            && !there.contains(&chosen.get_untracked())
        {
            chosen.set(*first);
        }
    });
    view! {
        <div class="plot-heading">
            <div>
                <h3>"What is taken for what"</h3>
                <p class="small">
                    "Rows are what the 10,000 test images show, a thousand of each class; columns what was answered."
                </p>
            </div>
            <label class="choice">
                <span class="small">"Model"</span>
                <select
                    data-testid="confusion-model"
                    prop:value=move || chosen.get().name()
                    on:change=move |event| {
                        if let Some(contender) = Contender::from_name(&event_target_value(&event)) {
                            chosen.set(contender);
                        }
                    }
                >
                    {Contender::all()
                        .map(|e| {
                            view! {
                                <option value=e.name() selected=e == chosen.get_untracked()>
                                    {e.title()}
                                </option>
                            }
                        })
                        .collect_view()}
                </select>
            </label>
        </div>
        <div
            class="confusion"
            data-testid="confusion"
            data-model=move || chosen.get().name()
            inner_html=move || {
                record
                    .with(|record| match record {
                        Some(record) => tables(record),
                        None => "<p class=\"small\">Its figures are not part of this build.</p>".to_string(),
                    })
            }
        ></div>
    }
}

/// The matrix, and the report beside it.
fn tables(record: &Record) -> String {
    let mut html = Markup::default();
    html.put(format_args!("{}", matrix(&record.confusion)));
    html.put(format_args!(
        "<table class=\"report\" data-testid=\"class-report\">\
         <caption class=\"small\">Class by class, in percent</caption><thead><tr>"
    ));
    for head in ["Class", "Precision", "Recall", "F1"] {
        html.head("col", head);
    }
    html.put(format_args!("</tr></thead><tbody>"));
    for (garment, class) in Garment::ALL.into_iter().zip(&record.classes) {
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

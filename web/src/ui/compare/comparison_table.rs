//! The comparison table: a row for each model and one for the ensemble, sorted by any column.

use leptos::prelude::*;
use plot::markup::Markup;

use super::columns::{Column, Sorting};
use crate::contender::Contender;
use crate::state::AppState;

#[component]
pub fn ComparisonTable() -> impl IntoView {
    let app = expect_context::<AppState>();
    let sorting = RwSignal::new(Sorting::default());
    let contenders = Memo::new(move |_| {
        let Sorting { column, .. } = sorting.get();
        let mut contenders: Vec<Contender> = Contender::all().collect();
        if let Some(column) = column {
            let value = |c: &Contender| column.value(app, *c);
            contenders.sort_by(|a, b| sorting.get().order(value(a), value(b)));
        }
        contenders
    });
    view! {
        <table class="figures" data-testid="figures">
            <caption class="visually-hidden">"How the models compare on the test set and in this browser"</caption>
            <thead>
                <tr>
                    <th scope="col">"Model"</th>
                    {Column::ALL
                        .map(|column| view! { <Head column sorting/> })
                        .collect_view()}
                </tr>
            </thead>
            <tbody inner_html=move || body(app, &contenders.get())></tbody>
        </table>
    }
}

/// The rows, in the order of `contenders`.
fn body(app: AppState, contenders: &[Contender]) -> String {
    let mut html = Markup::default();
    for contender in contenders {
        let name = contender.name();
        html.put(format_args!(
            "<tr data-testid=\"figures-row\" data-model=\"{name}\">"
        ));
        html.head("row", contender.title());
        for column in Column::ALL {
            let (name, title) = (column.name(), column.title());
            html.put(format_args!(
                "<td data-column=\"{name}\" data-title=\"{title}\""
            ));
            match column.value(app, *contender) {
                Some(value) => html.put(format_args!(
                    " data-value=\"{value}\">{}</td>",
                    column.text(value)
                )),
                None => html.put(format_args!(">–</td>")),
            }
        }
        html.put(format_args!("</tr>"));
    }
    html.into_text()
}

#[component]
fn Head(column: Column, sorting: RwSignal<Sorting>) -> impl IntoView {
    view! {
        <th scope="col" aria-sort=move || sorting.get().aria(column)>
            <button
                type="button"
                data-testid="sort"
                data-column=column.name()
                title=column.meaning()
                on:click=move |_| sorting.update(|s| *s = s.clicked(column))
            >
                {column.title()}
                <span class="direction" aria-hidden="true"></span>
            </button>
        </th>
    }
}

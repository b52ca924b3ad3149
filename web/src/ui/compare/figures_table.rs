//! The table of figures: a row a model and one for the vote, sorted by any column.

use leptos::prelude::*;
use plot::format::{self, milliseconds, percent, thousands};
use plot::markup::Markup;

use super::columns::{Column, Sorting};
use super::costs;
use crate::ui::contender::Contender;
use crate::ui::page::Page;

#[component]
pub fn FiguresTable() -> impl IntoView {
    let page = expect_context::<Page>();
    let sorting = RwSignal::new(Sorting::default());
    let contenders = Memo::new(move |_| {
        let Sorting { column, .. } = sorting.get();
        let mut contenders: Vec<Contender> = Contender::all().collect();
        if let Some(column) = column {
            let figure = |e: &Contender| costs::figure(page, *e, column);
            contenders.sort_by(|a, b| sorting.get().order(figure(a), figure(b)));
        }
        contenders
    });
    view! {
        <table class="figures" data-testid="figures">
            <caption class="unseen">"How the models compare on the test set and in this browser"</caption>
            <thead>
                <tr>
                    <th scope="col">"Model"</th>
                    {Column::ALL
                        .map(|column| view! { <Head column sorting/> })
                        .collect_view()}
                </tr>
            </thead>
            <tbody inner_html=move || body(page, &contenders.get())></tbody>
        </table>
    }
}

/// A row a contender, in this order.
fn body(page: Page, contenders: &[Contender]) -> String {
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
            match costs::figure(page, *contender, column) {
                Some(figure) => html.put(format_args!(
                    " data-value=\"{figure}\">{}</td>",
                    text(column, figure)
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
                on:click=move |_| sorting.update(|s| *s = s.pressed(column))
            >
                {column.title()}
                <span class="direction" aria-hidden="true"></span>
            </button>
        </th>
    }
}

fn text(column: Column, figure: f64) -> String {
    match column {
        Column::Accuracy | Column::Calibration => percent(figure),
        Column::MacroF1 => format!("{figure:.4}"),
        Column::Parameters => thousands(figure as u64),
        Column::Bytes => format::bytes(figure),
        Column::Training => format::duration(figure),
        Column::Time => milliseconds(figure as u32),
    }
}

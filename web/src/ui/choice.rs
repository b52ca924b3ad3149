//! A menu of values, with its label.

use leptos::prelude::*;

/// A `<select>` of values, each with its name in the markup and its title.
#[component]
pub fn Choice<T>(
    label: &'static str,
    testid: &'static str,
    options: Vec<(T, &'static str, &'static str)>,
    #[prop(into)] chosen: Signal<T>,
    choose: impl Fn(T) + 'static,
) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let items = options
        .iter()
        .map(|&(value, name, title)| {
            let is_chosen = move || chosen.get() == value;
            view! {
                <option value=name prop:selected=is_chosen>
                    {title}
                </option>
            }
        })
        .collect_view();
    let change = move |event| {
        let name = event_target_value(&event);
        if let Some((value, ..)) = options.iter().find(|option| option.1 == name) {
            choose(*value);
        }
    };
    view! {
        <label class="choice">
            <span class="small">{label}</span>
            <select data-testid=testid on:change=change>
                {items}
            </select>
        </label>
    }
}

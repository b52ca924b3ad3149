//! The bars of how much each model added for or against the ensemble's class.

use std::fmt::Write;

use leptos::prelude::*;
use shared::ModelId;

use crate::contender::Contender;
use crate::state::ensemble::EnsemblePrediction;

/// A row for each model; a model that has not answered has a dash.
#[component]
pub fn Contributions(prediction: Memo<Option<EnsemblePrediction>>) -> impl IntoView {
    let rows = move || prediction.with(|p| p.as_ref().map(markup).unwrap_or_default());
    view! {
        <div class="contributions" hidden=move || prediction.with(Option::is_none)>
            <p
                class="small"
                prop:textContent=move || prediction.with(|p| p.as_ref().map(explanation))
            ></p>
            <ul aria-label="Contribution of each model" inner_html=rows></ul>
        </div>
    }
}

fn explanation(prediction: &EnsemblePrediction) -> String {
    format!(
        "Bars show how much each model added for {} or against it, compared with {}, the second most likely class.",
        prediction.garment(),
        prediction.second()
    )
}

/// The list's items. The bars are drawn as SVG: the page's security policy forbids styles within HTML text.
fn markup(prediction: &EnsemblePrediction) -> String {
    let values = prediction.members.iter().map(|m| m.contribution.abs());
    let largest = values.fold(f32::MIN_POSITIVE, f32::max);
    let mut html = String::new();
    // Writing to a string cannot fail.
    for model in ModelId::ALL {
        let (name, title) = (model.name(), Contender::Model(model).short());
        let Some(member) = prediction.members.iter().find(|m| m.model == model) else {
            let _ = write!(
                html,
                "<li><span>{title}</span><svg></svg><span class=\"number\">–</span></li>"
            );
            continue;
        };
        // A zero has no sign.
        let value = member.contribution + 0.0;
        let width = 100.0 * value.abs() / largest;
        let (class, sign, left) = if value < 0.0 {
            ("against", "−", -width)
        } else {
            ("for", "+", 0.0)
        };
        let _ = write!(
            html,
            "<li data-testid=\"contribution\" data-model=\"{name}\" data-value=\"{value}\"><span>{title}</span>\
             <svg aria-hidden=\"true\" viewBox=\"-100 0 200 8\" preserveAspectRatio=\"none\">\
             <rect class=\"{class}\" x=\"{left:.1}\" width=\"{width:.1}\" height=\"8\"/><path d=\"M0 0V8\"/></svg>\
             <span class=\"number\">{sign}{:.2}</span><span class=\"small\">{}</span></li>",
            value.abs(),
            member.garment
        );
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::ensemble::Member;
    use shared::Garment;

    fn prediction() -> EnsemblePrediction {
        let member = |model, garment, contribution| Member {
            model,
            garment,
            contribution,
        };
        let mut probabilities = [0.01; 10];
        (probabilities[4], probabilities[6]) = (0.6, 0.32);
        EnsemblePrediction {
            image: 1,
            probabilities,
            members: vec![
                member(ModelId::Cnn, Garment::Coat, 2.0),
                member(ModelId::Svm, Garment::Shirt, -0.5),
                member(ModelId::Forest, Garment::Shirt, -0.0),
            ],
        }
    }

    #[test]
    fn bars_are_right_of_the_middle_for_the_class_and_left_against_it() {
        let html = markup(&prediction());
        let rows: Vec<&str> = html.split("<li").skip(1).collect();
        assert_eq!(rows.len(), ModelId::ALL.len());
        for (row, data, bar, number) in [
            (
                rows[0],
                "data-value=\"2\"",
                "class=\"for\" x=\"0.0\" width=\"100.0\"",
                "+2.00",
            ),
            (
                rows[3],
                "data-value=\"-0.5\"",
                "class=\"against\" x=\"-25.0\" width=\"25.0\"",
                "−0.50",
            ),
            (
                rows[4],
                "data-value=\"0\"",
                "class=\"for\" x=\"0.0\" width=\"0.0\"",
                "+0.00",
            ),
        ] {
            for part in [data, bar, number] {
                assert!(row.contains(part), "{part}: {row}");
            }
        }
        // The others have not answered.
        assert_eq!(html.matches("data-testid=\"contribution\"").count(), 3);
    }

    #[test]
    fn both_classes_are_named() {
        let text = explanation(&prediction());
        assert!(
            text.contains("for Coat or against it, compared with Shirt,"),
            "{text}"
        );
    }
}

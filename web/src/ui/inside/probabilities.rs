//! The way from the scores to the probabilities: divided by the temperature, then the softmax.

use leptos::prelude::*;
use plot::format::probability;
use plot::markup::Markup;
use shared::Garment;
use shared::garment::CLASSES;
use shared::model::argmax;

use super::words::number;

/// A model's scores and probabilities, in label order.
#[derive(Clone, Copy)]
pub struct Scores {
    /// What a score is called.
    pub name: &'static str,
    pub scores: [f32; CLASSES],
    pub temperature: f32,
    pub probabilities: [f32; CLASSES],
}

#[component]
pub fn Probabilities(#[prop(into)] scores: Signal<Option<Scores>>) -> impl IntoView {
    let with_scores = move |text: fn(&Scores) -> String| {
        move || scores.with(|s| s.as_ref().map(text).unwrap_or_default())
    };
    view! {
        <div class="probabilities">
            <h3 prop:textContent=with_scores(title)></h3>
            <p prop:textContent=with_scores(explanation)></p>
            <div inner_html=with_scores(table)></div>
        </div>
    }
}

fn title(scores: &Scores) -> String {
    format!(
        "From the {}s to the probabilities",
        scores.name.to_lowercase()
    )
}

fn explanation(scores: &Scores) -> String {
    format!(
        "Each {} is divided by the temperature, {}, which was fitted after the training so that the probabilities are neither too high nor too low. Softmax raises e to the power of each result and divides by the sum of all ten: what is left is positive and adds up to 100%.",
        scores.name.to_lowercase(),
        number(scores.temperature)
    )
}

fn table(shown: &Scores) -> String {
    let mut html = Markup::default();
    html.put(format_args!(
        "<table class=\"softmax\" data-testid=\"softmax\" data-temperature=\"{}\"><thead><tr><th scope=\"col\">Class</th>\
         <th scope=\"col\">{}</th><th scope=\"col\">÷ {}</th><th scope=\"col\">Softmax</th><td></td></tr></thead><tbody>",
        shown.temperature,
        shown.name,
        number(shown.temperature)
    ));
    let best = argmax(&shown.probabilities);
    for (i, (class, score)) in Garment::ALL.into_iter().zip(shown.scores).enumerate() {
        let share = shown.probabilities[i];
        let best = if i == best { " class=\"best\"" } else { "" };
        html.put(format_args!(
            "<tr{best} data-testid=\"softmax-row\" data-label=\"{0}\" data-score=\"{score}\" data-probability=\"{share}\">\
             <th scope=\"row\">{0}</th><td>{1}</td><td>{2}</td><td>{3}</td>\
             <td><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
             <rect width=\"{4:.1}\" height=\"8\"/></svg></td></tr>",
            class.label(),
            number(score),
            number(score / shown.temperature),
            probability(share),
            share * 100.0
        ));
    }
    html.put(format_args!("</tbody></table>"));
    html.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_has_its_three_numbers() {
        let mut scores = Scores {
            name: "Logit",
            scores: [0.0; CLASSES],
            temperature: 2.0,
            probabilities: [0.05; CLASSES],
        };
        (scores.scores[8], scores.probabilities[8]) = (3.0, 0.55);
        let html = table(&scores);
        assert_eq!(html.matches("softmax-row").count(), CLASSES);
        assert_eq!(html.matches("class=\"best\"").count(), 1);
        let row = "Bag</th><td>3.000</td><td>1.500</td><td>55.0%</td>";
        assert!(html.contains(row), "{html}");
    }
}

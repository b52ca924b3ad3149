//! The way from the logits to the probabilities: divided by the temperature, then the softmax.

use leptos::prelude::*;
use plot::format::probability;
use plot::markup::Markup;
use shared::Garment;
use shared::inside::NetworkLayers;
use shared::model::argmax;

use super::words::number;
use crate::state::inside::InsideState;

#[component]
pub fn Probabilities(inside: InsideState) -> impl IntoView {
    let shown = inside.shown();
    let with_network = move |text: fn(&NetworkLayers) -> String| {
        move || shown.with(|s| s.as_ref().map(|s| text(&s.network)).unwrap_or_default())
    };
    view! {
        <div class="probabilities">
            <h4>"From the logits to the probabilities"</h4>
            <p prop:textContent=with_network(explanation)></p>
            <div inner_html=with_network(table)></div>
        </div>
    }
}

fn explanation(network: &NetworkLayers) -> String {
    format!(
        "Each logit is divided by the temperature, {}, which was fitted after the training so that the probabilities are neither too high nor too low. Softmax raises e to the power of each result and divides by the sum of all ten: what is left is positive and adds up to 100%.",
        number(network.temperature)
    )
}

fn table(network: &NetworkLayers) -> String {
    let mut html = Markup::default();
    html.put(format_args!(
        "<table class=\"softmax\" data-testid=\"softmax\" data-temperature=\"{}\"><thead><tr><th scope=\"col\">Class</th>\
         <th scope=\"col\">Logit</th><th scope=\"col\">÷ {}</th><th scope=\"col\">Softmax</th><td></td></tr></thead><tbody>",
        network.temperature,
        number(network.temperature)
    ));
    let best = argmax(&network.probabilities);
    for (i, (class, logit)) in Garment::ALL.into_iter().zip(network.logits).enumerate() {
        let share = network.probabilities[i];
        let best = if i == best { " class=\"best\"" } else { "" };
        html.put(format_args!(
            "<tr{best} data-testid=\"softmax-row\" data-label=\"{0}\" data-logit=\"{logit}\" data-probability=\"{share}\">\
             <th scope=\"row\">{0}</th><td>{1}</td><td>{2}</td><td>{3}</td>\
             <td><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
             <rect width=\"{4:.1}\" height=\"8\"/></svg></td></tr>",
            class.label(),
            number(logit),
            number(logit / network.temperature),
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
    use shared::garment::CLASSES;

    #[test]
    fn each_class_has_its_three_numbers() {
        let mut network = NetworkLayers {
            layers: vec![],
            logits: [0.0; CLASSES],
            temperature: 2.0,
            probabilities: [0.05; CLASSES],
        };
        (network.logits[8], network.probabilities[8]) = (3.0, 0.55);
        let html = table(&network);
        assert_eq!(html.matches("softmax-row").count(), CLASSES);
        assert_eq!(html.matches("class=\"best\"").count(), 1);
        let row = "Bag</th><td>3.000</td><td>1.500</td><td>55.0%</td>";
        assert!(html.contains(row), "{html}");
    }
}

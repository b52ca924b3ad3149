//! The tests of a model's map: its deletion and insertion curves, its agreement with occlusion, and the same map of the
//! model with shuffled parameters.

use std::fmt::Write;

use leptos::prelude::*;
use shared::explain::{Curves, EvidenceMap, Trust};

use super::signed_map::{SignedMap, SignedMapView};
use crate::ui::explanation::words;

/// The size of a chart in its own units.
const WIDTH: f32 = 200.0;
const HEIGHT: f32 = 100.0;

/// The button that starts the test, and its results.
#[component]
pub fn TrustView(
    #[prop(into)] shown: Signal<Option<Trust>>,
    /// Whether the test is under way.
    #[prop(into)]
    is_running: Signal<bool>,
    on_test: impl Fn() + Copy + 'static,
) -> impl IntoView {
    let map = move |choose: fn(&Trust) -> &EvidenceMap| {
        Signal::derive(move || shown.with(|t| t.as_ref().map(|t| signed_map(choose(t)))))
    };
    view! {
        <section class="trust" aria-labelledby="trust-title">
            <h3 id="trust-title">"Can the map be trusted?"</h3>
            <p>
                "Deletion sets the pixels that are most important according to the map to black, 28 at a time; insertion starts with a black image and restores them. The area is that below the curve of the probability: the smaller it is for deletion and the larger for insertion, the better the map. For comparison, the pixels are also changed in random order."
            </p>
            <button
                type="button"
                class="outlined-button"
                data-testid="test-maps"
                on:click=move |_| on_test()
            >
                "Test the map"
            </button>
            <p role="status" class="small" prop:textContent=move || {
                if shown.with(Option::is_some) {
                    shown.with(|t| t.as_ref().map(verdict).unwrap_or_default())
                } else if is_running.get() {
                    "The map is being tested.".into()
                } else {
                    String::new()
                }
            }></p>
            <Show when=move || shown.with(Option::is_some)>
                <div inner_html=move || shown.with(|t| t.as_ref().map(results).unwrap_or_default())></div>
                <div class="map-row">
                    <figure>
                        <figcaption>"The map"</figcaption>
                        <SignedMapView shown=map(|t| &t.own)/>
                    </figure>
                    <figure data-testid="shuffled-map">
                        <figcaption>"The same model with shuffled parameters"</figcaption>
                        <SignedMapView shown=map(|t| &t.shuffled)/>
                    </figure>
                </div>
            </Show>
        </section>
    }
}

fn signed_map(map: &EvidenceMap) -> SignedMap {
    let grid = map.grid.clone();
    let full = grid
        .values
        .iter()
        .fold(0.0, |full: f32, v| full.max(v.abs()));
    SignedMap {
        text: words::evidence_text(&grid, "the class"),
        map: grid,
        full,
        value_text: |value| format!("Value here: {}.", words::signed(value)),
    }
}

/// The result in one sentence.
fn verdict(trust: &Trust) -> String {
    let Some(own) = trust.tested.first() else {
        return String::new();
    };
    let (area, random) = (
        own.curves.deletion_area(),
        trust.random_order.deletion_area(),
    );
    if area < random {
        format!(
            "The map finds pixels that the model uses: its deletion area is {area:.2}, that of a random order {random:.2}."
        )
    } else {
        format!(
            "For this image the map is no better than a random order of the pixels: its deletion area is {area:.2}, that of the random order {random:.2}."
        )
    }
}

fn results(trust: &Trust) -> String {
    let mut html = String::from(
        "<table class=\"speeds\"><caption class=\"visually-hidden\">Areas below the curves</caption><thead><tr><th scope=\"col\">Order of the pixels</th><th scope=\"col\">Deletion area</th><th scope=\"col\">Insertion area</th></tr></thead><tbody>",
    );
    let tested = trust.tested.iter();
    let rows = tested.map(|tested| (tested.method.name(), tested.method.title(), &tested.curves));
    for (name, title, curves) in rows.chain([("random", "Random", &trust.random_order)]) {
        let (deletion, insertion) = (curves.deletion_area(), curves.insertion_area());
        // The hook is the area of the model's own map.
        let hook = if name == trust.own.method.name() {
            format!(" data-testid=\"deletion-area\" data-value=\"{deletion}\"")
        } else {
            String::new()
        };
        // Writing to a string cannot fail.
        let _ = write!(
            html,
            "<tr data-method=\"{name}\"><th scope=\"row\">{title}</th><td{hook}>{deletion:.3}</td><td>{insertion:.3}</td></tr>"
        );
    }
    html.push_str("</tbody></table>");
    if let Some(own) = trust.tested.first() {
        html.push_str("<div class=\"curve-row\">");
        chart(
            &mut html,
            "Deletion",
            &own.curves,
            &trust.random_order,
            |c| &c.deletion,
        );
        chart(
            &mut html,
            "Insertion",
            &own.curves,
            &trust.random_order,
            |c| &c.insertion,
        );
        html.push_str("</div>");
    }
    html.push_str("<p class=\"small\">");
    if let Some(agreement) = trust.agreement {
        let _ = write!(
            html,
            "Rank correlation with occlusion: {agreement:.2}, where 1 is the same order of the pixels. "
        );
    }
    let _ = write!(
        html,
        "Rank correlation with the map of the model with shuffled parameters: {:.2}. A value near 1 would mean that the map depends on the image alone.</p>",
        trust.shuffled_agreement
    );
    html
}

/// The probability over the share of changed pixels: of the map, and dashed of the random order.
fn chart(
    html: &mut String,
    title: &str,
    own: &Curves,
    random: &Curves,
    of: fn(&Curves) -> &Vec<f32>,
) {
    let _ = write!(
        html,
        "<figure><figcaption class=\"small\">{title}: probability against the share of changed pixels</figcaption>\
         <svg class=\"curve\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}: {}\">\
         <path class=\"random\" d=\"{}\"></path><path d=\"{}\"></path></svg></figure>",
        description(of(own)),
        path(of(random)),
        path(of(own)),
    );
}

fn path(curve: &[f32]) -> String {
    let last = (curve.len().max(2) - 1) as f32;
    let mut text = String::new();
    for (i, value) in curve.iter().enumerate() {
        let command = if i == 0 { 'M' } else { 'L' };
        let (x, y) = (i as f32 / last * WIDTH, (1.0 - value) * HEIGHT);
        let _ = write!(text, "{command}{x:.1} {y:.1}");
    }
    text
}

/// The curve's values at its ends and in the middle.
fn description(curve: &[f32]) -> String {
    let at = |i: usize| format!("{:.0}%", curve.get(i).copied().unwrap_or_default() * 100.0);
    let last = curve.len().saturating_sub(1);
    format!(
        "{} at the start, {} in the middle, {} at the end",
        at(0),
        at(last / 2),
        at(last)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::explain::MapMethod;
    use shared::explain::trust::TestedMap;

    fn trust() -> Trust {
        let curves = |from: f32| Curves {
            deletion: vec![from, 0.0],
            insertion: vec![0.0, from],
        };
        let map = EvidenceMap::of_pixels(MapMethod::Occlusion, vec![0.0; 784]);
        Trust {
            tested: vec![TestedMap {
                method: MapMethod::Occlusion,
                curves: curves(0.5),
            }],
            random_order: curves(1.0),
            agreement: None,
            own: map.clone(),
            shuffled: map,
            shuffled_agreement: 0.25,
        }
    }

    #[test]
    fn the_area_is_a_hook_and_a_sentence() {
        let html = results(&trust());
        assert!(
            html.contains("data-testid=\"deletion-area\" data-value=\"0.25\""),
            "{html}"
        );
        assert_eq!(html.matches("deletion-area").count(), 1);
        assert!(html.contains("with the map of the model with shuffled parameters: 0.25"));
        assert!(verdict(&trust()).starts_with("The map finds"));
    }

    #[test]
    fn a_curve_runs_from_left_to_right_and_up_is_more() {
        assert_eq!(path(&[1.0, 0.5, 0.0]), "M0.0 0.0L100.0 50.0L200.0 100.0");
        assert_eq!(
            description(&[1.0, 0.5, 0.0]),
            "100% at the start, 50% in the middle, 0% at the end"
        );
    }
}

//! The view inside a classical model: the gradients that it gets, and what it makes of them.

use leptos::prelude::*;
use plot::format::thousands;
use plot::markup::Markup;
use shared::ModelId;
use shared::features::orientation::mirrored;
use shared::features::{DIMENSIONS, FeaturePlace};
use shared::image::{PIXELS, RgbaImage};
use shared::inside::{FeatureScores, LinearScore, Term};

use super::gradients;
use super::probabilities::{Probabilities, Scores};
use super::words::number;
use crate::state::inside::{InsideState, ShownFeatures};
use crate::ui::canvas::Canvas;

/// The scales of the gradients.
const SCALES: usize = shared::features::hog::CELLS.len();

#[component]
pub fn FeaturesView(inside: InsideState) -> impl IntoView {
    // What belongs to another model is not shown.
    let features = inside.features();
    let model = inside.model();
    let shown = Signal::derive(move || features.get().filter(|s| s.model == model.get()));
    let with_shown = move |text: fn(&ShownFeatures) -> String| {
        move || shown.with(|s| s.as_ref().map(text).unwrap_or_default())
    };
    let image = Signal::derive(move || shown.with(|s| s.as_ref().map(facing_image)));
    let scores = Signal::derive(move || {
        shown.with(|s| {
            s.as_ref().map(|s| Scores {
                name: "Score",
                scores: s.scores.scores,
                temperature: s.scores.temperature,
                probabilities: s.scores.probabilities,
            })
        })
    });
    view! {
        <Show when=move || shown.with(Option::is_some)>
            <p prop:textContent=with_shown(lead)></p>
            <div class="gradients">
                {(0..SCALES).map(|scale| view! { <Gradients shown image scale/> }).collect_view()}
            </div>
            <h3>"What the model makes of them"</h3>
            <p prop:textContent=with_shown(use_of_features)></p>
            <div inner_html=with_shown(|s| s.scores.score.as_ref().map(terms).unwrap_or_default())></div>
            <Probabilities scores/>
        </Show>
    }
}

/// The gradients at one scale, over the image.
#[component]
fn Gradients(
    shown: Signal<Option<ShownFeatures>>,
    image: Signal<Option<RgbaImage>>,
    scale: usize,
) -> impl IntoView {
    let of_scale = move |text: fn(&FeatureScores, usize) -> Option<String>| {
        move || shown.with(|s| text(&s.as_ref()?.scores, scale))
    };
    view! {
        <figure data-testid="gradients" data-cell=of_scale(|s, i| Some(s.scales.get(i)?.cell.to_string()))>
            <div class="frame">
                <Canvas image pixelated=true/>
                <svg viewBox="0 0 28 28" role="img" aria-label=of_scale(description)>
                    <path d=of_scale(|s, i| s.scales.get(i).map(gradients::path))></path>
                </svg>
            </div>
            <figcaption prop:textContent=of_scale(caption)></figcaption>
        </figure>
    }
}

/// The image as the features see it.
fn facing_image(shown: &ShownFeatures) -> RgbaImage {
    let grey = &shown.image.grey;
    if shown.scores.is_mirrored {
        RgbaImage::from(&mirrored(grey))
    } else {
        RgbaImage::from(grey)
    }
}

fn lead(shown: &ShownFeatures) -> String {
    let mirrored = if shown.scores.is_mirrored {
        " This image was mirrored first, so that all shoes point the same way."
    } else {
        ""
    };
    format!(
        "The four classical models get the same {} numbers: how strong the edges in twelve directions are in each cell of three grids (HOG, histograms of oriented gradients), and with less weight the {PIXELS} pixels. Below, a bar lies along each edge; the longer, the stronger.{mirrored}",
        thousands(DIMENSIONS as u64)
    )
}

fn caption(scores: &FeatureScores, scale: usize) -> Option<String> {
    let cell = scores.scales.get(scale)?.cell;
    Some(format!("Cells of {cell} × {cell} pixels"))
}

/// The text equivalent of the gradients: the cell and the direction of the strongest one.
fn description(scores: &FeatureScores, scale: usize) -> Option<String> {
    let histograms = scores.scales.get(scale)?;
    let before: usize = scores.scales[..scale]
        .iter()
        .map(|s| s.strengths.steps.len())
        .sum();
    let steps = &histograms.strengths.steps;
    let largest = steps.iter().max().filter(|&&steps| steps > 0)?;
    let at = steps.iter().position(|s| s == largest)?;
    Some(format!(
        "Edges in cells of {0} by {0} pixels. The strongest: {1}.",
        histograms.cell,
        place_text(FeaturePlace::of(before + at)?)
    ))
}

/// The directions to the brighter side of an edge.
const DIRECTIONS: [&str; 12] = [
    "on the right",
    "on the right, slightly below",
    "below, slightly to the right",
    "below",
    "below, slightly to the left",
    "on the left, slightly below",
    "on the left",
    "on the left, slightly above",
    "above, slightly to the left",
    "above",
    "above, slightly to the right",
    "on the right, slightly above",
];

/// Rows and columns of the image count from 1.
fn place_text(place: FeaturePlace) -> String {
    match place {
        FeaturePlace::Gradient {
            cell,
            row,
            column,
            orientation,
        } => {
            let pixels = |at: u8| format!("{}–{}", at * cell + 1, (at + 1) * cell);
            let direction = DIRECTIONS.get(usize::from(orientation)).unwrap_or(&"");
            format!(
                "edge in rows {}, columns {}, brighter {direction}",
                pixels(row),
                pixels(column)
            )
        }
        FeaturePlace::Pixel { row, column } => {
            format!("pixel in row {}, column {}", row + 1, column + 1)
        }
    }
}

fn use_of_features(shown: &ShownFeatures) -> String {
    let features = thousands(DIMENSIONS as u64);
    let reduced = shown.scores.projection.map_or(String::new(), |size| {
        format!("The {features} features are reduced to {size} weighted sums of them. ")
    });
    let reasons = "“The reasons of all seven models” above";
    match (&shown.scores.score, shown.model) {
        (Some(score), _) => format!(
            "Each class has a weight for each of the {features} features. Feature times weight, added up, plus a bias is the class’s score. For {}, the class with the highest score, these terms add and subtract the most:",
            score.class.label()
        ),
        (None, ModelId::Svm) => format!(
            "{reduced}The SVM compares these with the sums of training images, its support vectors, and decides between each two of the ten classes. Which vectors pull hardest is listed in {reasons}."
        ),
        (None, ModelId::Forest) => format!(
            "{reduced}Each tree asks one question after the other: is this sum above that threshold? The leaf at the end votes. The path through one tree is in {reasons}."
        ),
        _ => format!(
            "{reduced}The training images whose sums are nearest to these vote, the nearest with the most weight. They are listed in {reasons}."
        ),
    }
}

/// The parts of a linear score.
fn terms(score: &LinearScore) -> String {
    let mut html = Markup::default();
    html.put(format_args!(
        "<table class=\"cell-sum\" data-testid=\"linear-score\" data-label=\"{}\"><thead><tr><td></td>\
         <th scope=\"col\">Feature × weight</th><th scope=\"col\">Product</th></tr></thead><tbody>",
        score.class.label()
    ));
    for term in score.supporting.iter().chain(score.opposing.iter().rev()) {
        term_row(&mut html, term);
    }
    let others = format!("The other {} features", thousands(u64::from(score.others)));
    for (hook, name, value, class) in [
        ("cell-part", others.as_str(), score.others_sum, ""),
        ("cell-part", "Bias", score.bias, ""),
        ("cell-total", "Score", score.score, " class=\"total\""),
    ] {
        html.put(format_args!(
            "<tr{class} data-testid=\"{hook}\" data-value=\"{value}\"><th scope=\"row\" colspan=\"2\">{name}</th><td>{}</td></tr>",
            number(value)
        ));
    }
    html.put(format_args!("</tbody></table>"));
    html.into_text()
}

fn term_row(html: &mut Markup, term: &Term) {
    let mut name = place_text(term.place);
    // The first letter is one of the alphabet.
    name[..1].make_ascii_uppercase();
    html.put(format_args!(
        "<tr data-testid=\"cell-part\" data-value=\"{}\"><th scope=\"row\">{name}</th><td>{} × {}</td><td>{}</td></tr>",
        term.product(),
        number(term.value),
        number(term.weight),
        number(term.product())
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Garment;

    #[test]
    fn a_feature_is_named_by_its_pixels() {
        let gradient = FeaturePlace::Gradient {
            cell: 4,
            row: 2,
            column: 0,
            orientation: 9,
        };
        assert_eq!(
            place_text(gradient),
            "edge in rows 9–12, columns 1–4, brighter above"
        );
        let pixel = FeaturePlace::Pixel { row: 0, column: 27 };
        assert_eq!(place_text(pixel), "pixel in row 1, column 28");
    }

    #[test]
    fn a_score_s_terms_stand_from_the_largest_to_the_most_negative() {
        let term = |value: f32| Term {
            place: FeaturePlace::Pixel { row: 0, column: 0 },
            value,
            weight: 2.0,
        };
        let html = terms(&LinearScore {
            class: Garment::Bag,
            supporting: vec![term(2.0), term(1.0)],
            opposing: vec![term(-4.0), term(-3.0)],
            others: 1200,
            others_sum: 0.5,
            bias: 0.25,
            score: -7.25,
        });
        let products = ["4.000</td>", "2.000</td>", "−6.000</td>", "−8.000</td>"];
        let places = products.map(|p| html.find(&format!("<td>{p}")).unwrap());
        assert!(places.is_sorted(), "{html}");
        assert!(html.contains("<th scope=\"row\">Pixel in row 1, column 1</th>"));
        assert!(html.contains("The other 1,200 features"));
        assert!(html.contains("Score</th><td>−7.250"), "{html}");
    }
}

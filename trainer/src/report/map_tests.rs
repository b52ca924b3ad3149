//! The tests of the models' maps.

use super::input::ReportInput;
use crate::jobs::map_tests::Areas;

/// The section; empty if the maps of these weights were not tested.
pub fn section(input: &ReportInput) -> String {
    let Some(tests) = &input.maps else {
        return String::new();
    };
    let mut text = format!(
        "\n## The models' maps\n\n\
         Means over {} test images, evenly distributed over the set, of the tests that the page offers for one image, each for the \
         predicted class. *Deletion* is the area below the curve of the probability while the pixels are set to black in the order of \
         the map, *insertion* while they are restored on a black image: the smaller the one and the larger the other, the better the \
         map. *Agreement* is the rank correlation of the model's own map with its occlusion map, *shuffled* that with the map of the same \
         model with its parameters in another order, which should be near 0. `cargo run -p trainer -- maps` computes them.\n\n\
         | model | map | deletion | insertion | agreement | shuffled |\n|---|---|--:|--:|--:|--:|\n",
        tests.images
    );
    for means in &tests.models {
        let agreement = means.agreement.map_or("–".into(), |a| format!("{a:.2}"));
        let shuffled = format!("{:.2}", means.shuffled_agreement);
        text += &row(means.model.title(), &means.own, &agreement, &shuffled);
        for areas in means.occlusion.iter().chain([&means.random]) {
            text += &row("", areas, "", "");
        }
    }
    text
}

fn row(model: &str, areas: &Areas, agreement: &str, shuffled: &str) -> String {
    let Areas {
        method,
        deletion,
        insertion,
    } = areas;
    format!("| {model} | {method} | {deletion:.3} | {insertion:.3} | {agreement} | {shuffled} |\n")
}

#[cfg(test)]
mod tests {
    use super::super::input::tests::committed_input;
    use super::*;
    use crate::jobs::map_tests::{MapMeans, MapTests};
    use shared::ModelId;

    #[test]
    fn each_map_has_a_row_and_so_has_a_random_order() {
        let areas = |method: &str, deletion| Areas {
            method: method.into(),
            deletion,
            insertion: 0.5,
        };
        let mut input = committed_input();
        input.maps = Some(MapTests {
            weights: Default::default(),
            images: 200,
            models: vec![MapMeans {
                model: ModelId::Cnn,
                own: areas("hirescam", 0.1234),
                occlusion: Some(areas("occlusion", 0.25)),
                random: areas("random", 0.75),
                agreement: Some(0.456),
                shuffled_agreement: -0.01,
            }],
        });
        let text = section(&input);
        for row in [
            "| CNN | hirescam | 0.123 | 0.500 | 0.46 | -0.01 |\n",
            "|  | occlusion | 0.250 | 0.500 |  |  |\n",
            "|  | random | 0.750 | 0.500 |  |  |\n",
        ] {
            assert!(text.contains(row), "{text}");
        }
        input.maps = None;
        assert!(section(&input).is_empty());
    }
}

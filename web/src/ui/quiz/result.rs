//! The result of a quiz: the visitor's share beside people's and the models', the confusion matrix, and the images that were missed.

use leptos::prelude::*;

use super::game::Game;
use super::missed::MissedImage;
use super::standings::{chance, model_results, sentence, table};
use crate::ui::compare::matrix::plain_matrix;
use crate::ui::compare::metrics_file::MetricsFile;

/// The `id` of the result's heading, which can get the focus.
pub const HEADING: &str = "quiz-result-title";

#[component]
pub fn QuizResult(
    game: Game,
    /// The metrics file of each contender, in their order; empty before they are loaded.
    files: RwSignal<Vec<Option<MetricsFile>>>,
) -> impl IntoView {
    let (right, of) = (game.right(), game.images().len());
    let heading = format!(
        "{right} of {of} right, which is {}%",
        right * 100 / of.max(1)
    );
    let matrix = plain_matrix(&game.confusion().0);
    let missed = game.missed().map(|(image, answer)| (image.clone(), answer));
    let missed: Vec<_> = missed.collect();
    let missed_title = match missed.len() {
        0 => "You missed none",
        1 => "The image you missed",
        _ => "The images you missed",
    };
    let results = Memo::new(move |_| files.with(|files| model_results(&game, files)));
    let is_loaded = move || files.with(|files| !files.is_empty());
    view! {
        <div
            class="quiz-result"
            data-testid="quiz-result"
            data-right=right.to_string()
            data-of=of.to_string()
        >
            <h3 id=HEADING tabindex="-1">{heading}</h3>
            <p
                role="status"
                data-testid="quiz-comparison"
                prop:textContent=move || {
                    if is_loaded() {
                        results.with(|results| sentence(right, results))
                    } else {
                        "The models’ predictions are loading.".into()
                    }
                }
            ></p>
            <div class="quiz-figures">
                <div>
                    <div inner_html=move || results.with(|results| table(right, of, results))></div>
                    <p class="small">{chance(of)}</p>
                </div>
                <div>
                    <h4>"Your confusion matrix"</h4>
                    <div class="quiz-matrix" data-testid="quiz-confusion" inner_html=matrix></div>
                    <p class="small">"Rows: the true classes, two images of each. Columns: your answers."</p>
                </div>
            </div>
            <div>
                <h4>{missed_title}</h4>
                <ul class="missed-images">
                    {missed
                        .into_iter()
                        .map(|(image, answer)| view! { <MissedImage image answer files/> })
                        .collect_view()}
                </ul>
            </div>
        </div>
    }
}

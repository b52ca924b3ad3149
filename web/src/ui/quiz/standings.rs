//! The standings of a quiz: the visitor's result beside people's and the models' on the same images.

use plot::markup::Markup;
use shared::advice::in_words;
use shared::metrics::HUMAN_ACCURACY;

use super::game::Game;
use crate::contender::Contender;
use crate::ui::compare::metrics_file::MetricsFile;

/// Of all contenders, how many of the quiz's images each predicts correctly; `None` where the trainer's predictions could not be loaded.
pub type ModelResults = Vec<(Contender, Option<usize>)>;

/// The results of all contenders, whose metrics files are in their order.
pub fn model_results(game: &Game, files: &[Option<MetricsFile>]) -> ModelResults {
    let of = |file: &MetricsFile| {
        let predicted = |index: usize| file.answers.get(index).copied();
        let known = game.images().iter().map(|image| {
            let label = predicted(image.index)?;
            Some(usize::from(usize::from(label) == image.truth.index()))
        });
        known.sum()
    };
    let files = files
        .iter()
        .map(Option::as_ref)
        .chain(std::iter::repeat(None));
    Contender::all()
        .zip(files)
        .map(|(contender, file)| (contender, file.and_then(of)))
        .collect()
}

/// How many of the seven models predict this test image's class, and of how many the predictions are known.
pub fn models_right(index: usize, label: usize, files: &[Option<MetricsFile>]) -> (usize, usize) {
    let models = Contender::all().zip(files).filter_map(|(contender, file)| {
        let is_model = matches!(contender, Contender::Model(_));
        let answer = file.as_ref()?.answers.get(index)?;
        is_model.then(|| usize::from(*answer) == label)
    });
    models.fold((0, 0), |(right, all), is_right| {
        (right + usize::from(is_right), all + 1)
    })
}

/// How many of the seven models the visitor has beaten, as a sentence.
pub fn sentence(right: usize, results: &ModelResults) -> String {
    let models: Vec<usize> = results
        .iter()
        .filter(|(contender, _)| matches!(contender, Contender::Model(_)))
        .filter_map(|(_, model)| *model)
        .collect();
    if models.is_empty() {
        return "The models' predictions could not be loaded: check the connection and reload the page."
            .into();
    }
    let count =
        |is_counted: &dyn Fn(usize) -> bool| models.iter().filter(|m| is_counted(**m)).count();
    let beaten = count(&|model| model < right);
    let equal = count(&|model| model == right);
    let of = if models.len() == results.len() - 1 {
        "of the seven models".to_string()
    } else {
        format!(
            "of the {} models whose predictions could be loaded",
            in_words(models.len())
        )
    };
    let equalled = match equal {
        0 => String::new(),
        n => format!(" You are level with {}.", in_words(n)),
    };
    match beaten {
        0 => format!("You beat none {of}.{equalled}"),
        n if n == models.len() => format!("You beat all {of}."),
        n => format!("You beat {} {of}.{equalled}", in_words(n)),
    }
}

/// How much the share of right answers varies by chance, as a sentence: the standard deviation for people's accuracy.
pub fn chance(images: usize) -> String {
    let variance = HUMAN_ACCURACY * (1.0 - HUMAN_ACCURACY) / images.max(1) as f64;
    format!(
        "{images} images are few: by chance alone the share varies by about {:.0} points from one quiz to the next.",
        variance.sqrt() * 100.0
    )
}

/// A row of the table.
struct Row {
    name: &'static str,
    title: &'static str,
    right: Option<usize>,
    /// From 0 to 1.
    share: f64,
}

/// The table of all results, the best first.
pub fn table(right: usize, of: usize, results: &ModelResults) -> String {
    let share = |right: usize| right as f64 / of.max(1) as f64;
    let you = Row {
        name: "you",
        title: "You",
        right: Some(right),
        share: share(right),
    };
    let models = results.iter().filter_map(|(contender, right)| {
        Some(Row {
            name: contender.name(),
            title: contender.short(),
            right: Some((*right)?),
            share: share((*right)?),
        })
    });
    let people = Row {
        name: "people",
        title: "People",
        right: None,
        share: HUMAN_ACCURACY,
    };
    let mut rows: Vec<Row> = std::iter::once(you).chain(models).chain([people]).collect();
    // Equal ones stay in their order, the visitor first.
    rows.sort_by(|one, other| other.share.total_cmp(&one.share));
    let mut html = Markup::default();
    html.put(format_args!(
        "<table class=\"standings\"><caption class=\"small\">Right answers. You, the models and their vote: on these {of} images. \
         People: without training, on other test images.</caption><thead class=\"visually-hidden\"><tr>"
    ));
    for head in ["Who", "Bar", "Right", "Share"] {
        html.head("col", head);
    }
    html.put(format_args!("</tr></thead><tbody>"));
    for row in rows {
        let percent = row.share * 100.0;
        html.put(format_args!(
            "<tr data-testid=\"quiz-standing\" data-model=\"{}\"",
            row.name
        ));
        if let Some(right) = row.right {
            html.put(format_args!(" data-right=\"{right}\""));
        }
        html.put(format_args!(">"));
        html.head("row", row.title);
        html.put(format_args!(
            "<td><svg viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
             <rect class=\"class-bar\" width=\"{percent:.1}\" height=\"1\"/></svg></td><td>"
        ));
        match row.right {
            Some(right) => html.put(format_args!("{right} of {of}</td><td>{percent:.0}%")),
            None => html.put(format_args!("</td><td>{percent:.1}%")),
        }
        html.put(format_args!("</td></tr>"));
    }
    html.put(format_args!("</tbody></table>"));
    html.into_text()
}

#[cfg(test)]
mod tests {
    use super::super::game::tests::game;
    use super::*;
    use shared::{Garment, ModelId};

    fn file(answers: &[u8]) -> Option<MetricsFile> {
        Some(MetricsFile {
            confusion: [[0; 10]; 10],
            classes: Vec::new(),
            answers: answers.to_vec(),
            epochs: Vec::new(),
        })
    }

    #[test]
    fn the_models_are_counted_on_the_same_images() {
        // Classes 4 and 8.
        let game = game(&[Garment::Coat, Garment::Bag]);
        let mut files = vec![file(&[4, 8, 9]); 7];
        files[1] = file(&[4, 4, 9]);
        files[2] = None;
        // Predictions for another test set.
        files[3] = file(&[4]);
        let results = model_results(&game, &files);
        let counts: Vec<_> = results.iter().map(|(_, right)| *right).collect();
        assert_eq!(
            counts,
            [
                Some(2),
                Some(1),
                None,
                None,
                Some(2),
                Some(2),
                Some(2),
                None
            ]
        );
        assert_eq!(results[1].0, Contender::Model(ModelId::ALL[1]));
        assert_eq!(models_right(1, 8, &files), (4, 5));
    }

    fn results(counts: [Option<usize>; 8]) -> ModelResults {
        Contender::all().zip(counts).collect()
    }

    #[test]
    fn the_sentence_counts_the_seven_and_not_their_vote() {
        let of = |right, counts| sentence(right, &results(counts));
        let counts = [18, 17, 17, 16, 15, 14, 13, 12].map(Some);
        assert_eq!(
            of(17, counts),
            "You beat four of the seven models. You are level with two."
        );
        assert_eq!(of(19, counts), "You beat all of the seven models.");
        assert_eq!(of(2, counts), "You beat none of the seven models.");
        let mut missing = counts;
        missing[0] = None;
        assert_eq!(
            of(14, missing),
            "You beat one of the six models whose predictions could be loaded. You are level with one."
        );
        assert!(of(14, [None; 8]).contains("could not be loaded"));
    }

    #[test]
    fn the_best_come_first_and_the_visitor_before_equal_ones() {
        let counts = [18, 17, 17, 16, 15, 14, 13, 20].map(Some);
        let html = table(17, 20, &results(counts));
        let names: Vec<&str> = html
            .split("data-model=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(names[0], "vote");
        assert_eq!(names[2], "you");
        assert_eq!(names.len(), 10);
        // 17 of 20 are more than 83.5%, 16 are fewer.
        assert_eq!(names[5], "people");
        assert!(html.contains("17 of 20</td><td>85%") && html.contains("83.5%"));
    }

    #[test]
    fn the_chance_is_that_of_the_binomial_distribution() {
        // The square root of 0.835 * 0.165 / 20 is 0.083.
        assert!(chance(20).contains("about 8 points"), "{}", chance(20));
    }
}

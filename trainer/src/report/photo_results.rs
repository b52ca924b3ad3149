//! The results on real photos, and of the novelty detector.

use plot::format::thousands;

use super::input::{ReportInput, title};
use super::markdown::whole_percent;
use crate::jobs::photo_evaluation::{Headlines, PhotoFigures};
use crate::photos::listing::PhotoGroup;

/// The section; empty if the weights were not evaluated on photos.
pub fn section(input: &ReportInput) -> String {
    let Some(figures) = &input.photos else {
        return String::new();
    };
    let groups = PhotoGroup::ALL.iter().filter(|g| !g.classes().is_empty());
    let groups: Vec<&str> = groups.map(|g| g.name()).collect();
    let mut text = format!(
        "\n## Real photos\n\n\
         Accuracy on {} held-out photos of clothes on floors, beds and hangers. They were used neither for training nor to choose \
         anything (`trainer/photos/held-out.txt`; the README says where they come from). For shoes, each of the three classes of \
         shoes is correct; the mean is over the groups. Measured on {} garments that were outlined by hand, the mean intersection \
         over union of the cut-outs is {:.3}.\n\n\
         | | {} | mean |\n|---|{}--:|\n",
        garment_photos(figures),
        figures.outlines,
        figures.overlap,
        groups.join(" | "),
        "--:|".repeat(groups.len())
    );
    for accuracies in &figures.accuracies {
        let cell = |group: &&str| {
            let share = accuracies.groups.get(*group);
            share.map_or("–".into(), |share| whole_percent(*share))
        };
        let cells: Vec<String> = groups.iter().map(cell).collect();
        text += &format!(
            "| {} | {} | {:.1}% |\n",
            title(&accuracies.model),
            cells.join(" | "),
            accuracies.mean * 100.0
        );
    }
    text += "\n### None of the ten classes\n\n\
             The share of images that the novelty detector reports as none of the ten classes, and the area under its ROC curve \
             (AUC) against the test images; and the share that the answer reports, which knows the photo network too. A photo in which no \
             garment is found counts as reported. The images of other things than clothes are part neither of the data set of \
             photos nor of this repository.\n\n\
             | images of | number | none of the ten | AUC | the answer |\n|---|--:|--:|--:|--:|\n";
    for refusals in &figures.refusals {
        text += &format!(
            "| {} | {} | {:.1}% | {:.3} | {} |\n",
            refusals.kind,
            thousands(refusals.images as u64),
            refusals.share * 100.0,
            refusals.auc,
            figures
                .answer_refusals
                .get(&refusals.kind)
                .map_or("–".into(), |share| format!("{:.1}%", share * 100.0))
        );
    }
    text + &headlines(figures)
}

/// How often the page's headline is right.
fn headlines(figures: &PhotoFigures) -> String {
    if figures.headlines.is_empty() {
        return String::new();
    }
    let mut text = "\n### The headline\n\n\
         The page's headline is the answer: for a 28x28 image the vote's, for a photo mostly the photo network's. It is right if its class \
         is right and the image is not reported as none of the ten classes. The mean is over the groups of photos.\n\n\
         | images | number | vote right | answer right | known | headline right |\n|---|--:|--:|--:|--:|--:|\n"
        .to_owned();
    let mut row = |kind: &str, images: usize, shares: [f64; 4]| {
        let cells = shares.map(|share| format!("{:.1}%", share * 100.0));
        text += &format!(
            "| {kind} | {} | {} |\n",
            thousands(images as u64),
            cells.join(" | ")
        );
    };
    let mut groups = Vec::new();
    for h in &figures.headlines {
        row(&h.kind, h.images, [h.vote, h.answer, h.known, h.headline]);
        if PhotoGroup::ALL.iter().any(|g| g.name() == h.kind) {
            groups.push(h);
        }
    }
    let mean = |share: fn(&Headlines) -> f64| {
        groups.iter().map(|h| share(h)).sum::<f64>() / groups.len().max(1) as f64
    };
    let images = groups.iter().map(|h| h.images).sum();
    row(
        "photos, mean",
        images,
        [
            mean(|h| h.vote),
            mean(|h| h.answer),
            mean(|h| h.known),
            mean(|h| h.headline),
        ],
    );
    text
}

/// The number of photos that show a garment of the ten classes.
fn garment_photos(figures: &PhotoFigures) -> usize {
    let is_garment = |kind: &str| {
        let group = PhotoGroup::ALL.into_iter().find(|g| g.name() == kind);
        group.is_some_and(|g| !g.classes().is_empty())
    };
    let kinds = figures.refusals.iter().filter(|u| is_garment(&u.kind));
    kinds.map(|u| u.images).sum()
}

#[cfg(test)]
mod tests {
    use super::super::input::tests::committed_input;
    use super::*;
    use crate::jobs::photo_evaluation::{GroupAccuracies, Refusals};

    #[test]
    fn every_group_has_a_column_and_every_kind_a_row() {
        let mut input = committed_input();
        input.photos = Some(PhotoFigures {
            weights: Default::default(),
            photos: 50,
            outlines: 24,
            overlap: 0.9064,
            min_overlap: 0.4,
            accuracies: vec![GroupAccuracies {
                model: "vote".into(),
                groups: [("pants".into(), 0.98), ("shoes".into(), 0.5)].into(),
                mean: 0.74,
            }],
            refusals: vec![
                Refusals {
                    kind: "pants".into(),
                    images: 40,
                    share: 0.1,
                    auc: 0.6,
                },
                Refusals {
                    kind: "hat".into(),
                    images: 10,
                    share: 0.875,
                    auc: 0.95,
                },
            ],
            headlines: vec![
                Headlines {
                    kind: "pants".into(),
                    images: 40,
                    vote: 0.9,
                    answer: 0.95,
                    known: 0.8,
                    headline: 0.7,
                },
                Headlines {
                    kind: "60 frame".into(),
                    images: 9,
                    vote: 1.0,
                    answer: 1.0,
                    known: 1.0,
                    headline: 1.0,
                },
            ],
            answer_refusals: [("hat".into(), 0.5)].into(),
        });
        let text = section(&input);
        let row = "| The vote | – | 98% | – | – | – | – | 50% | 74.0% |\n";
        assert!(text.contains(row), "{text}");
        assert!(
            text.contains("| hat | 10 | 87.5% | 0.950 | 50.0% |\n"),
            "{text}"
        );
        assert!(text.contains("on 40 held-out photos"), "{text}");
        let mean = "| photos, mean | 40 | 90.0% | 95.0% | 80.0% | 70.0% |\n";
        assert!(
            text.contains(mean) && text.contains("| 60 frame | 9 | 100.0%"),
            "{text}"
        );
        input.photos = None;
        assert!(section(&input).is_empty());
    }
}

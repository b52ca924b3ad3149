//! What the weights make of real photos.

use shared::ModelId;
use shared::model::vote;

use super::{Record, number};
use crate::photos::Group;
use crate::photos::measure::PhotoFigures;

/// The section; empty where these weights were not tried on photos.
pub fn section(record: &Record) -> String {
    let Some(figures) = &record.photos else {
        return String::new();
    };
    let groups = Group::ALL.iter().filter(|g| !g.answers().is_empty());
    let groups: Vec<&str> = groups.map(|g| g.name()).collect();
    let mut text = format!(
        "\n## Real photos\n\n\
         Right answers to {} photos of clothes on floors, beds and hangers, which nothing was learned from and nothing was chosen \
         on (`trainer/photos/held-out.txt`; the README says where they come from). For shoes any of the three classes of shoes is \
         right; the mean is over the groups. The cut-outs overlap the outlines of {} garments, drawn by hand, by {:.3} in the \
         mean (intersection over union).\n\n\
         | | {} | mean |\n|---|{}--:|\n",
        answered(figures),
        figures.outlines,
        figures.overlap,
        groups.join(" | "),
        "--:|".repeat(groups.len())
    );
    for answers in &figures.answers {
        let title = ModelId::from_name(&answers.model).map_or(vote::TITLE, ModelId::title);
        let cell = |group: &&str| match answers.groups.get(*group) {
            Some(share) => format!("{:.0}%", share * 100.0),
            None => "–".into(),
        };
        let cells: Vec<String> = groups.iter().map(cell).collect();
        text += &format!(
            "| {title} | {} | {:.1}% |\n",
            cells.join(" | "),
            answers.mean * 100.0
        );
    }
    text += "\n### None of the ten\n\n\
             How often a picture is taken for none of the ten classes, and how often one of its kind is stranger than one of the \
             test pictures (the area under the ROC curve). Photos that show nothing to cut out count as refused. Pictures of other things than clothes are not part of the \
             data set of photos, nor of this repository.\n\n\
             | pictures of | how many | none of the ten | area |\n|---|--:|--:|--:|\n";
    for unknown in &figures.unknown {
        text += &format!(
            "| {} | {} | {:.1}% | {:.3} |\n",
            unknown.kind,
            number::thousands(unknown.pictures),
            unknown.share * 100.0,
            unknown.area
        );
    }
    text
}

/// Photos that show one of the ten.
fn answered(figures: &PhotoFigures) -> usize {
    let shown = |kind: &str| {
        let group = Group::ALL.into_iter().find(|g| g.name() == kind);
        group.is_some_and(|g| !g.answers().is_empty())
    };
    let kinds = figures.unknown.iter().filter(|u| shown(&u.kind));
    kinds.map(|u| u.pictures).sum()
}

#[cfg(test)]
mod tests {
    use super::super::input::tests::record;
    use super::*;
    use crate::photos::measure::{Answers, Unknown};

    #[test]
    fn every_group_has_its_column_and_every_kind_its_row() {
        let mut record = record();
        record.photos = Some(PhotoFigures {
            weights: Default::default(),
            photos: 50,
            outlines: 24,
            overlap: 0.9064,
            least_overlap: 0.4,
            answers: vec![Answers {
                model: "vote".into(),
                groups: [("pants".into(), 0.98), ("shoes".into(), 0.5)].into(),
                mean: 0.74,
            }],
            unknown: vec![
                Unknown {
                    kind: "pants".into(),
                    pictures: 40,
                    share: 0.1,
                    area: 0.6,
                },
                Unknown {
                    kind: "hat".into(),
                    pictures: 10,
                    share: 0.875,
                    area: 0.95,
                },
            ],
        });
        let text = section(&record);
        let row = "| The vote | – | 98% | – | – | – | – | 50% | 74.0% |\n";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("| hat | 10 | 87.5% | 0.950 |\n"), "{text}");
        assert!(text.contains("to 40 photos"), "{text}");
        record.photos = None;
        assert!(section(&record).is_empty());
    }
}

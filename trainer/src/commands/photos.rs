//! The command `trainer photos`: evaluates the weights on real photos.

use std::path::Path;
use std::process::ExitCode;

use trainer::data::source;
use trainer::photos::measure::{PhotoFigures, measure, record};
use trainer::photos::{Group, Part};

use crate::Places;

pub fn photos(
    places: &Places,
    folder: &Path,
    part: Part,
    others: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    let data = source::load(places.data.as_deref())?;
    let weights = places.weights();
    let figures = measure(&weights, &data.test, folder, part, others)?;
    print(&figures);
    // The other photos were used for training or for choosing settings.
    if part == Part::HeldOut {
        record(&weights, &figures)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(figures: &PhotoFigures) {
    println!(
        "{} outlines drawn by hand: intersection over union {:.3} in the mean, {:.3} at least",
        figures.outlines, figures.overlap, figures.least_overlap
    );
    let groups = Group::ALL
        .into_iter()
        .filter(|g| !g.answers().is_empty())
        .map(Group::name);
    print!("right of {:<4}", figures.photos);
    groups.clone().for_each(|name| print!("{name:>11}"));
    println!("{:>8}", "mean");
    for answers in &figures.answers {
        print!("{:<13}", answers.model);
        for group in groups.clone() {
            let share = answers.groups.get(group);
            let share = share.map_or("-".into(), |s| format!("{:.1}%", s * 100.0));
            print!("{share:>11}");
        }
        println!("{:>7.1}%", answers.mean * 100.0);
    }
    println!("refused as none of the ten; area under the ROC curve against the test images");
    for unknown in &figures.unknown {
        println!(
            "{:<14}{:>6.1}% of {:<6} {:.3}",
            unknown.kind,
            unknown.share * 100.0,
            unknown.pictures,
            unknown.area
        );
    }
}

//! The command `trainer photos`: evaluates the weights on real photos.

use std::path::Path;
use std::process::ExitCode;

use trainer::data::source;
use trainer::jobs::photo_evaluation::{self, OtherImages, PhotoFigures};
use trainer::photos::listing::{PhotoGroup, PhotoSplit};

use super::options::GlobalOptions;

pub fn photos(
    global: &GlobalOptions,
    folder: &Path,
    split: PhotoSplit,
    others: OtherImages,
) -> anyhow::Result<ExitCode> {
    let data = source::load(global.data.as_deref())?;
    let store = global.weights_store();
    let figures = photo_evaluation::evaluate(&store, &data.test, folder, split, others)?;
    print_figures(&figures);
    // The other photos were used for training or for choosing settings.
    if split == PhotoSplit::HeldOut {
        photo_evaluation::record(&store, &figures)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print_figures(figures: &PhotoFigures) {
    println!(
        "{} outlines drawn by hand: mean intersection over union {:.3}, minimum {:.3}",
        figures.outlines, figures.overlap, figures.min_overlap
    );
    let groups = PhotoGroup::ALL
        .into_iter()
        .filter(|g| !g.classes().is_empty())
        .map(PhotoGroup::name);
    print!("{:<13}", format!("{} photos", figures.photos));
    groups.clone().for_each(|name| print!("{name:>11}"));
    println!("{:>8}", "mean");
    for accuracies in &figures.accuracies {
        print!("{:<13}", accuracies.model);
        for group in groups.clone() {
            let accuracy = accuracies.groups.get(group);
            let cell = accuracy.map_or("-".into(), |a| format!("{:.1}%", a * 100.0));
            print!("{cell:>11}");
        }
        println!("{:>7.1}%", accuracies.mean * 100.0);
    }
    println!(
        "refused as none of the ten classes; area under the ROC curve against the test images"
    );
    for refusals in &figures.refusals {
        println!(
            "{:<14}{:>6.1}% of {:<6} {:.3}",
            refusals.kind,
            refusals.share * 100.0,
            refusals.images,
            refusals.auc
        );
    }
    println!("not known according to the answer");
    for (kind, share) in &figures.answer_refusals {
        println!("{kind:<14}{:>6.1}%", share * 100.0);
    }
    println!("the page's headline: the answer is right, and the image is known");
    for headlines in &figures.headlines {
        println!(
            "{:<24}{:>6}  vote {:>5.1}%  answer {:>5.1}%  known {:>5.1}%  headline {:>5.1}%",
            headlines.kind,
            headlines.images,
            headlines.vote * 100.0,
            headlines.answer * 100.0,
            headlines.known * 100.0,
            headlines.headline * 100.0
        );
    }
}

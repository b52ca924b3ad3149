//! `trainer photos`: how the weights do on real photos.

use std::path::Path;
use std::process::ExitCode;

use rayon::prelude::*;
use shared::model::vote;
use shared::photo::Mask;
use trainer::data::Examples;
use trainer::evaluate::verdicts;
use trainer::photos::outline::{self, Outline};
use trainer::photos::score::{Score, pictures, prepared};
use trainer::photos::{Group, Labelled, Part, list};

use crate::Places;

pub fn photos(places: &Places, folder: &Path, part: Part) -> anyhow::Result<ExitCode> {
    let all = list(folder)?;
    segmentation(&all)?;
    let photos: Vec<Labelled> = all.into_iter().filter(|p| p.part == part).collect();
    let examples = Examples {
        labels: vec![shared::Garment::Bag; photos.len()],
        pictures: pictures(&photos),
    };
    let groups: Vec<Group> = Group::ALL
        .into_iter()
        .filter(|g| !g.answers().is_empty())
        .collect();
    let names = groups.iter().map(|g| format!("{:>10}", g.name()));
    println!("{:>8} {}      mean", "", names.collect::<String>());
    let show = |name: &str, score: &Score| {
        let shares = groups.iter().map(|g| match score.0.get(g) {
            Some(&(right, all)) => format!("{:>9.1}%", right as f64 / all as f64 * 100.0),
            None => format!("{:>10}", "-"),
        });
        println!(
            "{name:>8} {} {:>8.1}%",
            shares.collect::<String>(),
            score.mean() * 100.0
        );
    };
    let weights = places.weights();
    let mut ballots = vec![Vec::new(); photos.len()];
    for model in places.models() {
        let said = verdicts(model, &weights.artifact(model)?, &examples)?;
        show(
            model.name(),
            &Score::of(&photos, said.iter().map(|v| v.garment())),
        );
        ballots.iter_mut().zip(said).for_each(|(b, v)| b.push(v));
    }
    if places.model.is_empty() {
        let vote = weights.vote()?;
        let said = ballots.iter().map(|ballot| {
            let probabilities = vote.of(ballot).unwrap_or_default();
            shared::Garment::ALL[shared::model::argmax(&probabilities)]
        });
        show(vote::NAME, &Score::of(&photos, said));
    }
    Ok(ExitCode::SUCCESS)
}

/// How well the cut-outs fit the outlines that were drawn by hand.
fn segmentation(all: &[Labelled]) -> anyhow::Result<()> {
    let drawn = outline::all()?;
    let overlap = |outline: &Outline| -> Option<(String, f64)> {
        let photo = all.iter().find(|p| p.name == outline.photo)?;
        let mask: Option<Mask> = prepared(photo).ok().and_then(|p| p.mask);
        Some((
            outline.photo.clone(),
            mask.map_or(0.0, |m| outline.overlap(&m)),
        ))
    };
    let found: Vec<_> = drawn.par_iter().filter_map(overlap).collect();
    let mean = found.iter().map(|f| f.1).sum::<f64>() / found.len().max(1) as f64;
    let worst = found.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((photo, least)) = worst {
        println!(
            "{} outlines drawn by hand: intersection over union {mean:.3} in the mean, {least:.3} for {photo}",
            found.len()
        );
    }
    Ok(())
}

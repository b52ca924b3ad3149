//! `cargo xtask bench-train`: training steps a second beside PyTorch's, on the same networks with the same batches.

use super::{Peer, built, python};
use crate::{step, workspace::Workspace};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{path::Path, process::Command};

/// On Linux the package brings CUDA's libraries along, 5 GB; without a GPU they lie idle.
const PEER: Peer = Peer {
    name: "PyTorch",
    folder: "bench-train",
    module: "torch",
    packages: &["numpy", "torch"],
};

const MODELS: [&str; 3] = ["cnn", "resnet", "mlp"];
const BATCHES: [&str; 2] = ["128", "64"];
/// Each competitor's turns at a network, one after the other, so that a busy minute hits them all.
const ROUNDS: usize = 3;
/// Of a turn, after its warm-up.
const SECONDS: &str = "4";

/// A competitor's turn at a network, with a batch of so many.
type Side<'a> = dyn Fn(&str, &str) -> Command + 'a;

/// Trains on all sides in turns, prints a table.
pub fn run(workspace: &Workspace) -> Result<()> {
    let python = python(workspace, &PEER)?;
    let trainer = built(workspace, "trainer")?;
    let device = |device: &'static str| {
        let trainer = trainer.clone();
        move |model: &str, batch: &str| {
            let mut turn = workspace.command(&trainer);
            turn.args(["speed", "--model", model, "--device", device]);
            turn.args(["--batch", batch, "--seconds", SECONDS]);
            turn
        }
    };
    let (ours, flex) = (device("cpu"), device("flex"));
    let theirs = |model: &str, batch: &str| {
        let mut turn = workspace.command(&python);
        turn.arg(Path::new("xtask/bench/pytorch.py"));
        turn.args([model, batch, SECONDS]);
        turn
    };
    let sides: [&Side; 3] = [&ours, &theirs, &flex];
    let mut table = format!(
        "{:8}{:>6}{:>12}{:>12}{:>12}{:>14}\n",
        "", "batch", "Haberdash", "PyTorch", "burn-flex", "of PyTorch's"
    );
    step::step(
        "train in turns; the median of three turns is what counts",
        || {
            for (model, batch) in MODELS.iter().flat_map(|m| BATCHES.map(|b| (*m, b))) {
                let mut speeds = [(); 3].map(|()| Vec::new());
                for _ in 0..ROUNDS {
                    for (speeds, side) in speeds.iter_mut().zip(sides) {
                        speeds.push(speed(&mut side(model, batch))?);
                    }
                }
                let [ours, theirs, flex] = speeds.map(median);
                let row = format!(
                    "{model:8}{batch:>6}{ours:>12.0}{theirs:>12.0}{flex:>12.0}{:>14.2}\n",
                    ours / theirs
                );
                table.push_str(&row);
            }
            Ok(())
        },
    )?;
    println!("Pictures a second, forward, back and AdamW's step:\n\n{table}");
    Ok(())
}

/// Pictures a second, from the JSON that a turn prints.
fn speed(turn: &mut Command) -> Result<f64> {
    let shown = step::shown(turn);
    let output = turn
        .output()
        .with_context(|| format!("`{shown}` cannot be started"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let figures: Option<Value> = said
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok());
    figures
        .and_then(|f| f["pictures_per_second"].as_f64())
        .with_context(|| {
            let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
            format!("`{shown}` measured nothing: {complaint}")
        })
}

fn median(mut speeds: Vec<f64>) -> f64 {
    speeds.sort_by(f64::total_cmp);
    speeds[speeds.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_turn_does_not_count() {
        assert_eq!(median(vec![5.0, 1.0, 6.0]), 5.0);
    }

    #[test]
    fn a_turn_that_says_nothing_is_quoted() {
        let mut turn = Command::new("cargo");
        turn.arg("no-such-command");
        let error = speed(&mut turn).unwrap_err().to_string();
        assert!(error.contains("no-such-command"), "{error}");
    }
}

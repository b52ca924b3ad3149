//! `cargo xtask bench-train`: training speed compared with PyTorch's, on the same networks with the same batch sizes.

use super::{PythonPeer, build_program, python_with};
use crate::{step, workspace::Workspace};
use anyhow::{Context, Result};
use serde_json::Value;
use std::{path::Path, process::Command};

/// On Linux the package includes CUDA's libraries, 5 GB, which are not used without a GPU.
const PEER: PythonPeer = PythonPeer {
    name: "PyTorch",
    folder: "bench-train",
    module: "torch",
    packages: &["numpy", "torch"],
};

const MODELS: [&str; 3] = ["cnn", "resnet", "mlp"];
const BATCHES: [&str; 2] = ["128", "64"];
/// Turns of each library. The libraries alternate, so that other load on the machine affects all of them.
const ROUNDS: usize = 3;
/// Length of a turn, after its warm-up.
const SECONDS: &str = "4";

/// The command of a library's turn, for a model and a batch size.
type TurnCommand<'a> = dyn Fn(&str, &str) -> Command + 'a;

/// Trains with all libraries in turns, and prints a table.
pub fn run(workspace: &Workspace) -> Result<()> {
    let python = python_with(workspace, &PEER)?;
    let trainer = build_program(workspace, "trainer")?;
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
    let libraries: [&TurnCommand; 3] = [&ours, &theirs, &flex];
    let mut table = format!(
        "{:8}{:>6}{:>12}{:>12}{:>12}{:>14}\n",
        "", "batch", "Haberdash", "PyTorch", "burn-flex", "vs. PyTorch"
    );
    step::step(
        "train in turns; the table has the medians of three turns",
        || {
            for (model, batch) in MODELS.iter().flat_map(|m| BATCHES.map(|b| (*m, b))) {
                let mut speeds = [(); 3].map(|()| Vec::new());
                for _ in 0..ROUNDS {
                    for (speeds, turn) in speeds.iter_mut().zip(libraries) {
                        speeds.push(measure(&mut turn(model, batch))?);
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
    println!("Images per second: forward pass, backward pass and AdamW's step\n\n{table}");
    Ok(())
}

/// Images per second, from the JSON that a turn prints.
fn measure(turn: &mut Command) -> Result<f64> {
    let command_line = step::command_line(turn);
    let output = turn
        .output()
        .with_context(|| format!("`{command_line}` cannot be started"))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    let figures: Option<Value> = printed
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok());
    figures
        .and_then(|f| f["pictures_per_second"].as_f64())
        .with_context(|| {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            format!("`{command_line}` printed no result: {errors}")
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
    fn one_slow_turn_does_not_change_the_median() {
        assert_eq!(median(vec![5.0, 1.0, 6.0]), 5.0);
    }

    #[test]
    fn the_error_names_a_command_without_result() {
        let mut turn = Command::new("cargo");
        turn.arg("no-such-command");
        let error = measure(&mut turn).unwrap_err().to_string();
        assert!(error.contains("no-such-command"), "{error}");
    }
}

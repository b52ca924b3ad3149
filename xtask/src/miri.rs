//! `cargo xtask miri`: the unit tests that Miri can run. It interprets the code, and finds undefined behaviour.

use crate::{step, workspace::Workspace};
use anyhow::Result;

/// cargo's arguments that select the tests of a run. What is missing takes hours.
const RUNS: [&[&str]; 4] = [
    // Messages, addresses, IDX files.
    &[
        "-p",
        "fashion-mnist",
        "-p",
        "page-address",
        "-p",
        "protocol",
        "--lib",
    ],
    // Weights files.
    &["-p", "shared", "--lib", "artifact::"],
    // Image files.
    &["-p", "codecs", "--lib"],
    // The unsafe kernels of training.
    &["-p", "cpu-backend", "--lib", "gemm::"],
];

/// Runs the tests, with a nightly toolchain that has the component `miri`.
pub fn run(workspace: &Workspace) -> Result<()> {
    for arguments in RUNS {
        let mut command = workspace.cargo(Some("nightly"));
        command
            .args(["miri", "test", "--locked"])
            .args(arguments)
            // Random cases are slow, and the tests read and write files.
            .env("PROPTEST_CASES", "2")
            .env("MIRIFLAGS", "-Zmiri-disable-isolation");
        step::step(&arguments.join(" "), || step::run(&mut command))?;
    }
    Ok(())
}

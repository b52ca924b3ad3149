//! Runs the benchmark in the browser and writes docs/benchmarks.md; `cargo xtask bench-web` prepares what it needs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tests::browser_bench::report::{insert_table, readme_table, report};
use tests::browser_bench::{Folders, Harness, run};

fn main() -> Result<()> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let Ok([site, peers, models, profile, rounds]) = <[PathBuf; 5]>::try_from(arguments) else {
        bail!(
            "five arguments are needed: site, other libraries, models, profile and rounds; `cargo xtask bench-web` gives them"
        );
    };
    let rounds = rounds.to_string_lossy();
    let rounds = rounds
        .parse()
        .with_context(|| format!("`{rounds}` is not a number of rounds"))?;
    let harness = Harness::start(Folders {
        site,
        peers,
        models,
    })?;
    let measurements = run(&harness, rounds)?;
    let report = report(&measurements, &profile.to_string_lossy());
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let readme_path = root.join("README.md");
    let readme = std::fs::read_to_string(&readme_path).context("README.md cannot be read")?;
    let readme = insert_table(&readme, &readme_table(&report)?)?;
    write(&root.join("docs/benchmarks.md"), &report)?;
    write(&readme_path, &readme)?;
    println!("{report}\nwritten to docs/benchmarks.md, and its table to README.md");
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

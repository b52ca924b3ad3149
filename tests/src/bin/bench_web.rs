//! Measures the engines beside their peers and writes docs/benchmarks.md; `cargo xtask bench-web` prepares what it needs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use tests::bench::document::{page, placed, quote};
use tests::bench::{Arena, Places, run};

fn main() -> ExitCode {
    match measure(std::env::args_os().skip(1).map(PathBuf::from).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("error: {sentence}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: Vec<PathBuf>) -> Result<(), String> {
    let Ok([site, peers, models, profile, rounds]) = <[PathBuf; 5]>::try_from(arguments) else {
        return Err("start me as `cargo xtask bench-web`, which knows the site, the peers, the models, the profile and the rounds".into());
    };
    let rounds = rounds.to_string_lossy();
    let rounds = rounds
        .parse()
        .map_err(|_| format!("`{rounds}` is no number of rounds"))?;
    let arena = Arena::open(Places {
        site,
        peers,
        models,
    })?;
    let record = run(&arena, rounds)?;
    let page = page(&record, &profile.to_string_lossy());
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let readme = root.join("README.md");
    let text =
        std::fs::read_to_string(&readme).map_err(|e| format!("README.md cannot be read: {e}"))?;
    let text = placed(&text, &quote(&page)?)?;
    write(&root.join("docs/benchmarks.md"), &page)?;
    write(&readme, &text)?;
    println!("{page}\nwritten to docs/benchmarks.md, and its table to README.md");
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|e| format!("{} cannot be written: {e}", path.display()))
}

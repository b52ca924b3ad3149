//! Writes docs/reliability.md from what the checks have recorded; `cargo xtask reliability` runs them before.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tests::reliability::report;

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder
        .context("the folder of the records is missing; `cargo xtask reliability` gives it")?;
    let report = report(&folder)?;
    let path = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/reliability.md"
    ));
    std::fs::write(path, report)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    println!("written to docs/reliability.md");
    Ok(())
}

//! Writes the seeds of each fuzz target into a folder of its name below a folder, such as `fuzz/corpus`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("the folder is missing: name one, such as fuzz/corpus");
        return ExitCode::from(2);
    };
    match write(Path::new(&folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{} cannot be written: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &Path) -> std::io::Result<()> {
    for reader in fuzzed_readers::READERS {
        let folder = folder.join(reader.name);
        std::fs::create_dir_all(&folder)?;
        for seed in (reader.seeds)() {
            std::fs::write(folder.join(seed.name), seed.bytes)?;
        }
    }
    Ok(())
}

//! The commands that write files: the report, the page's gallery, ONNX files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use trainer::atomic_file::write_bytes;
use trainer::data::source;
use trainer::report::ReportInput;
use trainer::{export, gallery, report};

use super::options::GlobalOptions;

pub fn report(global: &GlobalOptions, readme: &Path, docs: &Path) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(readme)
        .map_err(|error| anyhow!("{} could not be read ({error})", readme.display()))?;
    let input = ReportInput::load(&global.weights_store())?;
    let text = report::insert_table(&text, &input)?;
    let data = source::load(global.data.as_deref())?;
    let documents = report::documents(&input, &data)?;
    write_bytes(readme, text.as_bytes())?;
    for document in &documents {
        write_bytes(&docs.join(&document.path), document.text.as_bytes())?;
    }
    println!(
        "results written to {} and, with {} plots, to {}",
        readme.display(),
        documents.len() - 2,
        docs.join(report::PAGE).display()
    );
    Ok(ExitCode::SUCCESS)
}

pub fn gallery(global: &GlobalOptions, out: PathBuf) -> anyhow::Result<ExitCode> {
    let data = source::load(global.data.as_deref())?;
    let sprite = gallery::encode_sprite(&data.test)
        .map_err(|error| anyhow!("the gallery could not be encoded ({error})"))?;
    write_bytes(&out, &sprite)?;
    println!("{} bytes written to {}", sprite.len(), out.display());
    Ok(ExitCode::SUCCESS)
}

pub fn export(global: &GlobalOptions, out: &Path) -> anyhow::Result<ExitCode> {
    let [model] = global.models()[..] else {
        bail!("an ONNX file contains one network: name it, for example with `--model cnn`");
    };
    let bytes = export::onnx(model, &global.weights_store().artifact(model)?)?;
    write_bytes(out, &bytes)?;
    println!("{} bytes written to {}", bytes.len(), out.display());
    Ok(ExitCode::SUCCESS)
}

//! The commands that write what others read: the report, the page's gallery, networks as ONNX files.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use trainer::data::source;
use trainer::report::ReportInput;
use trainer::{export, gallery, manifest, report};

use crate::Places;

pub fn report(places: &Places, readme: &Path, docs: &Path) -> anyhow::Result<ExitCode> {
    let text = std::fs::read_to_string(readme)
        .with_context(|| format!("{} could not be read", readme.display()))?;
    let input = ReportInput::load(&places.weights())?;
    let text = report::insert_table(&text, &input)?;
    let data = source::load(places.data.as_deref())?;
    let documents = report::documents(&input, &data)?;
    manifest::write_bytes(readme, text.as_bytes())?;
    for document in &documents {
        manifest::write_bytes(&docs.join(&document.path), document.text.as_bytes())?;
    }
    println!(
        "results written to {} and, with {} plots, to {}",
        readme.display(),
        documents.len() - 2,
        docs.join(report::PAGE).display()
    );
    Ok(ExitCode::SUCCESS)
}

pub fn gallery(places: &Places, out: PathBuf) -> anyhow::Result<ExitCode> {
    let data = source::load(places.data.as_deref())?;
    let sprite = gallery::sprite(&data.test).context("the gallery could not be encoded")?;
    manifest::write_bytes(&out, &sprite)?;
    println!("{} bytes written to {}", sprite.len(), out.display());
    Ok(ExitCode::SUCCESS)
}

pub fn export(places: &Places, out: &Path) -> anyhow::Result<ExitCode> {
    let [model] = places.models()[..] else {
        bail!("one file holds one network: name it, for example `--model cnn`");
    };
    let bytes = export::onnx(model, &places.weights().artifact(model)?)?;
    manifest::write_bytes(out, &bytes)?;
    println!("{} bytes written to {}", bytes.len(), out.display());
    Ok(ExitCode::SUCCESS)
}

//! The commands that write files: the report, the page's gallery, ONNX files.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use shared::ModelId;
use shared::artifact::Artifact;
use shared::model::TiltEstimator;
use shared::model::ensemble;
use trainer::atomic_file::write_bytes;
use trainer::data::source;
use trainer::data::split::{VALIDATION, split};
use trainer::fit::tilt;
use trainer::jobs::thumbnails;
use trainer::report::ReportInput;
use trainer::start_image::StartImage;
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

pub fn tilt(global: &GlobalOptions, seed: u64, out: &Path) -> anyhow::Result<ExitCode> {
    let data = source::load(global.data.as_deref())?;
    let parts = split(&data.train, VALIDATION);
    // The estimator is what the file, in which weights are rounded, gives.
    let bytes = tilt::fit(&parts.train.images, seed).to_bytes()?;
    let estimator = TiltEstimator::new(&Artifact::from_bytes(&bytes)?)?;
    write_bytes(out, &bytes)?;
    println!(
        "tilt estimator written to {}: error {:.2} degrees on views of the {} validation images",
        out.display(),
        tilt::error(&estimator, &parts.validation.images, seed),
        parts.validation.len()
    );
    Ok(ExitCode::SUCCESS)
}

pub fn gallery(global: &GlobalOptions, out: &Path) -> anyhow::Result<ExitCode> {
    let data = source::load(global.data.as_deref())?;
    let store = global.weights_store();
    let models = ModelId::ALL.map(|model| store.metrics(model.name()));
    let models = models.into_iter().collect::<Result<Vec<_>, _>>()?;
    let ensemble = store.metrics(ensemble::NAME)?;
    let start = StartImage::choose(&data.test, &models, &ensemble).ok_or_else(|| {
        anyhow!("the metrics in weights/ are not those of this test set: run `cargo run -p trainer -- evaluate`")
    })?;
    let unencodable = |error| anyhow!("an image could not be encoded ({error})");
    let files = [
        (
            "gallery.png",
            gallery::encode_sprite(&data.test).map_err(unencodable)?,
        ),
        (
            "card.png",
            gallery::encode_card(&data.test).map_err(unencodable)?,
        ),
        ("start.json", serde_json::to_vec(&start)?),
    ];
    for (name, bytes) in files {
        write_bytes(&out.join(name), &bytes)?;
        println!(
            "{} bytes written to {}",
            bytes.len(),
            out.join(name).display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub fn thumbnails(global: &GlobalOptions) -> anyhow::Result<ExitCode> {
    let data = source::load(global.data.as_deref())?;
    let store = global.weights_store();
    let entry = thumbnails::write(&store, &data)?;
    let bytes: u64 = entry.files.iter().map(|f| f.bytes).sum();
    println!(
        "{bytes} bytes in {} files written to {}",
        entry.files.len(),
        store.folder().display()
    );
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

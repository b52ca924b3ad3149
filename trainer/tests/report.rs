//! The committed report has the bytes that the trainer generates from the committed weights and the data set.
// All of this is test code, also what stands outside of `#[test]` functions.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use trainer::data::source;
use trainer::report::{
    COMMAND, Document, PAGE, PLOTS, ReportInput, TRAINING, documents, insert_table,
};
use trainer::weights_store::WeightsStore;

/// The repository's root.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn input() -> ReportInput {
    ReportInput::load(&WeightsStore::new(format!("{ROOT}/weights"))).unwrap()
}

fn made() -> Vec<Document> {
    documents(&input(), &source::load(None).unwrap()).unwrap()
}

#[test]
fn the_readme_is_up_to_date() {
    let readme = fs::read_to_string(format!("{ROOT}/README.md")).unwrap();
    assert!(
        insert_table(&readme, &input()).unwrap() == readme,
        "README.md is out of date: run `{COMMAND}`"
    );
}

#[test]
fn the_page_and_its_plots_are_up_to_date() {
    let docs = Path::new(ROOT).join("docs");
    let made = made();
    for Document { path, text } in &made {
        // A file that is not there is as out of date as an old one.
        let committed = fs::read_to_string(docs.join(path)).unwrap_or_default();
        assert!(
            committed == *text,
            "docs/{} is out of date: run `{COMMAND}`",
            path.display()
        );
    }
    let made: BTreeSet<PathBuf> = made.into_iter().map(|d| d.path).collect();
    for file in fs::read_dir(docs.join(PLOTS)).unwrap() {
        let path = Path::new(PLOTS).join(file.unwrap().file_name());
        assert!(
            made.contains(&path),
            "docs/{} is no plot of the report any more: delete it",
            path.display()
        );
    }
}

#[test]
fn every_plot_is_on_the_page_once_and_is_whole() {
    let mut made = made();
    made.retain(|d| d.path != Path::new(TRAINING));
    let (page, plots): (Vec<_>, Vec<_>) = made.iter().partition(|d| d.path == Path::new(PAGE));
    let page = &page[0].text;
    assert_eq!(page.matches("](plots/").count(), plots.len());
    let mut bytes = 0;
    for plot in plots {
        let link = format!("]({})", plot.path.display());
        assert_eq!(page.matches(&link).count(), 1, "{link}");
        assert!(
            plot.text.starts_with("<svg ") && plot.text.ends_with("</svg>\n"),
            "{link}"
        );
        // Nothing is drawn nowhere.
        assert!(
            !plot.text.contains("NaN") && !plot.text.contains("inf"),
            "{link}"
        );
        bytes += plot.text.len();
    }
    assert!(bytes < 1_000_000, "the plots have {bytes} bytes");
}

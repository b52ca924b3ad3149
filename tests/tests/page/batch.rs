//! Several files at once: a table, and its export.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shared::{Garment, ModelId};
use tempfile::TempDir;
use tests::damaged_files;
use tests::image_files::{self, UploadFile};
use tests::page::Page;

use crate::all_models::{dots, is_told_once};
use crate::errors::assert_is_message;
use crate::session::{Check, Session, Stage::Cpu};
use crate::upload::{HOLD_BACK_REPLIES, assert_matches_reference};

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "several_files_are_answered_in_a_table", table),
    Check::new(Cpu, "a_row_is_shown_as_if_chosen_alone", rows),
    Check::new(Cpu, "a_table_is_saved_as_csv_and_json", export),
    Check::new(
        Cpu,
        "what_is_not_known_is_told_once_by_page_table_and_files",
        not_known,
    ),
    Check::new(Cpu, "a_table_can_be_stopped_and_goes_on", stop),
    Check::new(Cpu, "a_folder_s_pictures_are_answered", folder),
    Check::new(Cpu, "an_npy_file_of_three_images_is_a_table_of_three", npy),
];

const TIMEOUT: Duration = Duration::from_secs(60);
const CLASSES: [Garment; 3] = [Garment::Bag, Garment::Trouser, Garment::Sandal];
/// A name that a spreadsheet would compute, and one that a table could stumble over.
const NAMES: [&str; 3] = ["=1+1.png", "a, \"b\".png", "plain.png"];

/// Three images, and a letter among them.
fn files(session: &Session) -> Vec<UploadFile> {
    let mut files: Vec<UploadFile> = CLASSES
        .iter()
        .zip(NAMES)
        .map(|(class, name)| UploadFile {
            name: name.into(),
            ..image_files::png(&session.clear_example(*class).image)
        })
        .collect();
    files.insert(1, damaged_files::text());
    files
}

const ROWS: &str = "
    return [...document.querySelectorAll('[data-testid=\"roll-row\"]')].map(r => ({...r.dataset, text: r.innerText}));";

/// The rows, once each is answered by all seven models or refused.
fn answered(page: &Page) -> Vec<Value> {
    let rows = page.browser.wait(ROWS, TIMEOUT, |rows| {
        let rows = rows.as_array().expect("rows");
        !rows.is_empty()
            && rows
                .iter()
                .all(|r| r["state"] == "error" || r["voters"] == "7")
    });
    let rows = rows.unwrap_or_else(|rows| panic!("not all is answered: {rows:#}"));
    rows.as_array().cloned().expect("rows")
}

fn table(session: &Session) {
    let page = session.page();
    page.drop_files(&files(session));
    let rows = answered(&page);
    assert_eq!(rows.len(), 4);
    let letter = &rows[1];
    assert_eq!(letter["state"], "error");
    let text = letter["text"].as_str().unwrap_or_default();
    let sentence = text.lines().find(|line| line.contains("text"));
    assert_is_message(
        sentence
            .unwrap_or_else(|| panic!("no sentence: {text}"))
            .trim(),
    );
    for ((row, class), name) in [&rows[0], &rows[2], &rows[3]]
        .iter()
        .zip(CLASSES)
        .zip(NAMES)
    {
        let golden = session.clear_example(class);
        assert_eq!(row["file"], name);
        let (label, confidence) = session.expected_ensemble(&golden, &ModelId::ALL);
        assert_eq!(row["label"], label.label());
        let shown = row["confidence"].as_str().unwrap_or_default();
        let shown: f32 = shown.parse().expect("a number");
        assert!((shown - confidence).abs() < 2e-3, "{row}");
        for (model, key) in [(ModelId::Cnn, "cnn"), (ModelId::Resnet, "resnet")] {
            assert_eq!(row[key], session.expected(model, &golden).0.label());
        }
    }
}

fn rows(session: &Session) {
    let page = session.page();
    let before = page.snapshot();
    page.drop_files(&files(session));
    let first = page.wait_for_answer(&before);
    assert_matches_reference(session, &session.clear_example(CLASSES[0]), &first, 1e-3);
    answered(&page);
    page.browser.run(
        "document.querySelectorAll('[data-testid=\"roll-show\"]')[3].click();",
        vec![],
    );
    let last = page.wait_for_answer(&first);
    assert_matches_reference(session, &session.clear_example(CLASSES[2]), &last, 1e-3);
    let pressed = page.browser.run(
        "return [...document.querySelectorAll('[data-testid=\"roll-show\"]')].map(b => b.ariaPressed);",
        vec![],
    );
    assert_eq!(pressed, json!(["false", "false", "false", "true"]));
    // The letter says why it is none, and what was answered stays.
    page.browser.run(
        "document.querySelectorAll('[data-testid=\"roll-show\"]')[1].click();",
        vec![],
    );
    let refused = page.wait_for_answer_or_error(&last);
    assert_is_message(&refused.error);
}

fn export(session: &Session) {
    let page = session.page();
    page.drop_files(&files(session));
    answered(&page);
    let folder = TempDir::new().expect("a folder for downloads");
    session.browser.set_download_folder(folder.path());
    page.click("[data-testid=\"roll-csv\"]");
    page.click("[data-testid=\"roll-json\"]");

    let csv = saved(&folder.path().join("haberdash.csv"));
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines.len(), 4 + 2, "{csv}");
    assert!(
        lines[0].starts_with("file,state,known,answer,"),
        "{}",
        lines[0]
    );
    for (line, start) in lines[1..].iter().zip([
        "'=1+1.png,answered,true,Bag,",
        "letter.png,error,,,,",
        "\"a, \"\"b\"\".png\",answered,true,Trouser,",
        "plain.png,answered,true,Sandal,",
    ]) {
        assert!(line.starts_with(start), "{line}");
    }

    let json: Value = serde_json::from_str(&saved(&folder.path().join("haberdash.json")))
        .expect("the export is JSON");
    let names: Vec<&str> = json
        .as_array()
        .expect("a list")
        .iter()
        .map(|o| o["file"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(names, [NAMES[0], "letter.png", NAMES[1], NAMES[2]]);
    assert_is_message(json[1]["error"].as_str().unwrap_or_default());
    let golden = session.clear_example(CLASSES[2]);
    for model in ModelId::ALL {
        let said = &json[3]["models"][model.name()];
        let (class, confidence) = session.expected(model, &golden);
        assert_eq!(said["label"], class.label());
        let shown = said["confidence"].as_f64().unwrap_or_default() as f32;
        assert!((shown - confidence).abs() < 2e-3, "{said}");
    }
    assert_eq!(json[3]["vote"]["voters"], 7);
    assert_eq!(json[3]["known"], true);
}

fn npy(session: &Session) {
    let page = session.page();
    let images = CLASSES.map(|class| session.clear_example(class).image);
    let greys: Vec<&[u8]> = images.iter().map(|image| &image.pixels()[..]).collect();
    // One image is shown as a picture is, without a table.
    let one = UploadFile::new("one.npy", "", image_files::npy(&greys[1..2]));
    let before = page.snapshot();
    page.drop_files(&[one]);
    let before = page.wait_for_answer(&before);
    assert_matches_reference(session, &session.clear_example(CLASSES[1]), &before, 1e-3);
    assert_eq!(page.browser.run(ROWS, vec![]), json!([]));

    let three = UploadFile::new("three.npy", "", image_files::npy(&greys));
    page.drop_files(&[three]);
    let first = page.wait_for_answer(&before);
    assert_matches_reference(session, &session.clear_example(CLASSES[0]), &first, 1e-3);
    let rows = answered(&page);
    let names: Vec<&str> = rows.iter().filter_map(|r| r["file"].as_str()).collect();
    assert_eq!(names, ["three.npy #1", "three.npy #2", "three.npy #3"]);
    for (row, class) in rows.iter().zip(CLASSES) {
        let golden = session.clear_example(class);
        let (label, _) = session.expected_ensemble(&golden, &ModelId::ALL);
        assert_eq!(row["label"], label.label());
    }
}

fn not_known(session: &Session) {
    let page = session.page();
    let bag = image_files::png(&session.clear_example(Garment::Bag).image);
    let dots = UploadFile {
        name: "dots.png".into(),
        ..image_files::png(&dots())
    };
    page.drop_files(&[bag, dots]);
    answered(&page);
    let rows = page.browser.wait(ROWS, TIMEOUT, |rows| {
        let rows = rows.as_array().expect("rows");
        rows.iter().all(|r| r["known"].is_string())
    });
    let rows = rows.unwrap_or_else(|rows| panic!("not all is checked: {rows:#}"));
    let (bag, dots) = (&rows[0], &rows[1]);
    assert_eq!(
        (&bag["known"], &dots["known"]),
        (&json!("true"), &json!("false"))
    );
    let label = dots["label"].as_str().unwrap_or_default();
    let closest = format!("Not sure (closest: {label})");
    let says = |row: &Value| row["text"].as_str().is_some_and(|t| t.contains("Not sure"));
    assert!(!says(bag), "{bag}");
    let text = dots["text"].as_str().unwrap_or_default();
    assert!(text.contains(&closest), "{text}");

    // Headline, card and rows say the same of the same file.
    let before = page.snapshot();
    page.browser.run(
        "document.querySelectorAll('[data-testid=\"roll-show\"]')[1].click();",
        vec![],
    );
    let shown = page.wait("the dots, checked", TIMEOUT, |now| {
        now.answered_since(&before) && now.vote.known == "false"
    });
    is_told_once(&shown, "false");
    assert_eq!(shown.vote.label, label);

    let folder = TempDir::new().expect("a folder for downloads");
    session.browser.set_download_folder(folder.path());
    page.click("[data-testid=\"roll-csv\"]");
    page.click("[data-testid=\"roll-json\"]");
    let csv = saved(&folder.path().join("haberdash.csv"));
    let line = csv.lines().find(|line| line.starts_with("dots.png,"));
    let expected = format!("dots.png,answered,false,{label},");
    assert!(line.is_some_and(|l| l.starts_with(&expected)), "{csv}");
    let json: Value = serde_json::from_str(&saved(&folder.path().join("haberdash.json")))
        .expect("the export is JSON");
    assert_eq!(
        (&json[0]["known"], &json[1]["known"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(json[1]["vote"]["label"], label);
}

/// A saved file's text, once the browser has written it.
fn saved(path: &Path) -> String {
    let start = Instant::now();
    loop {
        if let Ok(text) = std::fs::read_to_string(path)
            && !text.is_empty()
        {
            return text;
        }
        assert!(
            start.elapsed() < TIMEOUT,
            "{} was not saved",
            path.display()
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn stop(session: &Session) {
    let script = session.browser.on_new_pages(HOLD_BACK_REPLIES);
    let page = session.page();
    session.browser.forget(&script);
    let files: Vec<UploadFile> = (0..4)
        .map(|_| image_files::png(&session.clear_example(Garment::Bag).image))
        .collect();
    let states = |page: &Page| -> Vec<String> {
        let rows = page.browser.run(ROWS, vec![]);
        let rows = rows.as_array().expect("rows").iter();
        rows.map(|r| r["state"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    // The worker says nothing until the table has been stopped.
    let start = page.snapshot();
    session.browser.run("window.held = [];", vec![]);
    page.drop_files(&files);
    page.browser
        .wait(ROWS, TIMEOUT, |rows| rows[0]["state"] == "answering")
        .expect("the first has its turn");
    page.click("[data-testid=\"roll-stop\"]");
    session.browser.run(
        "const late = window.held;
         window.held = null;
         for (const deliver of late) deliver();",
        vec![],
    );
    page.browser
        .wait(ROWS, TIMEOUT, |rows| rows[0]["state"] == "answered")
        .expect("the one that was begun is answered");
    // What is asked besides has to wait for nothing, and the table stays as it is.
    let before = page.wait_for_answer(&start);
    let golden = session.clear_example(Garment::Sandal);
    page.choose(&[image_files::png(&golden.image)]);
    let after = page.wait_for_answer(&before);
    assert_matches_reference(session, &golden, &after, 1e-3);
    assert_eq!(states(&page), ["answered", "waiting", "waiting", "waiting"]);
    page.click("[data-testid=\"roll-resume\"]");
    assert_eq!(answered(&page).len(), 4);
}

fn folder(session: &Session) {
    let folder = TempDir::new().expect("a folder of images");
    let inner = folder.path().join("wardrobe");
    std::fs::create_dir(&inner).expect("a folder within");
    for (class, name) in CLASSES.iter().zip(["one.png", "two.png", "three.png"]) {
        let file = image_files::png(&session.clear_example(*class).image);
        std::fs::write(inner.join(name), file.bytes).expect("an image");
    }
    std::fs::write(inner.join("notes.txt"), "to be washed").expect("notes");
    let page = session.page();
    let path = inner.to_str().expect("a UTF-8 path").to_owned();
    session
        .browser
        .type_into("[data-testid=\"folder-input\"]", &path);
    session.browser.keep(folder);
    let rows = answered(&page);
    let mut names: Vec<&str> = rows.iter().filter_map(|r| r["file"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        ["wardrobe/one.png", "wardrobe/three.png", "wardrobe/two.png"]
    );
    let text = session
        .browser
        .run("return document.body.innerText;", vec![]);
    let text = text.as_str().unwrap_or_default();
    assert!(
        text.contains("1 other file"),
        "nothing is said of the notes"
    );
}

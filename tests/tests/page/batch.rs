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
    Check::new(Cpu, "a_table_is_sorted_and_filtered", sort_and_filter),
    Check::new(
        Cpu,
        "folders_named_after_classes_are_evaluated",
        labelled_folder,
    ),
    Check::new(Cpu, "a_dropped_folder_is_evaluated", dropped_folder),
    Check::new(Cpu, "a_correction_counts_and_can_be_undone", corrections),
    Check::new(Cpu, "what_is_left_out_of_a_folder_is_said", left_out),
    Check::new(Cpu, "a_file_that_was_deleted_says_so", deleted_file),
    Check::new(Cpu, "a_long_table_has_pages", many_files),
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
    let pressed = page.browser.wait(
        "return [...document.querySelectorAll('[data-testid=\"roll-show\"]')].map(b => b.ariaPressed);",
        TIMEOUT,
        |pressed| pressed == &json!(["false", "false", "false", "true"]),
    );
    assert!(pressed.is_ok(), "{pressed:?}");
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
        lines[0].starts_with("\u{feff}file,state,known,answer,"),
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

    // The ten probabilities of the answer; those of the models by choice.
    let answer = &json[3]["answer"]["probabilities"];
    let (class, confidence) = session.expected_ensemble(&golden, &ModelId::ALL);
    let shown = answer[class.label()].as_f64().unwrap_or_default() as f32;
    assert!((shown - confidence).abs() < 2e-3, "{answer}");
    let sum: f64 = Garment::ALL
        .iter()
        .map(|g| answer[g.label()].as_f64().expect("a number"))
        .sum();
    assert!((sum - 1.0).abs() < 1e-2, "{answer}");
    assert!(json[3]["models"]["svm"]["probabilities"].is_null());
    assert!(!lines[0].contains("svm: Bag"), "{}", lines[0]);
    let folder = TempDir::new().expect("a folder for downloads");
    session.browser.set_download_folder(folder.path());
    page.click("[data-testid=\"batch-all-probabilities\"]");
    page.click("[data-testid=\"roll-csv\"]");
    page.click("[data-testid=\"roll-json\"]");
    let csv = saved(&folder.path().join("haberdash.csv"));
    let header = csv.lines().next().unwrap_or_default();
    for column in ["answer: T-shirt/top", "svm: Bag", "photo: Hat"] {
        assert!(header.contains(column), "{header}");
    }
    let json: Value = serde_json::from_str(&saved(&folder.path().join("haberdash.json")))
        .expect("the export is JSON");
    let (class, confidence) = session.expected(ModelId::Svm, &golden);
    let shown = json[3]["models"]["svm"]["probabilities"][class.label()].as_f64();
    let shown = shown.expect("a probability") as f32;
    assert!((shown - confidence).abs() < 2e-3, "{json:#}");
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
    // The pressed button is hidden: the keyboard goes on from the one in its place.
    let focus = "return document.activeElement.dataset.testid ?? document.activeElement.id;";
    assert_eq!(session.browser.run(focus, vec![]), "roll-resume");
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
    page.click("[data-testid=\"roll-close\"]");
    assert_eq!(session.browser.run(focus, vec![]), "answers");
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

/// A folder's name, and the names and contents of its files.
type Folder<'a> = (&'a str, Vec<(&'a str, Vec<u8>)>);

/// A folder with sub-folders: for each of them its name, and the images in it with their names.
fn write_folder(folders: &[Folder]) -> (TempDir, String) {
    let folder = TempDir::new().expect("a folder of images");
    let outer = folder.path().join("test");
    for (name, files) in folders {
        let inner = outer.join(name);
        std::fs::create_dir_all(&inner).expect("a folder within");
        for (name, bytes) in files {
            std::fs::write(inner.join(name), bytes).expect("a file");
        }
    }
    let path = outer.to_str().expect("a UTF-8 path").to_owned();
    (folder, path)
}

/// The bytes of a picture that all models classify rightly.
fn clear(session: &Session, class: Garment) -> Vec<u8> {
    image_files::png(&session.clear_example(class).image).bytes
}

/// Two bags and two trousers in folders of their classes, a bag among the coats, and one in a folder of another name.
fn labelled(session: &Session) -> (TempDir, String) {
    let bag = || clear(session, Garment::Bag);
    let trouser = || clear(session, Garment::Trouser);
    write_folder(&[
        ("BAGS", vec![("1.png", bag()), ("2.png", bag())]),
        ("1", vec![("3.png", trouser()), ("10.png", trouser())]),
        ("coat", vec![("4.png", bag())]),
        ("misc", vec![("5.png", bag())]),
    ])
}

fn choose_folder(session: &Session, (folder, path): (TempDir, String)) {
    session
        .browser
        .type_into("[data-testid=\"folder-input\"]", &path);
    session.browser.keep(folder);
}

/// What the evaluation says: correct and total of each evaluated, and the cells of the confusion matrix.
const EVALUATION: &str = "
    const counts = [...document.querySelectorAll('[data-testid=\"batch-accuracy\"]')].map(r => [r.dataset.evaluated, `${r.dataset.correct}/${r.dataset.total}`]);
    const rows = [...document.querySelectorAll('[data-testid=\"batch-confusion\"] tbody tr')];
    const cells = rows.map(r => [...r.querySelectorAll('td')].map(c => Number(c.innerText || 0)));
    return {counts: Object.fromEntries(counts), cells, text: document.querySelector('[data-testid=\"batch-evaluated\"]')?.innerText ?? ''};";

fn evaluation(page: &Page, expected: &str) -> Value {
    let found = page.browser.wait(EVALUATION, TIMEOUT, |now| {
        now["counts"]["answer"] == expected && now["counts"]["knn"] == expected
    });
    found.unwrap_or_else(|now| panic!("the answer is not {expected} right: {now:#}"))
}

fn assert_is_evaluated(page: &Page) {
    assert_eq!(answered(page).len(), 6);
    let now = evaluation(page, "4/5");
    let cell = |truth: Garment, predicted: Garment| &now["cells"][truth.index()][predicted.index()];
    assert_eq!(cell(Garment::Bag, Garment::Bag), 2, "{now:#}");
    assert_eq!(cell(Garment::Trouser, Garment::Trouser), 2, "{now:#}");
    assert_eq!(cell(Garment::Coat, Garment::Bag), 1, "{now:#}");
    let folders = page.query("batch-folders", "return it.innerText;");
    let folders = folders.as_str().unwrap_or_default();
    assert!(
        folders.contains("1 file has no true class") && folders.contains("misc"),
        "{folders}"
    );
    assert_is_message(folders);
}

fn labelled_folder(session: &Session) {
    let page = session.page();
    choose_folder(session, labelled(session));
    assert_is_evaluated(&page);
    let folder = TempDir::new().expect("a folder for downloads");
    session.browser.set_download_folder(folder.path());
    page.click("[data-testid=\"batch-evaluation-csv\"]");
    page.click("[data-testid=\"batch-evaluation-json\"]");
    let csv = saved(&folder.path().join("haberdash-evaluation.csv"));
    assert!(csv.contains("\r\nanswer,all,5,4,0.8000,"), "{csv}");
    let json = saved(&folder.path().join("haberdash-evaluation.json"));
    let json: Value = serde_json::from_str(&json).expect("the export is JSON");
    assert_eq!(json["evaluated"]["answer"]["correct"], 4);
    assert_eq!(json["evaluated"]["svm"]["total"], 5);
}

fn dropped_folder(session: &Session) {
    let page = session.page();
    let (folder, path) = labelled(session);
    let zone = page.query(
        "drop-zone",
        "it.scrollIntoView({block: 'center', behavior: 'instant'});
         const box = it.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2];",
    );
    // The browser itself makes the entries of a folder.
    let data = json!({"items": [], "files": [path], "dragOperationsMask": 1});
    for kind in ["dragEnter", "dragOver", "drop"] {
        session.browser.cdp(
            "Input.dispatchDragEvent",
            json!({"type": kind, "x": zone[0], "y": zone[1], "data": data}),
        );
    }
    session.browser.keep(folder);
    assert_is_evaluated(&page);
}

/// The value of an attribute of each row, in the order of the table.
fn column(page: &Page, name: &str) -> Vec<String> {
    let rows = page.browser.run(ROWS, vec![]);
    let rows = rows.as_array().expect("rows").iter();
    rows.map(|row| row[name].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Clicks the button that sorts by a column, and returns its direction.
fn sort_by(page: &Page, key: &str) -> Value {
    page.click(&format!("[data-testid=\"batch-sort\"][data-key=\"{key}\"]"));
    page.browser.run(
        &format!("return document.querySelector('[data-testid=\"batch-sort\"][data-key=\"{key}\"]').closest('th').ariaSort;"),
        vec![],
    )
}

fn sort_and_filter(session: &Session) {
    let page = session.page();
    choose_folder(session, labelled(session));
    assert_is_evaluated(&page);
    assert_eq!(sort_by(&page, "file"), "ascending");
    let files = [
        "1/3.png",
        "1/10.png",
        "BAGS/1.png",
        "BAGS/2.png",
        "coat/4.png",
        "misc/5.png",
    ];
    let files = files.map(|file| format!("test/{file}"));
    assert_eq!(column(&page, "file"), files);
    assert_eq!(sort_by(&page, "file"), "descending");
    let reversed: Vec<String> = files.iter().rev().cloned().collect();
    assert_eq!(column(&page, "file"), reversed);
    assert_eq!(sort_by(&page, "confidence"), "ascending");
    let confidences = column(&page, "confidence");
    let numbers = confidences
        .iter()
        .map(|c| c.parse::<f32>().expect("a number"));
    assert!(numbers.collect::<Vec<_>>().is_sorted(), "{confidences:?}");
    assert_eq!(sort_by(&page, "answer"), "ascending");
    let labels = column(&page, "label");
    assert!(labels.is_sorted() && labels[0] != labels[5], "{labels:?}");
    // Wrong ones first, and what has no true class last.
    sort_by(&page, "result");
    assert_eq!(
        column(&page, "right"),
        ["false", "true", "true", "true", "true", ""]
    );

    page.select("batch-filter", "wrong");
    assert_eq!(column(&page, "file"), ["test/coat/4.png"]);
    page.select("batch-filter", "class-1");
    assert_eq!(column(&page, "label"), ["Trouser", "Trouser"]);
    page.select("batch-filter", "not-known");
    assert_eq!(column(&page, "file"), [""; 0]);
    page.select("batch-filter", "all");
    let rows = page.browser.run(
        "return [...document.querySelectorAll('[data-testid=\"roll-row\"]')].map(r => r.ariaRowIndex);",
        vec![],
    );
    assert_eq!(rows, json!(["2", "3", "4", "5", "6", "7"]));

    // A column for another model.
    let cell = "const cell = document.querySelector('[data-testid=\"roll-svm\"]'); return [cell.innerText, cell.checkVisibility()];";
    assert_eq!(page.browser.run(cell, vec![])[1], false);
    page.browser.run(
        "document.querySelector('[data-testid=\"batch-columns\"]').open = true;",
        vec![],
    );
    page.click("[data-testid=\"batch-column\"][data-model=\"svm\"]");
    let shown = page.browser.run(cell, vec![]);
    assert_eq!(shown, json!([column(&page, "svm")[0], true]));
}

/// Chooses a class in the list of a row.
fn correct(page: &Page, place: usize, class: Garment) {
    page.browser.run(
        "const row = document.querySelector(`[data-testid=\"roll-row\"][data-place=\"${arguments[0]}\"]`);
         const list = row.querySelector('[data-testid=\"batch-correct\"]');
         list.value = arguments[1];
         list.dispatchEvent(new Event('change', {bubbles: true}));",
        vec![json!(place), json!(class.index().to_string())],
    );
}

fn corrections(session: &Session) {
    let page = session.page();
    // Files without folders have no true class, until the visitor gives one.
    let files: Vec<UploadFile> = CLASSES
        .iter()
        .zip(NAMES)
        .map(|(class, name)| UploadFile {
            name: name.into(),
            ..image_files::png(&session.clear_example(*class).image)
        })
        .collect();
    page.drop_files(&files);
    answered(&page);
    assert_eq!(column(&page, "right"), ["", "", ""]);
    correct(&page, 0, Garment::Bag);
    correct(&page, 1, Garment::Bag);
    evaluation(&page, "1/2");
    assert_eq!(column(&page, "right"), ["true", "false", ""]);
    assert_eq!(column(&page, "true"), ["Bag", "Bag", ""]);

    let folder = TempDir::new().expect("a folder for downloads");
    session.browser.set_download_folder(folder.path());
    page.click("[data-testid=\"roll-json\"]");
    page.click("[data-testid=\"batch-evaluation-json\"]");
    let json: Value = serde_json::from_str(&saved(&folder.path().join("haberdash.json")))
        .expect("the export is JSON");
    assert_eq!(json[1]["true_class"], "Bag");
    assert_eq!(json[1]["is_corrected"], true);
    assert_eq!(json[1]["is_right"], false);
    assert!(json[2]["true_class"].is_null());
    let json = saved(&folder.path().join("haberdash-evaluation.json"));
    let json: Value = serde_json::from_str(&json).expect("the export is JSON");
    let corrected = json["corrections"].as_array().expect("a list").len();
    assert_eq!(corrected, 2);

    page.click("[data-testid=\"batch-undo\"]");
    evaluation(&page, "1/1");
    assert_eq!(column(&page, "true"), ["Bag", "", ""]);
    correct(&page, 1, Garment::Trouser);
    evaluation(&page, "2/2");
    page.click("[data-testid=\"roll-row\"][data-place=\"1\"] [data-testid=\"batch-undo-row\"]");
    evaluation(&page, "1/1");
    // The keyboard's focus is where it was.
    let focused = page.browser.run(
        "return document.activeElement.closest('[data-place]')?.dataset.place;",
        vec![],
    );
    assert_eq!(focused, "1");
}

fn left_out(session: &Session) {
    let page = session.page();
    let bag = || clear(session, Garment::Bag);
    let files = vec![
        ("bag.png", bag()),
        ("._bag.png", vec![1]),
        (".hidden.png", bag()),
        ("Thumbs.db", vec![1]),
        ("desktop.ini", vec![1]),
        ("notes.txt", vec![1]),
    ];
    let folders = [("one", files), ("__MACOSX", vec![("bag.png", bag())])];
    choose_folder(session, write_folder(&folders));
    assert_eq!(answered(&page).len(), 1);
    let said = page.query("batch-skipped", "return it.innerText;");
    let said = said.as_str().unwrap_or_default();
    assert_is_message(said);
    for part in [
        "5 files that are hidden or made by the system",
        "1 other file that is not an image",
        "notes.txt",
    ] {
        assert!(said.contains(part), "{said}");
    }
    // A name is isolated from the text around it.
    let name = page.browser.run(
        "return document.querySelector('[data-testid=\"roll-show\"] > bdi').innerText;",
        vec![],
    );
    assert_eq!(name, "test/one/bag.png");
}

fn deleted_file(session: &Session) {
    let script = session.browser.on_new_pages(HOLD_BACK_REPLIES);
    let page = session.page();
    session.browser.forget(&script);
    let folder = TempDir::new().expect("a folder for files");
    let paths = ["kept.png", "deleted.png", "changed.png"].map(|name| folder.path().join(name));
    for path in &paths {
        std::fs::write(path, clear(session, Garment::Bag)).expect("a file to upload");
    }
    let lines = paths
        .each_ref()
        .map(|path| path.to_str().expect("a UTF-8 path"));
    // The worker says nothing until the files have changed.
    session.browser.run("window.held = [];", vec![]);
    session
        .browser
        .type_into("[data-testid=\"file-input\"]", &lines.join("\n"));
    page.browser
        .wait(ROWS, TIMEOUT, |rows| rows[0]["state"] == "answering")
        .expect("the first has its turn");
    std::fs::remove_file(&paths[1]).expect("the file is there");
    std::fs::write(&paths[2], clear(session, Garment::Trouser)).expect("the file is there");
    let later = std::time::SystemTime::now() + Duration::from_secs(60);
    let changed = std::fs::File::options().write(true).open(&paths[2]);
    changed
        .and_then(|file| file.set_modified(later))
        .expect("the time is changed");
    session.browser.run(
        "const late = window.held;
         window.held = null;
         for (const deliver of late) deliver();",
        vec![],
    );
    let rows = answered(&page);
    assert_eq!(column(&page, "state"), ["answered", "error", "error"]);
    for (row, name) in rows[1..].iter().zip(["deleted.png", "changed.png"]) {
        let text = row["text"].as_str().unwrap_or_default();
        let sentence = text.lines().find(|line| line.contains("could not be read"));
        let sentence = sentence
            .unwrap_or_else(|| panic!("no sentence: {text}"))
            .trim();
        assert_is_message(sentence);
        assert!(
            sentence.contains(name) && sentence.contains("Choose it again"),
            "{sentence}"
        );
    }
}

fn many_files(session: &Session) {
    let page = session.page();
    let image = session.clear_example(Garment::Bag).image;
    let files = |count: usize| -> Vec<UploadFile> {
        let names = (0..count).map(|i| format!("{i}.png"));
        let png = image_files::png(&image);
        let file = |name| UploadFile {
            name,
            mime: png.mime,
            bytes: png.bytes.clone(),
        };
        names.map(file).collect()
    };
    page.choose(&files(250));
    let is_done = "const panel = document.querySelector('[data-testid=\"roll\"]');
        return panel?.dataset.done === '250' && panel.dataset.total === '250';";
    let done = page
        .browser
        .wait(is_done, TIMEOUT, |done| done == &json!(true));
    assert!(done.is_ok(), "not all files are classified");
    assert_eq!(column(&page, "state").len(), 100);
    page.click("[data-testid=\"batch-next\"]");
    let files = column(&page, "file");
    assert_eq!((files[0].as_str(), files.len()), ("100.png", 100));
    let shown = page.query("batch-page", "return it.innerText;");
    assert_eq!(shown, "101 to 200 of 250");
}

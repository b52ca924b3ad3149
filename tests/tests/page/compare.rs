//! The comparison: its figures are the manifest's, its table sorts, its details come when they are looked at.

use std::time::Duration;

use serde_json::{Value, json};
use shared::ModelId;
use tests::page::Page;

use crate::session::{Check, Session, Stage::Cpu};

const TIMEOUT: Duration = Duration::from_secs(30);

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "the_comparison_s_figures_are_the_manifest_s", figures),
    Check::new(Cpu, "the_table_sorts_either_way_and_says_so", sorting),
    Check::new(Cpu, "every_model_is_timed_in_this_browser", timing),
    Check::new(
        Cpu,
        "matrices_and_curves_are_the_trainer_s_and_fetched_when_near",
        details,
    ),
    Check::new(
        Cpu,
        "the_values_of_an_epoch_are_shown_by_pointer_and_keyboard",
        curve_values,
    ),
    Check::new(
        Cpu,
        "the_comparison_says_what_training_times_leave_out",
        teachers,
    ),
];

/// Rows of the table: each model's name and its figures by column.
const TABLE: &str = "
    return [...document.querySelectorAll('[data-testid=\"figures-row\"]')].map(row => ({model: row.dataset.model,
        figures: Object.fromEntries([...row.querySelectorAll('td')].map(td =>
            [td.dataset.column, td.dataset.value ? Number(td.dataset.value) : null]))}));";

/// Scrolls to the comparison and waits until its details are there.
pub fn open_comparison(page: &Page) {
    // Its code comes after the first prediction.
    let scrolled = page.browser.wait(
        "const section = document.getElementById('compare');
         section?.scrollIntoView({behavior: 'instant'});
         return section !== null;",
        TIMEOUT,
        |scrolled| scrolled == &json!(true),
    );
    scrolled.expect("the comparison is loaded");
    let there =
        "return document.querySelectorAll('[data-testid=\"confusion\"] tbody tr').length === 20
        && document.querySelector('[data-testid=\"cost-plot\"] svg') !== null;";
    let there = page
        .browser
        .wait(there, TIMEOUT, |there| there == &json!(true));
    there.expect("the comparison shows its matrix and its plot");
}

fn figures(session: &Session) {
    let page = session.page();
    let manifest = published("manifest.json");
    let rows = session
        .browser
        .wait(TABLE, TIMEOUT, |rows| {
            !rows[0]["figures"]["accuracy"].is_null()
        })
        .expect("the manifest's figures are shown");
    let rows = rows.as_array().expect("rows");
    assert_eq!(rows.len(), ModelId::ALL.len() + 1);
    let models = manifest["models"]
        .as_array()
        .expect("the manifest lists models");
    for row in rows {
        let is_vote = row["model"] == "vote";
        let entry = if is_vote {
            &manifest["vote"]
        } else {
            models
                .iter()
                .find(|entry| entry["model"] == row["model"])
                .unwrap_or_else(|| panic!("the manifest lacks {row}"))
        };
        for (column, expected) in [
            ("accuracy", &entry["test"]["accuracy"]),
            ("macro-f1", &entry["test"]["macro_f1"]),
            ("calibration-error", &entry["test"]["calibration_error"]),
        ] {
            same(row, column, expected.as_f64());
        }
        for (column, field) in [
            ("bytes", "bytes"),
            ("parameters", "parameters"),
            ("training", "duration_seconds"),
        ] {
            // The vote needs all its classifiers.
            let expected = if is_vote {
                models.iter().map(|entry| entry[field].as_f64()).sum()
            } else {
                entry[field].as_f64()
            };
            same(row, column, expected);
        }
    }
    let bytes = |model: ModelId| {
        let entry = models.iter().find(|entry| entry["model"] == model.name());
        entry.and_then(|entry| entry["bytes"].as_u64())
    };
    for row in page.snapshot().models {
        assert_eq!(Some(row.bytes), bytes(row.model), "{row:?}");
    }
}

fn same(row: &Value, column: &str, expected: Option<f64>) {
    let found = row["figures"][column].as_f64();
    let close = found
        .zip(expected)
        .is_some_and(|(a, b)| (a - b).abs() <= 1e-9 * b.abs());
    assert!(close, "{column} of {row} is not {expected:?}");
}

fn sorting(session: &Session) {
    let page = session.page();
    session
        .browser
        .wait(TABLE, TIMEOUT, |rows| {
            !rows[0]["figures"]["accuracy"].is_null()
        })
        .expect("the manifest's figures are shown");
    for (column, first) in [
        ("accuracy", "descending"),
        ("calibration-error", "ascending"),
        ("bytes", "ascending"),
    ] {
        let second = if first == "ascending" {
            "descending"
        } else {
            "ascending"
        };
        for direction in [first, second] {
            page.click(&format!("[data-testid=\"sort\"][data-column=\"{column}\"]"));
            let rows = session.browser.run(TABLE, vec![]);
            let figures: Vec<f64> = rows
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|row| row["figures"][column].as_f64())
                .collect();
            assert_eq!(figures.len(), 8, "{rows:#}");
            let in_order = figures.windows(2).all(|pair| match direction {
                "ascending" => pair[0] <= pair[1],
                _ => pair[0] >= pair[1],
            });
            assert!(in_order, "{column}, {direction}: {figures:?}");
            let said = session.browser.run(
                "return [...document.querySelectorAll('[data-testid=\"figures\"] th[aria-sort]')]
                     .filter(th => th.getAttribute('aria-sort') !== 'none')
                     .map(th => [th.querySelector('button').dataset.column, th.getAttribute('aria-sort')]);",
                vec![],
            );
            assert_eq!(said, json!([[column, direction]]));
        }
    }
}

fn timing(session: &Session) {
    let page = session.page();
    page.click("[data-testid=\"measure\"]");
    let rows = session.browser.wait(TABLE, TIMEOUT, |rows| {
        rows.as_array()
            .is_some_and(|rows| rows.iter().all(|row| !row["figures"]["time"].is_null()))
    });
    let rows = rows.unwrap_or_else(|rows| panic!("not all models were timed: {rows:#}"));
    let time = |model: &str| {
        let row = rows
            .as_array()
            .and_then(|rows| rows.iter().find(|r| r["model"] == model));
        row.and_then(|r| r["figures"]["time"].as_f64())
            .unwrap_or(-1.0)
    };
    let sum: f64 = ModelId::ALL.iter().map(|m| time(m.name())).sum();
    assert!(
        time("vote") >= sum,
        "the vote takes less time than its models"
    );
    assert!(
        sum > 0.0 && sum < 5e6,
        "seven answers take {sum} microseconds"
    );
    page.select("cost", "time");
    let points = "return document.querySelectorAll('[data-testid=\"cost-plot\"] .point').length;";
    let points = session
        .browser
        .wait(points, TIMEOUT, |n| n.as_u64() == Some(8));
    points.expect("a point a model and one for the vote");
}

fn details(session: &Session) {
    let page = session.page();
    let asked = |session: &Session| {
        let requests = session.site.requests();
        requests
            .iter()
            .filter(|(path, _)| path.contains("/metrics/"))
            .count()
    };
    let before = asked(session);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(asked(session), before, "metrics were fetched unseen");
    open_comparison(&page);
    assert_eq!(asked(session), before + 8);
    for name in ModelId::ALL.map(ModelId::name).into_iter().chain(["vote"]) {
        page.select("confusion-model", name);
        let shown = session.browser.run(
            "const matrix = document.querySelector('[data-testid=\"confusion\"]');
             return [matrix.dataset.model, [...matrix.querySelectorAll('.matrix tbody tr')].map(tr =>
                 [...tr.querySelectorAll('td')].map(td => Number(td.innerText || 0)))];",
            vec![],
        );
        assert_eq!(shown[0], name);
        let metrics = published(&format!("metrics/{name}.json"));
        assert_eq!(shown[1], metrics["confusion"], "{name}");
    }
    let curves = session.browser.run(
        "return [...document.querySelectorAll('[data-testid=\"curve\"]')].map(c => [c.dataset.model, c.dataset.chart,
             [...c.querySelectorAll('polyline')].map(l => [l.className.baseVal, l.getAttribute('points').trim().split(' ').length])]);",
        vec![],
    );
    let curves = curves.as_array().expect("curves");
    assert_eq!(curves.len(), 3 * ModelId::DEEP.len());
    for curve in curves {
        let model = curve[0].as_str().unwrap_or_default();
        let metrics = published(&format!("metrics/{model}.json"));
        let epochs = metrics["epochs"].as_array().map(Vec::len);
        let lines = match curve[1].as_str() {
            Some("training-loss") => json!([["training", epochs]]),
            Some("validation-loss") => json!([["validation", epochs]]),
            _ => json!([["training", epochs], ["validation", epochs]]),
        };
        assert_eq!(curve[2], lines, "{curve}");
    }
}

/// The values of an epoch are shown where the pointer is, and with the keyboard.
fn curve_values(session: &Session) {
    let page = session.page();
    open_comparison(&page);
    let shown = || {
        session.browser.run(
            "return document.querySelector('[data-model=\"cnn\"][data-chart=\"validation-loss\"] [data-testid=\"curve-value\"]').innerText;",
            vec![],
        )
    };
    let metrics = published("metrics/cnn.json");
    let expected = |epoch: usize| {
        let loss = metrics["epochs"][epoch - 1]["validation_loss"].as_f64();
        json!(format!(
            "epoch {epoch}: validation {:.3}",
            loss.expect("a loss")
        ))
    };
    let last = metrics["epochs"].as_array().map_or(0, Vec::len);
    assert_eq!(shown(), expected(last));
    session.browser.run(
        "const plot = document.querySelector('[data-model=\"cnn\"][data-chart=\"accuracy\"] .curve-plot');
         const {left} = plot.getBoundingClientRect();
         plot.dispatchEvent(new PointerEvent('pointermove', {clientX: left + 1, bubbles: true}));
         document.querySelector('[data-testid=\"epoch\"]').focus();",
        vec![],
    );
    assert_eq!(shown(), expected(1));
    // The right arrow key.
    session.browser.press('\u{e014}');
    assert_eq!(shown(), expected(2));
}

/// The training times leave out the teachers, and the comparison says for how long these were trained.
fn teachers(session: &Session) {
    let page = session.page();
    let manifest = published("manifest.json");
    let models = manifest["models"].as_array().into_iter().flatten();
    let seconds = models.filter_map(|m| m["teacher"]["duration_seconds"].as_f64());
    let hours = seconds.fold(0.0, f64::max) / 3600.0;
    let expected = format!("{hours:.1} h.");
    let text = page.browser.wait(
        "return document.querySelector('[data-testid=\"teachers\"]').innerText;",
        TIMEOUT,
        |text| text.as_str().is_some_and(|t| t.contains(&expected)),
    );
    let text = text.unwrap_or_else(|text| panic!("{text} has no {expected}"));
    assert!(
        text.as_str().is_some_and(|t| t.contains("leave out")),
        "{text}"
    );
}

/// A JSON file of weights/.
pub fn published(name: &str) -> Value {
    let file = format!("{}/../weights/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file)
        .unwrap_or_else(|e| panic!("weights/{name}: {e}: run `cargo run -p trainer`"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("weights/{name}: {e}"))
}

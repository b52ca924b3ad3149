//! The loading screen: what it says when the page does not load.

use std::time::Duration;

use serde_json::{Value, json};
use tests::page::Page;
use tests::site::Fault;

use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check {
        // A browser does not load modules from files.
        expected_errors: &["file:///"],
        ..Check::new(
            Cpu,
            "a_page_opened_as_a_file_says_what_to_do",
            opened_as_file,
        )
    },
    Check {
        expected_errors: &["404"],
        ..Check::new(Cpu, "without_its_first_script_the_page_says_so", no_script)
    },
    Check::new(Cpu, "a_stalled_app_is_said_until_it_comes", stalled_app),
    Check {
        expected_errors: &["404", "__wasm_split.js", "integrity"],
        ..Check::new(
            Cpu,
            "a_part_that_cannot_be_loaded_can_be_tried_again",
            failing_part,
        )
    },
    Check {
        expected_errors: &["404"],
        ..Check::new(
            Cpu,
            "styles_that_cannot_be_loaded_can_be_tried_again",
            failing_styles,
        )
    },
];

/// The text of the help, if it is visible.
const HELP: &str = "
    const help = document.getElementById('loading-help');
    return help && getComputedStyle(help).visibility === 'visible' ? help.innerText : '';";

fn assert_is_help(text: &Value) {
    let text = text.as_str().unwrap_or_default();
    for part in [
        "could not be loaded",
        "reload the page",
        "cargo xtask serve",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

fn opened_as_file(session: &Session) {
    let path = session.site.folder().join("index.html");
    let path = path.canonicalize().expect("a page");
    session.browser.open(&format!("file://{}", path.display()));
    let text = session
        .browser
        .run("return document.body.innerText;", vec![]);
    session.browser.open(&session.site.blank());
    let text = text.as_str().unwrap_or_default();
    assert!(
        text.contains("web server") && text.contains("cargo xtask serve"),
        "{text}"
    );
}

fn no_script(session: &Session) {
    session.site.inject_fault("boot-", Fault::Missing);
    session.browser.open(&session.site.url());
    // It is hidden at first, as the page may only be slow; unless this machine is so slow that its time is up already.
    let is_early = session
        .browser
        .run("return performance.now() < 14_000;", vec![]);
    if is_early == json!(true) {
        let hidden = session
            .browser
            .wait(HELP, Duration::from_secs(5), |text| text == &json!(""));
        hidden.unwrap_or_else(|text| panic!("the help comes too early: {text}"));
    }
    let help = session
        .browser
        .wait(HELP, Duration::from_secs(25), |text| text != &json!(""));
    assert_is_help(&help.unwrap_or_else(|text| panic!("no help: {text}")));
    session.site.clear_faults();
    session.page();
    assert_eq!(session.browser.run(HELP, vec![]), json!(""));
}

/// In a frame, as the browser would wait for the page's files before it runs the test's scripts.
fn stalled_app(session: &Session) {
    session.site.inject_fault("/app-", Fault::Stalled);
    session.browser.open(&session.site.blank());
    session.browser.run(
        "const frame = document.createElement('iframe');
         frame.src = arguments[0];
         document.body.append(frame);",
        vec![json!(session.site.url())],
    );
    let text = |part: &str, limit: u64| {
        let found = session.browser.wait(
            "return document.querySelector('iframe').contentDocument?.body?.innerText ?? '';",
            Duration::from_secs(limit),
            |text| text.as_str().is_some_and(|text| text.contains(part)),
        );
        found.unwrap_or_else(|text| panic!("the page does not say \"{part}\" but {text}"));
    };
    text("The page is loading.", 10);
    text("Nothing has arrived for 20 seconds", 40);
    session.site.clear_faults();
    text("Choose images", 40);
}

fn failing_part(session: &Session) {
    fails_and_is_tried_again(
        session,
        "split_compare",
        "comparison of the models",
        "document.getElementById('compare')",
    );
}

fn failing_styles(session: &Session) {
    fails_and_is_tried_again(
        session,
        "later-",
        "rest of the page",
        "document.getElementById('machine')",
    );
}

/// Leaves a file of a part out, and checks that the page says so and shows the part after a second attempt. `element` is a script for an
/// element of the part.
fn fails_and_is_tried_again(session: &Session, file: &str, name: &str, element: &str) {
    session.site.inject_fault(file, Fault::Missing);
    // It does not wait for the sections, as they may be what is missing.
    Page::open_without_waiting(&session.browser, &session.site);
    let message = session.browser.wait(
        "return document.querySelector('[data-testid=\"part-failed\"]')?.innerText ?? '';",
        Duration::from_secs(30),
        |text| text != &json!(""),
    );
    let message = message.unwrap_or_else(|_| panic!("nothing is said of the missing part"));
    let message = message.as_str().unwrap_or_default();
    assert!(
        message.contains(&format!("{name} could not be loaded")),
        "{message}"
    );
    session.site.clear_faults();
    let is_shown = format!(
        "return {element} !== null
            && document.querySelector('[data-testid=\"part-failed\"]') === null;"
    );
    session.browser.run(
        "document.querySelector('[data-testid=\"part-failed\"] button').click();",
        vec![],
    );
    let shown = session
        .browser
        .wait(&is_shown, Duration::from_secs(30), |shown| {
            shown == &json!(true)
        });
    shown.unwrap_or_else(|_| panic!("the part does not come after the second attempt"));
}

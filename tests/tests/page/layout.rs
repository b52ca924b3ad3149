//! The page on a telephone, with the keyboard alone, and where it cannot run.

use std::time::Duration;

use serde_json::json;
use shared::Garment;
use tests::damaged_files;
use tests::image_files;
use tests::page::Page;

use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "a_phone_s_width_needs_no_sideways_scrolling", phone),
    Check::new(Cpu, "the_keyboard_alone_is_enough", keyboard),
    Check::new(
        Cpu,
        "without_javascript_there_is_a_sentence",
        without_javascript,
    ),
    Check::new(
        Cpu,
        "without_webassembly_there_is_a_sentence",
        without_webassembly,
    ),
];

/// WebDriver's code for the Tab, Enter and arrow-down keys.
const TAB: char = '\u{e004}';
pub const ENTER: char = '\u{e007}';
const DOWN: char = '\u{e015}';

fn phone(session: &Session) {
    for width in [360, 390, 768] {
        session.browser.cdp(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": width, "height": 740, "deviceScaleFactor": 2, "mobile": true}),
        );
        let page = session.page();
        // With everything on show: answers, bars, an explanation, a photo and its tools, a table and the comparison.
        let photo = image_files::jpeg_photo(&session.clear_example(Garment::Bag).image, 1200, 900);
        let before = page.snapshot();
        page.drop_files(&[photo.clone(), damaged_files::text(), photo]);
        page.wait_for_answer(&before);
        page.click("[data-testid=\"adjust\"]");
        page.click("[data-testid=\"details\"]");
        crate::paint::open(&page);
        crate::compare::open_comparison(&page);
        let widths = session.browser.run(
            "const page = document.scrollingElement;
             const wide = [...document.querySelectorAll('body *')]
                 .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
                 .map(e => e.outerHTML.slice(0, 80));
             return [page.scrollWidth, innerWidth, screen.width, wide.slice(0, 5)];",
            vec![],
        );
        assert!(
            widths[0].as_u64() <= Some(width),
            "{width} pixels wide: {widths:#}"
        );
        assert_eq!(
            widths[1].as_u64(),
            Some(width),
            "{width} pixels wide: {widths:#}"
        );
    }
    session
        .browser
        .cdp("Emulation.clearDeviceMetricsOverride", json!({}));
}

fn keyboard(session: &Session) {
    let page = session.page();
    tab_to(&page, "gallery-item");
    let before = page.snapshot();
    session.browser.press(ENTER);
    page.wait_for_answer(&before);
    // On to the class, and another one.
    tab_to(&page, "gradcam-class");
    let class = "return document.querySelector('[data-testid=\"gradcam-class\"]').value;";
    let before = session.browser.run(class, vec![]);
    session.browser.press(DOWN);
    let after = session.browser.run(class, vec![]);
    assert_ne!(before, after, "the arrow key does not change the class");
}

/// Presses Tab until the focus is on an element with the hook, and visible there.
pub fn tab_to(page: &Page, hook: &str) {
    for _ in 0..150 {
        page.browser.press(TAB);
        let there = page.browser.run(
            "const focus = document.activeElement;
             if (focus.dataset.testid !== arguments[0]) return null;
             const style = getComputedStyle(focus);
             return style.outlineStyle !== 'none' || style.boxShadow !== 'none';",
            vec![json!(hook)],
        );
        if !there.is_null() {
            assert_eq!(there, json!(true), "the focus on {hook} cannot be seen");
            return;
        }
    }
    panic!("150 presses of Tab do not reach {hook}");
}

fn without_javascript(session: &Session) {
    let cdp = |value: bool| {
        session.browser.cdp(
            "Emulation.setScriptExecutionDisabled",
            json!({"value": value}),
        );
    };
    cdp(true);
    session.browser.open(&session.site.url());
    let text = session.browser.cdp(
        "Runtime.evaluate",
        json!({"expression": "document.body.innerText", "returnByValue": true}),
    );
    cdp(false);
    let text = text["result"]["value"].as_str().unwrap_or_default();
    assert!(
        text.contains("JavaScript"),
        "the page without JavaScript says: {text}"
    );
}

fn without_webassembly(session: &Session) {
    let script = session.browser.on_new_pages("delete window.WebAssembly;");
    let page = Page::open_without_waiting(&session.browser, &session.site);
    session.browser.forget(&script);
    let text = page.browser.wait(
        "return document.body.innerText;",
        Duration::from_secs(5),
        |text| text.as_str().is_some_and(|t| t.contains("WebAssembly")),
    );
    text.unwrap_or_else(|text| panic!("the page without WebAssembly says: {text}"));
}

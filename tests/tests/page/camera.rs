//! The camera: Chromium's own, which shows a pattern.

use std::time::Duration;

use serde_json::json;
use tests::page::Page;

use crate::errors::assert_is_message;
use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "the_camera_s_picture_is_answered", shutter),
    Check::new(Cpu, "a_cancelled_camera_is_let_go", cancel),
    Check::new(Cpu, "of_two_cameras_asked_for_one_is_on", twice),
    Check::new(Cpu, "a_refused_camera_gets_a_sentence", refused),
    Check::new(Cpu, "a_missing_camera_gets_a_sentence", missing),
    Check::new(
        Cpu,
        "without_camera_pages_the_phone_s_own_is_offered",
        elsewhere,
    ),
];

const TIMEOUT: Duration = Duration::from_secs(30);

/// Keeps every camera that the page is given in `window.cameras`, and keeps the page waiting while `window.asks` is held.
const CAMERAS: &str = "
    window.cameras = [];
    window.asks = Promise.resolve();
    const devices = navigator.mediaDevices;
    const original = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async wishes => {
        const stream = await original(wishes);
        cameras.push(stream);
        await asks;
        return stream;
    };";

/// The page, which may have the camera.
fn permitted(session: &Session) -> Page<'_> {
    let script = session.browser.on_new_pages(CAMERAS);
    let page = session.page();
    session.browser.forget(&script);
    session.browser.set_permission("camera", true);
    page
}

/// The page with its camera's image on show.
fn live(session: &Session) -> Page<'_> {
    let page = permitted(session);
    open(&page);
    shutter_is_ready(session);
    page
}

/// Opens the camera's dialog, whose code comes when it is first opened.
pub fn open(page: &Page) {
    page.click("[data-testid=\"camera\"]");
    page.browser
        .wait(
            "return document.querySelector('[data-testid=\"camera-dialog\"]')?.open ?? false;",
            TIMEOUT,
            |open| *open == json!(true),
        )
        .expect("the camera's dialog opens");
}

/// Waits for the shutter, and for what it would take.
pub fn shutter_is_ready(session: &Session) {
    let state = session
        .browser
        .wait(
            "const video = document.querySelector('[data-testid=\"camera-video\"]');
             const shutter = document.querySelector('[data-testid=\"shutter\"]');
             return shutter.disabled ? null : video.readyState;",
            TIMEOUT,
            |state| !state.is_null(),
        )
        .expect("the shutter can be pressed");
    // HAVE_CURRENT_DATA: before that, what is taken is blank.
    assert!(state.as_u64() >= Some(2), "there is an image: {state}");
}

/// No camera is on, and there was one.
fn is_let_go(session: &Session) {
    session
        .browser
        .wait(
            "return cameras.length === 1 && cameras[0].getTracks().every(t => t.readyState === 'ended');",
            TIMEOUT,
            |off| *off == json!(true),
        )
        .expect("the camera is let go");
}

fn shutter(session: &Session) {
    let page = live(session);
    let before = page.snapshot();
    page.click("[data-testid=\"shutter\"]");
    page.wait_for_answer(&before);
    let upright = page.canvas("step-upright");
    // Chromium's camera is green, with a pacman in it.
    let [r, g, b] = upright.at(0.5, 0.1);
    assert!(g > r && g > b, "{r} {g} {b}");
    assert_eq!(page.query("camera-dialog", "return it.open;"), json!(false));
    is_let_go(session);
}

fn cancel(session: &Session) {
    let page = live(session);
    page.click("[data-testid=\"camera-cancel\"]");
    is_let_go(session);
    // And may be had again.
    open(&page);
    session
        .browser
        .wait("return cameras.length;", TIMEOUT, |n| *n == json!(2))
        .expect("the camera comes back");
    page.click("[data-testid=\"camera-cancel\"]");
}

fn twice(session: &Session) {
    let page = permitted(session);
    let browser = &session.browser;
    browser.run(
        "window.asks = new Promise(answer => window.answer = answer);",
        vec![],
    );
    open(&page);
    page.click("[data-testid=\"camera-cancel\"]");
    open(&page);
    browser
        .wait("return cameras.length;", TIMEOUT, |n| *n == json!(2))
        .expect("the camera is asked for twice");
    browser.run("answer();", vec![]);
    shutter_is_ready(session);
    let on = browser.run(
        "return cameras.filter(c => c.getTracks().some(t => t.readyState === 'live')).length;",
        vec![],
    );
    assert_eq!(on, json!(1));
    page.click("[data-testid=\"camera-cancel\"]");
}

/// What the dialog says is wrong.
fn sentence(session: &Session, page: &Page) -> String {
    open(page);
    let text = session.browser.wait(
        "return document.querySelector('[data-testid=\"camera-error\"]')?.innerText ?? '';",
        TIMEOUT,
        |text| text != "",
    );
    let text = text.expect("a sentence on the camera");
    let text = text.as_str().unwrap_or_default().to_owned();
    assert_is_message(&text);
    text
}

fn refused(session: &Session) {
    let page = session.page();
    session.browser.set_permission("camera", false);
    let text = sentence(session, &page);
    session.browser.set_permission("camera", true);
    assert!(text.contains("allow"), "{text}");
}

fn missing(session: &Session) {
    let script = session.browser.on_new_pages(
        "navigator.mediaDevices.getUserMedia =
             () => Promise.reject(new DOMException('Requested device not found', 'NotFoundError'));",
    );
    let page = session.page();
    session.browser.forget(&script);
    let text = sentence(session, &page);
    assert!(text.contains("No camera"), "{text}");
}

fn elsewhere(session: &Session) {
    let script = session.browser.on_new_pages(
        "Object.defineProperty(Navigator.prototype, 'mediaDevices', {value: undefined});
         Object.defineProperty(window, 'isSecureContext', {value: false});",
    );
    let page = session.page();
    session.browser.forget(&script);
    let input = page.query(
        "camera-input",
        "return [it.accept, it.getAttribute('capture')];",
    );
    assert_eq!(input, json!(["image/*", "environment"]));
    let says = page.query("camera-insecure", "return it.innerText;");
    assert!(says.as_str().is_some_and(|s| s.contains("https")), "{says}");
    assert!(page.query("camera", "return true;").is_null());
}

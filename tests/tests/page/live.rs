//! The live camera, with a camera that shows drawn scenes.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use protocol::{Message, Reply, Request, UNASKED, encode};
use serde_json::{Value, json};
use shared::Garment;
use shared::image::RgbaImage;
use shared::model::answer;
use tests::image_files::{self, UploadFile};
use tests::page::Page;
use tests::site::Site;

use crate::camera::{open, shutter_is_ready};
use crate::errors::assert_is_message;
use crate::faults::{faulty_page, trigger};
use crate::photo_network::{coat_on_a_floor, native};
use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "the_camera_s_frames_are_answered_live_one_at_a_time",
        answered,
    ),
    Check::new(Cpu, "a_still_of_the_live_camera_is_answered", still),
    Check::new(Cpu, "a_hidden_page_answers_no_frames", hidden),
    Check::new(Cpu, "the_camera_at_the_other_side_is_chosen", sides),
    Check::new(Cpu, "of_two_webcams_the_other_one_is_chosen", webcams),
    Check::new(Cpu, "the_heat_map_lies_over_the_video", heat_map),
    Check::new(
        Cpu,
        "after_the_engine_stopped_live_can_be_switched_on_again",
        stopped_engine,
    ),
    Check::new(Cpu, "the_live_camera_fits_on_a_phone", phone),
];

/// A new worker's start is part of it.
const TIMEOUT: Duration = Duration::from_secs(40);

/// Cameras that show what is in `scenes`: by the side of the phone, or by the identifier of the device. `asked` holds what the page
/// asks for, and `devices` the identifiers of all. `requests` counts the frames that are sent, and how many waited at once at most.
const CAMERAS: &str = "
    window.scenes = {};
    window.devices = ['one'];
    window.asked = [];
    window.streams = [];
    navigator.mediaDevices.enumerateDevices = async () =>
        devices.map(deviceId => ({kind: 'videoinput', deviceId})).concat({kind: 'audioinput', deviceId: 'ear'});
    navigator.mediaDevices.getUserMedia = async ({video}) => {
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [640, 480];
        const context = canvas.getContext('2d');
        const draw = () => {
            const scene = scenes[video.deviceId ?? video.facingMode] ?? scenes.environment;
            if (scene) context.drawImage(scene, 0, 0, 640, 480);
        };
        draw();
        setInterval(draw, 40);
        const stream = canvas.captureStream(25);
        // A webcam has no side: the first one is given.
        const deviceId = video.deviceId ?? (devices[0].startsWith('webcam') ? devices[0] : video.facingMode);
        stream.getVideoTracks()[0].getSettings = () => ({deviceId});
        asked.push(video);
        streams.push(stream);
        return stream;
    };
    window.requests = {sent: 0, most: 0, waiting: new Set()};
    const read = data => {
        if (!(data instanceof Uint8Array)) return [];
        const end = data.findIndex(byte => byte < 128);
        return [data.slice(0, end + 1).join(), data[end + 1]];
    };
    const workers = new WeakSet();
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function(data, ...rest) {
        const [id, kind] = read(data);
        if (kind === FRAME) {
            requests.sent += 1;
            requests.waiting.add(id);
            requests.most = Math.max(requests.most, requests.waiting.size);
            if (!workers.has(this)) {
                workers.add(this);
                this.addEventListener('message', ({data}) => {
                    const [id, kind] = read(data);
                    if (kind !== STARTED) requests.waiting.delete(id);
                });
            }
        }
        return post.call(this, data, ...rest);
    };";

/// The script, with the numbers of its messages.
fn script() -> String {
    let frame = Request::ClassifyFrame {
        frame: RgbaImage::default(),
        class: None,
    };
    let kind = |bytes: Vec<u8>| bytes[1].to_string();
    let frame = encode(&Message {
        id: UNASKED,
        body: frame,
    });
    let started = encode(&Message {
        id: UNASKED,
        body: Reply::Started,
    });
    CAMERAS
        .replace("FRAME", &kind(frame.expect("requests are encodable")))
        .replace("STARTED", &kind(started.expect("replies are encodable")))
}

/// The page with its cameras, which show nothing yet.
fn page_with_cameras<'a>(session: &'a Session, open_page: impl Fn() -> Page<'a>) -> Page<'a> {
    let script = session.browser.on_new_pages(&script());
    let page = open_page();
    session.browser.forget(&script);
    page
}

/// The page, with a camera that shows this file live.
fn live<'a>(session: &'a Session, file: &UploadFile) -> Page<'a> {
    let page = page_with_cameras(session, || session.page());
    show(session, "environment", file);
    switch_on(session, &page);
    page
}

fn switch_on(session: &Session, page: &Page) {
    open(page);
    shutter_is_ready(session);
    page.click("[data-testid=\"live\"]");
}

/// Lets a camera show a file.
fn show(session: &Session, camera: &str, file: &UploadFile) {
    let shown = session.browser.run_async(
        "const bytes = Uint8Array.from(atob(args[1]), c => c.charCodeAt(0));
         scenes[args[0]] = await createImageBitmap(new Blob([bytes]));",
        vec![json!(camera), json!(STANDARD.encode(&file.bytes))],
    );
    shown.expect("the scene is an image");
}

/// Waits until a script gives something else than null, and gives that.
fn wait(session: &Session, what: &str, script: &str) -> Value {
    let found = session
        .browser
        .wait(script, TIMEOUT, |value| !value.is_null());
    found.unwrap_or_else(|_| {
        let text = "return document.querySelector('[data-testid=\"camera-dialog\"]').innerText;";
        panic!("waited for {what}: {}", session.browser.run(text, vec![]))
    })
}

/// Waits until the camera's label is this one.
fn wait_for_label(session: &Session, label: &str) {
    let script = format!(
        "const label = document.querySelector('[data-testid=\"live-label\"]');
         return label.dataset.label === {label:?} ? true : null;"
    );
    wait(session, label, &script);
}

/// How many frames were sent.
fn sent(session: &Session) -> u64 {
    let sent = session.browser.run("return requests.sent;", vec![]);
    sent.as_u64().expect("a number")
}

fn wait_for_frames(session: &Session, count: u64) {
    let least = sent(session) + count;
    let script = format!("return requests.sent >= {least} ? true : null;");
    wait(session, "further frames", &script);
}

/// The class of the command line's answer.
fn expected(file: &UploadFile) -> (&'static str, bool) {
    let predictions = native(file);
    let found = predictions.iter().find(|p| p.name == answer::NAME);
    let found = found.expect("an answer");
    (found.class.label(), found.is_known)
}

fn scene(session: &Session, class: Garment, fabric: [u8; 3]) -> UploadFile {
    image_files::floor_photo(&session.clear_example(class).image, fabric, 640, 480)
}

fn answered(session: &Session) {
    let coat = coat_on_a_floor(session);
    let (label, is_known) = expected(&coat);
    let page = live(session, &coat);
    wait_for_label(session, label);
    // The photo network is loaded for it.
    wait(
        session,
        "the photo network",
        "return document.querySelector('.live-panel').innerText.includes('The photo network and the seven') || null;",
    );
    let script = format!(
        "const {{label, known}} = document.querySelector('[data-testid=\"live-label\"]').dataset;
         return label === {label:?} && known === '{is_known}' ? true : null;"
    );
    wait(session, "the answer of the command line", &script);
    let bars = page.query(
        "live-bars",
        "return [it.querySelectorAll('li').length, it.querySelector('.best .name').textContent];",
    );
    assert_eq!(bars, json!([10, label]));
    let rate = wait(
        session,
        "the rate",
        "return document.querySelector('[data-testid=\"live-rate\"]').dataset.value ?? null;",
    );
    let rate: f64 = rate
        .as_str()
        .and_then(|rate| rate.parse().ok())
        .expect("a number");
    assert!(rate > 0.0);
    let said = page.query("live-rate", "return it.innerText;");
    assert!(
        said.as_str()
            .is_some_and(|s| s.contains("answers a second")),
        "{said}"
    );

    // Another garment.
    let bag = scene(session, Garment::Bag, [150, 40, 40]);
    let (other, _) = expected(&bag);
    assert_ne!(label, other);
    show(session, "environment", &bag);
    wait_for_label(session, other);

    // Nothing at all.
    session.browser.run(
        "const white = new OffscreenCanvas(64, 48);
         const context = white.getContext('2d');
         context.fillStyle = '#fafafa';
         context.fillRect(0, 0, 64, 48);
         scenes.environment = white;",
        vec![],
    );
    wait(
        session,
        "word of the empty frame",
        "const label = document.querySelector('[data-testid=\"live-label\"]');
         return label.innerText.includes('Nothing stands out') && !label.dataset.label ? true : null;",
    );
    let most = session.browser.run("return requests.most;", vec![]);
    assert_eq!(
        most,
        json!(1),
        "a frame was sent before the one before it was answered"
    );

    page.click("[data-testid=\"live\"]");
    let before = sent(session);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(sent(session), before, "switched off, it goes on");
    let is_gone = page.query("live-bars", "return !it.checkVisibility();");
    assert_eq!(is_gone, json!(true));
    page.click("[data-testid=\"camera-cancel\"]");
}

fn still(session: &Session) {
    let coat = coat_on_a_floor(session);
    let (label, _) = expected(&coat);
    let page = live(session, &coat);
    wait_for_label(session, label);
    let before = page.snapshot();
    page.click("[data-testid=\"shutter\"]");
    page.wait_for_answer(&before);
    page.wait("the answer to the still", TIMEOUT, |now| {
        now.headline.label == label
    });
    // Closing stops everything.
    let sent_before = sent(session);
    let ended = "return streams.every(s => s.getTracks().every(t => t.readyState === 'ended'));";
    assert_eq!(session.browser.run(ended, vec![]), json!(true));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(sent(session), sent_before);
}

fn hidden(session: &Session) {
    let page = live(session, &coat_on_a_floor(session));
    wait_for_frames(session, 3);
    let set_hidden = |is_hidden: bool| {
        session.browser.run(
            "Object.defineProperty(document, 'hidden', {value: arguments[0], configurable: true});
             document.dispatchEvent(new Event('visibilitychange', {bubbles: true}));",
            vec![json!(is_hidden)],
        );
    };
    set_hidden(true);
    let before = sent(session);
    std::thread::sleep(Duration::from_millis(700));
    assert_eq!(sent(session), before, "a hidden page goes on");
    set_hidden(false);
    wait_for_frames(session, 3);
    // A page that comes back does not switch on what was off.
    page.click("[data-testid=\"live\"]");
    set_hidden(true);
    set_hidden(false);
    let before = sent(session);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(sent(session), before);
    page.click("[data-testid=\"camera-cancel\"]");
}

/// Whether the choice of the camera can be seen.
fn has_choice(page: &Page) -> Value {
    page.query("camera-choice", "return it.checkVisibility();")
}

fn sides(session: &Session) {
    let (coat, bag) = (
        coat_on_a_floor(session),
        scene(session, Garment::Bag, [150, 40, 40]),
    );
    let page = page_with_cameras(session, || session.page());
    show(session, "environment", &coat);
    show(session, "user", &bag);
    switch_on(session, &page);
    wait_for_label(session, expected(&coat).0);
    assert_eq!(has_choice(&page), json!(false), "there is one camera");
    page.click("[data-testid=\"camera-cancel\"]");

    session
        .browser
        .run("devices = ['environment', 'user'];", vec![]);
    switch_on(session, &page);
    wait(
        session,
        "the choice",
        "return document.querySelector('[data-testid=\"camera-choice\"]').checkVisibility() || null;",
    );
    // Live goes on with the other camera.
    page.click("[data-testid=\"camera-choice\"]");
    wait_for_label(session, expected(&bag).0);
    let state = session.browser.run(
        "return [asked.map(a => a.facingMode), streams.map(s => s.getTracks()[0].readyState)];",
        vec![],
    );
    let (back, front) = ("environment", "user");
    assert_eq!(
        state,
        json!([[back, back, front], ["ended", "ended", "live"]])
    );
    shutter_is_ready(session);
    page.click("[data-testid=\"camera-choice\"]");
    wait_for_label(session, expected(&coat).0);
    page.click("[data-testid=\"camera-cancel\"]");
}

fn webcams(session: &Session) {
    let page = page_with_cameras(session, || session.page());
    show(session, "environment", &coat_on_a_floor(session));
    session
        .browser
        .run("devices = ['webcam-1', 'webcam-2'];", vec![]);
    open(&page);
    shutter_is_ready(session);
    let on = "return streams.map(s => s.getTracks()[0]).filter(t => t.readyState === 'live').map(t => t.getSettings().deviceId).join();";
    assert_eq!(session.browser.run(on, vec![]), json!("webcam-1"));
    for expected in ["webcam-2", "webcam-1", "webcam-2"] {
        page.click("[data-testid=\"camera-choice\"]");
        let script = on.replace("return ", "const on = ");
        let script = format!("{script} return on === {expected:?} ? true : null;");
        wait(session, expected, &script);
        shutter_is_ready(session);
    }
    page.click("[data-testid=\"camera-cancel\"]");
}

fn heat_map(session: &Session) {
    let page = live(session, &coat_on_a_floor(session));
    wait_for_frames(session, 2);
    let visible = |page: &Page| page.query("live-heat-map", "return it.checkVisibility();");
    assert_eq!(visible(&page), json!(false));
    page.click("[data-testid=\"live-heat-map-choice\"]");
    // Once the photo network is loaded, the map covers the video's longer side; before, the CNN's covers the garment.
    let place = wait(
        session,
        "the heat map",
        "const layer = document.querySelector('[data-testid=\"live-heat-map\"]');
         const canvas = layer.querySelector('canvas');
         if (!layer.checkVisibility() || canvas.width < 2 || !document.querySelector('.live-panel').innerText.includes('The photo network and')) return null;
         const [video, outer, inner] = [document.querySelector('[data-testid=\"camera-video\"]'), layer, canvas]
             .map(e => e.getBoundingClientRect());
         if (Math.abs(inner.width - video.width) > 2) return null;
         const alphas = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.filter((_, i) => i % 4 === 3);
         return [outer.width / video.width, outer.height / video.width, inner.height / inner.width,
             (inner.top + inner.bottom - video.top - video.bottom) / video.width,
             Math.max(...alphas) - Math.min(...alphas)];",
    );
    let place: Vec<f64> = serde_json::from_value(place).expect("numbers");
    for (value, expected) in place.iter().zip([1.0, 0.75, 1.0, 0.0]) {
        assert!((value - expected).abs() < 0.02, "{place:?}");
    }
    assert!(place[4] > 30.0, "all places are as hot: {place:?}");
    page.click("[data-testid=\"live-heat-map-choice\"]");
    wait_for_frames(session, 2);
    assert_eq!(visible(&page), json!(false));
    page.click("[data-testid=\"camera-cancel\"]");
}

fn stopped_engine(session: &Session) {
    let site = Site::start_copy().expect("a site");
    let page = page_with_cameras(session, || faulty_page(session, &site));
    let coat = coat_on_a_floor(session);
    let (label, _) = expected(&coat);
    show(session, "environment", &coat);
    switch_on(session, &page);
    wait_for_label(session, label);
    trigger(session, "close");
    let error = wait(
        session,
        "word of the engine",
        "return document.querySelector('[data-testid=\"camera-error\"]').innerText || null;",
    );
    let error = error.as_str().unwrap_or_default();
    assert_is_message(error);
    assert!(error.contains("Live"), "{error}");
    let state = "return [it.getAttribute('aria-pressed'), it.disabled];";
    assert_eq!(page.query("live", state), json!(["false", false]));
    page.click("[data-testid=\"live\"]");
    wait_for_label(session, label);
    let error = page.query("camera-error", "return it.checkVisibility();");
    assert_eq!(error, json!(false));
    page.click("[data-testid=\"camera-cancel\"]");
}

fn phone(session: &Session) {
    let metrics = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
    let browser = &session.browser;
    browser.cdp("Emulation.setDeviceMetricsOverride", metrics);
    let page = live(session, &coat_on_a_floor(session));
    wait_for_frames(session, 2);
    let sizes = page.query(
        "camera-dialog",
        "return [it.scrollWidth - it.clientWidth, document.scrollingElement.scrollWidth];",
    );
    page.click("[data-testid=\"camera-cancel\"]");
    browser.cdp("Emulation.clearDeviceMetricsOverride", json!({}));
    assert_eq!(sizes, json!([0, 390]));
}

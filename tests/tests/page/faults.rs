//! Downloads that stall, and workers that do not start or fall silent: the page says so, and goes on when it can.

use std::fs;
use std::time::Duration;

use protocol::{Message, Reply, UNASKED, encode};
use serde_json::json;
use shared::{Garment, ModelId};
use tests::image_files;
use tests::page::{Page, Snapshot};
use tests::site::{Fault, Site};

use crate::errors::assert_is_message;
use crate::session::{Check, Session, Stage::Cpu};
use crate::upload::assert_matches_reference;

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "a_stalled_download_holds_up_no_other_and_can_be_repeated",
        stalled_weights,
    ),
    Check::new(
        Cpu,
        "a_stalled_engine_is_said_until_it_starts",
        stalled_engine,
    ),
    Check {
        // A missing file has another hash than the file that was built.
        expected_errors: &["404", "integrity"],
        ..Check::new(
            Cpu,
            "an_engine_that_could_not_be_loaded_can_be_loaded_again",
            missing_engine,
        )
    },
    Check::new(
        Cpu,
        "a_graphics_adapter_that_never_comes_is_given_up",
        silent_adapter,
    ),
    Check::new(Cpu, "a_worker_that_has_closed_is_replaced", |s| {
        silent_worker(s, "close")
    }),
    Check::new(Cpu, "a_worker_in_an_endless_loop_is_replaced", |s| {
        silent_worker(s, "loop")
    }),
    Check::new(
        Cpu,
        "a_file_that_takes_too_long_is_given_up",
        endless_decoding,
    ),
    Check::new(
        Cpu,
        "of_pictures_chosen_in_a_row_only_the_last_is_decoded",
        superseded,
    ),
    Check {
        expected_errors: &["404"],
        ..Check::new(
            Cpu,
            "without_the_novelty_detector_each_answer_says_so",
            without_novelty_detector,
        )
    },
];

/// More than the 20 seconds after which a download without progress is given up.
const STALL: Duration = Duration::from_secs(40);
/// More than a worker that falls silent is given, and a new one needs to start.
const RESTART: Duration = Duration::from_secs(40);

fn state(now: &Snapshot, model: ModelId) -> &str {
    let row = now.models.iter().find(|row| row.model == model);
    row.map_or("", |row| &row.state)
}

fn stalled_weights(session: &Session) {
    for name in ["cnn", "vote"] {
        session
            .site
            .inject_fault(&format!("weights/{name}-"), Fault::Stalled);
    }
    let page = Page::open_without_waiting(&session.browser, &session.site);
    // Before the stalled downloads are given up.
    let others = ModelId::ALL.into_iter().filter(|m| *m != ModelId::Cnn);
    let others: Vec<ModelId> = others.collect();
    let shown = page.wait("the other models", Duration::from_secs(18), |now| {
        others.iter().all(|model| state(now, *model) == "ready")
    });
    assert_eq!(state(&shown, ModelId::Cnn), "loading");
    let shown = page.wait("word of the stalled downloads", STALL, |now| {
        state(now, ModelId::Cnn) == "error" && now.vote.state == "error"
    });
    let text = &shown.row(ModelId::Cnn).text;
    assert!(text.contains("nothing arrived for 20 seconds"), "{text}");
    session.site.clear_faults();
    page.click("[data-model=\"cnn\"] [data-testid=\"retry\"]");
    page.click("[data-testid=\"retry-vote\"]");
    let shown = page.wait("the repeated downloads", STALL, |now| {
        now.is_ready() && now.error.is_empty()
    });
    let golden = session.clear_example(Garment::Bag);
    assert!(shown.is_ready());
    let shown = page.show(&image_files::png(&golden.image));
    assert_matches_reference(session, &golden, &shown, 1e-3);
}

fn stalled_engine(session: &Session) {
    session.site.inject_fault("cpu-worker_bg", Fault::Stalled);
    let page = Page::open_without_waiting(&session.browser, &session.site);
    let shown = page.wait("word of the stalled engine", STALL, |now| {
        ModelId::ALL.iter().all(|m| state(now, *m) == "error") && !now.error.is_empty()
    });
    assert_is_message(&shown.error);
    assert!(shown.error.contains("20 seconds"), "{}", shown.error);
    session.site.clear_faults();
    let shown = page.wait("the engine after all", STALL, Snapshot::is_ready);
    assert_eq!(shown.error, "");
}

fn missing_engine(session: &Session) {
    session.site.inject_fault("cpu-worker-", Fault::Missing);
    let page = Page::open_without_waiting(&session.browser, &session.site);
    let shown = page.wait("word of the missing engine", RESTART, |now| {
        ModelId::ALL.iter().all(|m| state(now, *m) == "error") && !now.error.is_empty()
    });
    assert_is_message(&shown.error);
    session.site.clear_faults();
    page.click("[data-model=\"mlp\"] [data-testid=\"retry\"]");
    let shown = page.wait("the engine", RESTART, |now| {
        now.is_ready() && now.error.is_empty()
    });
    assert!(shown.is_ready());
}

fn silent_adapter(session: &Session) {
    let site = Site::start_copy().expect("a site");
    // A build without the GPU engine would not ask for an adapter.
    let path = site.folder().join("index.html");
    let page = fs::read_to_string(&path).expect("a page");
    let with_engine = page.replacen(
        "content=\"{&quot;",
        "content=\"{&quot;gpu-worker.js&quot;:&quot;none.js&quot;,&quot;",
        1,
    );
    assert_ne!(page, with_engine);
    fs::write(&path, with_engine).expect("a writable site");
    let script = session.browser.on_new_pages(
        "Object.defineProperty(Navigator.prototype, 'gpu', {
             configurable: true, value: {requestAdapter: () => new Promise(() => {})}});",
    );
    let page = Page::open(&session.browser, &site);
    session.browser.forget(&script);
    let shown = page.wait("word on WebGPU", STALL, |now| now.gpu_state == "absent");
    assert!(
        shown.engine_text.contains("did not answer"),
        "{}",
        shown.engine_text
    );
}

/// Appended to the CPU worker's script: faults that the page triggers, and counts of what the worker does.
const FAULTS: &str = "
    {
        const channel = new BroadcastChannel('faults');
        let fault = null, isFileRead = false;
        channel.onmessage = ({data}) => {
            if (data === 'close') self.close();
            if (data === 'loop') for (;;);
            fault = data;
        };
        const read = Blob.prototype.arrayBuffer;
        Blob.prototype.arrayBuffer = async function () {
            const buffer = await read.call(this);
            isFileRead = true;
            return buffer;
        };
        const post = self.postMessage;
        self.postMessage = (data, ...rest) => {
            const kind = data instanceof Uint8Array ? data[data.findIndex(byte => byte < 128) + 1] : -1;
            post.call(self, data, ...rest);
            if (kind !== STARTED || !isFileRead) return;
            isFileRead = false;
            channel.postMessage('decoding');
            const start = Date.now();
            while (fault === 'hang' || (fault === 'slow' && Date.now() - start < 1500));
        };
    }
";

/// A page whose CPU worker has the faults of [`FAULTS`].
pub fn faulty_page<'a>(session: &'a Session, site: &Site) -> Page<'a> {
    let message = Message {
        id: UNASKED,
        body: Reply::Started,
    };
    let kind = encode(&message).expect("replies are encodable")[1];
    let faults = FAULTS.replace("STARTED", &kind.to_string());
    assert!(site.append_to_worker("cpu-worker", &faults));
    let script = session.browser.on_new_pages(
        "window.decoded = 0;
         window.faults = new BroadcastChannel('faults');
         faults.onmessage = ({data}) => { if (data === 'decoding') decoded += 1; };",
    );
    let page = Page::open(&session.browser, site);
    session.browser.forget(&script);
    page
}

pub fn trigger(session: &Session, fault: &str) {
    session
        .browser
        .run("faults.postMessage(arguments[0]);", vec![json!(fault)]);
    std::thread::sleep(Duration::from_millis(200));
}

fn silent_worker(session: &Session, fault: &str) {
    let site = Site::start_copy().expect("a site");
    let page = faulty_page(session, &site);
    let golden = session.clear_example(Garment::Bag);
    page.show(&image_files::png(&golden.image));
    trigger(session, fault);
    let before = page.snapshot();
    let golden = session.clear_example(Garment::Sandal);
    page.choose(&[image_files::png(&golden.image)]);
    let shown = page.wait("the new worker's answer", RESTART, |now| {
        now.answered_since(&before)
    });
    assert_matches_reference(session, &golden, &shown, 1e-3);
    assert!(
        shown.engine_text.contains("did not answer") && shown.engine_text.contains("again"),
        "the page says only: {}",
        shown.engine_text
    );
}

fn endless_decoding(session: &Session) {
    let site = Site::start_copy().expect("a site");
    let page = faulty_page(session, &site);
    // More than once: it is not the worker's fault.
    for class in [Garment::Bag, Garment::Sandal, Garment::Coat] {
        let golden = session.clear_example(class);
        trigger(session, "hang");
        page.choose(&[image_files::png(&golden.image)]);
        let shown = page.wait("word of the file", RESTART, |now| !now.error.is_empty());
        assert_is_message(&shown.error);
        assert!(shown.error.contains("5 seconds"), "{}", shown.error);
        page.wait("the new worker", RESTART, |now| {
            now.models.iter().all(|row| row.state == "ready")
        });
    }
    let golden = session.clear_example(Garment::Dress);
    let before = page.snapshot();
    page.choose(&[image_files::png(&golden.image)]);
    let shown = page.wait("the next picture's answer", RESTART, |now| {
        now.answered_since(&before) && now.error.is_empty()
    });
    assert_matches_reference(session, &golden, &shown, 1e-3);
}

fn superseded(session: &Session) {
    let site = Site::start_copy().expect("a site");
    let page = faulty_page(session, &site);
    trigger(session, "slow");
    let classes = [Garment::Bag, Garment::Sandal, Garment::Coat, Garment::Dress];
    let before = page.snapshot();
    for class in classes {
        page.drop_files(&[image_files::png(&session.clear_example(class).image)]);
        std::thread::sleep(Duration::from_millis(150));
    }
    let shown = page.wait_for_answer(&before);
    assert_matches_reference(
        session,
        &session.clear_example(Garment::Dress),
        &shown,
        1e-3,
    );
    let decoded = session.browser.run("return decoded;", vec![]);
    // The first one, which was under way already, and the last one.
    assert_eq!(decoded, json!(2));
}

fn without_novelty_detector(session: &Session) {
    session
        .site
        .inject_fault("weights/novelty-", Fault::Missing);
    let page = Page::open_without_waiting(&session.browser, &session.site);
    page.wait("all models", STALL, Snapshot::is_ready);
    let text = || {
        let text = page.query("unchecked", "return it.innerText;");
        text.as_str().unwrap_or_default().to_owned()
    };
    for class in [Garment::Bag, Garment::Sandal] {
        let golden = session.clear_example(class);
        let before = page.snapshot();
        page.choose(&[image_files::png(&golden.image)]);
        let shown = page.wait("an answer", STALL, |now| now.answered_since(&before));
        assert_matches_reference(session, &golden, &shown, 1e-3);
        assert!(
            text().starts_with("Could not check whether this is one of the ten classes."),
            "{}",
            text()
        );
        assert_eq!(shown.headline.known, "");
        assert!(
            shown.vote.text.contains("Could not check"),
            "{}",
            shown.vote.text
        );
        // What is missing is said until it is there.
        assert!(shown.error.contains("404"), "{}", shown.error);
    }
    session.site.clear_faults();
    page.click("[data-testid=\"retry-novelty\"]");
    let shown = page.wait("the detector", STALL, |now| {
        now.headline.known == "true" && now.error.is_empty()
    });
    assert_eq!(text(), "");
    assert!(!shown.vote.text.contains("Could not check"));
}

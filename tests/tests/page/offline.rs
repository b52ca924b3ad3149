//! The second visit: nothing is fetched but the page, nor is anything needed; and a new build is never missed. Each check
//! has a browser of its own, as what a visit leaves behind is what is looked at.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest, Sha256};
use shared::{Garment, ModelId};
use tests::browser::{Browser, Options};
use tests::image_files;
use tests::page::{Page, Snapshot};
use tests::proxy::Proxy;
use tests::site::{Fault, SUB_PATH, Site};

use crate::session::{Check, Session, Stage::Cpu};
use crate::upload::assert_matches_reference;

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "a_second_visit_fetches_nothing_but_the_page", again),
    Check::new(Cpu, "without_its_server_the_page_answers", offline),
    Check::new(
        Cpu,
        "a_linked_test_image_is_shown_without_the_server",
        linked_test_image,
    ),
    Check::new(Cpu, "a_new_build_is_shown_at_once_and_kept", renewed),
    Check {
        expected_errors: &["404"],
        ..Check::new(
            Cpu,
            "a_failed_update_leaves_the_old_version_whole",
            failed_update,
        )
    },
    Check::new(Cpu, "an_unreadable_cache_is_passed_over", unreadable_cache),
    Check::new(Cpu, "damaged_weights_are_not_kept", damaged),
    Check::new(
        Cpu,
        "without_service_workers_the_page_works",
        without_service_workers,
    ),
];

const TIMEOUT: Duration = Duration::from_secs(60);

/// The names of the files that are kept, once the page is under the service worker's care.
const KEPT: &str = "
    if (!navigator.serviceWorker.controller) return [];
    const names = [];
    for (const name of await caches.keys()) {
        for (const {url} of await (await caches.open(name)).keys()) names.push(new URL(url).pathname);
    }
    return names;";

/// A visitor with a browser and a site that nobody else has.
pub struct Visitor {
    pub browser: Browser,
    pub site: Site,
    _proxy: Proxy,
}

impl Visitor {
    pub fn new() -> Self {
        let proxy = Proxy::start().expect("an outside to watch");
        let options = Options {
            traced: false,
            webgpu: false,
            proxy: &proxy.address(),
        };
        Self {
            browser: Browser::start(&options).expect("a browser"),
            site: Site::start_copy().expect("a site"),
            _proxy: proxy,
        }
    }

    fn kept(&self) -> Vec<String> {
        let names = self.browser.run_async(KEPT, vec![]).expect("a list");
        serde_json::from_value(names).expect("names")
    }

    /// Waits until the page and a number of weights are kept.
    pub fn waits_for(&self, what: &str, is_it: impl Fn(&[String]) -> bool) {
        let start = Instant::now();
        while !is_it(&self.kept()) {
            assert!(
                start.elapsed() < TIMEOUT,
                "{what}: kept is {:?}",
                self.kept()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// A first visit with an answer, up to where all that it fetched is kept.
    pub fn visits(&self, session: &Session) {
        self.answers(session);
        let fetched: Vec<String> = self
            .site
            .requests()
            .into_iter()
            .map(|(path, _)| path)
            .collect();
        assert!(
            fetched.iter().any(|path| path.contains("knn-")),
            "{fetched:?}"
        );
        self.waits_for("all that was fetched", |kept| {
            fetched
                .iter()
                .filter(|path| !path.ends_with("offline.js"))
                .all(|path| kept.contains(path))
        });
        self.leaves();
        // As if the next visit were weeks later: what the browser itself has kept is gone.
        self.browser.cdp("Network.clearBrowserCache", json!({}));
    }

    pub fn leaves(&self) {
        self.browser.open("about:blank");
    }

    /// Opens the page, hands an image in and compares the answer.
    pub fn answers(&self, session: &Session) {
        let page = Page::open(&self.browser, &self.site);
        let golden = session.clear_example(Garment::Bag);
        let shown = page.show(&image_files::png(&golden.image));
        assert_matches_reference(session, &golden, &shown, 1e-3);
    }

    pub fn title(&self) -> String {
        let title = self.browser.run("return document.title;", vec![]);
        title.as_str().unwrap_or_default().to_owned()
    }
}

fn again(session: &Session) {
    let visitor = Visitor::new();
    visitor.visits(session);
    let before = visitor.site.requests().len();
    visitor.answers(session);
    let requests = visitor.site.requests().split_off(before);
    assert!(
        requests.iter().any(|(path, _)| path == SUB_PATH),
        "{requests:?}"
    );
    for (path, _) in requests {
        // A browser asks for a new service worker by itself.
        let is_expected = path == SUB_PATH || path.ends_with("/offline.js");
        assert!(is_expected, "{path} was fetched again");
    }
}

fn offline(session: &Session) {
    let mut visitor = Visitor::new();
    visitor.visits(session);
    let help = format!("{}how-it-works.html", visitor.site.url());
    visitor.site.stop();
    visitor.answers(session);
    visitor.browser.open(&help);
    assert_eq!(visitor.title(), "How Haberdash works");
    let is_styled =
        "return getComputedStyle(document.querySelector('.contents ul')).listStyleType === 'none';";
    assert_eq!(visitor.browser.run(is_styled, vec![]), json!(true));
}

/// The test set is kept after a link to one of its images has loaded it.
fn linked_test_image(session: &Session) {
    let mut visitor = Visitor::new();
    visitor.visits(session);
    let link = format!("{}#test=60", visitor.site.url());
    let answer = |visitor: &Visitor| {
        visitor.browser.open(&link);
        let page = Page {
            browser: &visitor.browser,
        };
        let is_answered = |now: &Snapshot| now.is_ready() && now.vote.image > 0;
        let vote = page.wait("an answer", TIMEOUT, is_answered).vote;
        (vote.label, vote.confidence)
    };
    let first = answer(&visitor);
    visitor.waits_for("the test images", |kept| {
        kept.iter().any(|path| path.contains("t10k-images"))
    });
    visitor.leaves();
    visitor.browser.cdp("Network.clearBrowserCache", json!({}));
    visitor.site.stop();
    assert_eq!(answer(&visitor), first);
}

fn renewed(session: &Session) {
    let mut visitor = Visitor::new();
    visitor.visits(session);
    let (old, new) = rebuild(&visitor.site);
    visitor.answers(session);
    assert_eq!(visitor.title(), NEW_TITLE);
    // The new version is there, and waits until no page of the old one is open.
    visitor.waits_for("the new file", |kept| kept.contains(&new));
    let start = Instant::now();
    while visitor.kept().contains(&old) {
        assert!(start.elapsed() < TIMEOUT, "{old} is still kept");
        visitor.leaves();
        // The browser lets the old version go in its own time.
        std::thread::sleep(Duration::from_secs(1));
        Page::open(&visitor.browser, &visitor.site);
    }
    visitor.leaves();
    visitor.site.stop();
    visitor.answers(session);
    assert_eq!(visitor.title(), NEW_TITLE);
}

/// The new version's page is shown, but one of its files cannot be fetched. Without a network, the page of the old version is shown:
/// its files are all there.
fn failed_update(session: &Session) {
    let mut visitor = Visitor::new();
    visitor.visits(session);
    let (_, new) = rebuild(&visitor.site);
    visitor.site.inject_fault(&new, Fault::Missing);
    visitor.browser.open(&visitor.site.url());
    assert_eq!(visitor.title(), NEW_TITLE);
    let script = "
        const registration = await navigator.serviceWorker.getRegistration();
        await registration.update().catch(() => {});
        const worker = registration.installing;
        while (worker && worker.state === 'installing') await new Promise(resolve => setTimeout(resolve, 50));
        return [worker?.state ?? 'redundant', Boolean(registration.waiting)];";
    let state = visitor.browser.run_async(script, vec![]).expect("a state");
    assert_eq!(state, json!(["redundant", false]));
    visitor.leaves();
    visitor.browser.cdp("Network.clearBrowserCache", json!({}));
    visitor.site.stop();
    visitor.answers(session);
    assert!(visitor.title().starts_with("Haberdash"));
}

/// A browser whose storage is damaged refuses to open the cache: the page is loaded from the network.
fn unreadable_cache(session: &Session) {
    let visitor = Visitor::new();
    let path = visitor.site.folder().join("offline.js");
    let script = fs::read_to_string(&path).expect("a service worker");
    let fault = "
        let isDamaged = false;
        for (const name of ['open', 'match', 'keys', 'delete', 'has']) {
            const original = CacheStorage.prototype[name];
            CacheStorage.prototype[name] = function (...args) {
                return isDamaged ? Promise.reject(new DOMException('Unexpected internal error.', 'UnknownError'))
                    : original.apply(this, args);
            };
        }
        self.addEventListener('message', event => { if (event.data === 'damage') isDamaged = true; });\n";
    let (list, script) = script.split_once('\n').expect("a list and a script");
    fs::write(&path, format!("{list}\n{fault}{script}")).expect("a writable site");
    visitor.visits(session);
    Page::open(&visitor.browser, &visitor.site);
    visitor.browser.run(
        "navigator.serviceWorker.controller.postMessage('damage');",
        vec![],
    );
    visitor.answers(session);
}

/// The title of the page that [`rebuild`] makes.
pub const NEW_TITLE: &str = "A new build";

/// Puts another page into the site, with a file of another name, and a list of both; returns the file's old path and its new
/// one.
pub fn rebuild(site: &Site) -> (String, String) {
    let folder = site.folder();
    let index = fs::read_to_string(folder.join("index.html")).expect("a page");
    let start = index
        .find("boot-")
        .expect("the page names its first script");
    let name = &index[start..start + index[start..].find(".js").expect("a script") + 3];
    let boot = fs::read(folder.join(name)).expect("the script");
    let new = "boot-0000000000000000.js";
    fs::write(folder.join(new), &boot).expect("a writable site");
    fs::remove_file(folder.join(name)).expect("a writable site");
    let (head, rest) = index.split_once("<title>").expect("a title");
    let (_, rest) = rest.split_once("</title>").expect("a title");
    let page = format!("{head}<title>{NEW_TITLE}</title>{rest}").replace(name, new);
    fs::write(folder.join("index.html"), &page).expect("a writable site");

    let digits = |bytes: &[u8]| {
        let digest = Sha256::digest(bytes);
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        json!(digits[..16])
    };
    let script = fs::read_to_string(folder.join("offline.js")).expect("a service worker");
    let (list, script) = script.split_once(";\n").expect("a list and a script");
    let list = list.strip_prefix("const FILES = ").expect("a list");
    let mut files: serde_json::Map<_, _> = serde_json::from_str(list).expect("a list in JSON");
    files.remove(name).expect("the list names the first script");
    files.insert(new.into(), digits(&boot));
    files.insert("./".into(), digits(page.as_bytes()));
    let script = format!("const FILES = {};\n{script}", json!(files));
    fs::write(folder.join("offline.js"), script).expect("a writable site");
    (format!("{SUB_PATH}{name}"), format!("{SUB_PATH}{new}"))
}

fn damaged(_: &Session) {
    let visitor = Visitor::new();
    let has = |kept: &[String], part: &str| kept.iter().any(|path| path.contains(part));
    visitor.site.inject_fault("weights/cnn-", Fault::Truncated);
    let page = Page::open_without_waiting(&visitor.browser, &visitor.site);
    page.wait("all other weights", TIMEOUT, |now| {
        let is_over = |state: &str| state == "ready" || state == "error";
        now.models.iter().all(|row| is_over(&row.state))
    });
    visitor.waits_for("the others", |kept| {
        has(kept, "/knn-") && has(kept, "/resnet-")
    });
    assert!(
        !has(&visitor.kept(), "weights/cnn-"),
        "damaged weights are kept"
    );
    // The browser's own cache may still hold the damaged file: the second visit's worker goes past it.
    visitor.site.clear_faults();
    let page = Page::open_without_waiting(&visitor.browser, &visitor.site);
    let failed = page.wait("the damaged file again", TIMEOUT, |now| {
        let is_over = |state: &str| state == "ready" || state == "error";
        let mut rows = now.models.iter();
        rows.any(|row| row.model == ModelId::Cnn && is_over(&row.state))
    });
    assert_eq!(failed.row(ModelId::Cnn).state, "error");
    page.click("[data-model=\"cnn\"] [data-testid=\"retry\"]");
    page.wait("the mended weights", TIMEOUT, Snapshot::is_ready);
    visitor.waits_for("the mended weights", |kept| has(kept, "weights/cnn-"));
}

fn without_service_workers(session: &Session) {
    let script = session.browser.on_new_pages(
        "Object.defineProperty(Navigator.prototype, 'serviceWorker', {
             get() { throw new DOMException('The operation is insecure.', 'SecurityError'); }});
         addEventListener('haberdash-settled', () => window.settled = true, true);",
    );
    let page = session.page();
    let golden = session.clear_example(Garment::Coat);
    let shown = page.show(&image_files::png(&golden.image));
    assert_matches_reference(session, &golden, &shown, 1e-3);
    let settled = session
        .browser
        .wait("return window.settled ?? false;", TIMEOUT, |value| {
            value == true
        });
    session.browser.forget(&script);
    assert!(settled.is_ok(), "the page never settled");
}

//! The content security policy holds in the page and in its workers, without headers (as on GitHub Pages) and with them.

use std::time::Duration;

use serde_json::json;
use shared::Garment;
use tests::browser::{Browser, Options};
use tests::image_files;
use tests::page::Page;
use tests::proxy::Proxy;
use tests::site::Site;

use crate::session::{Check, Session, Stage::Cpu};
use crate::upload::assert_matches_reference;

pub const CHECKS: &[Check] = &[
    Check {
        expected_errors: REFUSALS,
        ..Check::new(
            Cpu,
            "a_worker_can_reach_no_other_origin_and_evaluate_no_text",
            workers,
        )
    },
    Check::new(Cpu, "the_page_works_with_its_headers", with_headers),
];

const REFUSALS: &[&str] = &[
    "Content Security Policy",
    "violates the following",
    "Refused to",
];

/// Appended to the workers' scripts: what a worker that had been tampered with would try, and what came of it.
const PROBE: &str = "
    (async () => {
        const outcome = async attempt => {
            try { await attempt(); return 'done'; } catch (error) { return 'refused'; }
        };
        const other = 'OTHER';
        new BroadcastChannel('probe').postMessage({
            worker: self.name,
            own: await outcome(() => fetch(self.scriptAddress)),
            fetch: await outcome(() => fetch(other, {mode: 'no-cors', method: 'POST', body: 'pixels'})),
            import: await outcome(() => importScripts(other)),
            eval: await outcome(() => (0, eval)('1')),
            compile: await outcome(() => Function('return 1')),
            socket: await outcome(() => new Promise((resolve, reject) => {
                const socket = new WebSocket(other.replace('http', 'ws'));
                socket.onopen = resolve;
                socket.onerror = reject;
            })),
        });
    })();
";

fn workers(session: &Session) {
    let other = Site::start_copy().expect("another origin");
    let site = Site::start_copy().expect("a site");
    let probe = PROBE.replace("OTHER", &other.url_of("/haberdash/"));
    let mut names = vec!["cpu-worker", "gpu-worker"];
    names.retain(|name| site.append_to_worker(name, &probe));
    assert!(names.contains(&"cpu-worker"), "{names:?}");
    let script = session.browser.on_new_pages(
        "window.probes = [];
         new BroadcastChannel('probe').onmessage = event => probes.push(event.data);",
    );
    Page::open(&session.browser, &site);
    session.browser.forget(&script);
    // The CPU worker runs already; each worker is started as the page does it.
    session.browser.run(
        "window.kept = arguments[0].map(name => haberdashWorker(name, []));",
        vec![json!(names)],
    );
    let count = names.len() + 1;
    let probes = session.browser.wait(
        "return probes.sort((a, b) => a.worker < b.worker ? -1 : 1);",
        Duration::from_secs(30),
        |probes| probes.as_array().is_some_and(|all| all.len() == count),
    );
    session
        .browser
        .run("kept.forEach(worker => worker.terminate());", vec![]);
    let probes = probes.unwrap_or_else(|all| panic!("{count} workers should report: {all}"));
    for probe in probes.as_array().into_iter().flatten() {
        let expected = json!({"worker": probe["worker"], "own": "done", "fetch": "refused", "import": "refused",
            "eval": "refused", "compile": "refused", "socket": "refused"});
        assert_eq!(probe, &expected);
    }
    assert_eq!(other.requests(), [], "another origin was reached");
}

/// With the headers that `cargo xtask serve` and some hosts send, the page answers and the camera may be asked for.
fn with_headers(session: &Session) {
    let site = Site::start_copy().expect("a site");
    site.send_headers();
    let proxy = Proxy::start().expect("an outside to watch");
    let browser = Browser::start(&Options {
        webgpu: false,
        proxy: &proxy.address(),
        traced: false,
    });
    let browser = browser.expect("a browser");
    let page = Page::open(&browser, &site);
    let golden = session.clear_example(Garment::Bag);
    let shown = page.show(&image_files::png(&golden.image));
    assert_matches_reference(session, &golden, &shown, 1e-3);
    let allowed = browser.run(
        "return ['camera', 'microphone', 'geolocation'].map(name => document.featurePolicy.allowsFeature(name));",
        vec![],
    );
    assert_eq!(allowed, json!([true, false, false]));
    let policy = browser.run_async(
        "return (await fetch('./')).headers.get('content-security-policy');",
        vec![],
    );
    let policy = policy.expect("a policy");
    let policy = policy.as_str().unwrap_or_default();
    assert!(policy.contains("connect-src 'self'"), "{policy}");
    assert!(!policy.contains("frame-ancestors"), "{policy}");
}

//! From navigation to the first verdict, with nothing cached.

use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::weight::{Parts, parts};
use super::{Arena, Backend, Engine};
use crate::browser::Browser;
use crate::picture;

/// A first visit.
pub struct Loading {
    /// From navigation to the first verdict.
    pub millis: f64,
    /// What came until then.
    pub parts: Parts,
}

/// The address of a peer's page.
pub fn page(arena: &Arena, engine: Engine, backend: Backend, model: &str) -> String {
    let library = match engine {
        Engine::TensorFlow => "tf",
        _ => "ort",
    };
    let backend = match backend {
        Backend::Cpu => "wasm",
        Backend::Gpu => "webgpu",
    };
    arena
        .site
        .beside(&format!("/bench/{library}-{backend}.html?model={model}"))
}

/// Opens the page of an engine in a fresh browser, with a picture to answer.
///
/// # Errors
/// A sentence: no browser, no answer.
pub fn cold(arena: &Arena, engine: Engine) -> Result<Loading, String> {
    let browser = arena.browser(false, false)?;
    settle(&browser, arena);
    let before = arena.site.requests().len();
    let millis = visit(&browser, arena, engine)?;
    let requests = arena.site.requests().split_off(before);
    let failed = requests.iter().find(|(_, status)| *status != 200);
    if let Some((path, status)) = failed {
        return Err(format!(
            "{} asks for {path}, which is answered with {status}",
            engine.title()
        ));
    }
    let paths: Vec<String> = requests.into_iter().map(|(path, _)| path).collect();
    Ok(Loading {
        millis,
        parts: parts(&arena.site, engine, &paths),
    })
}

/// Lets a fresh browser come to rest: Chromium opens pages of its own as it starts, which would share the cores with what is
/// timed.
pub fn settle(browser: &Browser, arena: &Arena) {
    browser.open(&arena.site.blank());
    thread::sleep(Duration::from_secs(3));
}

/// Opens the page and waits for the first verdict; ours until both networks have answered.
///
/// # Errors
/// What the page says instead.
pub fn visit(browser: &Browser, arena: &Arena, engine: Engine) -> Result<f64, String> {
    let first = if engine == Engine::Ours {
        let file = picture::png(&arena.pictures[0]);
        let script = include_str!("../../bench-web/visitor.js");
        let script = script.replace(
            "atob('PICTURE')",
            &format!("atob('{}')", STANDARD.encode(&file.bytes)),
        );
        let script = browser.on_new_pages(&script);
        browser.open(&arena.site.url());
        browser.forget(&script);
        browser.run_async(
            "while (!(verdicts.cnn && verdicts.resnet)) {
                 if (performance.now() > 60_000) throw new Error('no verdict: ' + document.body.innerText);
                 await new Promise(resolve => setTimeout(resolve, 10));
             }
             return Math.min(...Object.values(verdicts));",
            vec![],
        )
    } else {
        browser.open(&page(arena, engine, Backend::Cpu, "cnn"));
        browser.run_async(READY, vec![])
    };
    first?
        .as_f64()
        .ok_or_else(|| format!("{} gave no answer", engine.title()))
}

/// Waits until a peer's page has answered its first picture.
pub const READY: &str = "
    while (!window.ready) await new Promise(resolve => setTimeout(resolve, 10));
    return await window.ready;";

//! Time from navigation to the first prediction, with an empty cache.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::download_size::{self, DownloadSizes};
use super::engine::{Backend, Engine};
use super::harness::Harness;
use crate::browser::Browser;
use crate::image_files;

/// Chromium opens pages of its own when it starts, which would share the cores with what is timed.
const START_UP: Duration = Duration::from_secs(3);

/// The smallest network, which answers first.
const FIRST_MODEL: &str = "resnet";

/// A first visit.
pub struct PageLoad {
    /// From navigation to the first prediction.
    pub millis: f64,
    /// Sizes of the files that were downloaded until then.
    pub sizes: DownloadSizes,
}

/// The address of another library's page.
pub fn page_url(harness: &Harness, engine: Engine, backend: Backend, model: &str) -> String {
    let library = if engine == Engine::TensorFlow {
        "tf"
    } else {
        "ort"
    };
    let backend = match backend {
        Backend::Cpu => "wasm",
        Backend::Gpu => "webgpu",
    };
    let path = format!("/bench/{library}-{backend}.html?model={model}");
    harness.site.url_of(&path)
}

/// Opens the engine's page in a new browser and times the first prediction.
///
/// # Errors
/// No browser starts, a file is missing, or the page gives no answer.
pub fn measure(harness: &Harness, engine: Engine) -> Result<PageLoad> {
    let browser = harness.browser(false, false)?;
    wait_for_start_up(&browser, harness);
    let earlier = harness.site.requests().len();
    let millis = visit(&browser, harness, engine)?;
    let requests = harness.site.requests().split_off(earlier);
    for (path, status) in &requests {
        ensure!(
            *status == 200,
            "{} requests {path}, which has the status {status}",
            engine.title()
        );
    }
    let paths: Vec<String> = requests.into_iter().map(|(path, _)| path).collect();
    Ok(PageLoad {
        millis,
        sizes: download_size::measure(&harness.site, &paths),
    })
}

/// Waits until a new browser is idle.
pub fn wait_for_start_up(browser: &Browser, harness: &Harness) {
    browser.open(&harness.site.blank());
    thread::sleep(START_UP);
}

/// Opens the page and returns the milliseconds to the first prediction.
///
/// # Errors
/// The page gives no answer.
pub fn visit(browser: &Browser, harness: &Harness, engine: Engine) -> Result<f64> {
    let millis = if engine == Engine::Haberdash {
        let file = image_files::png(&harness.images[0]);
        let script = include_str!("../../bench-web/visitor.js");
        let script = script.replace("FILE_AS_BASE64", &STANDARD.encode(&file.bytes));
        let script = browser.on_new_pages(&script);
        browser.open(&harness.site.url());
        browser.forget(&script);
        browser.run_async(
            "while (Object.keys(predictions).length === 0) {
                 if (performance.now() > 60_000) throw new Error('no prediction: ' + document.body.innerText);
                 await new Promise(resolve => setTimeout(resolve, 10));
             }
             return Math.min(...Object.values(predictions));",
            vec![],
        )
    } else {
        browser.open(&page_url(harness, engine, Backend::Cpu, FIRST_MODEL));
        browser.run_async(WAIT_FOR_FIRST_ANSWER, vec![])
    };
    millis?
        .as_f64()
        .with_context(|| format!("{} gave no answer", engine.title()))
}

/// Waits until another library's page has answered its first image, and returns the time.
pub const WAIT_FOR_FIRST_ANSWER: &str = "
    while (!window.ready) await new Promise(resolve => setTimeout(resolve, 10));
    return await window.ready;";

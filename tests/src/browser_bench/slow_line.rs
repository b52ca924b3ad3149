//! The first visit on a slow line with a slow processor, both throttled by the browser: the first contentful paint and the first prediction.

use anyhow::Result;
use serde_json::json;

use super::engine::Engine;
use super::harness::Harness;
use super::page_load;

/// Bytes a second: 10 Mbit/s.
const BYTES_PER_SECOND: u32 = 10_000_000 / 8;
/// Milliseconds by which each request is delayed.
const LATENCY: u32 = 40;
/// By what factor the page's thread is slower. Chromium does not slow workers down.
const SLOWDOWN: u32 = 4;

/// Milliseconds from navigation.
pub struct SlowVisit {
    pub first_prediction: f64,
    /// `None` if the page has painted nothing, as the other libraries' pages have no content.
    pub first_paint: Option<f64>,
}

/// Opens the engine's page in a new browser. The files that earlier visits requested are sent compressed.
///
/// # Errors
/// No browser starts, or the page gives no answer.
pub fn measure(harness: &Harness, engine: Engine) -> Result<SlowVisit> {
    let browser = harness.browser(false, false)?;
    page_load::wait_for_start_up(&browser, harness);
    let mut paths: Vec<String> = harness.site.requests().into_iter().map(|r| r.0).collect();
    paths.sort();
    paths.dedup();
    harness.site.send_compressed(&paths)?;
    browser.cdp("Network.enable", json!({}));
    browser.cdp(
        "Network.emulateNetworkConditions",
        json!({"offline": false, "latency": LATENCY, "downloadThroughput": BYTES_PER_SECOND, "uploadThroughput": BYTES_PER_SECOND}),
    );
    browser.cdp("Emulation.setCPUThrottlingRate", json!({"rate": SLOWDOWN}));
    let first_prediction = page_load::visit(&browser, harness, engine);
    harness.site.send_uncompressed();
    let paint = browser.run(
        "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null;",
        vec![],
    );
    Ok(SlowVisit {
        first_prediction: first_prediction?,
        first_paint: paint.as_f64(),
    })
}

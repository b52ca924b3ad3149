//! What the page does with many images: the test set through all seven models, many files at once, and its memory after many images. They
//! use all cores, as a visitor's page does.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use shared::ModelId;

use super::engine::Engine;
use super::harness::Harness;
use super::longest_task::wait_for_all_models;
use super::measurements::{Measurements, Metric};
use super::page_load;
use crate::browser::Browser;
use crate::page::START_IMAGE;

/// Files that are chosen at once.
pub const FILES: usize = 2000;
/// Images after which the memory is measured.
pub const IMAGES: [u32; 2] = [20, 500];
/// Time limit for a run.
const TIMEOUT: Duration = Duration::from_secs(300);

/// A page on which all seven models have answered the first image.
fn page(harness: &Harness) -> Result<Browser> {
    let browser = harness.browser(false, false)?;
    page_load::wait_for_start_up(&browser, harness);
    page_load::visit(&browser, harness, Engine::Haberdash)?;
    wait_for_all_models(&browser, START_IMAGE)?;
    Ok(browser)
}

/// Times the page's run of the test set through each of the seven models, one after the other. A site without the test set has no such
/// figure.
///
/// # Errors
/// No browser starts, or a run fails.
pub fn measure_test_set(harness: &Harness, measurements: &mut Measurements) -> Result<()> {
    let browser = page(harness)?;
    let has_test_set = browser.run(
        "return document.querySelector('meta[name=\"haberdash-assets\"]').content.includes('t10k-images');",
        vec![],
    );
    if has_test_set != Value::Bool(true) {
        println!("  the site has no test set: the page's run of it is not measured");
        return Ok(());
    }
    let panel = "document.querySelector('[data-testid=\"machine\"]')";
    let exists = format!("return {panel} !== null;");
    wait(&browser, &exists, |exists| *exists == Value::Bool(true))?;
    let mut seconds = 0.0;
    for model in ModelId::ALL {
        browser.run(
            "const select = document.querySelector('[data-testid=\"run-model\"]');
             select.value = arguments[0];
             select.dispatchEvent(new Event('change', {bubbles: true}));
             document.querySelector('[data-testid=\"run\"]').click();",
            vec![json!(model.name())],
        );
        let state = format!("return {{...{panel}.dataset}};");
        let over = wait(&browser, &state, |state| {
            ["over", "failed"].contains(&state["run"].as_str().unwrap_or_default())
        })?;
        if over["run"] != "over" || over["done"] != "10000" {
            bail!("the page's run of the {} failed: {over}", model.title());
        }
        let text = over["seconds"].as_str().unwrap_or_default();
        let taken: f64 = text.parse().context("the page gives no seconds")?;
        seconds += taken;
    }
    measurements.add(Metric::PageTestSet, Engine::Haberdash, [1000.0 * seconds]);
    Ok(())
}

/// Times [`FILES`] small files that are chosen at once, and the longest task meanwhile.
///
/// # Errors
/// No browser starts, or not all files are classified.
pub fn measure_files(harness: &Harness, measurements: &mut Measurements) -> Result<()> {
    let browser = page(harness)?;
    // The browser reports no shorter tasks, and a trace of this length would not fit into its buffer.
    browser.run(
        "window.longest = 50;
         new PerformanceObserver(list => {
             for (const {duration} of list.getEntries()) longest = Math.max(longest, duration);
         }).observe({type: 'longtask'});
         window.filesStart = performance.now();
         dropFile(arguments[0]);",
        vec![json!(FILES)],
    );
    let done = "const panel = document.querySelector('[data-testid=\"roll\"]');
        return panel && panel.dataset.done === panel.dataset.total ? performance.now() - filesStart : null;";
    let millis = wait(&browser, done, Value::is_number)?;
    let millis = millis.as_f64().context("the page has no clock")?;
    measurements.add(Metric::File, Engine::Haberdash, [millis / FILES as f64]);
    let longest = browser.run("return longest;", vec![]);
    let longest = longest.as_f64().context("the page has no clock")?;
    measurements.add(Metric::LongestTaskOfFiles, Engine::Haberdash, [longest]);
    Ok(())
}

/// Measures by what factor the memory of the page's process has grown from the first to the last of [`IMAGES`].
///
/// # Errors
/// No browser starts, the page does not answer, or the system has no /proc.
pub fn measure_memory(harness: &Harness, measurements: &mut Measurements) -> Result<()> {
    let browser = page(harness)?;
    let mut shown = 0;
    let mut bytes = Vec::new();
    for images in IMAGES {
        while shown < images {
            shown += 1;
            browser.run("dropFile();", vec![]);
            wait_for_all_models(&browser, START_IMAGE + shown)?;
        }
        // Twice, as the first collection may only run finalisers.
        for _ in 0..2 {
            browser.cdp("HeapProfiler.collectGarbage", json!({}));
        }
        bytes.push(memory_of_page(&browser)?);
    }
    let growth = bytes[1] / bytes[0];
    measurements.add(Metric::MemoryGrowth, Engine::Haberdash, [growth]);
    Ok(())
}

/// The resident memory of the largest of the browser's page processes, in KB.
fn memory_of_page(browser: &Browser) -> Result<f64> {
    let sizes = browser.renderers().into_iter().filter_map(|process| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    });
    let largest = sizes.reduce(f64::max);
    largest.context("the browser's processes are not in /proc: this measurement needs Linux")
}

fn wait(browser: &Browser, script: &str, is_it: impl Fn(&Value) -> bool) -> Result<Value> {
    let found = browser.wait(script, TIMEOUT, |value| is_it(value));
    found.map_err(|last| anyhow!("the page has not come to its end in time: {last}"))
}

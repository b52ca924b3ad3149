//! The longest task of the UI thread while a page loads and answers, from Chromium's trace.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use super::engine::Engine;
use super::harness::Harness;
use super::page_load;
use crate::browser::Browser;
use crate::page::START_IMAGE;

/// Marks in the trace: set by the page's first script, and after the last answer.
const BEGIN: &str = "haberdash-begin";
const END: &str = "haberdash-end";
/// The trace event of a task, in the category `toplevel`.
const TASK: &str = "ThreadControllerImpl::RunTask";
/// Time limit for loading all weights files.
const LOAD_TIMEOUT: Duration = Duration::from_secs(120);

/// The longest task in milliseconds, from navigation until two images are answered: in Haberdash by all seven models, in
/// the other libraries by one network.
///
/// # Errors
/// No browser starts, the page does not answer, or the trace has no tasks.
pub fn measure(harness: &Harness, engine: Engine) -> Result<f64> {
    let browser = harness.browser(false, true)?;
    page_load::wait_for_start_up(&browser, harness);
    browser.on_new_pages(&format!("performance.mark('{BEGIN}');"));
    page_load::visit(&browser, harness, engine)?;
    if engine == Engine::Haberdash {
        wait_for_all_models(&browser, START_IMAGE)?;
        browser.run("dropFile();", vec![]);
        wait_for_all_models(&browser, START_IMAGE + 1)?;
    } else {
        browser.run_async("await logits(new Float32Array(784).fill(1));", vec![])?;
    }
    browser.run(&format!("performance.mark('{END}');"), vec![]);
    longest_between_marks(&browser.trace())
        .context("Chromium's trace contains no tasks: its format may have changed in this version")
}

/// Waits until all seven models have classified the image of this number.
pub fn wait_for_all_models(browser: &Browser, image: u32) -> Result<()> {
    browser
        .wait(
            "return [...document.querySelectorAll('[data-testid=\"model\"][data-state=\"ready\"]')]
                 .map(row => Number(row.dataset.picture || 0));",
            LOAD_TIMEOUT,
            |numbers| {
                let numbers = numbers.as_array().into_iter().flatten();
                numbers
                    .filter(|n| n.as_u64() >= Some(u64::from(image)))
                    .count()
                    == 7
            },
        )
        .map(drop)
        .map_err(|last| anyhow!("not all seven models have answered: {last}"))
}

/// The longest task, in milliseconds, that overlaps the time between the marks, on the thread that set them.
fn longest_between_marks(events: &[Value]) -> Option<f64> {
    let mark = |name: &str| events.iter().rfind(|event| event["name"] == name);
    let (begin, end) = (mark(BEGIN)?, mark(END)?);
    let [from, to] = [begin["ts"].as_f64()?, end["ts"].as_f64()?];
    let durations = events
        .iter()
        .filter(|event| event["name"] == TASK && event["ph"] == "X")
        .filter(|event| event["pid"] == begin["pid"] && event["tid"] == begin["tid"])
        .filter_map(|event| {
            let (start, micros) = (event["ts"].as_f64()?, event["dur"].as_f64()?);
            (start + micros >= from && start <= to).then_some(micros)
        });
    durations.reduce(f64::max).map(|micros| micros / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn task(tid: u32, ts: f64, dur: f64) -> Value {
        json!({"name": TASK, "ph": "X", "pid": 1, "tid": tid, "ts": ts, "dur": dur})
    }

    #[test]
    fn counts_only_tasks_of_the_page_s_thread_between_the_marks() {
        let mark =
            |name: &str, ts: f64| json!({"name": name, "ph": "I", "pid": 1, "tid": 7, "ts": ts});
        let events = [
            task(7, 0.0, 900.0),
            mark(BEGIN, 1000.0),
            task(7, 950.0, 3000.0),
            task(8, 2000.0, 70_000.0),
            task(7, 5000.0, 2000.0),
            mark(END, 9000.0),
            task(7, 9500.0, 80_000.0),
        ];
        assert_eq!(longest_between_marks(&events), Some(3.0));
        assert_eq!(longest_between_marks(&events[2..]), None);
    }
}

//! The longest task on the UI thread while a page loads and answers, from Chromium's trace.

use std::time::Duration;

use serde_json::Value;

use super::{Arena, Engine, load};
use crate::browser::Browser;

/// Marks in the trace: the page's first script, and the last answer.
const BEGIN: &str = "haberdash-begin";
const END: &str = "haberdash-end";
/// The event of a task, in the category `toplevel`.
const TASK: &str = "ThreadControllerImpl::RunTask";
/// How long seven weights files may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// The longest task in milliseconds, from navigation to the answers to two pictures; ours by all seven models.
///
/// # Errors
/// A sentence: no browser, no answer, no trace.
pub fn longest(arena: &Arena, engine: Engine) -> Result<f64, String> {
    let browser = arena.browser(false, true)?;
    load::settle(&browser, arena);
    browser.on_new_pages(&format!("performance.mark('{BEGIN}');"));
    load::visit(&browser, arena, engine)?;
    match engine {
        Engine::Ours => {
            all_seven(&browser, 1)?;
            browser.run("dropFile();", vec![]);
            all_seven(&browser, 2)?;
        }
        _ => {
            browser.run_async("await logits(new Float32Array(784).fill(1));", vec![])?;
        }
    }
    browser.run(&format!("performance.mark('{END}');"), vec![]);
    longest_of(&browser.trace())
        .ok_or_else(|| "Chromium's trace holds no tasks: is it another version than usual?".into())
}

/// Waits until all models have answered as many pictures.
fn all_seven(browser: &Browser, pictures: u64) -> Result<(), String> {
    browser
        .wait(
            "return [...document.querySelectorAll('[data-testid=\"model\"][data-state=\"ready\"]')]
                 .map(row => Number(row.dataset.picture || 0));",
            PATIENCE,
            |numbers| {
                let numbers = numbers.as_array().into_iter().flatten();
                numbers.filter(|n| n.as_u64() >= Some(pictures)).count() == 7
            },
        )
        .map(drop)
        .map_err(|last| format!("not all seven models have answered: {last}"))
}

/// Of the thread that set the marks, the longest task that touches the time between them, in milliseconds.
fn longest_of(events: &[Value]) -> Option<f64> {
    let mark = |name: &str| events.iter().rfind(|e| e["name"] == name);
    let (begin, end) = (mark(BEGIN)?, mark(END)?);
    let [from, to] = [begin["ts"].as_f64()?, end["ts"].as_f64()?];
    let is_of_thread = |e: &&Value| e["pid"] == begin["pid"] && e["tid"] == begin["tid"];
    let tasks = events
        .iter()
        .filter(|e| e["name"] == TASK && e["ph"] == "X");
    let within = tasks.filter(is_of_thread).filter_map(|e| {
        let (start, micros) = (e["ts"].as_f64()?, e["dur"].as_f64()?);
        (start + micros >= from && start <= to).then_some(micros)
    });
    within.reduce(f64::max).map(|micros| micros / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn task(tid: u32, ts: f64, dur: f64) -> Value {
        json!({"name": TASK, "ph": "X", "pid": 1, "tid": tid, "ts": ts, "dur": dur})
    }

    #[test]
    fn only_tasks_of_the_page_s_thread_between_the_marks_count() {
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
        assert_eq!(longest_of(&events), Some(3.0));
        assert_eq!(longest_of(&events[2..]), None);
    }
}

//! The page in a real Chromium: each check is reported by name, and all share two browser sessions, one without
//! WebGPU and one with it, as starting a browser and warming up a software GPU are what takes the time.

mod brush;
mod camera;
mod compare;
mod engine;
mod explain;
mod input;
mod inspector;
mod layout;
mod machine;
mod offline;
mod parity;
mod refusal;
mod roll;
mod session;
mod seven;
mod weights;

use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Trial};
use session::{Check, Session, Stage};

fn main() {
    let mut arguments = Arguments::from_args();
    // One browser, one page at a time.
    arguments.test_threads = Some(1);
    let sessions = Arc::new(Mutex::new(None));
    let trials = checks()
        .into_iter()
        .map(|check| {
            let sessions = Arc::clone(&sessions);
            Trial::test(
                format!("{:?}::{}", check.stage, check.name).to_lowercase(),
                move || {
                    let mut current = sessions.lock().unwrap_or_else(PoisonError::into_inner);
                    Session::of_stage(&mut current, check.stage)?.hold(&check);
                    Ok(())
                },
            )
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    // Before the process ends: the browser ends with its session.
    sessions
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    conclusion.exit();
}

/// Every check, the quick ones without WebGPU first.
fn checks() -> Vec<Check> {
    [
        input::CHECKS,
        refusal::CHECKS,
        inspector::CHECKS,
        brush::CHECKS,
        roll::CHECKS,
        camera::CHECKS,
        explain::CHECKS,
        layout::CHECKS,
        weights::CHECKS,
        offline::CHECKS,
        seven::CHECKS,
        compare::CHECKS,
        machine::ON_CPU,
        engine::WITHOUT_WEBGPU,
        parity::ON_CPU,
        &[session::at_home(Stage::Cpu)],
        engine::WITH_WEBGPU,
        machine::ON_WEBGPU,
        parity::ON_WEBGPU,
        &[session::at_home(Stage::WebGpu)],
    ]
    .concat()
}

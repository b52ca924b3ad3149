//! Tests of the page in Chromium. Each check is reported by name. All share two browser sessions, without and with WebGPU, as
//! starting a browser and warming up a software GPU take most of the time.

mod accessibility;
mod address;
mod advice;
mod all_models;
mod appearance;
mod batch;
mod benchmark;
mod brush;
mod camera;
mod compare;
mod editor;
mod engine;
mod engine_module;
mod errors;
mod every_file;
mod explain;
mod faults;
mod first_screen;
mod how_it_works;
mod inside;
mod integrity;
mod layout;
mod live;
mod loading;
mod offline;
mod paint;
mod parity;
mod photo_network;
mod policy;
mod pool;
mod quiz;
mod session;
mod test_images;
mod translation;
mod upload;
mod weights;

use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Trial};
use session::{Check, Session, Stage};

fn main() {
    let mut arguments = Arguments::from_args();
    // The checks share a browser with one page.
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
                    Session::for_stage(&mut current, check.stage)
                        .map_err(|error| format!("{error:#}"))?
                        .run(&check);
                    Ok(())
                },
            )
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    // The browser ends with its session, which must be dropped before the process exits.
    sessions
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    conclusion.exit();
}

/// Every check, the quick ones without WebGPU first.
fn checks() -> Vec<Check> {
    [
        upload::CHECKS,
        errors::CHECKS,
        editor::CHECKS,
        brush::CHECKS,
        advice::CHECKS,
        batch::CHECKS,
        camera::CHECKS,
        paint::CHECKS,
        live::CHECKS,
        explain::CHECKS,
        inside::CHECKS,
        address::CHECKS,
        photo_network::CHECKS,
        layout::CHECKS,
        first_screen::CHECKS,
        appearance::CHECKS,
        accessibility::CHECKS,
        how_it_works::CHECKS,
        weights::CHECKS,
        faults::CHECKS,
        integrity::CHECKS,
        loading::CHECKS,
        translation::CHECKS,
        offline::CHECKS,
        every_file::CHECKS,
        policy::CHECKS,
        engine_module::CHECKS,
        all_models::CHECKS,
        compare::CHECKS,
        test_images::CHECKS,
        quiz::CHECKS,
        benchmark::ON_CPU,
        pool::CHECKS,
        engine::WITHOUT_WEBGPU,
        parity::ON_CPU,
        &[session::no_external_requests(Stage::Cpu)],
        engine::WITH_WEBGPU,
        benchmark::ON_WEBGPU,
        parity::ON_WEBGPU,
        &[session::no_external_requests(Stage::WebGpu)],
    ]
    .concat()
}

//! Which engine answers, why not the other, and what happens when one dies.

use std::time::Duration;

use serde_json::Value;
use shared::{Garment, ModelId};
use tests::image_files;
use tests::page::{Page, Snapshot};
use tests::site::Fault;

use crate::explain::heat_map_canvas;
use crate::session::{Check, Session, Stage::Cpu, Stage::WebGpu};
use crate::upload::assert_matches_reference;

/// SwiftShader compiles shaders on the CPU, on a machine that may be busy.
const GPU_TIMEOUT: Duration = Duration::from_secs(240);

pub const WITHOUT_WEBGPU: &[Check] = &[
    Check::new(
        Cpu,
        "without_webgpu_the_page_says_why_and_the_cpu_answers",
        without_webgpu,
    ),
    Check {
        expected_errors: &["a test ended this worker"],
        ..Check::new(Cpu, "a_dead_cpu_worker_is_replaced", dead_cpu_worker)
    },
];

pub const WITH_WEBGPU: &[Check] = &[
    Check::new(
        WebGpu,
        "webgpu_answers_as_the_cpu_does_until_its_device_is_lost",
        webgpu,
    ),
    Check {
        expected_errors: &["a test ended this worker"],
        ..Check::new(
            WebGpu,
            "a_dead_gpu_worker_leaves_the_cpu_to_answer",
            dead_gpu_worker,
        )
    },
    Check {
        // A missing file has another hash than the file that was built.
        expected_errors: &["404", "integrity"],
        ..Check::new(
            WebGpu,
            "without_its_bundle_webgpu_is_left_out_and_the_page_says_so",
            no_bundle,
        )
    },
];

/// Keeps a list of the page's workers.
const LISTED_WORKERS: &str = "
    window.workers = [];
    const Original = Worker;
    window.Worker = class extends Original {
        constructor(url, options) { super(url, options); this.address = options?.name ?? String(url); window.workers.push(this); }
    };";

/// What the page sees of a worker that dies: an error event, and silence.
const KILL: &str = "
    const worker = workers.filter(w => w.address.includes(arguments[0])).at(-1);
    worker.terminate();
    worker.dispatchEvent(new ErrorEvent('error', {message: 'a test ended this worker'}));";

fn without_webgpu(session: &Session) {
    let page = session.page();
    let shown = page.wait("word on WebGPU", Duration::from_secs(20), |now| {
        ["absent", "failed"].contains(&now.gpu_state.as_str())
    });
    assert_eq!(shown.engine, "cpu");
    assert!(
        shown.engine_text.contains("WebGPU"),
        "the page says only: {}",
        shown.engine_text
    );
    // Asked for all the same, it cannot answer, and the CPU does.
    page.select("engine-choice", "webgpu");
    let golden = session.clear_example(Garment::Bag);
    let shown = page.show(&image_files::png(&golden.image));
    assert_eq!(shown.engine, "cpu");
    assert_matches_reference(session, &golden, &shown, 1e-3);
}

fn dead_cpu_worker(session: &Session) {
    let script = session.browser.on_new_pages(LISTED_WORKERS);
    let page = session.page();
    session.browser.forget(&script);
    let golden = session.clear_example(Garment::Bag);
    page.show(&image_files::png(&golden.image));
    session.browser.run(KILL, vec!["cpu-worker".into()]);
    let count = session.browser.wait(
        "return workers.filter(w => w.address.includes('cpu-worker')).length;",
        Duration::from_secs(10),
        |count| count.as_u64() == Some(2),
    );
    count.unwrap_or_else(|count| panic!("{count} CPU workers were started, not a second one"));
    let before = page.wait(
        "all models to be ready again",
        Duration::from_secs(20),
        Snapshot::is_ready,
    );
    let golden = session.clear_example(Garment::Sandal);
    page.choose(&[image_files::png(&golden.image)]);
    let shown = page.wait("the new worker's answer", Duration::from_secs(20), |now| {
        now.answered_since(&before)
    });
    assert_matches_reference(session, &golden, &shown, 1e-3);
    assert!(
        shown.engine_text.contains("again"),
        "the page says only: {}",
        shown.engine_text
    );
}

fn webgpu(session: &Session) {
    let page = session.page();
    // The CPU answers first, whatever WebGPU is doing.
    page.select("engine-choice", "cpu");
    let classes = [Garment::Bag, Garment::Sandal, Garment::Coat];
    let on_cpu: Vec<Snapshot> = classes
        .iter()
        .map(|&class| {
            let shown = page.show(&image_files::png(&session.clear_example(class).image));
            assert_eq!(shown.engine, "cpu");
            shown
        })
        .collect();
    let boot = session.clear_example(Garment::AnkleBoot);
    let cpu_heat = heat_map_canvas(session, &page, ModelId::Resnet, &boot, "gradcam-heatmap");

    let state = page.wait("WebGPU to be ready", GPU_TIMEOUT, |now| {
        ["ready", "failed", "absent"].contains(&now.gpu_state.as_str())
    });
    assert_eq!(
        state.gpu_state, "ready",
        "the page says: {}",
        state.engine_text
    );
    page.select("engine-choice", "webgpu");
    for (class, cpu) in classes.into_iter().zip(on_cpu) {
        let golden = session.clear_example(class);
        let shown = page.show(&image_files::png(&golden.image));
        assert_eq!(shown.engine, "webgpu");
        assert_matches_reference(session, &golden, &shown, 1e-3);
        for model in ModelId::ALL {
            let apart = shown.row(model).confidence - cpu.row(model).confidence;
            assert!(apart.abs() <= 1e-3, "{model}: {apart} from the CPU's");
        }
    }
    let gpu_heat = heat_map_canvas(session, &page, ModelId::Resnet, &boot, "gradcam-heatmap");
    let apart = gpu_heat
        .rgba
        .iter()
        .zip(&cpu_heat.rgba)
        .map(|(a, b)| a.abs_diff(*b))
        .max();
    assert!(
        apart <= Some(8),
        "heat maps on WebGPU and CPU differ by {apart:?} of 255"
    );

    // Back by choice.
    page.select("engine-choice", "cpu");
    let shown = page.show(&image_files::png(&boot.image));
    assert_eq!(shown.engine, "cpu");

    // Back by necessity.
    page.select("engine-choice", "webgpu");
    assert_eq!(page.show(&image_files::png(&boot.image)).engine, "webgpu");
    session.browser.crash_gpu();
    falls_back(session, &page);
}

fn dead_gpu_worker(session: &Session) {
    let script = session.browser.on_new_pages(LISTED_WORKERS);
    let page = session.page();
    session.browser.forget(&script);
    page.show(&image_files::png(
        &session.clear_example(Garment::Bag).image,
    ));
    // It dies while it loads or tests itself, when the page has not yet asked it for anything.
    let started = session.browser.wait(
        "return workers.some(w => w.address.includes('gpu-worker'));",
        GPU_TIMEOUT,
        |started| started == &Value::Bool(true),
    );
    started.expect("a GPU worker is started");
    session.browser.run(KILL, vec!["gpu-worker".into()]);
    falls_back(session, &page);
}

fn falls_back(session: &Session, page: &Page) {
    let shown = page.wait("word that WebGPU failed", Duration::from_secs(20), |now| {
        now.gpu_state == "failed"
    });
    assert!(
        shown.engine_text.contains("WebGPU"),
        "the page says only: {}",
        shown.engine_text
    );
    let golden = session.clear_example(Garment::Dress);
    let before = page.snapshot();
    page.choose(&[image_files::png(&golden.image)]);
    let shown = page.wait("the CPU's answer", Duration::from_secs(20), |now| {
        now.answered_since(&before)
    });
    assert_eq!(shown.engine, "cpu");
    assert_matches_reference(session, &golden, &shown, 1e-3);
}

fn no_bundle(session: &Session) {
    session.site.inject_fault("gpu-worker", Fault::Missing);
    let page = session.page();
    let golden = session.clear_example(Garment::Bag);
    page.show(&image_files::png(&golden.image));
    falls_back(session, &page);
}

//! The benchmark's schedule: which engine measures what, in which order.

use anyhow::Result;

use super::engine::{Backend, Engine, GPU_ROUNDS};
use super::harness::Harness;
use super::measurements::{Measurements, Metric};
use super::{inference_time, longest_task, page_load, page_runs, slow_line};

/// Runs all measurements: `rounds` turns of each engine, each in a new browser.
///
/// # Errors
/// Something that the benchmark needs is missing, or an engine's answers differ from the network's.
pub fn run(harness: &Harness, rounds: usize) -> Result<Measurements> {
    let mut measurements = Measurements::new(harness, rounds)?;
    for round in 0..rounds {
        println!("  round {} of {rounds}: page load and CPU", round + 1);
        for engine in Engine::order(round) {
            let load = page_load::measure(harness, engine)?;
            measurements.add(Metric::FirstPrediction, engine, [load.millis]);
            measurements.downloads.insert(engine, load.sizes);
            let slow = slow_line::measure(harness, engine)?;
            measurements.add(Metric::SlowFirstPrediction, engine, [slow.first_prediction]);
            measurements.add(Metric::SlowFirstPaint, engine, slow.first_paint);
            let longest = longest_task::measure(harness, engine)?;
            measurements.add(Metric::LongestTask, engine, [longest]);
            inference_time::measure(harness, engine, Backend::Cpu, &mut measurements)?;
            if engine == Engine::Haberdash {
                inference_time::measure_all_models(harness, &mut measurements)?;
                inference_time::measure_test_set(harness, &mut measurements)?;
                page_runs::measure_test_set(harness, &mut measurements)?;
                page_runs::measure_files(harness, &mut measurements)?;
                page_runs::measure_memory(harness, &mut measurements)?;
            }
        }
    }
    if !harness.has_gpu_worker() {
        println!("  the site has no GPU worker: WebGPU is not measured");
        return Ok(measurements);
    }
    let rounds = rounds.min(GPU_ROUNDS);
    for round in 0..rounds {
        println!("  round {} of {rounds}: WebGPU", round + 1);
        for engine in Engine::order(round) {
            // The slowest engine on a software GPU has one turn.
            if engine == Engine::TensorFlow && round > 0 {
                continue;
            }
            let sizes = inference_time::measure(harness, engine, Backend::Gpu, &mut measurements)?;
            measurements.gpu_downloads.insert(engine, sizes);
        }
    }
    Ok(measurements)
}

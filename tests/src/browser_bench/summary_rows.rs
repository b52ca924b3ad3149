//! The rows of the summary table: a metric, each engine's cost, and the goal.

use super::download_size::total;
use super::engine::{Backend, Engine, MODELS};
use super::goal::{Costs, Goal};
use super::inference_time::BATCH_SIZE;
use super::measurements::{Measurements, Metric};
use super::page_runs::{FILES, IMAGES};
use super::statistics;

/// The unit in which a row's costs are shown.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Milliseconds.
    Time,
    /// Milliseconds of a batch, shown as images per second.
    Speed,
    /// Bytes.
    Size,
    /// A multiple.
    Factor,
}

impl Unit {
    pub fn show(self, cost: f64) -> String {
        match self {
            Self::Time => statistics::time(cost),
            Self::Speed => format!(
                "{}/s",
                statistics::short(f64::from(BATCH_SIZE) * 1000.0 / cost)
            ),
            Self::Size => statistics::size(cost as u64),
            Self::Factor => format!("{} x", statistics::short(cost)),
        }
    }

    /// A goal, which is a round number.
    pub fn limit(self, cost: f64) -> String {
        let (small, large, scale) = match self {
            Self::Time | Self::Speed => ("ms", "s", 1e3),
            Self::Size => ("KB", "MB", 1e6),
            Self::Factor => return format!("{} x", statistics::ratio(cost)),
        };
        if cost >= scale {
            format!("{} {large}", statistics::ratio(cost / scale))
        } else {
            format!("{} {small}", statistics::ratio(cost / (scale / 1e3)))
        }
    }
}

pub struct Row {
    pub what: String,
    pub unit: Unit,
    pub costs: Costs,
    pub goal: Goal,
}

/// All rows for which Haberdash was measured.
pub fn rows(measurements: &Measurements) -> Vec<Row> {
    use Goal::{AtMost, Times, TimesBetter};
    let onnx = |least, aim| Times(Engine::Onnx, least, aim);
    let mut metrics = vec![(
        "navigation to the first prediction, nothing cached".into(),
        Metric::FirstPrediction,
        onnx(3.0, 6.0),
    )];
    metrics.push((
        "the same at 10 Mbit/s, 40 ms, page thread 4 x slower".into(),
        Metric::SlowFirstPrediction,
        TimesBetter(2.0, 4.0),
    ));
    metrics.push((
        "first contentful paint there".into(),
        Metric::SlowFirstPaint,
        AtMost(600.0, 400.0),
    ));
    for model in MODELS {
        let what = format!("{}, one image, CPU", model.title());
        metrics.push((
            what,
            Metric::SingleImage(Backend::Cpu, model),
            onnx(1.0 / 0.6, 4.0),
        ));
    }
    for model in MODELS {
        let what = format!("{}, batches of {BATCH_SIZE}, CPU", model.title());
        metrics.push((
            what,
            Metric::Batch(Backend::Cpu, model),
            TimesBetter(1.3, 3.0),
        ));
    }
    metrics.push((
        "seven predictions on one image, CPU".into(),
        Metric::AllModels,
        AtMost(20.0, 8.0),
    ));
    let test_set = "the 10,000 test images through the CNN, CPU";
    metrics.push((test_set.into(), Metric::TestSet, AtMost(4000.0, 1500.0)));
    let test_set = "the 10,000 test images through all seven models, the page, all cores";
    metrics.push((test_set.into(), Metric::PageTestSet, AtMost(12e3, 6e3)));
    let file = format!("one of {FILES} small files chosen at once");
    metrics.push((file, Metric::File, AtMost(8.0, 3.0)));
    let longest = "longest task on the UI thread meanwhile";
    metrics.push((
        longest.into(),
        Metric::LongestTaskOfFiles,
        AtMost(50.0, 16.0),
    ));
    let memory = format!(
        "memory after {} images, against after {}",
        IMAGES[1], IMAGES[0]
    );
    metrics.push((memory, Metric::MemoryGrowth, AtMost(1.1, 1.0)));
    for model in MODELS {
        let what = format!("{}, one image, WebGPU", model.title());
        metrics.push((
            what,
            Metric::SingleImage(Backend::Gpu, model),
            onnx(1.0, 2.0),
        ));
    }
    for model in MODELS {
        let what = format!("{}, batches of {BATCH_SIZE}, WebGPU", model.title());
        metrics.push((what, Metric::Batch(Backend::Gpu, model), onnx(3.0, 5.0)));
    }
    let longest = "longest task on the UI thread, loading and answering";
    metrics.push((longest.into(), Metric::LongestTask, AtMost(50.0, 16.0)));

    let size_row = |what: &str, size: &dyn Fn(Engine) -> Option<u64>, goal| {
        let cost = |engine| size(engine).map(|bytes| bytes as f64);
        row(what.into(), Unit::Size, cost, goal)
    };
    let download = size_row(
        "download to the first prediction, gzipped",
        &|engine| Some(total(measurements.downloads.get(&engine)?)),
        AtMost(900e3, 450e3),
    );
    let gpu = size_row(
        "code of the GPU engine, gzipped",
        &|engine| gpu_code_size(measurements, engine),
        AtMost(2.2e6, 1.2e6),
    );
    let times = metrics.into_iter().filter_map(|(what, metric, goal)| {
        let unit = match metric {
            Metric::Batch(..) => Unit::Speed,
            Metric::MemoryGrowth => Unit::Factor,
            _ => Unit::Time,
        };
        row(
            what,
            unit,
            |engine| measurements.median(metric, engine),
            goal,
        )
    });
    download.into_iter().chain(times).chain(gpu).collect()
}

fn row(what: String, unit: Unit, cost: impl Fn(Engine) -> Option<f64>, goal: Goal) -> Option<Row> {
    let costs = Costs {
        haberdash: cost(Engine::Haberdash)?,
        onnx: cost(Engine::Onnx),
        tensor_flow: cost(Engine::TensorFlow),
    };
    Some(Row {
        what,
        unit,
        costs,
        goal,
    })
}

/// The size of the code for WebGPU: downloads without the page and the weights.
fn gpu_code_size(measurements: &Measurements, engine: Engine) -> Option<u64> {
    let sizes = measurements.gpu_downloads.get(&engine)?;
    let code = sizes
        .iter()
        .filter(|(kind, _)| kind.starts_with("library") || **kind == "GPU engine");
    Some(code.map(|(_, bytes)| bytes).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_round_and_speeds_are_of_pictures() {
        assert_eq!(Unit::Time.limit(16.0), "16 ms");
        assert_eq!(Unit::Time.limit(1500.0), "1.5 s");
        assert_eq!(Unit::Size.limit(900e3), "900 KB");
        assert_eq!(Unit::Size.limit(2.2e6), "2.2 MB");
        assert_eq!(Unit::Speed.show(128.0), "2,000/s");
        assert_eq!(Unit::Factor.limit(1.1), "1.1 x");
        assert_eq!(Unit::Factor.show(1.0456), "1.05 x");
    }
}

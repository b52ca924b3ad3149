//! The rows of the summary: what is measured, who takes how much, and what is to be reached.

use super::compute::BATCH;
use super::goal::{Costs, Goal};
use super::record::{Measure, Record};
use super::weight::sum;
use super::{Backend, Engine, MODELS, figures};

/// How a row's numbers are told.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Milliseconds.
    Time,
    /// Milliseconds of a batch, told as pictures a second.
    Speed,
    /// Bytes.
    Size,
}

impl Unit {
    pub fn show(self, cost: f64) -> String {
        match self {
            Self::Time => figures::time(cost),
            Self::Speed => format!("{}/s", figures::short(f64::from(BATCH) * 1000.0 / cost)),
            Self::Size => figures::size(cost as u64),
        }
    }

    /// A round number that is to be reached.
    pub fn limit(self, cost: f64) -> String {
        let (small, large, scale) = match self {
            Self::Time | Self::Speed => ("ms", "s", 1e3),
            Self::Size => ("KB", "MB", 1e6),
        };
        match cost {
            c if c >= scale => format!("{} {large}", figures::times(c / scale)),
            c => format!("{} {small}", figures::times(c / (scale / 1e3))),
        }
    }
}

pub struct Row {
    pub what: String,
    pub unit: Unit,
    pub costs: Costs,
    pub goal: Goal,
}

/// All rows of which something was measured.
pub fn rows(record: &Record) -> Vec<Row> {
    use Goal::{AtMost, Times, TimesBetter};
    let onnx = |least, aim| Times(Engine::Onnx, least, aim);
    let mut measures = vec![(
        "navigation to the first verdict, nothing cached".into(),
        Measure::FirstVerdict,
        onnx(3.0, 6.0),
    )];
    for model in MODELS {
        let what = format!("{}, one picture, CPU", model.title());
        measures.push((
            what,
            Measure::One(Backend::Cpu, model),
            onnx(1.0 / 0.6, 4.0),
        ));
    }
    for model in MODELS {
        let what = format!("{}, batches of {BATCH}, CPU", model.title());
        measures.push((
            what,
            Measure::Batch(Backend::Cpu, model),
            TimesBetter(1.3, 3.0),
        ));
    }
    measures.push((
        "seven verdicts on one picture, CPU".into(),
        Measure::Seven,
        AtMost(20.0, 8.0),
    ));
    let test_set = "the 10,000 test pictures through the CNN, CPU";
    measures.push((test_set.into(), Measure::TestSet, AtMost(4000.0, 1500.0)));
    for model in MODELS {
        let what = format!("{}, one picture, WebGPU", model.title());
        measures.push((what, Measure::One(Backend::Gpu, model), onnx(1.0, 2.0)));
    }
    for model in MODELS {
        let what = format!("{}, batches of {BATCH}, WebGPU", model.title());
        measures.push((what, Measure::Batch(Backend::Gpu, model), onnx(3.0, 5.0)));
    }
    let longest = "longest task on the UI thread, loading and answering";
    measures.push((longest.into(), Measure::LongestTask, AtMost(50.0, 16.0)));

    let size = |what: &str, of: &dyn Fn(Engine) -> Option<u64>, goal| {
        let cost = |engine| of(engine).map(|bytes| bytes as f64);
        row(what.into(), Unit::Size, cost, goal)
    };
    let download = size(
        "download to the first verdict, gzipped",
        &|engine| Some(sum(record.downloads.get(&engine)?)),
        AtMost(900e3, 450e3),
    );
    let gpu = size(
        "code of the GPU engine, gzipped",
        &|engine| gpu_code(record, engine),
        AtMost(2.2e6, 1.2e6),
    );
    let times = measures.into_iter().filter_map(|(what, measure, goal)| {
        let unit = match measure {
            Measure::Batch(..) => Unit::Speed,
            _ => Unit::Time,
        };
        row(what, unit, |engine| record.median(measure, engine), goal)
    });
    download.into_iter().chain(times).chain(gpu).collect()
}

fn row(what: String, unit: Unit, cost: impl Fn(Engine) -> Option<f64>, goal: Goal) -> Option<Row> {
    let costs = Costs {
        ours: cost(Engine::Ours)?,
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

/// Of what was downloaded for WebGPU, what is neither page nor weights.
fn gpu_code(record: &Record, engine: Engine) -> Option<u64> {
    let parts = record.gpu_downloads.get(&engine)?;
    let code = parts
        .iter()
        .filter(|(part, _)| part.starts_with("library") || **part == "GPU engine");
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
    }
}

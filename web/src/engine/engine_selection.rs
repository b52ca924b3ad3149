//! The choice of the engine that answers, and its reason: from the visitor's choice, the GPU engine's state, and the measured speeds.

use plot::format::{milliseconds, thousands};
use protocol::TOLERANCE;
use shared::ModelId;

use super::error::{CpuError, GpuError, GpuUnavailable};

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Cpu,
    WebGpu,
}

impl Engine {
    /// The name in `data-*` attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::WebGpu => "webgpu",
        }
    }

    /// The name on the page.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::WebGpu => "WebGPU",
        }
    }

    /// The name within a sentence.
    const fn subject(self) -> &'static str {
        match self {
            Self::Cpu => "the CPU",
            Self::WebGpu => "WebGPU",
        }
    }
}

/// The visitor's choice of an engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// The faster engine.
    #[default]
    Auto,
    Cpu,
    WebGpu,
}

impl EngineChoice {
    /// All choices, in the order of the menu.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Cpu, Self::WebGpu];

    /// The name in `data-*` attributes.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::WebGpu => "webgpu",
        }
    }

    /// The name on the page.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Auto => "Automatic",
            Self::Cpu => "CPU",
            Self::WebGpu => "WebGPU",
        }
    }

    /// The choice with this [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }
}

/// The state of the GPU engine.
#[derive(Clone, Debug, PartialEq)]
pub enum GpuState {
    /// It cannot run in this browser.
    Absent(GpuUnavailable),
    Loading,
    Testing,
    /// It passed its self-test.
    Ready {
        /// The largest difference between its probabilities and the reference's.
        difference: f32,
        /// Its time for one image by all networks.
        micros: u32,
    },
    /// It must not be used.
    Failed(GpuError),
}

impl GpuState {
    /// The result of a self-test. A difference that is not a number fails.
    pub fn from_self_test(difference: f32, micros: u32) -> Self {
        if difference <= TOLERANCE {
            Self::Ready { difference, micros }
        } else {
            Self::Failed(GpuError::Disagreement(difference))
        }
    }

    /// The name in `data-*` attributes.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Absent(_) => "absent",
            Self::Loading => "loading",
            Self::Testing => "testing",
            Self::Ready { .. } => "ready",
            Self::Failed(_) => "failed",
        }
    }
}

/// An engine's measured speed with a network.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    pub engine: Engine,
    pub model: ModelId,
    /// Microseconds for an image alone.
    pub single: f64,
    /// Images per second in batches.
    pub many: f64,
}

/// The state of both engines.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineStatus {
    pub choice: EngineChoice,
    pub gpu: GpuState,
    /// The CPU engine's time for one image by all networks, measured with the images of the GPU engine's self-test.
    pub cpu_micros: Option<u32>,
    /// The last error of the CPU engine.
    pub cpu_error: Option<CpuError>,
    pub speeds: Vec<Speed>,
}

impl EngineStatus {
    /// Nothing measured and nothing chosen.
    pub fn new(gpu: GpuState) -> Self {
        Self {
            choice: EngineChoice::default(),
            gpu,
            cpu_micros: None,
            cpu_error: None,
            speeds: Vec::new(),
        }
    }

    pub fn is_gpu_ready(&self) -> bool {
        matches!(self.gpu, GpuState::Ready { .. })
    }

    /// The engine that answers single images now.
    pub fn active_engine(&self) -> Engine {
        let is_faster = |micros: u32| self.cpu_micros.is_some_and(|cpu| micros < cpu);
        match (self.choice, &self.gpu) {
            (EngineChoice::WebGpu, GpuState::Ready { .. }) => Engine::WebGpu,
            (EngineChoice::Auto, GpuState::Ready { micros, .. }) if is_faster(*micros) => {
                Engine::WebGpu
            }
            _ => Engine::Cpu,
        }
    }

    /// Why that engine answers, in one or two sentences.
    pub fn reason(&self) -> String {
        let is_wanted = self.choice == EngineChoice::WebGpu;
        match &self.gpu {
            GpuState::Absent(error) if is_wanted => {
                format!("WebGPU was chosen, but {error}: the CPU is used.")
            }
            GpuState::Absent(error) => format!("The CPU is used: {error}."),
            GpuState::Failed(error) => {
                format!("WebGPU is not used: {error}. The CPU is used instead.")
            }
            GpuState::Loading => {
                "WebGPU is being loaded in the background; until then the CPU is used.".into()
            }
            GpuState::Testing => {
                "WebGPU is being compared with the reference; until then the CPU is used.".into()
            }
            GpuState::Ready { difference, micros } => {
                let passed = format!(
                    "WebGPU passed its self-test ({})",
                    difference_text(*difference)
                );
                match (self.choice, self.cpu_micros) {
                    (EngineChoice::Auto, Some(cpu)) => format!(
                        "{passed}. The networks took {} there and {} on the CPU, so {} is used for them.",
                        milliseconds(*micros),
                        milliseconds(cpu),
                        self.active_engine().subject()
                    ),
                    (EngineChoice::Auto, None) => {
                        format!(
                            "{passed}; the CPU was not timed, so {} is used.",
                            self.active_engine().subject()
                        )
                    }
                    (EngineChoice::Cpu, _) => {
                        format!("The CPU was chosen; {passed} and is ready.")
                    }
                    (EngineChoice::WebGpu, _) => {
                        format!("{passed} and is used, as you chose.")
                    }
                }
            }
        }
    }

    /// Adds a measurement, in place of an earlier one of the same engine and model.
    pub fn record_speed(&mut self, speed: Speed) {
        self.speeds
            .retain(|s| (s.engine, s.model) != (speed.engine, speed.model));
        self.speeds.push(speed);
    }

    /// An engine's measured speed with a model.
    pub fn speed(&self, engine: Engine, model: ModelId) -> Option<Speed> {
        let found = |s: &&Speed| (s.engine, s.model) == (engine, model);
        self.speeds.iter().find(found).copied()
    }

    /// Images per second on the CPU and on WebGPU; `None` unless both were measured.
    fn rates(&self, model: ModelId) -> Option<(f64, f64)> {
        let rate = |engine| self.speed(engine, model).map(|s| s.many);
        rate(Engine::Cpu).zip(rate(Engine::WebGpu))
    }

    /// Whether no measurement is needed to choose the engine for batches.
    pub fn is_measured(&self, model: ModelId) -> bool {
        !self.is_gpu_ready() || self.choice != EngineChoice::Auto || self.rates(model).is_some()
    }

    /// The engine that answers batches: the one that was measured to be faster, unless the visitor chose one.
    pub fn batch_engine(&self, model: ModelId) -> Engine {
        let is_faster = || self.rates(model).is_some_and(|(cpu, gpu)| gpu > cpu);
        let is_ready = model.is_deep() && self.is_gpu_ready();
        match self.choice {
            EngineChoice::WebGpu if is_ready => Engine::WebGpu,
            EngineChoice::Auto if is_ready && is_faster() => Engine::WebGpu,
            _ => Engine::Cpu,
        }
    }

    /// Why that engine answers batches, in a sentence.
    pub fn batch_reason(&self, model: ModelId) -> String {
        let because = match (&self.gpu, self.choice, self.rates(model)) {
            _ if !model.is_deep() => "which is the only one with the classical models".to_string(),
            (GpuState::Absent(_) | GpuState::Failed(_), ..) => {
                "the only engine available".to_string()
            }
            (GpuState::Loading | GpuState::Testing, ..) => "while WebGPU is not ready".to_string(),
            (GpuState::Ready { .. }, EngineChoice::Auto, Some((cpu, gpu))) => format!(
                "as measured: the CPU classifies {} images a second, WebGPU {}",
                format_rate(cpu),
                format_rate(gpu)
            ),
            (GpuState::Ready { .. }, EngineChoice::Auto, None) => {
                "as long as not both are measured".into()
            }
            (GpuState::Ready { .. }, ..) => "as you chose".to_string(),
        };
        let engine = self.batch_engine(model).subject();
        format!("Many images at once go to {engine}, {because}.")
    }
}

/// Images per second, rounded.
pub fn format_rate(rate: f64) -> String {
    thousands(rate.round() as u64)
}

/// The largest difference between two probabilities, as the self-test measured it.
fn difference_text(difference: f32) -> String {
    if difference < 1e-6 {
        "no difference above 0.000001".into()
    } else {
        format!("largest difference {difference:.6}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [(Engine, f64); 2] = [(Engine::Cpu, 3000.0), (Engine::WebGpu, 5000.0)];

    fn status(choice: EngineChoice, gpu: GpuState, cpu_micros: Option<u32>) -> EngineStatus {
        EngineStatus {
            choice,
            cpu_micros,
            ..EngineStatus::new(gpu)
        }
    }

    fn measured(choice: EngineChoice, gpu: GpuState, rates: &[(Engine, f64)]) -> EngineStatus {
        let mut status = status(choice, gpu, None);
        for &(engine, many) in rates {
            status.record_speed(Speed {
                engine,
                model: ModelId::Cnn,
                single: 1.0,
                many,
            });
        }
        status
    }

    fn ready(micros: u32) -> GpuState {
        GpuState::from_self_test(1e-6, micros)
    }

    #[test]
    fn a_difference_has_six_decimals() {
        assert_eq!(difference_text(2e-7), "no difference above 0.000001");
        assert_eq!(difference_text(0.000_123), "largest difference 0.000123");
    }

    #[test]
    fn automatic_uses_the_faster_engine_and_gives_the_times() {
        let slow = status(EngineChoice::Auto, ready(120_000), Some(900));
        assert_eq!(slow.active_engine(), Engine::Cpu);
        assert!(slow.reason().contains("120 ms") && slow.reason().contains("0.9 ms"));
        assert!(slow.reason().ends_with("the CPU is used for them."));
        let fast = status(EngineChoice::Auto, ready(300), Some(900));
        assert_eq!(fast.active_engine(), Engine::WebGpu);
        assert!(fast.reason().ends_with("WebGPU is used for them."));
    }

    #[test]
    fn a_choice_is_used_if_that_engine_is_ready() {
        let chosen = status(EngineChoice::WebGpu, ready(120_000), Some(1));
        assert_eq!(chosen.active_engine(), Engine::WebGpu);
        let chosen = status(EngineChoice::Cpu, ready(120_000), Some(1));
        assert_eq!(chosen.active_engine(), Engine::Cpu);
        for gpu in [
            GpuState::Loading,
            GpuState::Testing,
            GpuState::Absent(GpuUnavailable::NoWebGpu),
            GpuState::Failed(GpuError::Timeout),
        ] {
            let status = status(EngineChoice::WebGpu, gpu, Some(1));
            assert_eq!(status.active_engine(), Engine::Cpu);
            assert!(status.reason().contains("CPU"), "{}", status.reason());
        }
    }

    #[test]
    fn a_large_difference_and_nan_fail_the_self_test() {
        assert_eq!(GpuState::from_self_test(9e-4, 1).name(), "ready");
        assert_eq!(GpuState::from_self_test(2e-3, 1).name(), "failed");
        assert_eq!(GpuState::from_self_test(f32::NAN, 1).name(), "failed");
        assert_eq!(GpuState::from_self_test(f32::INFINITY, 1).name(), "failed");
    }

    #[test]
    fn the_faster_engine_answers_batches() {
        let fast = measured(EngineChoice::Auto, ready(9000), &BOTH);
        assert_eq!(fast.batch_engine(ModelId::Cnn), Engine::WebGpu);
        let reason = fast.batch_reason(ModelId::Cnn);
        assert!(reason.contains("3,000") && reason.contains("5,000"));
        // Measured again, and slower now.
        let slow = (Engine::WebGpu, 2000.0);
        let slow = measured(EngineChoice::Auto, ready(9000), &[BOTH[0], BOTH[1], slow]);
        assert_eq!(slow.speeds.len(), 2);
        assert_eq!(slow.batch_engine(ModelId::Cnn), Engine::Cpu);
        // A measurement counts for one network only, and both engines have to be measured.
        assert_eq!(fast.batch_engine(ModelId::Resnet), Engine::Cpu);
        let one = measured(EngineChoice::Auto, ready(9000), &BOTH[1..]);
        assert_eq!(one.batch_engine(ModelId::Cnn), Engine::Cpu);
    }

    #[test]
    fn the_gpu_engine_answers_no_batches_before_it_is_ready() {
        for gpu in [
            GpuState::Loading,
            GpuState::Testing,
            GpuState::Failed(GpuError::Timeout),
        ] {
            for choice in EngineChoice::ALL {
                let status = measured(choice, gpu.clone(), &BOTH);
                assert_eq!(status.batch_engine(ModelId::Cnn), Engine::Cpu);
                assert!(status.batch_reason(ModelId::Cnn).contains("the CPU, "));
            }
        }
    }

    #[test]
    fn a_choice_is_used_for_batches() {
        let cpu = measured(EngineChoice::Cpu, ready(9000), &BOTH);
        assert_eq!(cpu.batch_engine(ModelId::Cnn), Engine::Cpu);
        let gpu = measured(EngineChoice::WebGpu, ready(9000), &[]);
        assert_eq!(gpu.batch_engine(ModelId::Cnn), Engine::WebGpu);
        assert_eq!(gpu.batch_engine(ModelId::Knn), Engine::Cpu);
        assert!(gpu.batch_reason(ModelId::Cnn).contains("as you chose"));
    }
}

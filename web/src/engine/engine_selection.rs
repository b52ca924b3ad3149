//! Which engine answers, and why not the other.

use super::speeds::Speed;
use plot::format::milliseconds;
use protocol::TOLERANCE;

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Cpu,
    WebGpu,
}

impl Engine {
    /// The name in the page's hooks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::WebGpu => "webgpu",
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::WebGpu => "WebGPU",
        }
    }
}

/// What the visitor wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// The faster one of those that passed.
    #[default]
    Auto,
    Cpu,
    WebGpu,
}

impl EngineChoice {
    /// All choices, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Cpu, Self::WebGpu];

    /// The name in the page's hooks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Cpu => "cpu",
            Self::WebGpu => "webgpu",
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Auto => "Automatic",
            Self::Cpu => "CPU",
            Self::WebGpu => "WebGPU",
        }
    }

    /// The choice of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }
}

/// How far the GPU engine has come.
#[derive(Clone, Debug, PartialEq)]
pub enum GpuState {
    /// It cannot run here: why, as the end of a sentence.
    Absent(String),
    Loading,
    Testing,
    /// It passed: its largest difference from the reference, and its time for one picture by all models.
    Ready {
        difference: f32,
        micros: u32,
    },
    /// It ran and must not be used: why, as the end of a sentence.
    Failed(String),
}

impl GpuState {
    /// The verdict on a self-test.
    pub fn tested(difference: f32, micros: u32) -> Self {
        if difference <= TOLERANCE {
            Self::Ready { difference, micros }
        } else {
            Self::Failed(format!(
                "its probabilities differ from the reference by up to {difference:.1e}, more than {TOLERANCE:.0e}"
            ))
        }
    }

    /// The name in the page's hooks.
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

/// The engines' state, as the page tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineStatus {
    pub choice: EngineChoice,
    pub gpu: GpuState,
    /// The CPU's time for one picture by all models, from the same picture that timed the GPU.
    pub cpu_micros: Option<u32>,
    /// What befell the CPU engine, as a sentence.
    pub cpu_error: Option<String>,
    /// What the engines were measured to take.
    pub speeds: Vec<Speed>,
}

impl EngineStatus {
    /// The engine that answers now.
    pub fn active_engine(&self) -> Engine {
        let faster = |micros: u32| self.cpu_micros.is_some_and(|cpu| micros < cpu);
        match (self.choice, &self.gpu) {
            (EngineChoice::WebGpu, GpuState::Ready { .. }) => Engine::WebGpu,
            (EngineChoice::Auto, GpuState::Ready { micros, .. }) if faster(*micros) => {
                Engine::WebGpu
            }
            _ => Engine::Cpu,
        }
    }

    /// Why this engine and not the other, in a sentence or two.
    pub fn reason(&self) -> String {
        let wanted = self.choice == EngineChoice::WebGpu;
        match &self.gpu {
            GpuState::Absent(why) if wanted => {
                format!("WebGPU was chosen, but {why}: the CPU answers.")
            }
            GpuState::Absent(why) => format!("The CPU answers: {why}."),
            GpuState::Failed(why) => format!("WebGPU is not used: {why}. The CPU goes on."),
            GpuState::Loading => {
                "WebGPU is being loaded in the background; until then the CPU answers.".into()
            }
            GpuState::Testing => {
                "WebGPU is being compared with the reference; until then the CPU answers.".into()
            }
            GpuState::Ready { difference, micros } => {
                let passed = format!(
                    "WebGPU passed its self-test ({})",
                    difference_text(*difference)
                );
                let gpu = milliseconds(*micros);
                match (self.choice, self.cpu_micros) {
                    (EngineChoice::Auto, Some(cpu)) => format!(
                        "{passed}. The networks took {gpu} there and {} on the CPU, so {} answers for them.",
                        milliseconds(cpu),
                        match self.active_engine() {
                            Engine::Cpu => "the CPU",
                            Engine::WebGpu => "WebGPU",
                        }
                    ),
                    (EngineChoice::Auto, None) => {
                        format!("{passed}; the CPU was not timed, so it answers.")
                    }
                    (EngineChoice::Cpu, _) => format!("The CPU was chosen; {passed} and is ready."),
                    (EngineChoice::WebGpu, _) => format!("{passed} and answers, as was chosen."),
                }
            }
        }
    }
}

/// The largest difference of two probabilities, as the self-test measured it.
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

    #[test]
    fn a_difference_has_six_decimals() {
        assert_eq!(difference_text(2e-7), "no difference above 0.000001");
        assert_eq!(difference_text(0.000_123), "largest difference 0.000123");
    }

    fn report(choice: EngineChoice, gpu: GpuState, cpu_micros: Option<u32>) -> EngineStatus {
        EngineStatus {
            choice,
            gpu,
            cpu_micros,
            cpu_error: None,
            speeds: Vec::new(),
        }
    }

    #[test]
    fn automatic_takes_the_faster_engine_and_says_so() {
        let slow = report(
            EngineChoice::Auto,
            GpuState::tested(1e-6, 120_000),
            Some(900),
        );
        assert_eq!(slow.active_engine(), Engine::Cpu);
        assert!(slow.reason().contains("120 ms") && slow.reason().contains("0.9 ms"));
        assert!(slow.reason().ends_with("the CPU answers for them."));
        let fast = report(EngineChoice::Auto, GpuState::tested(1e-6, 300), Some(900));
        assert_eq!(fast.active_engine(), Engine::WebGpu);
        assert!(fast.reason().ends_with("WebGPU answers for them."));
    }

    #[test]
    fn a_choice_is_followed_where_it_can_be() {
        let ready = GpuState::tested(1e-6, 120_000);
        assert_eq!(
            report(EngineChoice::WebGpu, ready.clone(), Some(1)).active_engine(),
            Engine::WebGpu
        );
        assert_eq!(
            report(EngineChoice::Cpu, ready, Some(1)).active_engine(),
            Engine::Cpu
        );
        for gpu in [
            GpuState::Loading,
            GpuState::Testing,
            GpuState::Absent("this browser has no WebGPU".into()),
            GpuState::Failed("its device was lost".into()),
        ] {
            let report = report(EngineChoice::WebGpu, gpu, Some(1));
            assert_eq!(report.active_engine(), Engine::Cpu);
            assert!(report.reason().contains("CPU"), "{}", report.reason());
        }
    }

    #[test]
    fn disagreement_and_nonsense_fail_the_self_test() {
        assert_eq!(GpuState::tested(9e-4, 1).name(), "ready");
        assert_eq!(GpuState::tested(2e-3, 1).name(), "failed");
        assert_eq!(GpuState::tested(f32::NAN, 1).name(), "failed");
        assert_eq!(GpuState::tested(f32::INFINITY, 1).name(), "failed");
    }
}

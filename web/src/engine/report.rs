//! Which engine answers, and why not the other.

use plot::format::milliseconds;
use protocol::TOLERANCE;

use super::speeds::Speed;

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
pub enum Choice {
    /// The faster one of those that passed.
    #[default]
    Auto,
    Cpu,
    WebGpu,
}

impl Choice {
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
pub enum Gpu {
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

impl Gpu {
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
pub struct Report {
    pub choice: Choice,
    pub gpu: Gpu,
    /// The CPU's time for one picture by all models, from the same picture that timed the GPU.
    pub cpu_micros: Option<u32>,
    /// What befell the CPU engine, as a sentence.
    pub mishap: Option<String>,
    /// What the engines were measured to take.
    pub speeds: Vec<Speed>,
}

impl Report {
    /// The engine that answers now.
    pub fn active(&self) -> Engine {
        let faster = |micros: u32| self.cpu_micros.is_some_and(|cpu| micros < cpu);
        match (self.choice, &self.gpu) {
            (Choice::WebGpu, Gpu::Ready { .. }) => Engine::WebGpu,
            (Choice::Auto, Gpu::Ready { micros, .. }) if faster(*micros) => Engine::WebGpu,
            _ => Engine::Cpu,
        }
    }

    /// Why this engine and not the other, in a sentence or two.
    pub fn reason(&self) -> String {
        let wanted = self.choice == Choice::WebGpu;
        match &self.gpu {
            Gpu::Absent(why) if wanted => format!("WebGPU was chosen, but {why}: the CPU answers."),
            Gpu::Absent(why) => format!("The CPU answers: {why}."),
            Gpu::Failed(why) => format!("WebGPU is not used: {why}. The CPU goes on."),
            Gpu::Loading => {
                "WebGPU is being loaded in the background; until then the CPU answers.".into()
            }
            Gpu::Testing => {
                "WebGPU is being compared with the reference; until then the CPU answers.".into()
            }
            Gpu::Ready { difference, micros } => {
                let passed = format!(
                    "WebGPU passed its self-test ({})",
                    difference_text(*difference)
                );
                let gpu = milliseconds(*micros);
                match (self.choice, self.cpu_micros) {
                    (Choice::Auto, Some(cpu)) => format!(
                        "{passed}. The networks took {gpu} there and {} on the CPU, so {} answers for them.",
                        milliseconds(cpu),
                        match self.active() {
                            Engine::Cpu => "the CPU",
                            Engine::WebGpu => "WebGPU",
                        }
                    ),
                    (Choice::Auto, None) => {
                        format!("{passed}; the CPU was not timed, so it answers.")
                    }
                    (Choice::Cpu, _) => format!("The CPU was chosen; {passed} and is ready."),
                    (Choice::WebGpu, _) => format!("{passed} and answers, as was chosen."),
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

    fn report(choice: Choice, gpu: Gpu, cpu_micros: Option<u32>) -> Report {
        Report {
            choice,
            gpu,
            cpu_micros,
            mishap: None,
            speeds: Vec::new(),
        }
    }

    #[test]
    fn automatic_takes_the_faster_engine_and_says_so() {
        let slow = report(Choice::Auto, Gpu::tested(1e-6, 120_000), Some(900));
        assert_eq!(slow.active(), Engine::Cpu);
        assert!(slow.reason().contains("120 ms") && slow.reason().contains("0.9 ms"));
        assert!(slow.reason().ends_with("the CPU answers for them."));
        let fast = report(Choice::Auto, Gpu::tested(1e-6, 300), Some(900));
        assert_eq!(fast.active(), Engine::WebGpu);
        assert!(fast.reason().ends_with("WebGPU answers for them."));
    }

    #[test]
    fn a_choice_is_followed_where_it_can_be() {
        let ready = Gpu::tested(1e-6, 120_000);
        assert_eq!(
            report(Choice::WebGpu, ready.clone(), Some(1)).active(),
            Engine::WebGpu
        );
        assert_eq!(report(Choice::Cpu, ready, Some(1)).active(), Engine::Cpu);
        for gpu in [
            Gpu::Loading,
            Gpu::Testing,
            Gpu::Absent("this browser has no WebGPU".into()),
            Gpu::Failed("its device was lost".into()),
        ] {
            let report = report(Choice::WebGpu, gpu, Some(1));
            assert_eq!(report.active(), Engine::Cpu);
            assert!(report.reason().contains("CPU"), "{}", report.reason());
        }
    }

    #[test]
    fn disagreement_and_nonsense_fail_the_self_test() {
        assert_eq!(Gpu::tested(9e-4, 1).name(), "ready");
        assert_eq!(Gpu::tested(2e-3, 1).name(), "failed");
        assert_eq!(Gpu::tested(f32::NAN, 1).name(), "failed");
        assert_eq!(Gpu::tested(f32::INFINITY, 1).name(), "failed");
    }
}

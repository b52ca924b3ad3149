//! What the engines were measured to take, and which of them is given many pictures at once.

use plot::format::thousands;
use shared::ModelId;

use super::engine_selection::{Engine, EngineChoice, EngineStatus, GpuState};

/// What an engine was measured to take of a model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed {
    pub engine: Engine,
    pub model: ModelId,
    /// A picture by itself, in microseconds.
    pub single: f64,
    /// Pictures a second, many at once.
    pub many: f64,
}

impl EngineStatus {
    /// Takes a measurement in place of an earlier one.
    pub fn record_speed(&mut self, speed: Speed) {
        self.speeds
            .retain(|s| (s.engine, s.model) != (speed.engine, speed.model));
        self.speeds.push(speed);
    }

    /// What an engine was measured to take.
    pub fn speed(&self, engine: Engine, model: ModelId) -> Option<Speed> {
        let found = |s: &&Speed| (s.engine, s.model) == (engine, model);
        self.speeds.iter().find(found).copied()
    }

    /// Pictures a second on both engines, where both were measured: the CPU's and WebGPU's.
    fn rates(&self, model: ModelId) -> Option<(f64, f64)> {
        let rate = |engine| self.speed(engine, model).map(|s| s.many);
        rate(Engine::Cpu).zip(rate(Engine::WebGpu))
    }

    /// Whether it is known which engine is the faster one, or there is but one.
    pub fn is_measured(&self, model: ModelId) -> bool {
        let alone = !matches!(self.gpu, GpuState::Ready { .. });
        alone || self.choice != EngineChoice::Auto || self.rates(model).is_some()
    }

    /// The engine that many pictures at once go to: the one that was measured to be faster, unless the visitor chose.
    pub fn batch_engine(&self, model: ModelId) -> Engine {
        let faster = || self.rates(model).is_some_and(|(cpu, gpu)| gpu > cpu);
        let ready = model.is_deep() && matches!(self.gpu, GpuState::Ready { .. });
        match self.choice {
            EngineChoice::WebGpu if ready => Engine::WebGpu,
            EngineChoice::Auto if ready && faster() => Engine::WebGpu,
            _ => Engine::Cpu,
        }
    }

    /// Why that one, in a sentence.
    pub fn batch_reason(&self, model: ModelId) -> String {
        let title = self.batch_engine(model).title();
        let because = match (&self.gpu, self.choice, self.rates(model)) {
            _ if !model.is_deep() => "which alone has the classical models".to_string(),
            (GpuState::Absent(_) | GpuState::Failed(_), ..) => "the only engine here".to_string(),
            (GpuState::Loading | GpuState::Testing, ..) => "while WebGPU is not ready".to_string(),
            (GpuState::Ready { .. }, EngineChoice::Auto, Some((cpu, gpu))) => format!(
                "as measured: the CPU answers {} pictures a second, WebGPU {}",
                format_rate(cpu),
                format_rate(gpu)
            ),
            (GpuState::Ready { .. }, EngineChoice::Auto, None) => {
                "as long as not both are measured".into()
            }
            (GpuState::Ready { .. }, ..) => "as was chosen".to_string(),
        };
        format!(
            "Many pictures at once go to {}, {because}.",
            match title {
                "CPU" => "the CPU",
                other => other,
            }
        )
    }
}

/// Pictures a second, for people.
pub fn format_rate(rate: f64) -> String {
    thousands(rate.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(choice: EngineChoice, gpu: GpuState, rates: &[(Engine, f64)]) -> EngineStatus {
        let mut report = EngineStatus {
            choice,
            gpu,
            cpu_micros: None,
            cpu_error: None,
            speeds: Vec::new(),
        };
        for &(engine, many) in rates {
            report.record_speed(Speed {
                engine,
                model: ModelId::Cnn,
                single: 1.0,
                many,
            });
        }
        report
    }

    const BOTH: [(Engine, f64); 2] = [(Engine::Cpu, 3000.0), (Engine::WebGpu, 5000.0)];

    #[test]
    fn the_faster_engine_is_given_many_pictures() {
        let ready = || GpuState::tested(1e-6, 9000);
        let fast = report(EngineChoice::Auto, ready(), &BOTH);
        assert_eq!(fast.batch_engine(ModelId::Cnn), Engine::WebGpu);
        let reason = fast.batch_reason(ModelId::Cnn);
        assert!(reason.contains("3,000") && reason.contains("5,000"));
        // Measured again, and slower now.
        let slow = (Engine::WebGpu, 2000.0);
        let slow = report(EngineChoice::Auto, ready(), &[BOTH[0], BOTH[1], slow]);
        assert_eq!(slow.speeds.len(), 2);
        assert_eq!(slow.batch_engine(ModelId::Cnn), Engine::Cpu);
        // One network's speed says nothing of another's, and one engine's nothing of the other's.
        assert_eq!(fast.batch_engine(ModelId::Resnet), Engine::Cpu);
        let one = report(EngineChoice::Auto, ready(), &BOTH[1..]);
        assert_eq!(one.batch_engine(ModelId::Cnn), Engine::Cpu);
    }

    #[test]
    fn only_an_engine_that_passed_is_given_any() {
        for gpu in [
            GpuState::Loading,
            GpuState::Testing,
            GpuState::Failed("x".into()),
        ] {
            for choice in EngineChoice::ALL {
                let report = report(choice, gpu.clone(), &BOTH);
                assert_eq!(report.batch_engine(ModelId::Cnn), Engine::Cpu);
                assert!(report.batch_reason(ModelId::Cnn).contains("the CPU, "));
            }
        }
    }

    #[test]
    fn a_choice_is_followed() {
        let ready = || GpuState::tested(1e-6, 9000);
        let cpu = report(EngineChoice::Cpu, ready(), &BOTH);
        assert_eq!(cpu.batch_engine(ModelId::Cnn), Engine::Cpu);
        let gpu = report(EngineChoice::WebGpu, ready(), &[]);
        assert_eq!(gpu.batch_engine(ModelId::Cnn), Engine::WebGpu);
        assert_eq!(gpu.batch_engine(ModelId::Knn), Engine::Cpu);
        assert!(gpu.batch_reason(ModelId::Cnn).contains("as was chosen"));
    }
}

//! The benchmark's goals, and whether they are reached.

use super::engine::Engine;
use super::statistics;

/// A minimum goal and a target.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// At most this many milliseconds or bytes.
    AtMost(f64, f64),
    /// This many times better than the engine.
    Times(Engine, f64, f64),
    /// This many times better than the better of the other libraries.
    TimesBetter(f64, f64),
}

/// What each engine takes, in milliseconds or bytes: less is better.
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    pub haberdash: f64,
    pub onnx: Option<f64>,
    pub tensor_flow: Option<f64>,
}

impl Costs {
    fn get(&self, engine: Engine) -> Option<f64> {
        match engine {
            Engine::Haberdash => Some(self.haberdash),
            Engine::Onnx => self.onnx,
            Engine::TensorFlow => self.tensor_flow,
        }
    }

    /// How many times better Haberdash is than the better of the other libraries.
    pub fn times_better(&self) -> Option<f64> {
        let peers = [self.onnx, self.tensor_flow].into_iter().flatten();
        Some(peers.reduce(f64::min)? / self.haberdash)
    }
}

impl Goal {
    /// The minimum goal and the target as text, each with a mark that shows whether it is reached.
    pub fn evaluate(self, costs: &Costs, show: impl Fn(f64) -> String) -> [String; 2] {
        let (limits, reached): ([f64; 2], Option<f64>) = match self {
            Self::AtMost(least, aim) => {
                return [least, aim].map(|limit| {
                    let mark = mark(costs.haberdash <= limit);
                    format!("{} {mark}", show(limit))
                });
            }
            Self::Times(engine, least, aim) => (
                [least, aim],
                costs.get(engine).map(|cost| cost / costs.haberdash),
            ),
            Self::TimesBetter(least, aim) => ([least, aim], costs.times_better()),
        };
        limits.map(|limit| {
            let mark = reached.map_or("", |reached| mark(reached >= limit));
            format!("{} x {mark}", statistics::ratio(limit))
        })
    }
}

fn mark(is_reached: bool) -> &'static str {
    if is_reached { "✓" } else { "✗" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSTS: Costs = Costs {
        haberdash: 2.0,
        onnx: Some(7.0),
        tensor_flow: Some(5.0),
    };

    #[test]
    fn a_goal_is_compared_with_the_engine_that_it_names() {
        let evaluate = |goal: Goal| goal.evaluate(&COSTS, |v| format!("{v} ms"));
        assert_eq!(evaluate(Goal::AtMost(3.0, 1.0)), ["3 ms ✓", "1 ms ✗"]);
        assert_eq!(
            evaluate(Goal::Times(Engine::Onnx, 3.0, 4.0)),
            ["3 x ✓", "4 x ✗"]
        );
        assert_eq!(evaluate(Goal::TimesBetter(2.5, 3.0)), ["2.5 x ✓", "3 x ✗"]);
        assert_eq!(COSTS.times_better(), Some(2.5));
    }

    #[test]
    fn goals_relative_to_other_engines_have_no_mark_without_them() {
        let alone = Costs {
            onnx: None,
            tensor_flow: None,
            ..COSTS
        };
        assert_eq!(alone.times_better(), None);
        assert_eq!(
            Goal::TimesBetter(1.5, 3.0).evaluate(&alone, |v| v.to_string()),
            ["1.5 x ", "3 x "]
        );
    }
}

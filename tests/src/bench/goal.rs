//! What the engines are meant to reach, and whether they do.

use super::Engine;

/// What is to be reached: at least the one, and better the other.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// So many milliseconds, or bytes, at most.
    AtMost(f64, f64),
    /// So many times as good as this engine.
    Times(Engine, f64, f64),
    /// So many times as good as the better of the peers.
    TimesBetter(f64, f64),
}

/// What everyone takes, in milliseconds or bytes: less is better.
#[derive(Clone, Copy, Debug)]
pub struct Costs {
    pub ours: f64,
    pub onnx: Option<f64>,
    pub tensor_flow: Option<f64>,
}

impl Costs {
    fn of(&self, engine: Engine) -> Option<f64> {
        match engine {
            Engine::Ours => Some(self.ours),
            Engine::Onnx => self.onnx,
            Engine::TensorFlow => self.tensor_flow,
        }
    }

    /// How many times as good ours is as the better peer.
    pub fn times_better(&self) -> Option<f64> {
        let peers = [self.onnx, self.tensor_flow].into_iter().flatten();
        Some(peers.reduce(f64::min)? / self.ours)
    }
}

impl Goal {
    /// What is asked for at least, and what is aimed at, each with whether it holds.
    pub fn judged(self, costs: &Costs, show: impl Fn(f64) -> String) -> [String; 2] {
        let (limits, reached): ([f64; 2], Option<f64>) = match self {
            Self::AtMost(least, aim) => {
                return [least, aim].map(|limit| {
                    let mark = mark(costs.ours <= limit);
                    format!("{} {mark}", show(limit))
                });
            }
            Self::Times(engine, least, aim) => {
                ([least, aim], costs.of(engine).map(|cost| cost / costs.ours))
            }
            Self::TimesBetter(least, aim) => ([least, aim], costs.times_better()),
        };
        limits.map(|limit| {
            let mark = reached.map_or("", |reached| mark(reached >= limit));
            format!("{} x {mark}", super::figures::times(limit))
        })
    }
}

fn mark(holds: bool) -> &'static str {
    if holds { "✓" } else { "✗" }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSTS: Costs = Costs {
        ours: 2.0,
        onnx: Some(7.0),
        tensor_flow: Some(5.0),
    };

    #[test]
    fn a_goal_is_held_against_whom_it_names() {
        let judged = |goal: Goal| goal.judged(&COSTS, |v| format!("{v} ms"));
        assert_eq!(judged(Goal::AtMost(3.0, 1.0)), ["3 ms ✓", "1 ms ✗"]);
        assert_eq!(
            judged(Goal::Times(Engine::Onnx, 3.0, 4.0)),
            ["3 x ✓", "4 x ✗"]
        );
        assert_eq!(judged(Goal::TimesBetter(2.5, 3.0)), ["2.5 x ✓", "3 x ✗"]);
        assert_eq!(COSTS.times_better(), Some(2.5));
    }

    #[test]
    fn without_peers_nothing_is_said_of_them() {
        let alone = Costs {
            onnx: None,
            tensor_flow: None,
            ..COSTS
        };
        assert_eq!(alone.times_better(), None);
        assert_eq!(
            Goal::TimesBetter(1.5, 3.0).judged(&alone, |v| v.to_string()),
            ["1.5 x ", "3 x "]
        );
    }
}

//! The optimizer's step.

/// AdamW's usual constants, burn's too.
pub const BETA_1: f32 = 0.9;
pub const BETA_2: f32 = 0.999;
pub const EPSILON: f32 = 1e-5;

/// One step of AdamW (Loshchilov and Hutter 2017, arXiv 1711.05101), with the running mean of the weights.
#[derive(Clone, Copy)]
pub struct AdamW {
    pub rate: f32,
    pub kept: f32,
    pub first_correction: f32,
    pub second_correction: f32,
    /// How far the mean goes towards the weights.
    pub follow: f32,
}

impl AdamW {
    pub fn new(steps: u64, learning_rate: f64, weight_decay: f32, average_decay: f64) -> Self {
        let correction = |beta: f32| (1.0 / (1.0 - f64::from(beta).powf(steps as f64))) as f32;
        Self {
            rate: learning_rate as f32,
            kept: (1.0 - learning_rate * f64::from(weight_decay)) as f32,
            first_correction: correction(BETA_1),
            second_correction: correction(BETA_2),
            follow: follow(steps, average_decay),
        }
    }
}

/// How far the running mean of the weights goes towards them: all the way without one, and further in the first
/// steps, when the weights are of little worth.
pub fn follow(steps: u64, decay: f64) -> f32 {
    let steps = steps as f64;
    match decay > 0.0 {
        true => (1.0 - decay.min((1.0 + steps) / (10.0 + steps))) as f32,
        false => 1.0,
    }
}

//! AdamW, the optimizer, and the exponential moving average (EMA) of the weights.
//!
//! Two more Adam optimizers stay apart, because their arithmetic rounds differently and the weights files they wrote must not
//! change: the one of the novelty detector (32 bits, the corrections divided one after the other, epsilon 1e-8) and the one of
//! the ensemble (64 bits). burn's optimizer trains on every other device.

/// The usual constants of AdamW; burn's defaults as well.
pub const BETA_1: f32 = 0.9;
pub const BETA_2: f32 = 0.999;
pub const EPSILON: f32 = 1e-5;

/// The constants of one step of AdamW (Loshchilov and Hutter 2017, arXiv 1711.05101) and of the EMA.
#[derive(Clone, Copy)]
pub struct AdamW {
    pub learning_rate: f32,
    /// The factor of the weights: one minus the weight decay of this step.
    pub decay: f32,
    /// Corrections of the two moments' bias towards zero.
    pub first_correction: f32,
    pub second_correction: f32,
    pub ema_rate: f32,
}

impl AdamW {
    /// The constants of step number `step`, counted from 1.
    pub fn new(step: u64, learning_rate: f64, weight_decay: f32, ema_decay: f64) -> Self {
        let correction = |beta: f32| (1.0 / (1.0 - f64::from(beta).powf(step as f64))) as f32;
        Self {
            learning_rate: learning_rate as f32,
            decay: (1.0 - learning_rate * f64::from(weight_decay)) as f32,
            first_correction: correction(BETA_1),
            second_correction: correction(BETA_2),
            ema_rate: ema_rate(step, ema_decay),
        }
    }
}

/// The share of the way that the EMA moves towards the weights at step number `step`, counted from 1.
///
/// It is 1 where `ema_decay` is 0: then the weights themselves are kept. In the first steps it is larger than `1 - ema_decay`,
/// because the first weights are of little use.
pub fn ema_rate(step: u64, ema_decay: f64) -> f32 {
    let step = step as f64;
    if ema_decay > 0.0 {
        (1.0 - ema_decay.min((1.0 + step) / (10.0 + step))) as f32
    } else {
        1.0
    }
}

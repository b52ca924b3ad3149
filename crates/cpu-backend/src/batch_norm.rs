//! Batch norm: forward and backward, with the statistics of the whole batch although it is split into shards.

use shared::model::layer::BATCH_NORM_EPSILON;

use super::elementwise;

/// Two sums per channel, of one shard or of all shards.
#[derive(Clone, Debug, Default)]
pub struct ChannelSums {
    first: Vec<f64>,
    second: Vec<f64>,
}

impl ChannelSums {
    fn zeros(channels: usize) -> Self {
        Self {
            first: vec![0.0; channels],
            second: vec![0.0; channels],
        }
    }

    /// The sums of a shard's values and of their squares.
    pub fn from_values(values: &[f32], channels: usize) -> Self {
        let mut sums = Self::zeros(channels);
        elementwise::sum_and_squares(values, &mut sums.first, &mut sums.second);
        sums
    }

    /// The sums of a shard's gradient and of its products with the centred values.
    pub fn from_gradient(values: &[f32], moments: &Moments, gradient: &[f32]) -> Self {
        let mut sums = Self::zeros(moments.mean.len());
        let Self { first, second } = &mut sums;
        elementwise::sum_and_products(values, &moments.mean, gradient, first, second);
        sums
    }

    /// The shards' sums added up, in the order of the shards.
    fn total<'a>(shards: impl Iterator<Item = &'a Self>, channels: usize) -> Self {
        shards.fold(Self::zeros(channels), |mut total, shard| {
            let add =
                |to: &mut [f64], from: &[f64]| to.iter_mut().zip(from).for_each(|(t, f)| *t += f);
            add(&mut total.first, &shard.first);
            add(&mut total.second, &shard.second);
            total
        })
    }
}

/// Mean and variance per channel, of a batch or the running ones.
#[derive(Clone, Debug)]
pub struct Moments {
    pub mean: Vec<f32>,
    pub variance: Vec<f32>,
    inverse_deviation: Vec<f32>,
}

impl Moments {
    /// From the mean and the variance of each channel.
    pub fn new(mean: Vec<f32>, variance: Vec<f32>) -> Self {
        let inverse = variance
            .iter()
            .map(|v| 1.0 / (v + BATCH_NORM_EPSILON).sqrt());
        Self {
            inverse_deviation: inverse.collect(),
            mean,
            variance,
        }
    }

    /// From the shards' sums over `rows` values of each channel.
    pub fn from_sums<'a>(
        shards: impl Iterator<Item = &'a ChannelSums>,
        rows: usize,
        channels: usize,
    ) -> Self {
        let total = ChannelSums::total(shards, channels);
        let moments = total.first.iter().zip(&total.second).map(|(sum, squares)| {
            let mean = sum / rows as f64;
            let variance = (squares / rows as f64 - mean * mean).max(0.0);
            (mean as f32, variance as f32)
        });
        let (mean, variance) = moments.unzip();
        Self::new(mean, variance)
    }

    /// The forward pass: normalises, scales and shifts the values; ReLU behind it where `relu`.
    pub fn apply(
        &self,
        values: &[f32],
        gamma: &[f32],
        beta: &[f32],
        relu: bool,
        result: &mut [f32],
    ) {
        let scale: Vec<f32> = gamma
            .iter()
            .zip(&self.inverse_deviation)
            .map(|(g, i)| g * i)
            .collect();
        let shift: Vec<f32> = (0..scale.len())
            .map(|c| beta[c] - self.mean[c] * scale[c])
            .collect();
        let floor = if relu { 0.0 } else { f32::NEG_INFINITY };
        elementwise::scale_and_shift(values, &scale, &shift, floor, result);
    }
}

/// The backward pass.
pub struct Backward {
    /// The gradient of the input is `gradient * scale + value * slope + shift`.
    scale: Vec<f32>,
    slope: Vec<f32>,
    shift: Vec<f32>,
    /// The gradient of gamma.
    pub gamma: Vec<f32>,
    /// The gradient of beta.
    pub beta: Vec<f32>,
}

impl Backward {
    /// From the shards' sums over `rows` values of each channel.
    pub fn from_sums<'a>(
        shards: impl Iterator<Item = &'a ChannelSums>,
        rows: usize,
        moments: &Moments,
        gamma: &[f32],
    ) -> Self {
        let total = ChannelSums::total(shards, gamma.len());
        let mut backward = Self {
            scale: Vec::new(),
            slope: Vec::new(),
            shift: Vec::new(),
            gamma: Vec::new(),
            beta: total.first.iter().map(|&s| s as f32).collect(),
        };
        for (c, gamma) in gamma.iter().enumerate() {
            let (mean, inverse) = (moments.mean[c], moments.inverse_deviation[c]);
            let product = (total.second[c] * f64::from(inverse)) as f32;
            let scale = gamma * inverse;
            // The gradient through the batch's mean and variance is linear in the value.
            let slope = -scale * inverse * product / rows as f32;
            backward.gamma.push(product);
            backward.scale.push(scale);
            backward.slope.push(slope);
            backward
                .shift
                .push(-scale * backward.beta[c] / rows as f32 - slope * mean);
        }
        backward
    }

    /// Turns the gradient of the output into the gradient of the input, in place.
    pub fn apply(&self, values: &[f32], gradient: &mut [f32]) {
        elementwise::combine(values, &self.scale, &self.slope, &self.shift, gradient);
    }
}

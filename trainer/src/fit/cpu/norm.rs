//! Batch norm over channels, its statistics those of the whole batch whichever shards it is cut into.

use shared::model::layer::BATCH_NORM_EPSILON;

use super::each;

/// Two sums a channel, of one shard or of all.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Sums {
    fn none(channels: usize) -> Self {
        Self {
            first: vec![0.0; channels],
            second: vec![0.0; channels],
        }
    }

    /// Of a shard's values and their squares.
    pub fn of_values(values: &[f32], channels: usize) -> Self {
        let mut sums = Self::none(channels);
        each::moments(values, &mut sums.first, &mut sums.second);
        sums
    }

    /// Of a shard's gradient, and of its products with the centred values.
    pub fn of_gradient(values: &[f32], moments: &Moments, gradient: &[f32]) -> Self {
        let mut sums = Self::none(moments.mean.len());
        let Self { first, second } = &mut sums;
        each::products(values, &moments.mean, gradient, first, second);
        sums
    }

    /// The shards' sums in one, in their order.
    fn total<'a>(shards: impl Iterator<Item = &'a Self>, channels: usize) -> Self {
        shards.fold(Self::none(channels), |mut total, shard| {
            let add =
                |to: &mut [f64], from: &[f64]| to.iter_mut().zip(from).for_each(|(t, f)| *t += f);
            add(&mut total.first, &shard.first);
            add(&mut total.second, &shard.second);
            total
        })
    }
}

/// A batch's mean and variance, or the running ones.
#[derive(Clone, Debug)]
pub struct Moments {
    pub mean: Vec<f32>,
    pub variance: Vec<f32>,
    /// One over the standard deviation.
    inverse: Vec<f32>,
}

impl Moments {
    /// From a mean and a variance a channel.
    pub fn new(mean: Vec<f32>, variance: Vec<f32>) -> Self {
        let inverse = variance
            .iter()
            .map(|v| 1.0 / (v + BATCH_NORM_EPSILON).sqrt());
        Self {
            inverse: inverse.collect(),
            mean,
            variance,
        }
    }

    /// From the shards' sums; `rows` values a channel went into them.
    pub fn of<'a>(shards: impl Iterator<Item = &'a Sums>, rows: usize, channels: usize) -> Self {
        let total = Sums::total(shards, channels);
        let both = total.first.iter().zip(&total.second).map(|(sum, squares)| {
            let mean = sum / rows as f64;
            let variance = (squares / rows as f64 - mean * mean).max(0.0);
            (mean as f32, variance as f32)
        });
        let (mean, variance) = both.unzip();
        Self::new(mean, variance)
    }

    /// The normalised, scaled and shifted values, after a ReLU where asked.
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
            .zip(&self.inverse)
            .map(|(g, i)| g * i)
            .collect();
        let shift: Vec<f32> = (0..scale.len())
            .map(|c| beta[c] - self.mean[c] * scale[c])
            .collect();
        let floor = if relu { 0.0 } else { f32::NEG_INFINITY };
        each::affine(values, &scale, &shift, floor, result);
    }
}

/// The way back through a norm.
pub struct Backward {
    scale: Vec<f32>,
    slope: Vec<f32>,
    shift: Vec<f32>,
    /// The gradients of gamma and beta.
    pub gamma: Vec<f32>,
    pub beta: Vec<f32>,
}

impl Backward {
    /// From the shards' sums; `rows` values a channel went into them.
    pub fn of<'a>(
        shards: impl Iterator<Item = &'a Sums>,
        rows: usize,
        moments: &Moments,
        gamma: &[f32],
    ) -> Self {
        let total = Sums::total(shards, gamma.len());
        let mut back = Self {
            scale: Vec::new(),
            slope: Vec::new(),
            shift: Vec::new(),
            gamma: Vec::new(),
            beta: total.first.iter().map(|&s| s as f32).collect(),
        };
        for (c, gamma) in gamma.iter().enumerate() {
            let (mean, inverse) = (moments.mean[c], moments.inverse[c]);
            let product = (total.second[c] * f64::from(inverse)) as f32;
            let scale = gamma * inverse;
            // What the mean and the variance take out of the gradient, as a line over the values.
            let slope = -scale * inverse * product / rows as f32;
            back.gamma.push(product);
            back.scale.push(scale);
            back.slope.push(slope);
            back.shift
                .push(-scale * back.beta[c] / rows as f32 - slope * mean);
        }
        back
    }

    /// The gradient at the output becomes that at the input.
    pub fn apply(&self, values: &[f32], gradient: &mut [f32]) {
        each::combine(values, &self.scale, &self.slope, &self.shift, gradient);
    }
}

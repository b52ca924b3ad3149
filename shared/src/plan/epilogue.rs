//! What happens to a convolution's sum before it is stored.

use alloc::vec::Vec;

use crate::simd::F32x4;

/// ReLU, and behind it a scale and a shift of each channel, where there are any.
pub struct Epilogue(pub Option<(Vec<f32>, Vec<f32>)>);

impl Epilogue {
    /// Of four channels, the first of which is `channel`.
    #[inline(always)]
    pub fn apply(&self, sum: F32x4, channel: usize) -> F32x4 {
        let value = sum.max(F32x4::splat(0.0));
        match &self.0 {
            None => value,
            Some((scale, shift)) => quad(shift, channel).add_product(value, quad(scale, channel)),
        }
    }
}

/// Four neighbours.
#[inline(always)]
pub fn quad(values: &[f32], at: usize) -> F32x4 {
    let v = &values[at..at + 4];
    F32x4::load(&[v[0], v[1], v[2], v[3]])
}

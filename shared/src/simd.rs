//! 128-bit SIMD vectors of four `f32`: wasm's instructions where the build enables them, otherwise arrays that the compiler
//! vectorises. The only code in this crate that depends on the architecture.

pub use lanes::F32x4;

/// The dot product, over the length of the shorter slice. Sixteen partial sums are independent, so that additions overlap.
#[inline]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a_blocks, a_rest), (b_blocks, b_rest)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sums = [F32x4::splat(0.0); 4];
    let (a_quads, a_tail) = a_blocks.as_chunks::<4>();
    let (b_quads, b_tail) = b_blocks.as_chunks::<4>();
    for (a, b) in a_quads.iter().zip(b_quads) {
        for i in 0..4 {
            sums[i] = sums[i].add_product(F32x4::load(&a[i]), F32x4::load(&b[i]));
        }
    }
    for (a, b) in a_tail.iter().zip(b_tail) {
        sums[0] = sums[0].add_product(F32x4::load(a), F32x4::load(b));
    }
    let mut sum = 0.0;
    for lane in 0..4 {
        sum += sums.map(|s| s.to_array()[lane]).iter().sum::<f32>();
    }
    sum + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

impl F32x4 {
    /// The four values from index `at`.
    #[inline(always)]
    pub fn load_at(values: &[f32], at: usize) -> Self {
        let v = &values[at..at + 4];
        Self::load(&[v[0], v[1], v[2], v[3]])
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod lanes {
    use core::ops::{Add, Mul, Sub};

    use core::arch::wasm32::{
        f32x4, f32x4_add, f32x4_extract_lane, f32x4_max, f32x4_min, f32x4_mul, f32x4_splat,
        f32x4_sub, v128,
    };

    #[derive(Clone, Copy)]
    pub struct F32x4(v128);

    impl F32x4 {
        #[inline(always)]
        pub fn splat(value: f32) -> Self {
            Self(f32x4_splat(value))
        }

        #[inline(always)]
        pub fn load(from: &[f32; 4]) -> Self {
            // The compiler turns this into one 16-byte load.
            Self(f32x4(from[0], from[1], from[2], from[3]))
        }

        #[inline(always)]
        pub fn to_array(self) -> [f32; 4] {
            [
                f32x4_extract_lane::<0>(self.0),
                f32x4_extract_lane::<1>(self.0),
                f32x4_extract_lane::<2>(self.0),
                f32x4_extract_lane::<3>(self.0),
            ]
        }

        /// `self + a * b`, rounded after each operation: the same bits as in the native build.
        #[inline(always)]
        pub fn add_product(self, a: Self, b: Self) -> Self {
            Self(f32x4_add(self.0, f32x4_mul(a.0, b.0)))
        }

        #[inline(always)]
        pub fn max(self, other: Self) -> Self {
            Self(f32x4_max(self.0, other.0))
        }

        #[inline(always)]
        pub fn min(self, other: Self) -> Self {
            Self(f32x4_min(self.0, other.0))
        }
    }
    impl Add for F32x4 {
        type Output = Self;

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Self(f32x4_add(self.0, other.0))
        }
    }

    impl Sub for F32x4 {
        type Output = Self;

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            Self(f32x4_sub(self.0, other.0))
        }
    }

    impl Mul for F32x4 {
        type Output = Self;

        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            Self(f32x4_mul(self.0, other.0))
        }
    }
}

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod lanes {
    use core::ops::{Add, Mul, Sub};

    #[derive(Clone, Copy)]
    #[repr(align(16))]
    pub struct F32x4([f32; 4]);

    impl F32x4 {
        #[inline(always)]
        pub fn splat(value: f32) -> Self {
            Self([value; 4])
        }

        #[inline(always)]
        pub fn load(from: &[f32; 4]) -> Self {
            Self(*from)
        }

        #[inline(always)]
        pub fn to_array(self) -> [f32; 4] {
            self.0
        }

        /// `self + a * b`, rounded after each operation: the same bits as in wasm.
        #[inline(always)]
        pub fn add_product(mut self, a: Self, b: Self) -> Self {
            for i in 0..4 {
                self.0[i] += a.0[i] * b.0[i];
            }
            self
        }

        #[inline(always)]
        pub fn max(mut self, other: Self) -> Self {
            for i in 0..4 {
                self.0[i] = if self.0[i] > other.0[i] {
                    self.0[i]
                } else {
                    other.0[i]
                };
            }
            self
        }

        #[inline(always)]
        pub fn min(mut self, other: Self) -> Self {
            for i in 0..4 {
                self.0[i] = if self.0[i] < other.0[i] {
                    self.0[i]
                } else {
                    other.0[i]
                };
            }
            self
        }
    }
    impl Add for F32x4 {
        type Output = Self;

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            Self(core::array::from_fn(|i| self.0[i] + other.0[i]))
        }
    }

    impl Sub for F32x4 {
        type Output = Self;

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            Self(core::array::from_fn(|i| self.0[i] - other.0[i]))
        }
    }

    impl Mul for F32x4 {
        type Output = Self;

        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            Self(core::array::from_fn(|i| self.0[i] * other.0[i]))
        }
    }
}

//! Pixels on their way to a canvas.

use protocol::Thumbnail;

/// Pixels to show.
#[derive(Clone, PartialEq)]
pub struct Bitmap {
    pub width: u32,
    pub height: u32,
    /// Row-major; red, green, blue, straight alpha.
    pub rgba: Vec<u8>,
}

impl From<&Thumbnail> for Bitmap {
    fn from(thumbnail: &Thumbnail) -> Self {
        Self {
            width: thumbnail.width,
            height: thumbnail.height,
            rgba: thumbnail.rgba.clone(),
        }
    }
}

impl Bitmap {
    /// Shrunk by a whole number, so that no side is longer than `side`; each pixel is the mean of a box of opaque ones.
    pub fn shrunk(self, side: u32) -> Self {
        let factor = self.width.max(self.height).div_ceil(side).max(1);
        if factor == 1 {
            return self;
        }
        let (width, height) = (self.width.div_ceil(factor), self.height.div_ceil(factor));
        let mut rgba = Vec::with_capacity(width as usize * height as usize * 4);
        for top in (0..self.height).step_by(factor as usize) {
            for left in (0..self.width).step_by(factor as usize) {
                let (mut sums, mut count) = ([0u32; 4], 0);
                for y in top..(top + factor).min(self.height) {
                    for x in left..(left + factor).min(self.width) {
                        let first = (y as usize * self.width as usize + x as usize) * 4;
                        for (sum, part) in sums.iter_mut().zip(&self.rgba[first..]) {
                            *sum += u32::from(*part);
                        }
                        count += 1;
                    }
                }
                rgba.extend(sums.map(|sum| (sum / count) as u8));
            }
        }
        Self {
            width,
            height,
            rgba,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_averaged_and_the_last_may_be_narrower() {
        let bitmap = Bitmap {
            width: 3,
            height: 2,
            rgba: [10, 30, 90, 10, 30, 50]
                .iter()
                .flat_map(|&p| [p, 0, 0, 255])
                .collect(),
        };
        let small = bitmap.clone().shrunk(2);
        assert_eq!((small.width, small.height), (2, 1));
        assert_eq!(small.rgba, [20, 0, 0, 255, 70, 0, 0, 255]);
        assert!(bitmap.clone().shrunk(3) == bitmap);
    }
}

//! The garment on the data set's black, without what was around it.

use alloc::vec::Vec;

use super::flat::Flat;
use super::frame::Layout;
use super::grey::luma;
use super::mask::Mask;
use super::tone::Tone;
use super::trim::Bounds;

/// Places along each side of a cell where the photo is looked at.
const LOOKS: usize = 4;

/// A photo and its garment.
pub(super) struct Cutout<'a> {
    flat: &'a Flat,
    mask: &'a Mask,
    tone: Tone,
}

impl<'a> Cutout<'a> {
    pub fn of(flat: &'a Flat, mask: &'a Mask, negates: bool) -> Self {
        let greys = mask.held(flat).map(luma);
        Self {
            flat,
            mask,
            tone: Tone::of(greys, negates),
        }
    }

    /// The garment's rectangle in the photo's pixels.
    pub fn bounds(&self) -> Option<Bounds> {
        let Bounds {
            left,
            top,
            width,
            height,
        } = self.mask.bounds()?;
        let across = |at: usize| at * self.flat.width / self.mask.width as usize;
        let down = |at: usize| at * self.flat.height / self.mask.height as usize;
        Some(Bounds {
            left: across(left),
            top: down(top),
            width: (across(left + width) - across(left)).max(1),
            height: (down(top + height) - down(top)).max(1),
        })
    }

    /// The means of each filled cell.
    ///
    /// # Shapes
    /// `[layout.rows, layout.columns]`, row-major; bright on black.
    pub fn cells(&self, layout: &Layout) -> Vec<u8> {
        let frame = layout.frame(1);
        let cell = frame.side / shared::image::SIDE as f32;
        let look = |start: f32, empty: usize, at: usize, part: usize| {
            start + (empty as f32 + at as f32 + (part as f32 + 0.5) / LOOKS as f32) * cell
        };
        let mut cells = Vec::with_capacity(layout.rows * layout.columns);
        for row in 0..layout.rows {
            for column in 0..layout.columns {
                let mut sum = 0.0;
                for part in 0..LOOKS * LOOKS {
                    let x = look(frame.x, layout.left, column, part % LOOKS);
                    let y = look(frame.y, layout.top, row, part / LOOKS);
                    sum += self.at(x, y);
                }
                cells.push((sum / (LOOKS * LOOKS) as f32 + 0.5) as u8);
            }
        }
        cells
    }

    /// How bright a place of the photo becomes: garment by its tone, everything else black.
    fn at(&self, x: f32, y: f32) -> f32 {
        let share = self.share(x, y);
        match share > 0.0 {
            true => share * self.tone.apply(f32::from(luma(self.colour(x, y)))),
            false => 0.0,
        }
    }

    /// How much of a place is garment.
    fn share(&self, x: f32, y: f32) -> f32 {
        let (wide, high) = (self.flat.width as f32, self.flat.height as f32);
        if !(0.0..wide).contains(&x) || !(0.0..high).contains(&y) {
            return 0.0;
        }
        // Steeper than the mask's own slope, which is as wide as its pixels.
        ((self.mask.at(x / wide, y / high) - 0.5) * 3.0 + 0.5).clamp(0.0, 1.0)
    }

    fn colour(&self, x: f32, y: f32) -> [u8; 3] {
        let column = (x.max(0.0) as usize).min(self.flat.width - 1);
        let row = (y.max(0.0) as usize).min(self.flat.height - 1);
        self.flat.pixel(column, row)
    }

    /// A place in colour with its share of garment, and what its grey becomes.
    pub fn seen(&self, x: f32, y: f32) -> ([u8; 4], u8) {
        let [r, g, b] = self.colour(x, y);
        let alpha = (self.share(x, y) * 255.0 + 0.5) as u8;
        ([r, g, b, alpha], (self.at(x, y) + 0.5) as u8)
    }
}

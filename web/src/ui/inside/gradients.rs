//! Histograms of gradients as bars over the image.

use std::f32::consts::TAU;
use std::fmt::Write;

use shared::features::hog::ORIENTATIONS;
use shared::image::SIDE;
use shared::inside::GradientHistograms;

/// The length of the longest half bar, as a share of half a cell.
const LONGEST: f32 = 0.95;
/// Shorter half bars are left out, as a share of the longest one.
const SHORTEST: f32 = 0.08;

/// The half bars as the path of an SVG element whose unit is a pixel. Each lies along an edge: at a right angle to the gradient's
/// direction.
pub fn path(scale: &GradientHistograms) -> String {
    let cell = f32::from(scale.cell);
    let side = SIDE / usize::from(scale.cell).max(1);
    let strengths: Vec<f32> = scale.strengths.values().collect();
    let strongest = strengths.iter().copied().fold(0.0, f32::max);
    let mut path = String::new();
    for (i, strength) in strengths.iter().enumerate() {
        let share = strength / strongest.max(f32::MIN_POSITIVE);
        if share < SHORTEST {
            continue;
        }
        let (at, orientation) = (i / ORIENTATIONS, i % ORIENTATIONS);
        let centre = |at: usize| (at as f32 + 0.5) * cell;
        let angle = orientation as f32 / ORIENTATIONS as f32 * TAU;
        let length = share * LONGEST * cell / 2.0;
        // Writing to a string cannot fail.
        let _ = write!(
            path,
            "M{:.2} {:.2}l{:.2} {:.2}",
            centre(at % side),
            centre(at / side),
            -angle.sin() * length,
            angle.cos() * length
        );
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::inside::FeatureMap;

    #[test]
    fn a_bar_lies_along_the_edge() {
        let mut strengths = vec![0.0; 4 * 4 * ORIENTATIONS];
        // In the second row's first cell a gradient to the right: its edge is vertical.
        strengths[4 * ORIENTATIONS] = 1.0;
        // A weaker one downwards.
        strengths[4 * ORIENTATIONS + 3] = 0.5;
        let scale = GradientHistograms {
            cell: 7,
            strengths: FeatureMap::new(&strengths),
        };
        let text = path(&scale);
        assert_eq!(text.matches('M').count(), 2);
        assert!(text.starts_with("M3.50 10.50l-0.00 3.3"), "{text}");
        // Half as long, to the exactness of 8 bits.
        assert!(text.ends_with("M3.50 10.50l-1.66 -0.00"), "{text}");
    }
}

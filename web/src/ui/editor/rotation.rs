//! Rotation of the photo. The crop and the brush strokes are positions on the rotated photo, so they rotate with it.

use photo::{Crop, Edits};

/// Rotates the photo to `degrees`, clockwise from its original orientation; crop and strokes stay on the same part of it.
///
/// `size` is the photo's width and height before it is rotated.
pub fn rotate(edits: &mut Edits, size: [f32; 2], degrees: f32) {
    let (sin, cos) = sin_cos(degrees - edits.rotation);
    let (before, after) = (extent(size, edits.rotation), extent(size, degrees));
    let rotate_point = |[u, v]: [f32; 2]| {
        let (x, y) = ((u - 0.5) * before[0], (v - 0.5) * before[1]);
        [
            (x * cos - y * sin) / after[0] + 0.5,
            (x * sin + y * cos) / after[1] + 0.5,
        ]
    };
    let swaps = (quarters(degrees) - quarters(edits.rotation)).rem_euclid(2) == 1;
    edits.crop = edits.crop.map(|crop| {
        let middle = rotate_point([crop.left + crop.width / 2.0, crop.top + crop.height / 2.0]);
        let (width, height) = (crop.width * before[0], crop.height * before[1]);
        let (width, height) = if swaps {
            (height, width)
        } else {
            (width, height)
        };
        let (left, width) = clamped_interval(middle[0], width / after[0]);
        let (top, height) = clamped_interval(middle[1], height / after[1]);
        Crop {
            left,
            top,
            width,
            height,
        }
    });
    let longer = |size: [f32; 2]| size[0].max(size[1]);
    for stroke in &mut edits.strokes {
        stroke.radius *= longer(before) / longer(after);
        for point in &mut stroke.points {
            *point = rotate_point(*point);
        }
    }
    edits.rotation = degrees;
}

/// The number of right angles in a rotation, as in the photo's preprocessing.
fn quarters(degrees: f32) -> i32 {
    (degrees / 90.0).round() as i32
}

/// The width and height of the rotated photo.
fn extent([width, height]: [f32; 2], degrees: f32) -> [f32; 2] {
    let quarters = quarters(degrees);
    let (sin, cos) = sin_cos(degrees - 90.0 * quarters as f32);
    let (width, height) = match quarters.rem_euclid(2) {
        0 => (width, height),
        _ => (height, width),
    };
    let sin = sin.abs();
    [width * cos + height * sin, height * cos + width * sin]
}

/// Sine and cosine, by their series within 45 degrees: the library's functions, for any angle, need seven kilobytes.
fn sin_cos(degrees: f32) -> (f32, f32) {
    let quarters = quarters(degrees);
    let x = (degrees - 90.0 * quarters as f32).to_radians();
    let square = x * x;
    let sin = x * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0)));
    let cos =
        1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0 * (1.0 - square / 56.0)));
    match quarters.rem_euclid(4) {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    }
}

/// The start and the length of an interval, clamped to 0 to 1.
fn clamped_interval(middle: f32, length: f32) -> (f32, f32) {
    let start = (middle - length / 2.0).clamp(0.0, 0.95);
    let end = (middle + length / 2.0).clamp(start + 0.05, 1.0);
    (start, end - start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use photo::Stroke;

    fn edits() -> Edits {
        Edits {
            crop: Some(Crop {
                left: 0.1,
                top: 0.2,
                width: 0.3,
                height: 0.4,
            }),
            strokes: vec![Stroke {
                erases: false,
                radius: 0.05,
                points: vec![[0.25, 0.5], [0.0, 0.0]],
            }],
            ..Edits::default()
        }
    }

    fn assert_near(a: &[f32], b: &[f32]) {
        assert!(
            a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4),
            "{a:?} {b:?}"
        );
    }

    #[test]
    fn a_right_angle_brings_the_left_edge_to_the_top() {
        let mut edits = edits();
        rotate(&mut edits, [200.0, 100.0], 90.0);
        // Left of the middle, so above it; the corner at the upper left is at the upper right.
        assert_near(&edits.strokes[0].points[0], &[0.5, 0.25]);
        assert_near(&edits.strokes[0].points[1], &[1.0, 0.0]);
        assert_near(&[edits.strokes[0].radius], &[0.05]);
        let Crop {
            left,
            top,
            width,
            height,
        } = edits.crop.unwrap();
        assert_near(&[left, top, width, height], &[0.4, 0.1, 0.4, 0.3]);
    }

    #[test]
    fn the_series_agree_with_the_library() {
        for degrees in -800..=800 {
            let angle = degrees as f32 / 2.0;
            let (sin, cos) = sin_cos(angle);
            assert_near(
                &[sin, cos],
                &[angle.to_radians().sin(), angle.to_radians().cos()],
            );
            assert!((sin * sin + cos * cos - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn a_rotation_and_its_inverse_change_nothing() {
        for degrees in [90.0, 180.0, -90.0, 12.0, 270.0] {
            let mut rotated = edits();
            rotate(&mut rotated, [300.0, 400.0], degrees);
            assert_eq!(rotated.rotation, degrees);
            rotate(&mut rotated, [300.0, 400.0], 0.0);
            let original = edits();
            for (a, b) in rotated.strokes[0]
                .points
                .iter()
                .zip(&original.strokes[0].points)
            {
                assert_near(a, b);
            }
            assert_near(&[rotated.strokes[0].radius], &[0.05]);
            let (a, b) = (rotated.crop.unwrap(), original.crop.unwrap());
            assert_near(
                &[a.left, a.top, a.width, a.height],
                &[b.left, b.top, b.width, b.height],
            );
        }
    }

    #[test]
    fn a_crop_stays_on_the_photo() {
        let mut edits = edits();
        edits.crop = Some(Crop {
            left: 0.0,
            top: 0.0,
            width: 1.0,
            height: 0.1,
        });
        rotate(&mut edits, [500.0, 100.0], 20.0);
        let crop = edits.crop.unwrap();
        assert!(crop.left >= 0.0 && crop.left + crop.width <= 1.0 + 1e-6);
        assert!(crop.top >= 0.0 && crop.top + crop.height <= 1.0 + 1e-6);
        assert!(crop.width > 0.0 && crop.height > 0.0);
    }
}

//! Synthetic product photos of objects that are no clothes: a few ellipses, boxes, polygons and arcs on a plain background.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use shared::image::RgbaImage;

/// The side of the photo, in pixels.
const SIDE: u32 = 112;
const SHAPES: std::ops::RangeInclusive<usize> = 1..=6;

/// A filled shape.
enum Shape {
    /// Centre and radii.
    Ellipse([f32; 2], [f32; 2]),
    /// Centre, half sides, and the radius of the corners.
    Box([f32; 2], [f32; 2], f32),
    /// Corners.
    Polygon(Vec<[f32; 2]>),
    /// Centre, radii, the first angle, the length in radians, and the width of the line.
    Arc([f32; 2], [f32; 2], f32, f32, f32),
}

/// Draws an object.
pub fn draw(rng: &mut ChaCha8Rng) -> RgbaImage {
    let count = rng.random_range(SHAPES);
    let shapes: Vec<(Shape, u8)> = (0..count)
        .map(|_| (Shape::random(rng), rng.random_range(0..=215)))
        .collect();
    RgbaImage::from_fn(SIDE, SIDE, |x, y| {
        let point = [x as f32 + 0.5, y as f32 + 0.5];
        // Later shapes lie above earlier ones.
        let top = shapes.iter().rev().find(|(shape, _)| shape.contains(point));
        let grey = top.map_or(255, |(_, grey)| *grey);
        [grey, grey, grey, 255]
    })
}

impl Shape {
    fn random(rng: &mut ChaCha8Rng) -> Self {
        let mut place = || rng.random_range(16.0..96.0f32);
        let centre = [place(), place()];
        let mut extent = || rng.random_range(3.0..28.0f32);
        let half = [extent(), extent()];
        match rng.random_range(0..5) {
            0 | 1 => Self::Ellipse(centre, half),
            2 => Self::Box(
                centre,
                half,
                half[0].min(half[1]) * rng.random_range(0.0..0.7),
            ),
            3 => {
                let corners = rng.random_range(3..=6);
                let mut corner = || {
                    let offset = [rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0f32)];
                    [
                        centre[0] + 2.0 * half[0] * offset[0],
                        centre[1] + 2.0 * half[1] * offset[1],
                    ]
                };
                Self::Polygon((0..corners).map(|_| corner()).collect())
            }
            _ => Self::Arc(
                centre,
                half,
                rng.random_range(0.0..core::f32::consts::TAU),
                rng.random_range(1.0..core::f32::consts::TAU),
                rng.random_range(2.0..10.0),
            ),
        }
    }

    fn contains(&self, point: [f32; 2]) -> bool {
        let from = |centre: &[f32; 2]| [point[0] - centre[0], point[1] - centre[1]];
        match self {
            Self::Ellipse(centre, radii) => {
                let [x, y] = from(centre);
                (x / radii[0]).hypot(y / radii[1]) <= 1.0
            }
            Self::Box(centre, half, corner) => {
                let [x, y] = from(centre).map(f32::abs);
                let beyond = [x - half[0] + corner, y - half[1] + corner].map(|d| d.max(0.0));
                beyond[0].hypot(beyond[1]) <= *corner
            }
            Self::Polygon(corners) => {
                // Even-odd rule: how many edges are crossed to the right.
                let next = corners.iter().cycle().skip(1);
                let crossings = corners.iter().zip(next).filter(|([ax, ay], [bx, by])| {
                    (*ay > point[1]) != (*by > point[1])
                        && point[0] < ax + (point[1] - ay) / (by - ay) * (bx - ax)
                });
                crossings.count() % 2 == 1
            }
            Self::Arc(centre, radii, first, length, width) => {
                let [x, y] = from(centre);
                let distance = (x / radii[0]).hypot(y / radii[1]);
                let angle = (y.atan2(x) - first).rem_euclid(core::f32::consts::TAU);
                let thickness = width / radii[0].min(radii[1]);
                angle <= *length && (distance - 1.0).abs() <= thickness / 2.0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn shapes_contain_their_inner_points() {
        let centre = [50.0, 40.0];
        let ellipse = Shape::Ellipse(centre, [20.0, 10.0]);
        assert!(ellipse.contains([69.0, 40.0]) && !ellipse.contains([50.0, 51.0]));
        let square = Shape::Box(centre, [10.0, 10.0], 5.0);
        assert!(square.contains([59.0, 40.0]) && !square.contains([59.5, 49.5]));
        let triangle = Shape::Polygon(vec![[0.0, 0.0], [30.0, 0.0], [0.0, 30.0]]);
        assert!(triangle.contains([9.0, 9.0]) && !triangle.contains([20.0, 20.0]));
        let ring = Shape::Arc(centre, [20.0, 20.0], 0.0, 7.0, 4.0);
        assert!(ring.contains([70.0, 40.0]) && !ring.contains(centre));
    }

    #[test]
    fn the_photo_pipeline_finds_nearly_every_drawing() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let images = (0..50).map(|_| draw(&mut rng));
        let found = images.filter(|image| photo::prepare(image).is_ok()).count();
        assert!(found > 45, "{found}");
    }
}

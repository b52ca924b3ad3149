//! Straightening of tilted garments, with the estimator that is compiled in, on the golden test images.

use photo::{Pipeline, Route, decode};
use shared::Grey28;
use shared::image::{RgbaImage, SIDE};
use tests::image_files::tilted_photo;
use tests::reference::Reference;

/// By how many degrees the photo pipeline rotates a photo.
fn rotation(photo: &RgbaImage) -> f32 {
    let pipeline = Pipeline::new(photo).expect("a photo of some size");
    let (edits, _) = pipeline.prepare_upright().expect("a garment");
    edits.rotation
}

/// A quarter of the golden images: a photo takes a tenth of a second.
fn some_images() -> Vec<Grey28> {
    Reference::load().images.into_iter().step_by(4).collect()
}

#[test]
fn tilted_product_photos_are_rotated_upright() {
    for degrees in [-20.0, -12.0, 12.0, 20.0] {
        let images = some_images();
        let left = images.iter().map(|image| {
            let file = tilted_photo(image, degrees);
            rotation(&decode(&file.bytes).expect("a PNG")) + degrees
        });
        let is_upright = left.filter(|left| left.abs() <= 6.0).count();
        assert!(
            100 * is_upright >= 85 * images.len(),
            "{degrees}: {is_upright} of {}",
            images.len()
        );
    }
}

#[test]
fn upright_photos_are_hardly_rotated() {
    let images = some_images();
    let rotated = images.iter().filter(|image| {
        let file = tilted_photo(image, 0.0);
        rotation(&decode(&file.bytes).expect("a PNG")) != 0.0
    });
    let rotated = rotated.count();
    assert!(
        20 * rotated <= images.len(),
        "{rotated} of {}",
        images.len()
    );
}

#[test]
fn images_of_the_data_set_are_used_as_they_are() {
    for image in Reference::load().images {
        let photo = RgbaImage::from_fn(SIDE as u32, SIDE as u32, |x, y| {
            let grey = image.pixels()[y as usize * SIDE + x as usize];
            [grey, grey, grey, 255]
        });
        let pipeline = Pipeline::new(&photo).expect("28x28 pixels");
        let (edits, prepared) = pipeline.prepare_upright().expect("a garment");
        assert_eq!(edits.rotation, 0.0);
        assert_eq!(prepared.route, Route::AsIs { inverted: false });
        assert_eq!(prepared.grey, image);
    }
}

#[test]
fn tilted_28x28_images_are_rotated_upright() {
    let tilted = |image: &Grey28| {
        let (sin, cos) = 20f32.to_radians().sin_cos();
        RgbaImage::from_fn(SIDE as u32, SIDE as u32, |column, row| {
            let (x, y) = (column as f32 - 13.5, row as f32 - 13.5);
            let (x, y) = (x * cos + y * sin + 13.5, y * cos - x * sin + 13.5);
            let is_inside = |at: f32| (0.0..=27.0).contains(&at);
            let grey = match is_inside(x) && is_inside(y) {
                true => image.pixels()[y.round() as usize * SIDE + x.round() as usize],
                false => 0,
            };
            [grey, grey, grey, 255]
        })
    };
    let images = Reference::load().images;
    let upright = images
        .iter()
        .filter(|image| (rotation(&tilted(image)) + 20.0).abs() <= 8.0);
    let upright = upright.count();
    // The others look tilted by less than the limit for images in the data set's form.
    assert!(2 * upright >= images.len(), "{upright} of {}", images.len());
}

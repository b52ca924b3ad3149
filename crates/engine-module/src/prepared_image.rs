//! An image in the form that the models classify.

use photo::{Edits, Pipeline, Route, check_size};
use shared::Grey28;
use shared::image::RgbaImage;
use shared::model::photo_network;
use wasm_bindgen::prelude::*;

use crate::error::EngineError;

/// An image that was prepared for the models.
#[wasm_bindgen]
pub struct PreparedImage {
    pub(crate) grey: Grey28,
    pub(crate) route: Route,
    /// Whether the photo's background is plain.
    pub(crate) is_plain: bool,
    /// The photo and the rotation that makes the garment upright, for the photo network; `None` where the image is used as it is.
    photo: Option<(Pipeline, Edits)>,
}

impl PreparedImage {
    /// The photo as the photo network's input; `None` where the image is used as it is.
    pub fn square(&self) -> Option<RgbaImage> {
        let (photo, edits) = self.photo.as_ref()?;
        Some(photo.square(edits, photo_network::SIDE))
    }
}

#[wasm_bindgen]
impl PreparedImage {
    /// 28x28 greys, row by row, which are used as they are.
    #[wasm_bindgen(js_name = fromGreys)]
    pub fn from_greys(greys: &[u8]) -> Result<Self, EngineError> {
        Ok(Self {
            grey: Grey28::from_slice(greys).ok_or(EngineError::PixelCount(greys.len()))?,
            route: Route::AsIs { inverted: false },
            is_plain: true,
            photo: None,
        })
    }

    /// A photo as RGBA with straight alpha, as in an `ImageData`, which goes through the photo pipeline.
    #[wasm_bindgen(js_name = fromPhoto)]
    pub fn from_photo(width: u32, height: u32, rgba: Vec<u8>) -> Result<Self, EngineError> {
        check_size(width, height)?;
        let bytes = rgba.len();
        let photo = RgbaImage::new(width, height, rgba).ok_or(EngineError::ImageData {
            width,
            height,
            bytes,
        })?;
        let pipeline = Pipeline::new(&photo)?;
        // A photo of 50 million pixels takes 200 MB, and only the pipeline is needed from here on.
        drop(photo);
        let (edits, prepared) = pipeline.prepare_upright()?;
        let is_photo = !matches!(prepared.route, Route::AsIs { .. });
        Ok(Self {
            grey: prepared.grey,
            route: prepared.route,
            is_plain: prepared.is_plain,
            photo: is_photo.then_some((pipeline, edits)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use photo::PhotoError;
    use shared::image::{PIXELS, SIDE};

    #[test]
    fn greys_and_image_data_of_28x28_are_used_as_they_are() {
        // Bright on black, as in the data set.
        let grey = Grey28::new(core::array::from_fn(|i| {
            let (x, y) = (i % SIDE, i / SIDE);
            let inside = (8..20).contains(&x) && (1..27).contains(&y);
            if inside { 90 + (x * y % 100) as u8 } else { 0 }
        }));
        let given = PreparedImage::from_greys(grey.pixels()).unwrap();
        let rgba = RgbaImage::from(&grey).rgba().to_vec();
        let drawn = PreparedImage::from_photo(28, 28, rgba).unwrap();
        for image in [&given, &drawn] {
            assert_eq!(image.grey, grey);
            assert!(image.square().is_none());
        }
    }

    #[test]
    fn a_photo_goes_through_the_pipeline() {
        let photo = RgbaImage::from_fn(60, 80, |x, y| {
            let inside = (15..45).contains(&x) && (10..70).contains(&y);
            let value = if inside { 40 } else { 255 };
            [value, value, value, 255]
        });
        let image = PreparedImage::from_photo(60, 80, photo.rgba().to_vec()).unwrap();
        let expected = photo::prepare(&photo).unwrap();
        assert_eq!(image.grey, expected.grey);
        assert!(matches!(image.route, Route::Product { .. }) && image.is_plain);
        assert_eq!(image.square().unwrap().width(), photo_network::SIDE);
    }

    #[test]
    fn images_that_cannot_be_used_are_refused() {
        let greys = PreparedImage::from_greys(&[0; PIXELS - 1]).err();
        assert_eq!(greys, Some(EngineError::PixelCount(PIXELS - 1)));
        let photo =
            |width, height, bytes| PreparedImage::from_photo(width, height, vec![255; bytes]).err();
        let (width, height, bytes) = (20, 20, 20 * 20 * 3);
        assert_eq!(
            photo(width, height, bytes),
            Some(EngineError::ImageData {
                width,
                height,
                bytes
            })
        );
        for (width, height, bytes, expected) in [
            (
                0,
                9,
                0,
                PhotoError::NoPixels {
                    width: 0,
                    height: 9,
                },
            ),
            (
                u32::MAX,
                u32::MAX,
                0,
                PhotoError::TooManyPixels {
                    width: u32::MAX,
                    height: u32::MAX,
                },
            ),
            (
                7,
                9,
                7 * 9 * 4,
                PhotoError::TooSmall {
                    width: 7,
                    height: 9,
                },
            ),
            (20, 20, 20 * 20 * 4, PhotoError::NothingStandsOut),
        ] {
            let error = photo(width, height, bytes);
            assert_eq!(error, Some(EngineError::Photo(expected)));
        }
    }
}

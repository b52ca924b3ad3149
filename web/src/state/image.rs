//! The image being classified: its origin, its photo, and the 28x28 input of the models.

use photo::{Crop, Edits, Frame, Mask, PhotoError, Route};
use shared::image::{RgbaImage, SIDE};
use shared::{Garment, Grey28};

use crate::engine::EngineError;
use protocol::{Prepared, TimedPrediction};

/// An image, and its number on this page.
#[derive(Clone, Debug)]
pub struct InputImage {
    /// Counts the images, including those that are rejected; a later one has a larger number.
    pub number: u32,
    /// The number that the photo got when it was uploaded. Each edited version has a number of its own.
    pub photo: u32,
    pub origin: Origin,
    /// The number in the test set; `None` for a visitor's image.
    pub test_number: Option<u16>,
    pub grey: Grey28,
    /// The position of the 28x28 input in the photo.
    pub frame: Frame,
    /// The photo's size in pixels.
    pub width: u32,
    pub height: u32,
    pub thumbnail: RgbaImage,
    /// Whether the file has a colour profile other than sRGB, which is not applied.
    pub has_other_profile: bool,
    /// Whether parts of the file's picture are damaged or missing.
    pub is_damaged: bool,
    /// How the visitor's photo was preprocessed; an image of the test set or of a link is used as it is.
    pub preprocessing: Option<Preprocessing>,
}

/// The steps from a photo to the 28x28 input, with the visitor's edits.
#[derive(Clone, Debug)]
pub struct Preprocessing {
    pub edits: Edits,
    /// Degrees by which the photo was rotated, clockwise, before the visitor edited it, because the garment was tilted; else 0.
    pub straightened_by: f32,
    /// The photo's width and height in pixels, before it is rotated.
    pub photo_size: (u32, u32),
    pub route: Route,
    /// `None` for a file of 28x28 pixels.
    pub segmentation: Option<Segmentation>,
    pub quality: f32,
    /// Whether the background is plain, or transparent around a cut-out garment.
    pub is_plain: bool,
    pub is_white: bool,
    pub is_cut_off: bool,
    /// The part of the photo inside a frame that was removed.
    pub inside_frame: Option<Crop>,
    /// A crop for each object, where the photo shows several.
    pub objects: Vec<Crop>,
}

/// The garment in the photo.
#[derive(Clone, Debug)]
pub struct Segmentation {
    /// The mask of the [cropped](Preprocessing::crop) part of the photo.
    pub mask: Mask,
    pub cutout: RgbaImage,
    pub toned: RgbaImage,
}

impl Preprocessing {
    /// The part of the photo that is used: the visitor's crop, or else the inside of a frame, or else all of it.
    pub fn crop(&self) -> Crop {
        self.edits.crop.or(self.inside_frame).unwrap_or(Crop::WHOLE)
    }

    /// The edits before the visitor changed any.
    pub fn first_edits(&self) -> Edits {
        Edits {
            rotation: self.straightened_by,
            ..Edits::default()
        }
    }

    /// Keeps the objects found before the visitor chose one of them, so that another one can be chosen.
    fn keep_objects(&mut self, before: &Self) {
        let is_rotated = self.edits.rotation != before.edits.rotation;
        let is_one = self.edits.crop.is_some_and(|c| before.objects.contains(&c));
        if is_one && !is_rotated {
            self.objects.clone_from(&before.objects);
        }
    }

    /// The object that the visitor has chosen, by its index.
    pub fn chosen_object(&self) -> Option<usize> {
        let crop = self.edits.crop?;
        self.objects.iter().position(|object| *object == crop)
    }
}

/// Where an image came from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A test image of this class.
    Gallery(Garment),
    /// The visitor's file of this name.
    Visitor(String),
}

/// Why a file has no predictions.
#[derive(Debug)]
pub enum ImageError {
    TooLarge(PhotoError),
    Engine(EngineError),
    /// The engine's reply does not hold a valid image.
    Invalid,
}

impl std::fmt::Display for ImageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge(error) => error.fmt(f),
            Self::Engine(error) => error.fmt(f),
            Self::Invalid => f.write_str("The engine returned an invalid image: reload the page."),
        }
    }
}

impl From<EngineError> for ImageError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl InputImage {
    /// The test image of this number, which is its own photo.
    pub fn from_gallery(number: u32, grey: Grey28, garment: Garment, test_number: u16) -> Self {
        Self {
            test_number: Some(test_number),
            ..Self::as_it_is(number, grey, Origin::Gallery(garment))
        }
    }

    /// An image of 28x28 pixels that is used as it is, and is its own photo.
    pub fn as_it_is(number: u32, grey: Grey28, origin: Origin) -> Self {
        let side = SIDE as u32;
        Self {
            number,
            photo: number,
            origin,
            test_number: None,
            frame: Frame {
                x: 0.0,
                y: 0.0,
                side: side as f32,
            },
            width: side,
            height: side,
            thumbnail: RgbaImage::from(&grey),
            has_other_profile: false,
            is_damaged: false,
            preprocessing: None,
            grey,
        }
    }

    /// The visitor's image, and the predictions that were made with its preprocessing.
    ///
    /// # Errors
    /// The engine's reply does not hold a 28x28 image, or holds images of other sizes than it states.
    pub fn from_visitor(
        number: u32,
        name: String,
        prepared: Prepared,
    ) -> Result<(Self, Vec<TimedPrediction>), ImageError> {
        Self::from_prepared(number, number, Origin::Visitor(name), prepared)
    }

    /// The same photo, preprocessed with the visitor's edits.
    ///
    /// # Errors
    /// As of [`from_visitor`](Self::from_visitor).
    pub fn edited(
        &self,
        number: u32,
        prepared: Prepared,
    ) -> Result<(Self, Vec<TimedPrediction>), ImageError> {
        let (mut image, predictions) =
            Self::from_prepared(number, self.photo, self.origin.clone(), prepared)?;
        if let (Some(before), Some(after)) = (&self.preprocessing, &mut image.preprocessing) {
            after.straightened_by = before.straightened_by;
            after.keep_objects(before);
        }
        Ok((image, predictions))
    }

    fn from_prepared(
        number: u32,
        photo: u32,
        origin: Origin,
        prepared: Prepared,
    ) -> Result<(Self, Vec<TimedPrediction>), ImageError> {
        let mask = prepared.mask.filter(|m| {
            let pixels = u64::from(m.width) * u64::from(m.height);
            pixels > 0 && m.alpha.len() as u64 == pixels
        });
        let stages = [&prepared.cutout, &prepared.toned];
        let has_stages = mask.is_none() || stages.into_iter().all(|image| !image.is_empty());
        let is_whole = !prepared.upright.is_empty() && has_stages;
        let grey = prepared
            .grey
            .grey()
            .filter(|_| is_whole)
            .ok_or(ImageError::Invalid)?;
        let image = Self {
            number,
            photo,
            origin,
            test_number: None,
            grey,
            frame: prepared.frame,
            width: prepared.width,
            height: prepared.height,
            thumbnail: prepared.upright,
            has_other_profile: prepared.has_other_profile,
            is_damaged: prepared.is_damaged,
            preprocessing: Some(Preprocessing {
                straightened_by: prepared.edits.rotation,
                edits: prepared.edits,
                photo_size: prepared.size,
                route: prepared.route,
                segmentation: mask.map(|mask| Segmentation {
                    mask,
                    cutout: prepared.cutout,
                    toned: prepared.toned,
                }),
                quality: prepared.quality,
                is_plain: prepared.is_plain,
                is_white: prepared.is_white,
                is_cut_off: prepared.is_cut_off,
                inside_frame: prepared.inside_frame,
                objects: prepared.objects,
            }),
        };
        Ok((image, prepared.predictions))
    }

    /// Its true class, if it is a test image.
    pub fn true_class(&self) -> Option<Garment> {
        match self.origin {
            Origin::Gallery(garment) => Some(garment),
            Origin::Visitor(_) => None,
        }
    }

    /// The 28x28 input, to be shown enlarged.
    pub fn input(&self) -> RgbaImage {
        RgbaImage::from(&self.grey)
    }

    /// The garment's segmentation; `None` for an image of 28x28 pixels.
    pub fn segmentation(&self) -> Option<&Segmentation> {
        self.preprocessing.as_ref()?.segmentation.as_ref()
    }

    /// Whether the photo is more than the 28x28 input.
    pub fn has_photo(&self) -> bool {
        (self.width as usize, self.height as usize) != (SIDE, SIDE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half(left: f32) -> Crop {
        Crop {
            left,
            width: 0.5,
            ..Crop::WHOLE
        }
    }

    fn preprocessing(crop: Option<Crop>, objects: &[Crop]) -> Preprocessing {
        Preprocessing {
            edits: Edits {
                crop,
                ..Edits::default()
            },
            straightened_by: 0.0,
            photo_size: (100, 100),
            route: Route::Scene { inverted: true },
            segmentation: None,
            quality: 1.0,
            is_plain: false,
            is_white: false,
            is_cut_off: false,
            inside_frame: None,
            objects: objects.to_vec(),
        }
    }

    #[test]
    fn the_visitor_s_crop_replaces_the_inside_of_a_frame() {
        let mut framed = preprocessing(None, &[]);
        assert_eq!(framed.crop(), Crop::WHOLE);
        framed.inside_frame = Some(half(0.25));
        assert_eq!(framed.crop(), half(0.25));
        framed.edits.crop = Some(Crop::WHOLE);
        assert_eq!(framed.crop(), Crop::WHOLE);
    }

    #[test]
    fn after_one_object_was_chosen_another_one_can_be() {
        let objects = [half(0.0), half(0.5)];
        let before = preprocessing(None, &objects);
        assert_eq!(before.chosen_object(), None);
        let mut chosen = preprocessing(Some(half(0.5)), &[]);
        chosen.keep_objects(&before);
        assert_eq!(chosen.chosen_object(), Some(1));
        // Any other crop, or a rotation, ends the choice.
        let mut cropped = preprocessing(Some(half(0.2)), &[]);
        cropped.keep_objects(&before);
        assert!(cropped.objects.is_empty());
        let mut rotated = preprocessing(Some(half(0.5)), &[]);
        rotated.edits.rotation = 90.0;
        rotated.keep_objects(&before);
        assert!(rotated.objects.is_empty());
    }
}

//! The image being classified: its origin, its photo, and the 28x28 input of the models.

use photo::{Edits, Frame, Mask, PhotoError, Route};
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
    pub grey: Grey28,
    /// The position of the 28x28 input in the photo.
    pub frame: Frame,
    /// The photo's size in pixels.
    pub width: u32,
    pub height: u32,
    pub thumbnail: RgbaImage,
    /// Whether the file has a colour profile other than sRGB, which is not applied.
    pub has_other_profile: bool,
    /// How the photo was preprocessed; an image of 28x28 pixels is used as it is.
    pub preprocessing: Option<Preprocessing>,
}

/// The steps from a photo to the 28x28 input, with the visitor's edits.
#[derive(Clone, Debug)]
pub struct Preprocessing {
    pub edits: Edits,
    pub route: Route,
    /// The mask of the cropped part of the photo.
    pub mask: Mask,
    pub quality: f32,
    pub is_white: bool,
    pub cutout: RgbaImage,
    pub toned: RgbaImage,
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
    /// The visitor chose other files before it was this one's turn.
    Replaced,
}

impl std::fmt::Display for ImageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge(error) => error.fmt(f),
            Self::Engine(error) => error.fmt(f),
            Self::Invalid => f.write_str("The engine returned an invalid image: reload the page."),
            Self::Replaced => {
                f.write_str("Other files were chosen before this one was classified.")
            }
        }
    }
}

impl From<EngineError> for ImageError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl InputImage {
    /// A test image, which is its own photo.
    pub fn from_gallery(number: u32, grey: Grey28, garment: Garment) -> Self {
        let side = SIDE as u32;
        Self {
            number,
            photo: number,
            origin: Origin::Gallery(garment),
            frame: Frame {
                x: 0.0,
                y: 0.0,
                side: side as f32,
            },
            width: side,
            height: side,
            thumbnail: RgbaImage::from(&grey),
            has_other_profile: false,
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
        Self::from_prepared(
            number,
            number,
            Origin::Visitor(name),
            Edits::default(),
            prepared,
        )
    }

    /// The same photo, preprocessed with the visitor's edits.
    ///
    /// # Errors
    /// As of [`from_visitor`](Self::from_visitor).
    pub fn edited(
        &self,
        number: u32,
        edits: Edits,
        prepared: Prepared,
    ) -> Result<(Self, Vec<TimedPrediction>), ImageError> {
        Self::from_prepared(number, self.photo, self.origin.clone(), edits, prepared)
    }

    fn from_prepared(
        number: u32,
        photo: u32,
        origin: Origin,
        edits: Edits,
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
            grey,
            frame: prepared.frame,
            width: prepared.width,
            height: prepared.height,
            thumbnail: prepared.upright,
            has_other_profile: prepared.has_other_profile,
            preprocessing: mask.map(|mask| Preprocessing {
                edits,
                route: prepared.route,
                mask,
                quality: prepared.quality,
                is_white: prepared.is_white,
                cutout: prepared.cutout,
                toned: prepared.toned,
            }),
        };
        Ok((image, prepared.predictions))
    }

    /// The 28x28 input, to be shown enlarged.
    pub fn input(&self) -> RgbaImage {
        RgbaImage::from(&self.grey)
    }

    /// Whether the photo is more than the 28x28 input.
    pub fn has_photo(&self) -> bool {
        (self.width as usize, self.height as usize) != (SIDE, SIDE)
    }
}

//! The picture being answered: where it came from, its photo, and the 28x28 that the models see.

use photo::{Edits, Frame, Mask, Route};
use shared::image::{RgbaImage, SIDE};
use shared::{Garment, Grey28};

use protocol::{Prepared, TimedPrediction};

/// What is said of an engine's answer that holds no picture.
pub const NO_PICTURE: &str = "The engine returned no picture: reload the page.";

/// A picture and its number on this page.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Counts the pictures handed in, bad ones too; a later one has the larger number.
    pub number: u32,
    /// The number that the photo had when it was handed in; its edits get numbers of their own.
    pub photo: u32,
    pub origin: Origin,
    pub grey: Grey28,
    /// Where the 28x28 picture lies in the photo.
    pub frame: Frame,
    /// The photo's size in pixels.
    pub width: u32,
    pub height: u32,
    pub thumbnail: RgbaImage,
    /// How the photo became the picture; a 28x28 picture is taken as it is.
    pub development: Option<Development>,
}

/// The steps from a photo to its 28x28 picture, and what the visitor changed about them.
#[derive(Clone, Debug)]
pub struct Development {
    pub edits: Edits,
    pub route: Route,
    /// Of the part that the edits leave.
    pub mask: Mask,
    pub quality: f32,
    pub is_white: bool,
    pub cutout: RgbaImage,
    pub toned: RgbaImage,
}

/// Where a picture came from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A test image, of this class.
    Gallery(Garment),
    /// The visitor, under this name.
    Visitor(String),
}

impl Picture {
    /// A test image: its photo is the 28x28 picture itself.
    pub fn of_gallery(number: u32, grey: Grey28, garment: Garment) -> Self {
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
            development: None,
            grey,
        }
    }

    /// A visitor's picture, and what was said of it already.
    ///
    /// # Errors
    /// The engine's answer holds no 28x28 picture, or others than it says.
    pub fn of_visitor(
        number: u32,
        name: String,
        prepared: Prepared,
    ) -> Result<(Self, Vec<TimedPrediction>), String> {
        Self::developed(
            number,
            number,
            Origin::Visitor(name),
            Edits::default(),
            prepared,
        )
    }

    /// The same photo, prepared the visitor's way.
    ///
    /// # Errors
    /// As of a visitor's picture.
    pub fn edited(
        &self,
        number: u32,
        edits: Edits,
        prepared: Prepared,
    ) -> Result<(Self, Vec<TimedPrediction>), String> {
        Self::developed(number, self.photo, self.origin.clone(), edits, prepared)
    }

    fn developed(
        number: u32,
        photo: u32,
        origin: Origin,
        edits: Edits,
        prepared: Prepared,
    ) -> Result<(Self, Vec<TimedPrediction>), String> {
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
            .ok_or(NO_PICTURE)?;
        let picture = Self {
            number,
            photo,
            origin,
            grey,
            frame: prepared.frame,
            width: prepared.width,
            height: prepared.height,
            thumbnail: prepared.upright,
            development: mask.map(|mask| Development {
                edits,
                route: prepared.route,
                mask,
                quality: prepared.quality,
                is_white: prepared.is_white,
                cutout: prepared.cutout,
                toned: prepared.toned,
            }),
        };
        Ok((picture, prepared.verdicts))
    }

    /// Whether there is a photo besides the 28x28 picture.
    pub fn has_photo(&self) -> bool {
        (self.width as usize, self.height as usize) != (SIDE, SIDE)
    }
}

//! The picture being answered: where it came from, its photo, and the 28x28 that the models see.

use shared::image::SIDE;
use shared::photo::Frame;
use shared::{Garment, Grey28};

use crate::engine::protocol::{Prepared, Thumbnail};

/// A picture and its number on this page.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Counts the pictures handed in, bad ones too; a later one has the larger number.
    pub number: u32,
    pub origin: Origin,
    pub grey: Grey28,
    /// Where the 28x28 picture lies in the photo.
    pub frame: Frame,
    /// The photo's size in pixels.
    pub width: u32,
    pub height: u32,
    pub thumbnail: Thumbnail,
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
            origin: Origin::Gallery(garment),
            frame: Frame {
                x: 0.0,
                y: 0.0,
                side: side as f32,
            },
            width: side,
            height: side,
            thumbnail: Thumbnail {
                width: side,
                height: side,
                rgba: rgba(&grey),
            },
            grey,
        }
    }

    /// A visitor's picture; `None` when the engine's answer holds no 28x28 picture.
    pub fn of_visitor(number: u32, name: String, prepared: Prepared) -> Option<Self> {
        Some(Self {
            number,
            origin: Origin::Visitor(name),
            grey: prepared.grey.grey()?,
            frame: prepared.frame,
            width: prepared.width,
            height: prepared.height,
            thumbnail: prepared.thumbnail,
        })
    }

    /// Whether there is a photo besides the 28x28 picture.
    pub fn has_photo(&self) -> bool {
        (self.width as usize, self.height as usize) != (SIDE, SIDE)
    }
}

/// Grey pixels as opaque RGBA.
pub fn rgba(grey: &Grey28) -> Vec<u8> {
    grey.pixels().iter().flat_map(|&p| [p, p, p, 255]).collect()
}

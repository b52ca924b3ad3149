//! The classes of the photo network: the ten of Fashion-MNIST, three other kinds of clothes, and everything else.

use serde::{Deserialize, Serialize};

use super::classifier::argmax;
use crate::garment::{CLASSES, Garment};

/// The number of classes of the photo network.
pub const PHOTO_CLASSES: usize = CLASSES + 4;

/// A class of the photo network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum PhotoClass {
    Garment(Garment),
    Hat,
    Shorts,
    Skirt,
    /// Neither clothes, shoes nor a bag.
    Other,
}

impl PhotoClass {
    /// The classes that are none of Fashion-MNIST's, in the order of their indices.
    const UNKNOWN: [Self; 4] = [Self::Hat, Self::Shorts, Self::Skirt, Self::Other];

    /// All classes in the order of their indices; the ten of Fashion-MNIST come first.
    pub fn all() -> impl Iterator<Item = Self> {
        let garments = Garment::ALL.into_iter().map(Self::Garment);
        garments.chain(Self::UNKNOWN)
    }

    /// The class with the highest probability; the first one in a tie.
    pub fn most_likely(probabilities: &[f32; PHOTO_CLASSES]) -> Self {
        Self::from_index(argmax(probabilities)).expect("invariant: each index has a class")
    }

    /// The class of this index; `None` above 13.
    pub fn from_index(index: usize) -> Option<Self> {
        Self::all().nth(index)
    }

    /// The index, 0 to 13.
    pub fn index(self) -> usize {
        match self {
            Self::Garment(garment) => garment.index(),
            Self::Hat => CLASSES,
            Self::Shorts => CLASSES + 1,
            Self::Skirt => CLASSES + 2,
            Self::Other => CLASSES + 3,
        }
    }

    /// The name that is shown.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Garment(garment) => garment.label(),
            Self::Hat => "Hat",
            Self::Shorts => "Shorts",
            Self::Skirt => "Skirt",
            Self::Other => "Something else",
        }
    }

    /// The class of Fashion-MNIST, if it is one.
    pub const fn garment(self) -> Option<Garment> {
        match self {
            Self::Garment(garment) => Some(garment),
            Self::Hat | Self::Shorts | Self::Skirt | Self::Other => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_is_found() {
        assert_eq!(PhotoClass::all().count(), PHOTO_CLASSES);
        for (i, class) in PhotoClass::all().enumerate() {
            assert_eq!(class.index(), i);
            assert_eq!(PhotoClass::from_index(i), Some(class));
        }
        assert_eq!(PhotoClass::from_index(PHOTO_CLASSES), None);
    }
}

//! The ten classes of Fashion-MNIST, their order and their labels (arXiv 1708.07747, table 2).

use serde::{Deserialize, Serialize};

/// The number of classes.
pub const CLASSES: usize = 10;

/// A class of Fashion-MNIST; the discriminant is its label in the data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
pub enum Garment {
    TShirt,
    Trouser,
    Pullover,
    Dress,
    Coat,
    Sandal,
    Shirt,
    Sneaker,
    Bag,
    AnkleBoot,
}

impl Garment {
    /// All classes in label order.
    pub const ALL: [Self; CLASSES] = [
        Self::TShirt,
        Self::Trouser,
        Self::Pullover,
        Self::Dress,
        Self::Coat,
        Self::Sandal,
        Self::Shirt,
        Self::Sneaker,
        Self::Bag,
        Self::AnkleBoot,
    ];

    /// The name, as the data set's authors spell it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TShirt => "T-shirt/top",
            Self::Trouser => "Trouser",
            Self::Pullover => "Pullover",
            Self::Dress => "Dress",
            Self::Coat => "Coat",
            Self::Sandal => "Sandal",
            Self::Shirt => "Shirt",
            Self::Sneaker => "Sneaker",
            Self::Bag => "Bag",
            Self::AnkleBoot => "Ankle boot",
        }
    }

    /// The label, 0 to 9.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The class of this label; `None` above 9.
    pub fn from_index(index: usize) -> Option<Self> {
        Self::ALL.get(index).copied()
    }

    /// The class of this name, as the data set's authors spell it.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.label() == label)
    }
}

impl core::fmt::Display for Garment {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.label())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_and_label_is_found() {
        for (i, garment) in Garment::ALL.into_iter().enumerate() {
            assert_eq!(garment.index(), i);
            assert_eq!(Garment::from_index(i), Some(garment));
            assert_eq!(Garment::from_label(garment.label()), Some(garment));
        }
        assert_eq!(Garment::from_index(CLASSES), None);
        assert_eq!(Garment::from_label("Hat"), None);
    }
}

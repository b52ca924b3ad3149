//! The ten classes of Fashion-MNIST, their order and their labels (arXiv 1708.07747, table 2).

use serde::{Deserialize, Serialize};

/// How many classes there are.
pub const CLASSES: usize = 10;

/// One class; its discriminant is the data set's label.
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

    /// The data set's own label.
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

    /// The label as a number, 0 to 9.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The class with this number; `None` beyond 9.
    pub fn from_index(index: usize) -> Option<Self> {
        Self::ALL.get(index).copied()
    }

    /// The class with this label, as the data set spells it.
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
    fn index_and_label_lead_back_to_the_class() {
        for (i, garment) in Garment::ALL.into_iter().enumerate() {
            assert_eq!(garment.index(), i);
            assert_eq!(Garment::from_index(i), Some(garment));
            assert_eq!(Garment::from_label(garment.label()), Some(garment));
        }
        assert_eq!(Garment::from_index(CLASSES), None);
        assert_eq!(Garment::from_label("Hat"), None);
    }
}

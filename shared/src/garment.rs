//! The ten classes of Fashion-MNIST, their order and their labels (arXiv 1708.07747, table 2).

use alloc::string::String;

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

    /// The class that a name stands for, such as that of a folder: the label or a part of it, in the singular or plural, whatever its
    /// case and separators ("T-shirt", "t_shirts", "Ankle boot", "boots").
    pub fn from_name(name: &str) -> Option<Self> {
        let name = letters(name);
        let is_meant = |label: &str| {
            let label = letters(label);
            name.strip_prefix(label.as_str())
                .is_some_and(|end| matches!(end, "" | "s" | "es"))
        };
        Self::ALL.into_iter().find(|garment| {
            let label = garment.label();
            let mut parts = label.split('/').chain(label.strip_prefix("Ankle "));
            is_meant(label) || parts.any(is_meant)
        })
    }
}

/// The letters and digits of a text in lower case.
fn letters(text: &str) -> String {
    let kept = text.chars().filter(|letter| letter.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
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

    #[test]
    fn names_are_understood_whatever_their_case_and_separators() {
        for garment in Garment::ALL {
            assert_eq!(Garment::from_name(garment.label()), Some(garment));
            let upper = garment.label().to_uppercase().replace(' ', "__");
            assert_eq!(Garment::from_name(&upper), Some(garment));
        }
        for (name, garment) in [
            ("t-shirt", Garment::TShirt),
            ("T_Shirts", Garment::TShirt),
            ("tshirt top", Garment::TShirt),
            ("tops", Garment::TShirt),
            ("dresses", Garment::Dress),
            ("shirt", Garment::Shirt),
            ("ankle_boot", Garment::AnkleBoot),
            ("Ankle-Boots", Garment::AnkleBoot),
            ("boot", Garment::AnkleBoot),
        ] {
            assert_eq!(Garment::from_name(name), Some(garment), "{name}");
        }
        for name in [
            "",
            "-",
            "s",
            "hat",
            "shirtless",
            "my shirts",
            "7",
            "ankle",
            "bag of coats",
        ] {
            assert_eq!(Garment::from_name(name), None, "{name}");
        }
    }
}

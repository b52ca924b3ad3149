//! What the pointer does on the photo.

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// Draws the rectangle that is looked at.
    Crop,
    /// Adds to the garment.
    Paint,
    /// Takes from it.
    Erase,
}

impl Tool {
    pub const ALL: [Self; 3] = [Self::Crop, Self::Paint, Self::Erase];

    /// The name in the page's hooks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crop => "crop",
            Self::Paint => "paint",
            Self::Erase => "erase",
        }
    }

    /// The name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Crop => "Crop",
            Self::Paint => "Paint the garment",
            Self::Erase => "Erase",
        }
    }

    /// How to use it.
    pub const fn manual(self) -> &'static str {
        match self {
            Self::Crop => {
                "Drag a rectangle around the garment. Its edges can also be set by the sliders."
            }
            Self::Paint => {
                "Paint over what belongs to the garment. With the keyboard: arrows move the brush, Space paints."
            }
            Self::Erase => {
                "Paint over what does not belong to it. With the keyboard: arrows move the brush, Space erases."
            }
        }
    }
}

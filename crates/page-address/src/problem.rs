//! Problems of an address, as sentences for the visitor.

use std::fmt;

use protocol::TEST_SET_SIZE;
use shared::{Garment, ModelId};

use super::names::{Key, Panel, class_name};

/// A part of the address that is ignored, and why. `Display` is a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The whole is longer than any address that the page writes.
    TooLong,
    /// A part that the page does not know. Its name is given if it is short and of plain letters.
    UnknownPart(Option<String>),
    /// A part with a value that it cannot have.
    Value(Key),
    /// A part that comes more than once.
    Repeated(Key),
    /// Both a test image and pixels.
    TwoImages,
    /// The address names a section that is not on the page.
    NoSuchSection,
    /// The query names a panel that the page does not have.
    UnknownPanel,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => f.write_str(
                "The part of the address after # is too long and was ignored: copy the link again.",
            ),
            Self::UnknownPart(Some(name)) => write!(
                f,
                "The address has a part \u{201c}{name}\u{201d}, which this page does not know: it was ignored."
            ),
            Self::UnknownPart(None) => f.write_str(
                "The address has a part that this page does not know: it was ignored.",
            ),
            Self::Value(Key::Test) => write!(
                f,
                "The address names no image of the test set: use a number from 0 to {}.",
                TEST_SET_SIZE - 1
            ),
            Self::Value(Key::Pixels) => f.write_str(
                "The image in the address is damaged or incomplete: copy the whole link again.",
            ),
            Self::Value(Key::Model) => write!(
                f,
                "The address names an unknown model: use one of {}.",
                list(ModelId::ALL.map(|m| m.name().to_owned()))
            ),
            Self::Value(Key::Class) => write!(
                f,
                "The address names an unknown class: use one of {}.",
                list(Garment::ALL.map(class_name))
            ),
            Self::Value(Key::Method) => f.write_str(
                "The address names a method of explanation that the page does not use for this model: its own method is used.",
            ),
            Self::Value(Key::Quiz) => f.write_str(
                "The address names no quiz, as a quiz's code has five digits and letters: copy the whole link again, or start a new quiz.",
            ),
            Self::Value(Key::Section) | Self::NoSuchSection => f.write_str(
                "The address names a section that this page does not have: it was ignored.",
            ),
            Self::Repeated(key) => write!(
                f,
                "The address has the part \u{201c}{}\u{201d} more than once: only the first is used.",
                key.name()
            ),
            Self::TwoImages => f.write_str(
                "The address names a test image and also has pixels: only the test image is shown.",
            ),
            Self::UnknownPanel => write!(
                f,
                "The address names an unknown panel: use some of {}.",
                list(Panel::ALL.map(|panel| panel.name().to_owned()))
            ),
        }
    }
}

fn list<const N: usize>(names: [String; N]) -> String {
    names.join(", ")
}

//! The names that an address consists of: the parts of its fragment, the classes, and the panels of an embedded page.

use shared::Garment;

/// The parts of a fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Test,
    Model,
    Class,
    Method,
    Section,
    Quiz,
    Pixels,
}

impl Key {
    /// In the order in which they are written; the longest comes last.
    pub const ALL: [Self; 7] = [
        Self::Test,
        Self::Model,
        Self::Class,
        Self::Method,
        Self::Section,
        Self::Quiz,
        Self::Pixels,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Model => "model",
            Self::Class => "class",
            Self::Method => "method",
            Self::Section => "section",
            Self::Quiz => "quiz",
            Self::Pixels => "pixels",
        }
    }
}

/// A class in an address: its label in small letters, with hyphens between the words, such as `ankle-boot` and `t-shirt-top`.
pub fn class_name(class: Garment) -> String {
    class.label().to_ascii_lowercase().replace([' ', '/'], "-")
}

/// The class of such a name, or of a label.
pub fn class_of_name(text: &str) -> Option<Garment> {
    let name = text.to_ascii_lowercase().replace([' ', '/'], "-");
    Garment::ALL
        .into_iter()
        .find(|class| class_name(*class) == name)
}

/// A part of the page that an embedding page can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    Upload,
    Gallery,
    Image,
    Models,
    Engine,
    Explanation,
    Quiz,
    Compare,
    Footer,
}

impl Panel {
    pub const ALL: [Self; 9] = [
        Self::Upload,
        Self::Gallery,
        Self::Image,
        Self::Models,
        Self::Engine,
        Self::Explanation,
        Self::Quiz,
        Self::Compare,
        Self::Footer,
    ];

    /// The name in the address and in the style sheet.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Gallery => "gallery",
            Self::Image => "image",
            Self::Models => "models",
            Self::Engine => "engine",
            Self::Explanation => "explanation",
            Self::Quiz => "quiz",
            Self::Compare => "compare",
            Self::Footer => "footer",
        }
    }
}

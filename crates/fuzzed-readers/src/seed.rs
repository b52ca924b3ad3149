//! An input to start from.

/// An input to start from.
pub struct Seed {
    /// The name of its file in a corpus.
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Seed {
    /// A seed with the name of its file.
    pub fn new(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
        }
    }
}

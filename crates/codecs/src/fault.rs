//! Why a file gave no picture.

use std::io::{Error, ErrorKind};

/// What every reader refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// More pixels, or a longer side, than fit.
    TooLarge { width: u32, height: u32 },
    /// A side of no length.
    Blank { width: u32, height: u32 },
    /// The file ends before its picture does.
    Truncated,
    /// Damaged in another way, or of a kind that the format knows and the reader does not.
    Damaged,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error.kind() {
            ErrorKind::UnexpectedEof => Self::Truncated,
            _ => Self::Damaged,
        }
    }
}

//! The test set's two files, as Fashion-MNIST publishes them.

use serde::{Deserialize, Serialize};

/// Pictures in the test set.
pub const TEST_SET_SIZE: usize = 10_000;

/// One of the test set's two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestSetPart {
    Images,
    Labels,
}

impl TestSetPart {
    /// The name in the page's map of files.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Images => "t10k-images-idx3-ubyte.gz",
            Self::Labels => "t10k-labels-idx1-ubyte.gz",
        }
    }

    /// The name within a sentence.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Images => "images",
            Self::Labels => "images' labels",
        }
    }
}

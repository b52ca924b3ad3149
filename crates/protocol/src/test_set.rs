//! The two files of the Fashion-MNIST test set.

use fashion_mnist::{IdxFile, TEST_IMAGES, TEST_LABELS};
use serde::{Deserialize, Serialize};

/// The number of images in the test set.
pub const TEST_SET_SIZE: usize = TEST_IMAGES.count;

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestSetPart {
    Images,
    Labels,
}

impl TestSetPart {
    /// The published file. The page's map of assets has it under the name of its archive.
    pub const fn idx_file(self) -> IdxFile {
        match self {
            Self::Images => TEST_IMAGES,
            Self::Labels => TEST_LABELS,
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

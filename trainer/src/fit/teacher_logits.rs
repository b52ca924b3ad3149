//! The teachers' logits for augmented views of the training images.

use shared::garment::CLASSES;

/// The seed of the views for which the teachers' logits are computed.
pub const VIEWS_SEED: u64 = 20_260;

/// The teachers' mean logits for some views of each training image.
#[derive(Clone, Debug, PartialEq)]
pub struct TeacherLogits {
    /// For each view, the logits of all images.
    pub views: Vec<Vec<[f32; CLASSES]>>,
}

impl TeacherLogits {
    /// The seed and the number of the view that an epoch shows: epochs go through the views in turn.
    pub fn view(&self, epoch: usize) -> (u64, usize) {
        (VIEWS_SEED, epoch % self.views.len())
    }

    /// The logits for a view of training image `i`; `None` where they were not computed, as for photos.
    pub fn get(&self, view: usize, i: usize) -> Option<[f32; CLASSES]> {
        self.views[view].get(i).copied()
    }
}

/// The bytes of one view's logits: 32-bit floats, little-endian, image by image.
pub fn to_bytes(logits: &[[f32; CLASSES]]) -> Vec<u8> {
    logits
        .iter()
        .flatten()
        .flat_map(|x| x.to_le_bytes())
        .collect()
}

/// One view's logits from their bytes; `None` where these are not the logits of `count` images, as after a full disk.
pub fn from_bytes(bytes: &[u8], count: usize) -> Option<Vec<[f32; CLASSES]>> {
    let numbers = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b));
    let numbers: Vec<f32> = numbers.collect();
    let logits = numbers.as_chunks::<CLASSES>().0;
    (logits.len() == count).then(|| logits.to_vec())
}

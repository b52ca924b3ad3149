//! Reader of IDX files of 28x28 images, as the data set is published.

use fashion_mnist::{Contents, IdxError, parse_images};
use shared::Grey28;

use crate::image_array::{ArrayError, ImageArray, MAX_IMAGES};

/// Reads an unpacked IDX file.
///
/// # Errors
/// The file holds labels or images of another size, or has another length than its header gives.
pub fn decode_idx(file: &[u8]) -> Result<ImageArray, ArrayError> {
    let images = parse_images(file).map_err(|error| match error {
        IdxError::Magic { found, .. } if found == Contents::Labels.magic() => ArrayError::Labels,
        IdxError::Size { .. } => ArrayError::Shape,
        IdxError::Header { .. } => ArrayError::Truncated,
        IdxError::Length { expected, found } if found < expected => ArrayError::Truncated,
        _ => ArrayError::Damaged,
    })?;
    let first = images.iter().take(MAX_IMAGES);
    ImageArray::new(
        first.map(|pixels| Grey28::new(*pixels)).collect(),
        images.len(),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use shared::image::PIXELS;

    #[test]
    fn images_are_read_and_labels_are_not() {
        let header = fashion_mnist::image_header(2);
        let file = [header.as_slice(), &[5; PIXELS], &[6; PIXELS]].concat();
        let read = decode_idx(&file).unwrap();
        assert_eq!(read.count, 2);
        assert_eq!(read.images[1].pixels(), &[6; PIXELS]);
        let cut = &file[..file.len() - 1];
        assert_eq!(decode_idx(cut), Err(ArrayError::Truncated));
        assert_eq!(
            decode_idx(&[0, 0, 8, 1, 0, 0, 0, 1, 9]),
            Err(ArrayError::Labels)
        );
        let none = fashion_mnist::image_header(0);
        assert_eq!(decode_idx(&none), Err(ArrayError::Empty));
    }
}

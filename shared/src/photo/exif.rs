//! Which way up a photo was taken.

use ::image::ImageDecoder;
use ::image::metadata::Orientation;

/// The orientation that a decoder's EXIF data name; without them, or with damaged ones, as it is.
pub(super) fn orientation(decoder: &mut impl ImageDecoder) -> Orientation {
    let chunk = decoder.exif_metadata().ok().flatten();
    chunk
        .as_deref()
        .and_then(read)
        .unwrap_or(Orientation::NoTransforms)
}

/// The orientation in a WebP file's `EXIF` chunk.
///
/// The decoder believes the size that the chunk claims, up to 4 GB, and allocates it; here it is only looked at.
pub(super) fn webp_orientation(bytes: &[u8]) -> Orientation {
    // Behind `RIFF`, a size and `WEBP`: chunks of a name, a size, and data padded to an even length.
    let mut rest = bytes.get(12..).unwrap_or_default();
    while let Some((&[a, b, c, d, s0, s1, s2, s3], data)) = rest.split_first_chunk() {
        let size = u32::from_le_bytes([s0, s1, s2, s3]) as usize;
        if &[a, b, c, d] == b"EXIF" {
            return data
                .get(..size)
                .and_then(read)
                .unwrap_or(Orientation::NoTransforms);
        }
        rest = data
            .get(size.saturating_add(size % 2)..)
            .unwrap_or_default();
    }
    Orientation::NoTransforms
}

/// Some writers put JPEG's prefix before the data in other formats, too.
fn read(chunk: &[u8]) -> Option<Orientation> {
    Orientation::from_exif_chunk(chunk.strip_prefix(b"Exif\0\0").unwrap_or(chunk))
}

//! What the CPU engine does with picture files before any model sees them.

use shared::Grey28;
use shared::image::SIDE;
use shared::photo::{decode, prepare};

use super::protocol::{Pixels, Prepared, Reply};
use super::thumbnail::thumbnail;

/// A picture file turned into 28x28.
///
/// # Errors
/// A sentence, where it is no picture or shows nothing to cut out.
pub fn prepared(file: &[u8]) -> Result<Reply, String> {
    let photo = decode(file).map_err(|e| e.to_string())?;
    let prepared = prepare(&photo).map_err(|e| e.to_string())?;
    Ok(Reply::Prepared(Prepared {
        grey: Pixels::from(&prepared.grey),
        frame: prepared.frame,
        width: photo.width,
        height: photo.height,
        thumbnail: thumbnail(photo),
    }))
}

/// Cuts the sprite, which is grey on black, into its 28x28 pictures, row by row.
///
/// # Errors
/// A sentence, where the sprite is no picture.
pub fn gallery(sprite: &[u8]) -> Result<Reply, String> {
    let sprite = decode(sprite).map_err(|e| format!("The gallery cannot be shown. {e}"))?;
    let (columns, rows) = (sprite.width as usize / SIDE, sprite.height as usize / SIDE);
    let stride = sprite.width as usize * 4;
    let pictures = (0..rows * columns)
        .map(|i| {
            let corner = i / columns * SIDE * stride + i % columns * SIDE * 4;
            let pixels =
                core::array::from_fn(|p| sprite.rgba[corner + p / SIDE * stride + p % SIDE * 4]);
            Pixels::from(&Grey28::new(pixels))
        })
        .collect();
    Ok(Reply::Gallery { pictures })
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::image::PIXELS;

    #[test]
    fn a_sprite_is_cut_row_by_row() {
        // An uncompressed 24-bit BMP of 56 x 28: the left picture is 10, the right one 200.
        let (width, height) = (2 * SIDE, SIDE);
        let mut bmp = Vec::new();
        let size = 54 + width * height * 3;
        bmp.extend(b"BM");
        for word in [size as u32, 0, 54, 40, width as u32, height as u32] {
            bmp.extend(word.to_le_bytes());
        }
        bmp.extend([1, 0, 24, 0]);
        bmp.extend([0; 24]);
        for i in 0..width * height {
            bmp.extend([if i % width < SIDE { 10 } else { 200 }; 3]);
        }
        let Ok(Reply::Gallery { pictures }) = gallery(&bmp) else {
            panic!("no gallery");
        };
        assert_eq!(pictures.len(), 2);
        for (picture, grey) in pictures.iter().zip([10, 200]) {
            assert_eq!(picture.grey().unwrap().pixels(), &[grey; PIXELS]);
        }
    }

    #[test]
    fn a_file_that_is_no_picture_is_a_sentence() {
        let sentence = prepared(b"hello").unwrap_err();
        assert!(sentence.ends_with('.'), "{sentence}");
    }
}

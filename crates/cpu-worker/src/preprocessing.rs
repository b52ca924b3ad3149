//! What the CPU engine does with picture files before any model sees them: what it prepares is without verdicts.

use photo::{Edits, Pipeline, decode};
use shared::Grey28;
use shared::image::SIDE;

use protocol::{Pixels, Prepared, Reply};

/// Where photos become pictures; it keeps the one that the visitor may edit.
#[derive(Default)]
pub struct Darkroom {
    kept: Option<(u32, Pipeline)>,
}

impl Darkroom {
    /// A picture file turned into 28x28, and kept under the number where there is one and no larger one is kept.
    ///
    /// # Errors
    /// A sentence, where it is no picture or shows nothing to cut out; what was kept stays.
    pub fn prepare(&mut self, file: &[u8], photo: Option<u32>) -> Result<Prepared, String> {
        let decoded = decode(file).map_err(|e| e.to_string())?;
        let pipeline = Pipeline::new(&decoded).map_err(|e| e.to_string())?;
        // A photo of 50 million pixels takes 200 MB; the pipeline is all that is needed from here on.
        drop(decoded);
        let prepared = develop(&pipeline, &Edits::default())?;
        // A large file handed in before a small one may be read after it.
        let is_later = |number| self.kept.as_ref().is_none_or(|(kept, _)| number > *kept);
        if let Some(number) = photo.filter(|number| is_later(*number)) {
            self.kept = Some((number, pipeline));
        }
        Ok(prepared)
    }

    /// The kept photo once more, the visitor's way.
    ///
    /// # Errors
    /// A sentence, where another photo is kept or the edits leave nothing to see.
    pub fn edit(&self, photo: u32, edits: &Edits) -> Result<Prepared, String> {
        match &self.kept {
            Some((number, pipeline)) if *number == photo => develop(pipeline, edits),
            _ => Err(
                "This photo is no longer at hand to be changed: choose its file again.".to_string(),
            ),
        }
    }
}

fn develop(pipeline: &Pipeline, edits: &Edits) -> Result<Prepared, String> {
    let prepared = pipeline.prepare(edits).map_err(|e| e.to_string())?;
    let stages = pipeline.stages(edits, &prepared);
    Ok(Prepared {
        grey: Pixels::from(&prepared.grey),
        frame: prepared.frame,
        width: prepared.width,
        height: prepared.height,
        route: prepared.route,
        mask: prepared.mask,
        quality: prepared.quality,
        is_white: prepared.is_white,
        upright: stages.upright,
        cutout: stages.cutout,
        toned: stages.grey,
        verdicts: Vec::new(),
    })
}

/// Cuts the sprite, which is grey on black, into its 28x28 pictures, row by row.
///
/// # Errors
/// A sentence, where the sprite is no picture.
pub fn gallery(sprite: &[u8]) -> Result<Reply, String> {
    let sprite = decode(sprite).map_err(|e| format!("The gallery cannot be shown. {e}"))?;
    let (columns, rows) = (
        sprite.width() as usize / SIDE,
        sprite.height() as usize / SIDE,
    );
    let stride = sprite.width() as usize * 4;
    let pictures = (0..rows * columns)
        .map(|i| {
            let corner = i / columns * SIDE * stride + i % columns * SIDE * 4;
            let pixels =
                core::array::from_fn(|p| sprite.rgba()[corner + p / SIDE * stride + p % SIDE * 4]);
            Pixels::from(&Grey28::new(pixels))
        })
        .collect();
    Ok(Reply::Gallery { pictures })
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use shared::image::PIXELS;

    /// An uncompressed 24-bit BMP of greys.
    pub fn bmp(width: usize, height: usize, grey: impl Fn(usize, usize) -> u8) -> Vec<u8> {
        let mut bmp = Vec::new();
        let size = 54 + width * height * 3;
        bmp.extend(b"BM");
        for word in [size as u32, 0, 54, 40, width as u32, height as u32] {
            bmp.extend(word.to_le_bytes());
        }
        bmp.extend([1, 0, 24, 0]);
        bmp.extend([0; 24]);
        // Rows are stored from below.
        for i in 0..width * height {
            bmp.extend([grey(i % width, height - 1 - i / width); 3]);
        }
        bmp
    }

    #[test]
    fn a_sprite_is_cut_row_by_row() {
        let bmp = bmp(2 * SIDE, SIDE, |x, _| if x < SIDE { 10 } else { 200 });
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
        let sentence = Darkroom::default().prepare(b"hello", None).unwrap_err();
        assert!(sentence.ends_with('.'), "{sentence}");
    }

    fn prepared(prepared: Result<Prepared, String>) -> Prepared {
        prepared.unwrap_or_else(|sentence| panic!("instead of a picture: {sentence}"))
    }

    #[test]
    fn a_kept_photo_is_edited_without_its_file() {
        // Dark, 60 wide and 20 high, on white.
        let lying = bmp(100, 80, |x, y| {
            let inside = (20..80).contains(&x) && (30..50).contains(&y);
            if inside { 40 } else { 255 }
        });
        let mut room = Darkroom::default();
        let first = prepared(room.prepare(&lying, Some(7)));
        assert_eq!((first.width, first.height), (100, 80));
        assert!(
            [&first.upright, &first.cutout, &first.toned]
                .into_iter()
                .all(|image| !image.is_empty())
        );
        assert_eq!(first, prepared(room.edit(7, &Edits::default())));
        let turn = Edits {
            rotation: 90.0,
            ..Edits::default()
        };
        let turned = prepared(room.edit(7, &turn));
        assert_eq!((turned.width, turned.height), (80, 100));
        assert_ne!(turned.grey, first.grey);
        // Neither a refused file takes its place, nor one that is not to be kept, nor an earlier one.
        assert!(room.prepare(b"hello", Some(8)).is_err());
        prepared(room.prepare(&bmp(40, 40, |x, _| if x < 20 { 40 } else { 255 }), None));
        prepared(room.prepare(&bmp(40, 40, |x, _| if x < 20 { 40 } else { 255 }), Some(6)));
        assert_eq!(turned, prepared(room.edit(7, &turn)));
        let sentence = room.edit(8, &turn).unwrap_err();
        assert!(sentence.ends_with("again."), "{sentence}");
    }
}

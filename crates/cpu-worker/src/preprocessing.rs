//! Preprocessing in the CPU engine: from an image file to the 28x28 image, without predictions.

use photo::{Crop, Edits, Frame, PhotoError, Pipeline, Route, decode, decode_all, decode_array};
use shared::Grey28;
use shared::image::{RgbaImage, SIDE};
use shared::model::photo_network;

use protocol::{Pixels, Prepared, Reply, RequestError};

/// Prepares photos, and stores the last one for edits.
#[derive(Default)]
pub struct PhotoStore {
    stored: Option<StoredPhoto>,
}

struct StoredPhoto {
    number: u32,
    pipeline: Pipeline,
    notes: FileNotes,
}

/// What the visitor is told about a file.
#[derive(Clone, Copy, Default)]
pub struct FileNotes {
    pub has_other_profile: bool,
    pub is_damaged: bool,
}

impl PhotoStore {
    /// Turns an image file into 28x28. The photo is stored unless one with a larger number is.
    ///
    /// # Errors
    /// The file is not an image, or nothing stands out from its background. The stored photo is kept.
    pub fn prepare(&mut self, file: &[u8], photo: u32) -> Result<Prepared, RequestError> {
        let mut decoded = decode_all(file).map_err(photo_error)?;
        let image = decoded.images.swap_remove(0);
        let notes = FileNotes {
            has_other_profile: decoded.has_other_profile,
            is_damaged: decoded.is_damaged,
        };
        self.prepare_image(image, notes, photo)
    }

    /// As [`prepare`](Self::prepare), for an image that is decoded already.
    ///
    /// # Errors
    /// The image is too small, or nothing stands out from its background.
    pub fn prepare_image(
        &mut self,
        image: RgbaImage,
        notes: FileNotes,
        photo: u32,
    ) -> Result<Prepared, RequestError> {
        let pipeline = Pipeline::new(&image).map_err(photo_error)?;
        // A photo of 50 million pixels takes 200 MB, and only the pipeline is needed from here on.
        drop(image);
        let (edits, prepared) = pipeline.prepare_upright().map_err(photo_error)?;
        let prepared = reply(&pipeline, notes, edits, prepared);
        // A large file may be read after a small one that was chosen later.
        let stored = self.stored.as_ref();
        if stored.is_none_or(|stored| photo > stored.number) {
            self.stored = Some(StoredPhoto {
                number: photo,
                pipeline,
                notes,
            });
        }
        Ok(prepared)
    }

    /// The stored photo as the photo network's input.
    ///
    /// # Errors
    /// Another photo is stored.
    pub fn square(&self, photo: u32, edits: &Edits) -> Result<RgbaImage, RequestError> {
        match &self.stored {
            Some(stored) if stored.number == photo => {
                Ok(stored.pipeline.square(edits, photo_network::SIDE))
            }
            _ => Err(RequestError::PhotoReplaced),
        }
    }

    /// Prepares the stored photo with the visitor's edits.
    ///
    /// # Errors
    /// Another photo is stored, or nothing is left after the edits.
    pub fn edit(&self, photo: u32, edits: &Edits) -> Result<Prepared, RequestError> {
        match &self.stored {
            Some(stored) if stored.number == photo => {
                let pipeline = &stored.pipeline;
                let prepared = pipeline.prepare(edits).map_err(photo_error)?;
                Ok(reply(pipeline, stored.notes, edits.clone(), prepared))
            }
            _ => Err(RequestError::PhotoReplaced),
        }
    }
}

/// A file of a batch as the models' input.
pub struct PreparedFile {
    pub grey: Grey28,
    pub is_plain: bool,
    pub is_damaged: bool,
    /// `None` if it is no photo.
    pub photo: Option<PreparedPhoto>,
}

/// What is known of a photo in addition to its 28x28 image.
pub struct PreparedPhoto {
    /// From it and the edits, the photo network's input is made.
    pub pipeline: Pipeline,
    /// The rotation that makes the garment upright.
    pub edits: Edits,
    /// The part of the photo that the 28x28 image shows.
    pub frame: Frame,
    /// The part of the photo that the photo network's input shows.
    pub square: Frame,
}

impl From<Grey28> for PreparedFile {
    /// Prepared before; what else was known of its file is known to the page.
    fn from(grey: Grey28) -> Self {
        Self {
            grey,
            is_plain: false,
            is_damaged: false,
            photo: None,
        }
    }
}

/// Turns a file of a batch into 28x28, as [`PhotoStore::prepare`] does for a photo that is shown.
///
/// # Errors
/// The file is not an image, or nothing stands out from its background.
pub fn prepare_file(file: &[u8]) -> Result<PreparedFile, RequestError> {
    let mut decoded = decode_all(file).map_err(photo_error)?;
    let image = decoded.images.swap_remove(0);
    Ok(PreparedFile {
        is_damaged: decoded.is_damaged,
        ..prepare_image(image)?
    })
}

/// As [`prepare_file`], for an image that is decoded already.
///
/// # Errors
/// The image is too small, or nothing stands out from its background.
pub fn prepare_image(image: RgbaImage) -> Result<PreparedFile, RequestError> {
    let pipeline = Pipeline::new(&image).map_err(photo_error)?;
    drop(image);
    let (edits, prepared) = pipeline.prepare_upright().map_err(photo_error)?;
    Ok(file(pipeline, edits, prepared))
}

/// Turns a frame of the live camera into 28x28. It is not rotated, as heat maps are drawn on the video.
///
/// # Errors
/// The frame is too small, or nothing stands out from its background.
pub fn prepare_frame(frame: &RgbaImage) -> Result<PreparedFile, RequestError> {
    let pipeline = Pipeline::new(frame).map_err(photo_error)?;
    let edits = Edits::default();
    let prepared = pipeline.prepare(&edits).map_err(photo_error)?;
    Ok(file(pipeline, edits, prepared))
}

fn file(pipeline: Pipeline, edits: Edits, prepared: photo::Prepared) -> PreparedFile {
    let is_photo = !matches!(prepared.route, Route::AsIs { .. });
    let photo = is_photo.then(|| PreparedPhoto {
        pipeline,
        edits,
        frame: prepared.frame,
        square: square(&prepared),
    });
    PreparedFile {
        grey: prepared.grey,
        is_plain: prepared.is_plain,
        is_damaged: false,
        photo,
    }
}

/// The part of a photo, not cropped by the visitor, that [`Pipeline::square`] shows: the photo without the frame around it, padded to a square.
fn square(prepared: &photo::Prepared) -> Frame {
    let crop = prepared.inside_frame.unwrap_or(Crop::WHOLE);
    let (photo_width, photo_height) = (prepared.width as f32, prepared.height as f32);
    let (width, height) = (crop.width * photo_width, crop.height * photo_height);
    let side = width.max(height);
    Frame {
        x: crop.left * photo_width + (width - side) / 2.0,
        y: crop.top * photo_height + (height - side) / 2.0,
        side,
    }
}

/// The images of a file that holds 28x28 images as numbers; none of other files.
///
/// # Errors
/// The numbers are not such images, or the file is of an unknown kind.
pub fn read_array(file: &[u8]) -> Result<Reply, RequestError> {
    let array = decode_array(file).map_err(photo_error)?;
    Ok(array.map_or(
        Reply::Array {
            images: Vec::new(),
            count: 0,
        },
        |array| Reply::Array {
            images: array.images.iter().map(Pixels::from).collect(),
            count: u32::try_from(array.count).unwrap_or(u32::MAX),
        },
    ))
}

pub fn photo_error(error: PhotoError) -> RequestError {
    RequestError::Photo {
        message: error.to_string(),
    }
}

/// The reply about a photo that was prepared with these edits, with its intermediate images.
fn reply(
    pipeline: &Pipeline,
    notes: FileNotes,
    edits: Edits,
    prepared: photo::Prepared,
) -> Prepared {
    let stages = pipeline.stages(&edits, &prepared);
    Prepared {
        grey: Pixels::from(&prepared.grey),
        edits,
        size: pipeline.size(),
        frame: prepared.frame,
        width: prepared.width,
        height: prepared.height,
        route: prepared.route,
        mask: prepared.mask,
        quality: prepared.quality,
        is_plain: prepared.is_plain,
        is_white: prepared.is_white,
        is_cut_off: prepared.is_cut_off,
        inside_frame: prepared.inside_frame,
        objects: prepared.objects,
        has_other_profile: notes.has_other_profile,
        is_damaged: notes.is_damaged,
        upright: stages.upright,
        cutout: stages.cutout,
        toned: stages.grey,
        predictions: Vec::new(),
    }
}

/// Cuts the gallery's sprite, which is grey on black, into its 28x28 images, row by row.
///
/// # Errors
/// The sprite is not an image.
pub fn gallery(sprite: &[u8]) -> Result<Reply, RequestError> {
    let sprite = decode(sprite).map_err(|e| RequestError::Gallery {
        message: e.to_string(),
    })?;
    let (columns, rows) = (
        sprite.width() as usize / SIDE,
        sprite.height() as usize / SIDE,
    );
    let stride = sprite.width() as usize * 4;
    let images = (0..rows * columns)
        .map(|i| {
            let corner = i / columns * SIDE * stride + i % columns * SIDE * 4;
            let pixels =
                core::array::from_fn(|p| sprite.rgba()[corner + p / SIDE * stride + p % SIDE * 4]);
            Pixels::from(&Grey28::new(pixels))
        })
        .collect();
    Ok(Reply::Gallery { images })
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
    fn cuts_a_sprite_row_by_row() {
        let bmp = bmp(2 * SIDE, SIDE, |x, _| if x < SIDE { 10 } else { 200 });
        let Ok(Reply::Gallery { images }) = gallery(&bmp) else {
            panic!("no gallery");
        };
        assert_eq!(images.len(), 2);
        for (image, grey) in images.iter().zip([10, 200]) {
            assert_eq!(image.grey().unwrap().pixels(), &[grey; PIXELS]);
        }
    }

    #[test]
    fn the_images_of_an_array_are_read_one_by_one() {
        let header = fashion_mnist::image_header(2);
        let file = [header.as_slice(), &[5; PIXELS], &[6; PIXELS]].concat();
        let Ok(Reply::Array { images, count: 2 }) = read_array(&file) else {
            panic!("no images");
        };
        assert_eq!(images[1].grey().unwrap().pixels(), &[6; PIXELS]);
        let picture = read_array(&bmp(9, 9, |_, _| 0));
        assert!(matches!(picture, Ok(Reply::Array { count: 0, .. })));
        assert!(read_array(&file[..900]).is_err());
    }

    #[test]
    fn rejects_a_file_that_is_not_an_image() {
        let error = PhotoStore::default().prepare(b"hello", 1).unwrap_err();
        let RequestError::Photo { message } = error else {
            panic!("{error}");
        };
        assert!(message.ends_with('.'), "{message}");
    }

    fn prepared(prepared: Result<Prepared, RequestError>) -> Prepared {
        prepared.unwrap_or_else(|error| panic!("not prepared: {error}"))
    }

    #[test]
    fn a_stored_photo_is_edited_without_its_file() {
        // Dark, 60 wide and 20 high, on white.
        let lying = bmp(100, 80, |x, y| {
            let inside = (20..80).contains(&x) && (30..50).contains(&y);
            if inside { 40 } else { 255 }
        });
        let mut store = PhotoStore::default();
        let first = prepared(store.prepare(&lying, 7));
        assert_eq!((first.width, first.height), (100, 80));
        assert!(
            [&first.upright, &first.cutout, &first.toned]
                .into_iter()
                .all(|image| !image.is_empty())
        );
        assert_eq!(first, prepared(store.edit(7, &Edits::default())));
        let turn = Edits {
            rotation: 90.0,
            ..Edits::default()
        };
        let turned = prepared(store.edit(7, &turn));
        assert_eq!((turned.width, turned.height), (80, 100));
        assert_ne!(turned.grey, first.grey);
        // A refused file and an earlier photo do not replace it.
        assert!(store.prepare(b"hello", 8).is_err());
        prepared(store.prepare(&bmp(40, 40, |x, _| if x < 20 { 40 } else { 255 }), 6));
        assert_eq!(turned, prepared(store.edit(7, &turn)));
        let error = store.edit(8, &turn).unwrap_err();
        assert_eq!(error, RequestError::PhotoReplaced);
    }
}

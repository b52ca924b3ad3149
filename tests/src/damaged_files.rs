//! Files that are not images, or images that the page must refuse.

use shared::Grey28;

use crate::image_files::{self, UploadFile};

/// An empty file.
pub fn empty() -> UploadFile {
    UploadFile::new("empty.png", "image/png", Vec::new())
}

/// A text with the name of a PNG.
pub fn text() -> UploadFile {
    let letter = "Dear page,\nI am not an image, whatever my name says.\n".repeat(20);
    UploadFile::new("letter.png", "image/png", letter.into_bytes())
}

/// The first half of a JPEG.
pub fn truncated_jpeg(image: &Grey28) -> UploadFile {
    let mut file = image_files::jpeg_photo(image, 400, 400);
    file.name = "half.jpg".into();
    file.bytes.truncate(file.bytes.len() / 2);
    file
}

/// A PNG of a few bytes with a header for 30,000 x 30,000 pixels, which would need 2.7 GB.
pub fn huge_png() -> UploadFile {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 30_000, 30_000);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let writer = encoder.write_header().expect("a header to memory");
    // The writer is dropped without pixels: only the end of the file is written.
    drop(writer);
    UploadFile::new("huge.png", "image/png", bytes)
}

/// One white pixel.
pub fn one_pixel() -> UploadFile {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().expect("a header to memory");
    writer.write_image_data(&[255]).expect("a pixel to memory");
    writer.finish().expect("an end to memory");
    UploadFile::new("dot.png", "image/png", bytes)
}

/// The beginning of a phone's photo in HEIC (ISO/IEC 23008-12: an `ftyp` box of brand `heic`).
pub fn heic() -> UploadFile {
    let mut bytes = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
    bytes.extend(b"\0\0\0\x20meta");
    bytes.resize(4096, 0);
    UploadFile::new("IMG_0001.HEIC", "image/heic", bytes)
}

/// 60 MB with the first bytes of a JPEG.
pub fn sixty_megabytes() -> UploadFile {
    let mut bytes = b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec();
    bytes.resize(60_000_000, 0);
    UploadFile::new("enormous.jpg", "image/jpeg", bytes)
}

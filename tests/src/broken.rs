//! Files that are no pictures, or not such as a page should try to open.

use shared::Grey28;

use crate::picture::{self, File};

/// Nothing at all.
pub fn empty() -> File {
    File::new("empty.png", "image/png", Vec::new())
}

/// A letter that calls itself a picture.
pub fn text() -> File {
    let letter = "Dear page,\nI am not a picture, whatever my name says.\n".repeat(20);
    File::new("letter.png", "image/png", letter.into_bytes())
}

/// A photo whose second half was lost on the way.
pub fn truncated_jpeg(picture: &Grey28) -> File {
    let mut file = picture::photo(picture, 400, 400);
    file.name = "half.jpg".into();
    file.bytes.truncate(file.bytes.len() / 2);
    file
}

/// A PNG of a few bytes that promises 30,000 x 30,000 pixels, 2.7 GB of them.
pub fn huge_png() -> File {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 30_000, 30_000);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let writer = encoder.write_header().expect("a header to memory");
    // The pixels never come; dropping the writer says only that the file is over.
    drop(writer);
    File::new("huge.png", "image/png", bytes)
}

/// One white pixel.
pub fn one_pixel() -> File {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().expect("a header to memory");
    writer.write_image_data(&[255]).expect("a pixel to memory");
    writer.finish().expect("an end to memory");
    File::new("dot.png", "image/png", bytes)
}

/// The beginning of a photo as a telephone takes it (ISO/IEC 23008-12: an `ftyp` box of brand `heic`).
pub fn heic() -> File {
    let mut bytes = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
    bytes.extend(b"\0\0\0\x20meta");
    bytes.resize(4096, 0);
    File::new("IMG_0001.HEIC", "image/heic", bytes)
}

/// 60 MB that begin as a JPEG does.
pub fn sixty_megabytes() -> File {
    let mut bytes = b"\xff\xd8\xff\xe0\0\x10JFIF\0".to_vec();
    bytes.resize(60_000_000, 0);
    File::new("enormous.jpg", "image/jpeg", bytes)
}

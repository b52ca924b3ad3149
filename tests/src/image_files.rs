//! Image files of a garment in all supported formats.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{
    DynamicImage, Frame, GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage, RgbaImage,
};
use shared::Grey28;
use shared::image::SIDE;

/// A file that a visitor could upload.
#[derive(Clone, Debug)]
pub struct UploadFile {
    pub name: String,
    pub mime: &'static str,
    pub bytes: Vec<u8>,
}

impl UploadFile {
    pub fn new(name: &str, mime: &'static str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            mime,
            bytes,
        }
    }
}

/// The 28x28 image as a grey PNG of 8 bits.
pub fn png(image: &Grey28) -> UploadFile {
    UploadFile::new(
        "grey.png",
        "image/png",
        png_bytes(&DynamicImage::ImageLuma8(grey_image(image))),
    )
}

/// The 28x28 image as a grey PNG of 16 bits with the same values.
pub fn png_16_bit(image: &Grey28) -> UploadFile {
    let deep: ImageBuffer<Luma<u16>, _> = ImageBuffer::from_fn(SIDE as u32, SIDE as u32, |x, y| {
        Luma([u16::from(grey_image(image).get_pixel(x, y).0[0]) * 257])
    });
    UploadFile::new(
        "deep.png",
        "image/png",
        png_bytes(&DynamicImage::ImageLuma16(deep)),
    )
}

/// The 28x28 image as a PNG with a palette from white to black.
pub fn png_palette(image: &Grey28) -> UploadFile {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIDE as u32, SIDE as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(
        (0..=255u8)
            .rev()
            .flat_map(|grey| [grey; 3])
            .collect::<Vec<_>>(),
    );
    let places: Vec<u8> = image.pixels().iter().map(|grey| 255 - grey).collect();
    let mut writer = encoder.write_header().expect("a header to memory");
    writer
        .write_image_data(&places)
        .expect("an image to memory");
    writer.finish().expect("an end to memory");
    UploadFile::new("palette.png", "image/png", bytes)
}

/// The 28x28 image as a PNG with a colour profile of other primaries than sRGB's, cut down to the tags that name them.
pub fn png_with_profile(image: &Grey28) -> UploadFile {
    let mut profile = vec![0; 128];
    profile[16..20].copy_from_slice(b"RGB ");
    profile[36..40].copy_from_slice(b"acsp");
    profile.extend(3u32.to_be_bytes());
    for name in [b"rXYZ", b"gXYZ", b"bXYZ"] {
        profile.extend(name);
        // Its place, and its length; one place for all three.
        profile.extend(168u32.to_be_bytes());
        profile.extend(20u32.to_be_bytes());
    }
    profile.extend(b"XYZ \0\0\0\0");
    profile.extend([0, 0, 0x80, 0].repeat(3));
    let rgb = DynamicImage::ImageLuma8(grey_image(image)).into_rgb8();
    let mut info = png::Info::with_size(SIDE as u32, SIDE as u32);
    info.color_type = png::ColorType::Rgb;
    info.bit_depth = png::BitDepth::Eight;
    info.icc_profile = Some(profile.into());
    let mut bytes = Vec::new();
    let encoder = png::Encoder::with_info(&mut bytes, info).expect("a valid header");
    let mut writer = encoder.write_header().expect("a header to memory");
    writer.write_image_data(&rgb).expect("an image to memory");
    writer.finish().expect("an end to memory");
    UploadFile::new("profile.png", "image/png", bytes)
}

/// The 28x28 image as an icon, which holds a PNG.
pub fn icon(image: &Grey28) -> UploadFile {
    let rgba = DynamicImage::ImageLuma8(grey_image(image)).into_rgba8();
    let png = png_bytes(&DynamicImage::ImageRgba8(rgba));
    let mut bytes = vec![0, 0, 1, 0, 1, 0, SIDE as u8, SIDE as u8, 0, 0, 1, 0, 32, 0];
    bytes.extend((png.len() as u32).to_le_bytes());
    // The PNG's place, behind this header.
    bytes.extend(22u32.to_le_bytes());
    bytes.extend(png);
    UploadFile::new("garment.ico", "image/x-icon", bytes)
}

/// An animated GIF of two frames.
pub fn gif_animated(first: &Grey28, second: &Grey28) -> UploadFile {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for image in [first, second] {
        let rgba: RgbaImage = DynamicImage::ImageLuma8(grey_image(image)).into_rgba8();
        encoder
            .encode_frame(Frame::new(rgba))
            .expect("a frame to memory");
    }
    drop(encoder);
    UploadFile::new("animated.gif", "image/gif", bytes)
}

/// The 28x28 image as a CMYK JPEG with inverted values, as Adobe's programs write it; only the black ink is used.
pub fn jpeg_cmyk(image: &Grey28) -> UploadFile {
    let inks: Vec<u8> = image
        .pixels()
        .iter()
        .flat_map(|grey| [0, 0, 0, 255 - grey])
        .collect();
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, 100)
        .encode(
            &inks,
            SIDE as u16,
            SIDE as u16,
            jpeg_encoder::ColorType::Cmyk,
        )
        .expect("a JPEG to memory");
    UploadFile::new("print.jpg", "image/jpeg", bytes)
}

/// A JPEG photo of `width` x `height` pixels: the garment is dark on white, large, and not centred.
pub fn jpeg_photo(image: &Grey28, width: u32, height: u32) -> UploadFile {
    let side = width.min(height) * 3 / 4;
    let garment = dark_on_white(image, side);
    let mut photo = GrayImage::from_pixel(width, height, Luma([255]));
    imageops::overlay(
        &mut photo,
        &garment,
        i64::from(width - side) / 3,
        i64::from(height - side) / 2,
    );
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95)
        .encode_image(&photo)
        .expect("a JPEG to memory");
    UploadFile::new("photo.jpg", "image/jpeg", bytes)
}

/// An npy file of 28x28 images, as `numpy.save` writes an array of bytes.
pub fn npy(images: &[&[u8]]) -> Vec<u8> {
    let count = images.len();
    let header =
        format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({count}, {SIDE}, {SIDE}), }}");
    let header = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.into_bytes());
    bytes.extend(images.concat());
    bytes
}

/// A photo as a JPEG with an EXIF orientation: 1 (upright), or 6 (stored rotated by 90 degrees).
pub fn jpeg_with_orientation(photo: &shared::image::RgbaImage, orientation: u8) -> Vec<u8> {
    let rgba = RgbaImage::from_raw(photo.width(), photo.height(), photo.rgba().to_vec())
        .expect("four bytes a pixel");
    let upright = DynamicImage::ImageRgba8(rgba).into_rgb8();
    let stored = if orientation == 6 {
        imageops::rotate270(&upright)
    } else {
        upright
    };
    let mut plain = Vec::new();
    JpegEncoder::new_with_quality(&mut plain, 92)
        .encode_image(&stored)
        .expect("a JPEG to memory");
    // TIFF, big-endian: one directory with one entry, the orientation (tag 0x112, type SHORT).
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = (exif.len() + 2) as u16;
    let mut bytes = plain[..2].to_vec();
    bytes.extend([0xff, 0xe1]);
    bytes.extend(length.to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&plain[2..]);
    bytes
}

/// A PNG photo of the garment on a wooden floor, not centred; `fabric` is the garment's colour.
pub fn floor_photo(image: &Grey28, fabric: [u8; 3], width: u32, height: u32) -> UploadFile {
    let side = width.min(height) * 3 / 4;
    let garment = imageops::resize(&grey_image(image), side, side, FilterType::CatmullRom);
    let (left, top) = ((width - side) / 3, (height - side) / 2);
    let photo = RgbImage::from_fn(width, height, |x, y| {
        let floor = floor_color(x, y);
        let inside = x >= left && y >= top && x < left + side && y < top + side;
        let value = if inside {
            garment.get_pixel(x - left, y - top).0[0]
        } else {
            0
        };
        // The data set's background is nearly black.
        let opacity = f32::from(value.saturating_sub(20).min(20)) / 20.0;
        let shade = 0.55 + 0.45 * f32::from(value) / 255.0;
        Rgb(core::array::from_fn(|c| {
            let fabric = f32::from(fabric[c]) * shade;
            (fabric * opacity + f32::from(floor[c]) * (1.0 - opacity)) as u8
        }))
    });
    UploadFile::new(
        "room.png",
        "image/png",
        png_bytes(&DynamicImage::ImageRgb8(photo)),
    )
}

/// A PNG of a dark garment on white, with black bars at the left and at the right.
pub fn framed_photo(image: &Grey28) -> UploadFile {
    let mut photo = GrayImage::from_pixel(900, 600, Luma([0]));
    overlay(
        &mut photo,
        &GrayImage::from_pixel(600, 600, Luma([255])),
        [150, 0],
    );
    overlay(&mut photo, &dark_on_white(image, 400), [250, 100]);
    UploadFile::new(
        "framed.png",
        "image/png",
        png_bytes(&DynamicImage::ImageLuma8(photo)),
    )
}

/// A PNG of a dark garment on white, tilted clockwise.
pub fn tilted_photo(image: &Grey28, degrees: f32) -> UploadFile {
    const SIDE: u32 = 600;
    const GARMENT: u32 = 400;
    let garment = dark_on_white(image, GARMENT);
    let (sin, cos) = degrees.to_radians().sin_cos();
    let photo = GrayImage::from_fn(SIDE, SIDE, |column, row| {
        let centre = SIDE as f32 / 2.0;
        let (x, y) = (column as f32 - centre, row as f32 - centre);
        let place = |along: f32| along + GARMENT as f32 / 2.0;
        let (x, y) = (place(x * cos + y * sin), place(y * cos - x * sin));
        imageops::interpolate_bilinear(&garment, x, y).unwrap_or(Luma([255]))
    });
    UploadFile::new(
        "tilted.png",
        "image/png",
        png_bytes(&DynamicImage::ImageLuma8(photo)),
    )
}

/// A PNG of two dark garments on white, side by side; the left one is larger.
pub fn two_garments(left: &Grey28, right: &Grey28) -> UploadFile {
    let mut photo = GrayImage::from_pixel(1000, 600, Luma([255]));
    overlay(&mut photo, &dark_on_white(left, 400), [60, 100]);
    overlay(&mut photo, &dark_on_white(right, 320), [620, 140]);
    UploadFile::new(
        "two.png",
        "image/png",
        png_bytes(&DynamicImage::ImageLuma8(photo)),
    )
}

/// The garment, dark on white, in a square of this side.
fn dark_on_white(image: &Grey28, side: u32) -> GrayImage {
    let mut garment = grey_image(image);
    imageops::invert(&mut garment);
    imageops::resize(&garment, side, side, FilterType::CatmullRom)
}

fn overlay(photo: &mut GrayImage, part: &GrayImage, [x, y]: [i64; 2]) {
    imageops::overlay(photo, part, x, y);
}

/// A PNG photo of a wooden floor without a garment.
pub fn empty_floor(width: u32, height: u32) -> UploadFile {
    let photo = RgbImage::from_fn(width, height, |x, y| Rgb(floor_color(x, y)));
    UploadFile::new(
        "floor.png",
        "image/png",
        png_bytes(&DynamicImage::ImageRgb8(photo)),
    )
}

/// The colour of a pixel of wooden boards, with grain and joints.
fn floor_color(x: u32, y: u32) -> [u8; 3] {
    // A hash, so that the grain does not repeat.
    let grain = (x / 3).wrapping_mul(0x9e37_79b1) ^ (y / 2).wrapping_mul(0x85eb_ca6b);
    let grain = (grain ^ (grain >> 15)).wrapping_mul(0x2c1b_3c6d) >> 27;
    let plank = (y / 40) * 13 % 24;
    let joint = if y % 40 < 2 { 50 } else { 0 };
    [176, 132, 84].map(|tone: u32| (tone + plank + grain - joint).min(255) as u8)
}

fn grey_image(image: &Grey28) -> GrayImage {
    GrayImage::from_raw(SIDE as u32, SIDE as u32, image.pixels().to_vec())
        .expect("784 bytes are 28 rows of 28")
}

fn png_bytes(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("a PNG to memory");
    bytes.into_inner()
}

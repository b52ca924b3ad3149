//! Picture files, made here: one garment in every format that the page answers.

use std::io::Cursor;

use image::codecs::gif::GifEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{self, FilterType};
use image::{
    DynamicImage, Frame, GrayImage, ImageBuffer, ImageFormat, Luma, Rgb, RgbImage, RgbaImage,
};
use shared::Grey28;
use shared::image::SIDE;

/// A file as a visitor would drop it.
#[derive(Clone, Debug)]
pub struct File {
    pub name: String,
    pub mime: &'static str,
    pub bytes: Vec<u8>,
}

impl File {
    pub fn new(name: &str, mime: &'static str, bytes: Vec<u8>) -> Self {
        Self {
            name: name.into(),
            mime,
            bytes,
        }
    }
}

/// The 28x28 picture as an 8-bit grey PNG.
pub fn png(picture: &Grey28) -> File {
    File::new(
        "grey.png",
        "image/png",
        written(&DynamicImage::ImageLuma8(grey(picture))),
    )
}

/// The 28x28 picture as a 16-bit grey PNG of the same greys.
pub fn png_16_bit(picture: &Grey28) -> File {
    let deep: ImageBuffer<Luma<u16>, _> = ImageBuffer::from_fn(SIDE as u32, SIDE as u32, |x, y| {
        Luma([u16::from(grey(picture).get_pixel(x, y).0[0]) * 257])
    });
    File::new(
        "deep.png",
        "image/png",
        written(&DynamicImage::ImageLuma16(deep)),
    )
}

/// The 28x28 picture as a PNG whose pixels are places in a palette that runs from white to black.
pub fn png_palette(picture: &Grey28) -> File {
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
    let places: Vec<u8> = picture.pixels().iter().map(|grey| 255 - grey).collect();
    let mut writer = encoder.write_header().expect("a header to memory");
    writer
        .write_image_data(&places)
        .expect("an image to memory");
    writer.finish().expect("an end to memory");
    File::new("palette.png", "image/png", bytes)
}

/// An animated GIF that shows one 28x28 picture, then the other.
pub fn gif_animated(first: &Grey28, second: &Grey28) -> File {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for picture in [first, second] {
        let rgba: RgbaImage = DynamicImage::ImageLuma8(grey(picture)).into_rgba8();
        encoder
            .encode_frame(Frame::new(rgba))
            .expect("a frame to memory");
    }
    drop(encoder);
    File::new("animated.gif", "image/gif", bytes)
}

/// The 28x28 picture as a CMYK JPEG, all in the black ink, as Adobe's programs write it.
pub fn jpeg_cmyk(picture: &Grey28) -> File {
    let inks: Vec<u8> = picture
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
    File::new("print.jpg", "image/jpeg", bytes)
}

/// The garment as a JPEG photo of `width` x `height` pixels: dark on white, large, and off the middle.
pub fn photo(picture: &Grey28, width: u32, height: u32) -> File {
    let mut garment = grey(picture);
    imageops::invert(&mut garment);
    let side = width.min(height) * 3 / 4;
    let garment = imageops::resize(&garment, side, side, FilterType::CatmullRom);
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
    File::new("photo.jpg", "image/jpeg", bytes)
}

/// A photo as a JPEG from a camera that was held so that EXIF's orientation says 1, upright, or 6, on its left side.
pub fn jpeg(photo: &shared::image::RgbaImage, orientation: u8) -> Vec<u8> {
    let rgba = RgbaImage::from_raw(photo.width(), photo.height(), photo.rgba().to_vec())
        .expect("four bytes a pixel");
    let upright = DynamicImage::ImageRgba8(rgba).into_rgb8();
    let held = match orientation {
        6 => imageops::rotate270(&upright),
        _ => upright,
    };
    let mut plain = Vec::new();
    JpegEncoder::new_with_quality(&mut plain, 92)
        .encode_image(&held)
        .expect("a JPEG to memory");
    // TIFF, big-endian: one directory with one entry, tag 0x112, a short.
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

/// The garment, in shades of `cloth`, as a PNG photo of a room: it lies on boards, off the middle, and slightly uneven light
/// falls on them.
pub fn scene(picture: &Grey28, cloth: [u8; 3], width: u32, height: u32) -> File {
    let side = width.min(height) * 3 / 4;
    let garment = imageops::resize(&grey(picture), side, side, FilterType::CatmullRom);
    let (left, top) = ((width - side) / 3, (height - side) / 2);
    let photo = RgbImage::from_fn(width, height, |x, y| {
        let floor = board(x, y);
        let inside = x >= left && y >= top && x < left + side && y < top + side;
        let value = match inside {
            true => garment.get_pixel(x - left, y - top).0[0],
            false => 0,
        };
        // What is nearly black in the data set is its background.
        let share = f32::from(value.saturating_sub(20).min(20)) / 20.0;
        let shade = 0.55 + 0.45 * f32::from(value) / 255.0;
        Rgb(core::array::from_fn(|c| {
            let cloth = f32::from(cloth[c]) * shade;
            (cloth * share + f32::from(floor[c]) * (1.0 - share)) as u8
        }))
    });
    File::new(
        "room.png",
        "image/png",
        written(&DynamicImage::ImageRgb8(photo)),
    )
}

/// A floor and nothing on it, as a PNG photo.
pub fn floor(width: u32, height: u32) -> File {
    let photo = RgbImage::from_fn(width, height, |x, y| Rgb(board(x, y)));
    File::new(
        "floor.png",
        "image/png",
        written(&DynamicImage::ImageRgb8(photo)),
    )
}

/// A pixel of wooden boards, grain and joints and all.
fn board(x: u32, y: u32) -> [u8; 3] {
    // Hashed, so that the grain does not repeat.
    let grain = (x / 3).wrapping_mul(0x9e37_79b1) ^ (y / 2).wrapping_mul(0x85eb_ca6b);
    let grain = (grain ^ (grain >> 15)).wrapping_mul(0x2c1b_3c6d) >> 27;
    let plank = (y / 40) * 13 % 24;
    let joint = if y % 40 < 2 { 50 } else { 0 };
    [176, 132, 84].map(|tone: u32| (tone + plank + grain - joint).min(255) as u8)
}

fn grey(picture: &Grey28) -> GrayImage {
    GrayImage::from_raw(SIDE as u32, SIDE as u32, picture.pixels().to_vec())
        .expect("784 bytes are 28 rows of 28")
}

fn written(image: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("a PNG to memory");
    bytes.into_inner()
}

//! Image files built in code, by encoders or byte by byte where no encoder writes the variant.

use std::io::Cursor;
use std::{vec, vec::Vec};

use ::image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// The corners' colours: red and green above, blue and yellow below.
pub const CORNERS: [[u8; 3]; 4] = [[220, 30, 30], [30, 200, 40], [30, 40, 210], [230, 220, 40]];

/// 48x32 pixels, a colour in each quarter.
pub fn quarters() -> RgbImage {
    RgbImage::from_fn(48, 32, |x, y| {
        Rgb(CORNERS[usize::from(x >= 24) + 2 * usize::from(y >= 16)])
    })
}

pub fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    image.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// An EXIF block, which is a TIFF file, with an orientation only.
pub fn exif(orientation: u8, big_endian: bool) -> Vec<u8> {
    let mut block = if big_endian {
        b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec()
    } else {
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec()
    };
    block.push(orientation);
    block.resize(26, 0);
    block
}

/// Inserts a segment after a JPEG's first marker.
pub fn with_jpeg_segment(jpeg: &[u8], marker: u8, data: &[u8]) -> Vec<u8> {
    [&jpeg[..2], &jpeg_segment(marker, data), &jpeg[2..]].concat()
}

pub fn jpeg_segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16 + 2).to_be_bytes();
    [&[0xff, marker], length.as_slice(), data].concat()
}

/// A PNG chunk.
pub fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let body = [name.as_slice(), data].concat();
    let length = (data.len() as u32).to_be_bytes();
    [
        &length,
        body.as_slice(),
        &crc32fast::hash(&body).to_be_bytes(),
    ]
    .concat()
}

/// A PNG of a header, other chunks, and lines of samples (each after its filter byte 0).
pub fn png(size: [u32; 2], depth: u8, colour: u8, chunks: &[Vec<u8>], lines: &[u8]) -> Vec<u8> {
    let header = [
        size[0].to_be_bytes().as_slice(),
        &size[1].to_be_bytes(),
        &[depth, colour, 0, 0, 0],
    ]
    .concat();
    // zlib with one stored block, closed by Adler-32.
    let length = lines.len() as u16;
    let (mut a, mut b) = (1u32, 0u32);
    for &byte in lines {
        a = (a + u32::from(byte)) % 65521;
        b = (b + a) % 65521;
    }
    let data = [
        [0x78, 0x01, 1].as_slice(),
        &length.to_le_bytes(),
        &(!length).to_le_bytes(),
        lines,
        &(b << 16 | a).to_be_bytes(),
    ]
    .concat();
    [
        b"\x89PNG\r\n\x1a\n".as_slice(),
        &png_chunk(b"IHDR", &header),
        &chunks.concat(),
        &png_chunk(b"IDAT", &data),
        &png_chunk(b"IEND", &[]),
    ]
    .concat()
}

/// A RIFF chunk of a WebP file.
pub fn riff_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let padding = vec![0; data.len() % 2];
    [
        name.as_slice(),
        &(data.len() as u32).to_le_bytes(),
        data,
        &padding,
    ]
    .concat()
}

/// A WebP file of chunks.
pub fn webp(chunks: &[Vec<u8>]) -> Vec<u8> {
    riff_chunk(b"RIFF", &[b"WEBP".as_slice(), &chunks.concat()].concat())
}

/// The header chunk of an extended WebP file of 48x32; the flag 2 is for animations, 8 for EXIF.
pub fn webp_extended(flags: u8) -> Vec<u8> {
    riff_chunk(b"VP8X", &[flags, 0, 0, 0, 47, 0, 0, 31, 0, 0])
}

/// The image chunk of a simple, lossless WebP file.
pub fn webp_lossless(image: RgbImage) -> Vec<u8> {
    encode(image, ImageFormat::WebP)[12..].to_vec()
}

/// A baseline JPEG of 8x8 blocks, each in one colour of four components, with Adobe's marker where one is given.
///
/// # Shapes
/// `blocks` is `[any, across]`, row-major.
pub fn jpeg_of_four(blocks: &[[u8; 4]], across: usize, adobe_transform: Option<u8>) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    if let Some(transform) = adobe_transform {
        let data = [b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat();
        file.extend(jpeg_segment(0xee, &data));
    }
    // Every step is 8, so that a block's mean is its first coefficient.
    file.extend(jpeg_segment(0xdb, &[[0].as_slice(), &[8; 64]].concat()));
    let (height, width) = (blocks.len() / across * 8, across * 8);
    let mut frame = vec![8, 0, height as u8, 0, width as u8, 4];
    let mut scan = vec![4];
    for component in 1..=4 {
        frame.extend([component, 0x11, 0]);
        scan.extend([component, 0]);
    }
    scan.extend([0, 63, 0]);
    file.extend(jpeg_segment(0xc0, &frame));
    // First coefficients: twelve codes of four bits. The others: one code of one bit, end of block.
    let mut first = vec![0; 17];
    first[4] = 12;
    first.extend(0..12);
    let mut others = vec![0; 18];
    others[0] = 0x10;
    others[1] = 1;
    file.extend(jpeg_segment(0xc4, &first));
    file.extend(jpeg_segment(0xc4, &others));
    file.extend(jpeg_segment(0xda, &scan));

    let mut bits = Vec::new();
    let mut before = [128i32; 4];
    for block in blocks {
        for (value, before) in block.iter().zip(&mut before) {
            let difference = i32::from(*value) - *before;
            *before = i32::from(*value);
            let size = 32 - difference.unsigned_abs().leading_zeros();
            let code = if difference < 0 {
                difference - 1
            } else {
                difference
            };
            bits.extend((0..4).rev().map(|bit| size >> bit & 1 == 1));
            bits.extend((0..size).rev().map(|bit| code >> bit & 1 == 1));
            bits.push(false);
        }
    }
    bits.resize(bits.len().next_multiple_of(8), true);
    for byte in bits.chunks(8) {
        let byte = byte
            .iter()
            .fold(0u8, |byte, &bit| byte << 1 | u8::from(bit));
        file.push(byte);
        if byte == 0xff {
            file.push(0);
        }
    }
    file.extend([0xff, 0xd9]);
    file
}

//! Image files built in code, by encoders or byte by byte where no encoder writes the variant.

use std::io::Cursor;
use std::{vec, vec::Vec};

use ::image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

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
    png_of_header(size, [depth, colour, 0, 0, 0], chunks, lines)
}

/// A PNG with these bytes behind the size in its header.
pub fn png_of_header(size: [u32; 2], kind: [u8; 5], chunks: &[Vec<u8>], lines: &[u8]) -> Vec<u8> {
    let header = [
        size[0].to_be_bytes().as_slice(),
        &size[1].to_be_bytes(),
        &kind,
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

/// A black square as a lossless WebP, which has so many groups of Huffman tables of 1024 entries.
pub fn webp_of_tables(side: u32, groups: u32) -> Vec<u8> {
    let mut bits: Vec<bool> = Vec::new();
    let mut put = |value: u32, count: u32| bits.extend((0..count).map(|i| value >> i & 1 == 1));
    put(0x2f, 8);
    put(side - 1, 14);
    put(side - 1, 14);
    put(0, 4);
    // No transforms and no colour cache, but groups for blocks of 4 x 4 pixels.
    put(0, 2);
    put(1, 1);
    put(0, 3);
    // The image of the groups' numbers: every pixel is the last group. No colour cache; a code of one symbol for each channel.
    put(0, 1);
    let last = groups - 1;
    for symbol in [last & 255, last >> 8, 0, 0, 0] {
        put(0b101, 3);
        put(symbol, 8);
    }
    for _ in 0..groups {
        for _ in 0..5 {
            // Lengths 1 to 6 have codes of three bits, 7 to 10 of four, in the order 17, 18, 0 to 5, 16, 6 to 10.
            put(0, 1);
            put(10, 4);
            for length in [0, 0, 0, 3, 3, 3, 3, 3, 0, 3, 4, 4, 4, 4] {
                put(length, 3);
            }
            // Eleven symbols have a code.
            put(1, 1);
            put(1, 3);
            put(9, 4);
            for length in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10u32] {
                let (code, bits) = if length > 6 {
                    (length + 5, 4)
                } else {
                    (length - 1, 3)
                };
                put(code.reverse_bits() >> (32 - bits), bits);
            }
        }
    }
    // Black and transparent pixels have four codes of one bit.
    bits.resize(bits.len() + (4 * side * side) as usize, false);
    let mut data: Vec<u8> = bits
        .chunks(8)
        .map(|byte| {
            byte.iter()
                .rev()
                .fold(0, |byte, &bit| byte << 1 | u8::from(bit))
        })
        .collect();
    data.extend([0; 8]);
    webp(&[riff_chunk(b"VP8L", &data)])
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

/// 20x12 pixels, brighter to the right in red and downwards in green, as a progressive JPEG with 4:2:0 and all kinds of scans:
/// first and refining ones, of the mean and of the other coefficients. Written by libjpeg.
pub const PROGRESSIVE: &[u8] = b"\
    \xff\xd8\xff\xdb\x00\x43\x00\x0d\x09\x0a\x0b\x0a\x08\x0d\x0b\x0a\x0b\x0e\x0e\x0d\x0f\x13\x20\x15\x13\x12\x12\x13\
    \x27\x1c\x1e\x17\x20\x2e\x29\x31\x30\x2e\x29\x2d\x2c\x33\x3a\x4a\x3e\x33\x36\x46\x37\x2c\x2d\x40\x57\x41\x46\x4c\
    \x4e\x52\x53\x52\x32\x3e\x5a\x61\x5a\x50\x60\x4a\x51\x52\x4f\xff\xdb\x00\x43\x01\x0e\x0e\x0e\x13\x11\x13\x26\x15\
    \x15\x26\x4f\x35\x2d\x35\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\
    \x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\x4f\
    \xff\xc2\x00\x11\x08\x00\x0c\x00\x14\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xc4\x00\x16\x00\x01\x01\x01\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x05\x00\xff\xc4\x00\x16\x01\x01\x01\x01\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x03\x04\x05\xff\xda\x00\x0c\x03\x01\x00\x02\x10\x03\x10\x00\x00\x01\x96\x97\xa4\
    \x8a\x76\xaf\xa5\xd3\xff\xc4\x00\x19\x10\x00\x03\x01\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\
    \x02\x03\x12\x13\xff\xda\x00\x08\x01\x01\x00\x01\x05\x02\x59\x0b\x23\xc4\x99\x44\xca\x39\x47\xff\xc4\x00\x18\x11\
    \x00\x03\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x04\x02\x03\xff\xda\x00\x08\x01\x03\x01\
    \x01\x3f\x01\xe1\x43\x15\x1a\x3f\xff\xc4\x00\x19\x11\x00\x02\x03\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x01\x03\x14\x21\x51\xff\xda\x00\x08\x01\x02\x01\x01\x3f\x01\x73\xbc\x2c\x2e\x1f\xff\xc4\x00\x14\x10\x01\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x20\xff\xda\x00\x08\x01\x01\x00\x06\x3f\x02\x5f\xff\
    \xc4\x00\x1a\x10\x00\x02\x03\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x11\x01\x41\x51\x21\x31\xff\
    \xda\x00\x08\x01\x01\x00\x01\x3f\x21\x55\x0a\xa2\x38\x32\x19\x08\x47\x87\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\
    \x00\x00\x00\x10\x33\x3f\xff\xc4\x00\x15\x11\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x11\xff\xda\x00\x08\x01\x03\x01\x01\x3f\x10\x78\x9f\xff\xc4\x00\x1b\x11\x00\x01\x04\x03\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x11\x00\x01\x21\x51\x61\x71\xf1\xff\xda\x00\x08\x01\x02\x01\x01\x3f\x10\x79\x08\x24\x62\
    \xf6\x53\xf6\xaf\xff\xc4\x00\x1a\x10\x00\x02\x02\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x11\x21\
    \x31\x20\x51\xa1\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x10\x8f\x66\x47\xb3\x35\xb9\x87\x77\x3f\xff\xd9";

/// A JPEG with smooth colours, so that samples that are repeated and those that are interpolated differ little.
///
/// With tables of its own a sequential file has a scan for each component.
pub fn smooth_jpeg(
    size: [u16; 2],
    sampling: SamplingFactor,
    has_own_tables: bool,
    change: impl Fn(&mut Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let [width, height] = size;
    let rgb: Vec<u8> = (0..u32::from(height))
        .flat_map(|y| (0..u32::from(width)).map(move |x| (x, y)))
        .flat_map(|(x, y)| [40 + 2 * x, 60 + 2 * y, 200 - x - y])
        .map(|value| value as u8)
        .collect();
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 90);
    encoder.set_sampling_factor(sampling);
    encoder.set_optimized_huffman_tables(has_own_tables);
    change(&mut encoder);
    encoder.encode(&rgb, width, height, ColorType::Rgb).unwrap();
    file
}

/// A grey square as a JPEG of these segments and scans. Its tables have one code of one bit each: a first coefficient that is the
/// one before, and 16,384 or more blocks without further coefficients.
pub fn grey_jpeg(frame: u8, side: u16, parts: &[Vec<u8>]) -> Vec<u8> {
    let [high, low] = side.to_be_bytes();
    let mut tables = [[0; 18], [0; 18]];
    tables[0][1] = 1;
    tables[1][..2].copy_from_slice(&[0x10, 1]);
    tables[1][17] = 0xe0;
    [
        vec![0xff, 0xd8],
        jpeg_segment(0xdb, &[[0].as_slice(), &[8; 64]].concat()),
        jpeg_segment(frame, &[8, high, low, high, low, 1, 1, 0x11, 0]),
        jpeg_segment(0xc4, &tables.concat()),
        parts.concat(),
        vec![0xff, 0xd9],
    ]
    .concat()
}

/// A scan of the band of coefficients, with the bits of the successive approximation in one byte.
pub fn grey_scan(first: u8, last: u8, bits: u8, data: &[u8]) -> Vec<u8> {
    [&jpeg_segment(0xda, &[1, 1, 0, first, last, bits]), data].concat()
}

/// A first scan for a square with zeros for all blocks.
pub fn first_grey_scan(side: usize) -> Vec<u8> {
    let blocks = side.div_ceil(8) * side.div_ceil(8);
    grey_scan(0, 0, 0, &vec![0; blocks.div_ceil(8)])
}

/// The data of a scan without coefficients: as many runs as a square has, each of 32,767 blocks.
pub fn empty_scan_data(side: usize) -> Vec<u8> {
    let blocks = side.div_ceil(8) * side.div_ceil(8);
    // The code, and the number that is added to 16,384.
    let run = core::iter::once(false).chain([true; 14]);
    let runs = blocks.div_ceil(32_767);
    let mut bits: Vec<bool> = (0..runs).flat_map(|_| run.clone()).collect();
    bits.resize(bits.len().next_multiple_of(8), true);
    let bytes = bits.chunks(8).map(|byte| {
        byte.iter()
            .fold(0u8, |byte, &bit| byte << 1 | u8::from(bit))
    });
    bytes
        .flat_map(|byte| {
            if byte == 0xff {
                vec![byte, 0]
            } else {
                vec![byte]
            }
        })
        .collect()
}

/// An uncompressed BMP of 32 bits with a mask for alpha (Windows' fifth header), from below.
pub fn bmp_with_alpha(width: u32, height: u32, bgra: impl Fn(u32) -> [u8; 4]) -> Vec<u8> {
    let mut file = b"BM".to_vec();
    let bytes = width * height * 4;
    for word in [
        138 + bytes,
        0,
        138,
        124,
        width,
        height,
        1 | 32 << 16,
        3,
        bytes,
        0,
        0,
        0,
        0,
    ] {
        file.extend(word.to_le_bytes());
    }
    for mask in [0xff_0000u32, 0xff00, 0xff, 0xff00_0000] {
        file.extend(mask.to_le_bytes());
    }
    file.extend(b"BGRs");
    file.resize(138, 0);
    file.extend((0..width * height).flat_map(bgra));
    file
}

/// A 24-bit BMP with a header of OS/2 2, which has 16 or 64 bytes.
pub fn bmp_of_os2(header: u32, width: u32, height: u32, bgr: [u8; 3]) -> Vec<u8> {
    let mut file = b"BM".to_vec();
    let start = 14 + header;
    for word in [
        start + width * height * 3,
        0,
        start,
        header,
        width,
        height,
        1 | 24 << 16,
    ] {
        file.extend(word.to_le_bytes());
    }
    file.resize(start as usize, 0);
    // Rows are multiples of four bytes.
    assert!(width.is_multiple_of(4));
    file.extend((0..width * height).flat_map(|_| bgr));
    file
}

/// A gzip file with one stored block, and a file name in its header.
pub fn gzip(data: &[u8]) -> Vec<u8> {
    let length = data.len() as u16;
    [
        b"\x1f\x8b\x08\x08\0\0\0\0\0\x03name\0\x01".as_slice(),
        &length.to_le_bytes(),
        &(!length).to_le_bytes(),
        data,
        &crc32fast::hash(data).to_le_bytes(),
        &(data.len() as u32).to_le_bytes(),
    ]
    .concat()
}

/// Grey values of an image, different for each number.
pub fn numbered(image: usize) -> [u8; 784] {
    core::array::from_fn(|pixel| ((pixel * 3 + image * 7) % 256) as u8)
}

/// An IDX file of that many numbered images.
pub fn idx(images: usize) -> Vec<u8> {
    let mut file = vec![0, 0, 8, 3];
    for word in [images as u32, 28, 28] {
        file.extend(word.to_be_bytes());
    }
    file.extend((0..images).flat_map(numbered));
    file
}

/// An npy file of that many numbered images.
pub fn npy(images: usize) -> Vec<u8> {
    let header =
        std::format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({images}, 28, 28), }}\n");
    let mut file = b"\x93NUMPY\x01\0".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.into_bytes());
    file.extend((0..images).flat_map(numbered));
    file
}

/// A CSV file of that many numbered images, with labels and a header.
pub fn csv(images: usize) -> Vec<u8> {
    let mut text = std::string::String::from("label");
    for pixel in 0..784 {
        text += &std::format!(",pixel{pixel}");
    }
    for image in 0..images {
        text += "\n9";
        for value in numbered(image) {
            text += &std::format!(",{value}");
        }
    }
    text.into_bytes()
}

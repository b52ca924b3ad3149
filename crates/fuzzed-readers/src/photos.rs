//! Fuzz target: bytes as an image file, which is decoded and prepared for the models.

#[allow(dead_code, clippy::unwrap_used)]
#[path = "../../photo/src/decode/fixture.rs"]
mod fixture;

use fixture::*;
use image::{GrayImage, ImageFormat, Rgb, RgbImage};
use jpeg_encoder::SamplingFactor;
use photo::{decode_all, prepare};

pub use fixture::numbered;

use crate::seed::Seed;

const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

pub fn read(bytes: &[u8]) {
    let bytes = with_right_checksums(bytes);
    match decode_all(&bytes) {
        Ok(file) => {
            assert!(!file.images.is_empty() && file.images.len() <= file.count);
            for photo in file.images {
                // A photo without a garment is refused.
                if let Err(error) = prepare(&photo) {
                    assert_sentence(&error.to_string());
                }
            }
        }
        Err(error) => assert_sentence(&error.to_string()),
    }
}

fn assert_sentence(text: &str) {
    assert!(text.ends_with('.'), "{text}");
}

/// The file, with the right checksum of each chunk where it is a PNG: otherwise nearly all mutations would be refused by it.
fn with_right_checksums(file: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    let mut at = PNG_SIGNATURE.len();
    if !file.starts_with(PNG_SIGNATURE) {
        return file;
    }
    // A chunk is the length of its data, its name, the data, and the checksum of name and data.
    while let Some(length) = file.get(at..).and_then(|rest| rest.first_chunk::<4>()) {
        let end = (at + 8).saturating_add(u32::from_be_bytes(*length) as usize);
        let Some(body) = file.get(at + 4..end) else {
            break;
        };
        let checksum = crc32fast::hash(body).to_be_bytes();
        let Some(place) = file.get_mut(end..end + 4) else {
            break;
        };
        place.copy_from_slice(&checksum);
        at = end + 4;
    }
    file
}

pub fn seeds() -> Vec<Seed> {
    let progressive = smooth_jpeg([50, 30], SamplingFactor::F_2_2, true, |encoder| {
        encoder.set_progressive(true);
    });
    let restarts = smooth_jpeg([50, 30], SamplingFactor::F_2_2, false, |encoder| {
        encoder.set_restart_interval(2);
    });
    let separate = smooth_jpeg([50, 30], SamplingFactor::F_2_1, true, |_| {});
    let images = [
        ("quarters.png", encode(quarters(), ImageFormat::Png)),
        ("quarters.bmp", encode(quarters(), ImageFormat::Bmp)),
        ("quarters.gif", encode(quarters(), ImageFormat::Gif)),
        ("quarters.webp", encode(quarters(), ImageFormat::WebP)),
        ("quarters.jpg", encode(quarters(), ImageFormat::Jpeg)),
        ("libjpeg.jpg", PROGRESSIVE.to_vec()),
        ("progressive.jpg", progressive),
        ("restarts.jpg", restarts),
        ("separate.jpg", separate),
        (
            "cmyk.jpg",
            jpeg_of_four(&[[10, 200, 30, 90]; 9], 3, Some(2)),
        ),
        (
            "interlaced.png",
            png_of_header([1, 1], [16, 6, 0, 0, 1], &[], &[0; 9]),
        ),
        ("os2.bmp", bmp_of_os2(64, 12, 9, [200, 100, 50])),
        ("alpha.bmp", bmp_with_alpha(5, 3, |_| [1, 2, 3, 0])),
        ("images.npy", npy(2)),
        ("images.idx", idx(2)),
        ("images.csv", csv(2)),
        ("images.gz", gzip(&idx(2))),
    ];
    let all = images.into_iter().chain(bombs());
    all.map(|(name, bytes)| Seed::new(name, bytes)).collect()
}

/// Files that ask for far more time or memory than their size suggests.
fn bombs() -> [(&'static str, Vec<u8>); 7] {
    // A thousand blocks, a first scan of all of them, and refinements without any coefficient.
    let side = 256;
    let mut scans = vec![
        first_grey_scan(side),
        grey_scan(1, 63, 1, &empty_scan_data(side)),
    ];
    scans.resize(97, grey_scan(1, 63, 0x10, &empty_scan_data(side)));
    let blank = RgbImage::from_pixel(1500, 1500, Rgb([255; 3]));
    [
        (
            "empty_scans.jpg",
            grey_jpeg(0xc2, 7000, &vec![grey_scan(0, 0, 0, &[0]); 97]),
        ),
        ("many_scans.jpg", grey_jpeg(0xc2, side as u16, &scans)),
        ("many_tables.webp", webp_of_tables(16, 200)),
        ("blank.gif", encode(blank, ImageFormat::Gif)),
        (
            "large.png",
            encode(GrayImage::new(4000, 3000), ImageFormat::Png),
        ),
        // 2.7 GB of pixels that are not there.
        (
            "huge.png",
            png_of_header([30_000, 30_000], [8, 2, 0, 0, 0], &[], &[0; 9]),
        ),
        // As many pixels as are allowed, of eight bytes each, and none of them there.
        (
            "deep.png",
            png_of_header([7000, 7000], [16, 6, 0, 0, 0], &[], &[0; 9]),
        ),
    ]
}

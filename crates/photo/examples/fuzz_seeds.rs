//! Writes small files of every format into a folder, as seeds for the fuzz target `photos`: ordinary ones, and those that ask for far
//! more time or memory than their size suggests.
#![allow(clippy::unwrap_used)]

#[allow(dead_code)]
#[path = "../src/decode/fixture.rs"]
mod fixture;

use std::path::Path;

use fixture::*;
use image::{ImageFormat, Rgb, RgbImage};
use jpeg_encoder::SamplingFactor;

fn main() {
    let Some(folder) = std::env::args_os().nth(1) else {
        eprintln!("the folder is missing: name one, such as fuzz/corpus/photos");
        std::process::exit(2);
    };
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder).unwrap();
    for (name, bytes) in seeds() {
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}

fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let progressive = smooth_jpeg([50, 30], SamplingFactor::F_2_2, true, |encoder| {
        encoder.set_progressive(true);
    });
    let restarts = smooth_jpeg([50, 30], SamplingFactor::F_2_2, false, |encoder| {
        encoder.set_restart_interval(2);
    });
    let separate = smooth_jpeg([50, 30], SamplingFactor::F_2_1, true, |_| {});
    // A thousand blocks, a first scan of all of them, and refinements without any coefficient.
    let side = 256;
    let mut scans = vec![
        first_grey_scan(side),
        grey_scan(1, 63, 1, &empty_scan_data(side)),
    ];
    scans.resize(97, grey_scan(1, 63, 0x10, &empty_scan_data(side)));
    let interlaced = png_of_header([1, 1], [16, 6, 0, 0, 1], &[], &[0; 9]);
    let blank = RgbImage::from_pixel(1500, 1500, Rgb([255; 3]));
    vec![
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
            "empty_scans.jpg",
            grey_jpeg(0xc2, 7000, &vec![grey_scan(0, 0, 0, &[0]); 97]),
        ),
        ("many_scans.jpg", grey_jpeg(0xc2, side as u16, &scans)),
        ("interlaced.png", interlaced),
        ("many_tables.webp", webp_of_tables(16, 200)),
        ("blank.gif", encode(blank, ImageFormat::Gif)),
        ("os2.bmp", bmp_of_os2(64, 12, 9, [200, 100, 50])),
        ("alpha.bmp", bmp_with_alpha(5, 3, |_| [1, 2, 3, 0])),
        ("images.npy", npy(2)),
        ("images.idx", idx(2)),
        ("images.csv", csv(2)),
        ("images.gz", gzip(&idx(2))),
    ]
}

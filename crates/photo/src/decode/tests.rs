//! Tests of every format, orientation and error, and of random damage.

use std::time::{Duration, Instant};
use std::{string::ToString, vec, vec::Vec};

use ::image::codecs::gif::GifEncoder;
use ::image::{
    DynamicImage, Frame, GrayImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbImage, Rgba,
    RgbaImage,
};
use proptest::prelude::*;

use jpeg_encoder::SamplingFactor;

use shared::image::MAX_PIXELS;

use super::fixture::*;
use super::*;

/// The colour near each corner, without its alpha.
fn corners(photo: &shared::image::RgbaImage) -> [[u8; 3]; 4] {
    let (right, low) = (photo.width() - 3, photo.height() - 3);
    [(2, 2), (right, 2), (2, low), (right, low)].map(|(x, y)| colour(photo, x, y))
}

fn colour(photo: &shared::image::RgbaImage, x: u32, y: u32) -> [u8; 3] {
    let [r, g, b, _] = pixel(photo, x, y);
    [r, g, b]
}

fn pixel(photo: &shared::image::RgbaImage, x: u32, y: u32) -> [u8; 4] {
    photo.pixels()[(y * photo.width() + x) as usize]
}

#[track_caller]
fn assert_near(found: &[[u8; 3]], expected: &[[u8; 3]], tolerance: u8) {
    let near = found.as_flattened().iter().zip(expected.as_flattened());
    assert!(
        near.clone().all(|(a, b)| a.abs_diff(*b) <= tolerance) && found.len() == expected.len(),
        "{found:?} is not {expected:?}"
    );
}

#[test]
fn decodes_the_colours_of_every_format() {
    for (format, tolerance) in [
        (ImageFormat::Png, 0),
        (ImageFormat::Bmp, 0),
        (ImageFormat::WebP, 0),
        (ImageFormat::Gif, 8),
        (ImageFormat::Jpeg, 12),
    ] {
        let photo = decode(&encode(quarters(), format)).unwrap();
        assert_eq!((photo.width(), photo.height()), (48, 32), "{format:?}");
        assert_near(&corners(&photo), &CORNERS, tolerance);
        assert_eq!(pixel(&photo, 0, 0)[3], 255);
    }
}

/// Where EXIF's eight orientations put the stored corners: each row lists, for the upright image's corners above left,
/// above right, below left, below right, the stored corner that belongs there (0 above left to 3 below right).
/// Source: Exif 2.32, tag 0x0112 ("row 0 is the visual ..., column 0 is the visual ...").
const UPRIGHT: [[usize; 4]; 8] = [
    [0, 1, 2, 3],
    [1, 0, 3, 2],
    [3, 2, 1, 0],
    [2, 3, 0, 1],
    [0, 2, 1, 3],
    [2, 0, 3, 1],
    [3, 1, 2, 0],
    [1, 3, 0, 2],
];

#[track_caller]
fn assert_upright(file: &[u8], orientation: usize, tolerance: u8) {
    let photo = decode(file).unwrap();
    let size = if orientation > 4 { (32, 48) } else { (48, 32) };
    assert_eq!(
        (photo.width(), photo.height()),
        size,
        "orientation {orientation}"
    );
    let expected = UPRIGHT[orientation - 1].map(|stored| CORNERS[stored]);
    assert_near(&corners(&photo), &expected, tolerance);
}

#[test]
fn every_orientation_is_turned_upright() {
    let jpeg = encode(quarters(), ImageFormat::Jpeg);
    let png = encode(quarters(), ImageFormat::Png);
    for orientation in 1..=8 {
        for big_endian in [false, true] {
            let exif = exif(orientation as u8, big_endian);
            let prefixed = [b"Exif\0\0".as_slice(), &exif].concat();
            assert_upright(&with_jpeg_segment(&jpeg, 0xe1, &prefixed), orientation, 12);
            // A PNG's first chunk, behind 8 bytes of signature, has 25.
            let png = [&png[..33], &png_chunk(b"eXIf", &exif), &png[33..]].concat();
            assert_upright(&png, orientation, 0);
            for exif in [&exif, &prefixed] {
                let image = webp_lossless(quarters());
                let chunks = [webp_extended(8), image, riff_chunk(b"EXIF", exif)];
                assert_upright(&webp(&chunks), orientation, 0);
            }
        }
    }
}

#[test]
fn damaged_exif_leaves_the_image_as_it_is() {
    let jpeg = encode(quarters(), ImageFormat::Jpeg);
    for data in [
        b"Exif\0\0II*\0\xff\xff\xff\xff".as_slice(),
        b"Exif\0\0",
        &exif(9, true),
    ] {
        assert_upright(&with_jpeg_segment(&jpeg, 0xe1, data), 1, 12);
    }
    // A chunk that claims 4 GB.
    let mut file = webp(&[webp_extended(8), webp_lossless(quarters())]);
    file.extend(b"EXIF\xff\xff\xff\xff");
    assert_upright(&file, 1, 0);
}

#[test]
fn cmyk_jpegs_have_the_right_colours() {
    // Adobe stores ink inverted: 255 is none. Red is no cyan, all magenta, all yellow, no black.
    let (red, teal, dark) = ([255, 0, 0, 255], [0, 200, 180, 255], [255, 255, 255, 60]);
    let blocks = [red, red, teal, teal, dark, dark].map(|colour| colour);
    let expected = [[255, 0, 0], [0, 200, 180], [60, 60, 60]];
    let found = |file: &[u8]| {
        let photo = decode(file).unwrap();
        [4, 20, 40].map(|x| colour(&photo, x, 5))
    };
    assert_near(&found(&jpeg_of_four(&blocks, 6, Some(0))), &expected, 2);
    // Without the marker browsers assume the same.
    assert_near(&found(&jpeg_of_four(&blocks, 6, None)), &expected, 2);
    // YCCK: the complement of the first three as luma and chroma (JFIF's formula), black as it is.
    let ycck = blocks.map(|[c, m, y, k]| {
        let [r, g, b] = [c, m, y].map(|value| 255.0 - f32::from(value));
        let luma = 0.299 * r + 0.587 * g + 0.114 * b;
        let chroma = |value: f32, scale: f32| {
            (128.0 + (value - luma) / scale).round().clamp(0.0, 255.0) as u8
        };
        [luma.round() as u8, chroma(b, 1.772), chroma(r, 1.402), k]
    });
    assert_near(&found(&jpeg_of_four(&ycck, 6, Some(2))), &expected, 3);
    // Narrower than the sixteen pixels that the decoder converts at once.
    let narrow = decode(&jpeg_of_four(&ycck[2..3], 1, Some(2))).unwrap();
    assert_near(&[colour(&narrow, 4, 4)], &expected[1..2], 3);
}

#[test]
fn a_grey_jpeg_with_adobes_marker_is_grey() {
    let grey = encode(GrayImage::from_pixel(24, 24, Luma([90])), ImageFormat::Jpeg);
    let marked = with_jpeg_segment(&grey, 0xee, b"Adobe\0\x64\0\0\0\0\0");
    for file in [grey, marked] {
        assert_near(&[colour(&decode(&file).unwrap(), 5, 5)], &[[90; 3]], 1);
    }
}

#[test]
fn sixteen_bits_become_eight() {
    let rgb = ImageBuffer::from_pixel(9, 8, Rgb([0u16, 0x8080, 0xffff]));
    let grey = ImageBuffer::from_pixel(9, 8, LumaA([0x4040u16, 0x8080]));
    let found = [DynamicImage::from(rgb), DynamicImage::from(grey)]
        .map(|image| pixel(&decode(&encode(image, ImageFormat::Png)).unwrap(), 8, 7));
    assert_eq!(found, [[0, 128, 255, 255], [64, 64, 64, 128]]);
}

#[test]
fn interlaced_pngs_are_the_same_pictures() {
    // Seven passes over 3 x 2 pixels, of which three have any: the first pixel, the third, the second, the lower row.
    let value = |x: u16, y: u16| [x * 0x1111, y * 0x2222, 0x8080 + x, 0xffff - y];
    let pass = |pixels: &[(u16, u16)]| {
        let samples = pixels.iter().flat_map(|(x, y)| value(*x, *y));
        core::iter::once(0)
            .chain(samples.flat_map(u16::to_be_bytes))
            .collect::<Vec<u8>>()
    };
    let rows = |rows: &[&[(u16, u16)]]| {
        rows.iter()
            .map(|row| pass(row))
            .collect::<Vec<_>>()
            .concat()
    };
    let (upper, lower) = ([(0, 0), (1, 0), (2, 0)], [(0, 1), (1, 1), (2, 1)]);
    let straight = png([3, 2], 16, 6, &[], &rows(&[&upper, &lower]));
    let passes = rows(&[&upper[..1], &upper[2..], &upper[1..2], &lower]);
    let interlaced = png_of_header([3, 2], [16, 6, 0, 0, 1], &[], &passes);
    let photo = decode(&interlaced).unwrap();
    assert_eq!(pixel(&photo, 2, 1), [0x22, 0x22, 0x80, 0xff]);
    assert_eq!(decode(&straight), Ok(photo));
}

#[test]
fn palettes_and_transparency_of_pngs_are_expanded() {
    // Two bits a pixel: colours 0, 1, 2, 0; the second is half transparent.
    let palette = png_chunk(b"PLTE", &[200, 0, 0, 0, 100, 0, 0, 0, 50]);
    let transparent = png_chunk(b"tRNS", &[255, 128]);
    let photo = decode(&png(
        [4, 1],
        2,
        3,
        &[palette, transparent],
        &[0, 0b00_01_10_00],
    ))
    .unwrap();
    assert_eq!(
        photo.rgba(),
        [
            [200, 0, 0, 255],
            [0, 100, 0, 128],
            [0, 0, 50, 255],
            [200, 0, 0, 255]
        ]
        .concat()
    );
    // Grey with one grey transparent; one bit a pixel, eight a byte.
    let grey = png([2, 1], 8, 0, &[png_chunk(b"tRNS", &[0, 7])], &[0, 7, 9]);
    assert_eq!(decode(&grey).unwrap().rgba(), [7, 7, 7, 0, 9, 9, 9, 255]);
    let bits = png([3, 1], 1, 0, &[], &[0, 0b0100_0000]);
    assert_eq!(
        decode(&bits).unwrap().rgba(),
        [[0, 0, 0, 255], [255; 4], [0, 0, 0, 255]].concat()
    );
}

#[test]
fn alpha_stays_straight() {
    let image = RgbaImage::from_pixel(9, 9, Rgba([200, 100, 50, 128]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let photo = decode(&encode(image.clone(), format)).unwrap();
        assert_eq!(pixel(&photo, 4, 4), [200, 100, 50, 128]);
    }
}

#[test]
fn a_jpeg_with_a_scan_for_each_component_is_the_same_picture() {
    // 50 and 30 are no multiples of a block, nor of two.
    let size = [50, 30];
    for sampling in [
        SamplingFactor::F_1_1,
        SamplingFactor::F_2_1,
        SamplingFactor::F_1_2,
        SamplingFactor::F_2_2,
    ] {
        let together = decode(&smooth_jpeg(size, sampling, false, |_| {})).unwrap();
        let file = smooth_jpeg(size, sampling, true, |_| {});
        let scans = file.windows(2).filter(|pair| *pair == [0xff, 0xda]).count();
        assert_eq!(scans, 3);
        let separate = decode(&file).unwrap();
        assert_eq!((separate.width(), separate.height()), (50, 30));
        let pairs = separate.rgba().iter().zip(together.rgba());
        let largest = pairs.map(|(a, b)| a.abs_diff(*b)).max();
        assert!(largest <= Some(6), "{sampling:?}: {largest:?}");
    }
    // With restart markers, and a sampling that the encoder has no interleaved files of.
    let file = smooth_jpeg(size, SamplingFactor::F_4_1, false, |encoder| {
        encoder.set_restart_interval(3);
    });
    let photo = decode(&file).unwrap();
    let expected = [(2, 2), (25, 15), (47, 27)];
    let found = expected.map(|(x, y)| colour(&photo, x, y));
    let expected = expected.map(|(x, y)| [40 + 2 * x, 60 + 2 * y, 200 - x - y].map(|v| v as u8));
    assert_near(&found, &expected, 8);
}

#[test]
fn a_jpeg_without_the_scan_of_a_component_is_refused() {
    let mut file = smooth_jpeg([16, 16], SamplingFactor::F_1_1, true, |_| {});
    let scan = file
        .windows(2)
        .rposition(|pair| pair == [0xff, 0xda])
        .unwrap();
    // The last component's scan is gone.
    file.truncate(scan);
    file.extend([0xff, 0xd9]);
    assert_eq!(decode(&file), Err(PhotoError::Truncated("JPEG")));
}

#[test]
fn a_complete_jpeg_needs_no_end_marker() {
    let trailer = b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1537892340000SEFH\x6b\0\0\0SEFT";
    let interleaved = smooth_jpeg([50, 30], SamplingFactor::F_2_2, false, |_| {});
    let restarts = smooth_jpeg([50, 30], SamplingFactor::F_2_2, false, |encoder| {
        encoder.set_restart_interval(2);
    });
    let separate = smooth_jpeg([50, 30], SamplingFactor::F_2_1, true, |_| {});
    let progressive = smooth_jpeg([50, 30], SamplingFactor::F_2_2, true, |encoder| {
        encoder.set_progressive(true);
    });
    let grey = encode(GrayImage::from_pixel(24, 24, Luma([90])), ImageFormat::Jpeg);
    let files = [
        interleaved,
        restarts,
        separate,
        progressive,
        grey,
        PROGRESSIVE.to_vec(),
    ];
    for (i, file) in files.into_iter().enumerate() {
        let whole = decode(&file).unwrap();
        let data = &file[..file.len() - 2];
        assert_eq!(decode(data), Ok(whole.clone()), "file {i}");
        let marked = [data, trailer].concat();
        assert_eq!(decode(&marked), Ok(whole), "file {i} with a trailer");
        // The last byte may hold nothing but bits that fill it.
        for length in 0..data.len() - 1 {
            let error = decode(&data[..length]).unwrap_err();
            assert!(
                error == PhotoError::Truncated("JPEG") || length < 4,
                "file {i} at {length}: {error}"
            );
        }
        // A trailer does not complete half a file.
        let scan = data.windows(2).position(|pair| pair == [0xff, 0xda]);
        let middle = scan.unwrap().midpoint(data.len());
        let half = [&data[..middle], trailer].concat();
        assert_eq!(
            decode(&half),
            Err(PhotoError::Truncated("JPEG")),
            "file {i}"
        );
    }
    let photo = decode(PROGRESSIVE).unwrap();
    let expected = [[25, 40, 47], [210, 34, 44], [19, 181, 46], [198, 181, 31]];
    assert_near(&corners(&photo), &expected, 8);
}

/// A file of every kind of JPEG.
fn jpegs(size: [u16; 2]) -> [Vec<u8>; 4] {
    [
        smooth_jpeg(size, SamplingFactor::F_2_2, false, |_| {}),
        smooth_jpeg(size, SamplingFactor::F_2_2, false, |encoder| {
            encoder.set_restart_interval(2);
        }),
        smooth_jpeg(size, SamplingFactor::F_2_1, true, |_| {}),
        smooth_jpeg(size, SamplingFactor::F_2_2, true, |encoder| {
            encoder.set_progressive(true);
        }),
    ]
}

#[test]
fn damage_within_a_jpeg_is_reported() {
    for (i, file) in jpegs([100, 90]).into_iter().enumerate() {
        let whole = decode_all(&file).unwrap();
        assert!(!whole.is_damaged, "file {i}");
        let without_end = decode_all(&file[..file.len() - 2]).unwrap();
        assert!(!without_end.is_damaged, "file {i} without its end marker");
        // In the first scan, behind its header of at most fourteen bytes.
        let scan = file.windows(2).position(|pair| pair == [0xff, 0xda]);
        let start = scan.unwrap() + 14;
        let length = file[start..].iter().position(|byte| *byte == 0xff).unwrap();
        let mut damaged = file.clone();
        damaged[start + length / 2..start + length].fill(0xfe);
        let damaged = decode_all(&damaged).unwrap();
        assert!(damaged.is_damaged, "file {i}");
        assert_eq!(damaged.images[0].width(), whole.images[0].width());
        // The end of the last scan is missing, and not the end marker.
        let cut = [&file[..file.len() - 4], &[0xff, 0xd9]].concat();
        assert!(decode_all(&cut).unwrap().is_damaged, "file {i} cut");
    }
}

#[test]
fn bytes_between_the_segments_of_a_jpeg_are_passed_over() {
    for (i, file) in jpegs([100, 90]).into_iter().enumerate() {
        let whole = decode_all(&file).unwrap();
        let frame = file
            .windows(2)
            .position(|pair| matches!(pair, [0xff, 0xc0..=0xc2]));
        let (before, behind) = file.split_at(frame.unwrap());
        let stuffed = [before, b"some text", behind].concat();
        assert_eq!(decode_all(&stuffed), Ok(whole), "file {i}");
    }
}

/// The time for a file, in which it must be decoded or refused.
#[track_caller]
fn decode_soon(file: &[u8]) -> Result<Decoded, PhotoError> {
    let started = Instant::now();
    let decoded = decode_all(file);
    assert!(started.elapsed() < Duration::from_secs(5));
    decoded
}

#[test]
fn jpegs_of_very_many_scans_are_refused() {
    let side = 7000;
    let (first, empty) = (first_grey_scan(7000), empty_scan_data(7000));
    // Without data: the decoder would put zeros there.
    let file = grey_jpeg(0xc2, side, &vec![grey_scan(0, 0, 0, &[0]); 97]);
    assert_eq!(decode_soon(&file), Err(PhotoError::Truncated("JPEG")));
    // With all data, which are few.
    let refinement = grey_scan(1, 63, 0x10, &empty);
    let mut parts = vec![first.clone(), grey_scan(1, 63, 1, &empty)];
    parts.resize(97, refinement);
    let file = grey_jpeg(0xc2, side, &parts);
    assert_eq!(decode_soon(&file), Err(PhotoError::TooComplex("JPEG")));
    // A few scans are what photos have.
    let file = grey_jpeg(0xc2, side, &parts[..5]);
    assert_eq!(
        decode_soon(&file).map(|decoded| decoded.is_damaged),
        Ok(false)
    );
}

#[test]
fn the_band_of_a_sequential_scan_means_nothing() {
    // Two bits a block: no difference to the mean before, and no other coefficients.
    let file = |first, last| grey_jpeg(0xc0, 64, &[grey_scan(first, last, 0, &[0; 16])]);
    let photo = decode_all(&file(0, 63)).unwrap();
    assert_eq!(photo.images[0].pixels()[0], [128, 128, 128, 255]);
    assert_eq!(decode_all(&file(5, 0)), Ok(photo));
}

#[test]
fn what_a_jpeg_decoder_does_not_need_costs_no_time() {
    let file = smooth_jpeg([50, 30], SamplingFactor::F_2_2, false, |_| {});
    let whole = decode_all(&file).unwrap();
    // Parts of a description, which a decoder may sort again for each.
    let part = |offset: u32| {
        let head = b"http://ns.adobe.com/xmp/extension/\x000123456789abcdef0123456789abcdef";
        [
            head.as_slice(),
            &u32::MAX.to_be_bytes(),
            &offset.to_be_bytes(),
            b"x",
        ]
        .concat()
    };
    let parts = (0..60_000).map(|i| jpeg_segment(0xe1, &part(2 * i)));
    let described = [&file[..2], &parts.collect::<Vec<_>>().concat(), &file[2..]].concat();
    assert_eq!(decode_soon(&described), Ok(whole.clone()));
    // Scans that repeat the image, with tables between them.
    let tables = file
        .windows(2)
        .position(|pair| pair == [0xff, 0xc4])
        .unwrap();
    let again = file[tables..file.len() - 2].repeat(5_000);
    let repeated = [&file[..file.len() - 2], &again, &[0xff, 0xd9]].concat();
    assert_eq!(decode_soon(&repeated), Ok(whole));
    let tables = jpeg_segment(0xc4, &[[0; 17]; 3000].concat()).repeat(40);
    let file = [&file[..2], &tables, &file[2..]].concat();
    assert_eq!(decode_soon(&file), Err(PhotoError::TooComplex("JPEG")));
}

#[test]
fn alpha_that_is_zero_everywhere_means_nothing_in_a_bmp() {
    let opaque = decode(&bmp_with_alpha(5, 3, |i| [1, 2, i as u8, 0])).unwrap();
    assert_eq!(opaque.pixels()[0], [10, 2, 1, 255]);
    assert!(opaque.pixels().iter().all(|pixel| pixel[3] == 255));
    let cut_out = decode(&bmp_with_alpha(5, 3, |i| [1, 2, 3, i as u8])).unwrap();
    assert_eq!(cut_out.pixels()[0], [3, 2, 1, 10]);
}

#[test]
fn bmps_of_os2_are_read() {
    for header in [16, 64] {
        let file = bmp_of_os2(header, 12, 9, [200, 100, 50]);
        let photo = decode(&file).unwrap();
        assert_eq!((photo.width(), photo.height()), (12, 9));
        assert!(photo.pixels().iter().all(|p| *p == [50, 100, 200, 255]));
        let error = decode(&file[..file.len() / 2]).unwrap_err();
        assert_eq!(error, PhotoError::Truncated("BMP"));
    }
    // Compressed by a method that no other BMP has.
    let mut file = bmp_of_os2(64, 12, 9, [200, 100, 50]);
    file[30] = 4;
    assert_eq!(decode(&file), Err(PhotoError::Damaged("BMP")));
}

fn gif_of(frames: &[RgbImage]) -> Vec<u8> {
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new(&mut gif);
    for image in frames {
        let frame = Frame::new(DynamicImage::from(image.clone()).into_rgba8());
        encoder.encode_frame(frame).unwrap();
    }
    drop(encoder);
    gif
}

#[test]
fn a_gif_that_begins_blank_gives_the_frame_that_shows_something() {
    let blank = RgbImage::from_pixel(48, 32, Rgb([255; 3]));
    let faded = |percent: u32| {
        let mut image = quarters();
        for value in image.iter_mut() {
            *value = 255 - ((255 - u32::from(*value)) * percent / 100) as u8;
        }
        image
    };
    let other = RgbImage::from_fn(48, 32, |x, _| Rgb([if x < 24 { 90 } else { 180 }; 3]));
    for frames in [
        vec![blank.clone(), quarters(), other.clone()],
        vec![blank.clone(), faded(4), faded(25), faded(60), quarters()],
        vec![blank.clone(), quarters(), blank.clone(), other],
        vec![blank.clone(), blank.clone(), quarters()],
    ] {
        let photo = decode(&gif_of(&frames)).unwrap();
        assert_near(&corners(&photo), &CORNERS, 8);
    }
    let photo = decode(&gif_of(&[blank.clone(), blank])).unwrap();
    assert_near(&corners(&photo), &[[255; 3]; 4], 0);
}

#[test]
fn a_gif_without_a_screen_size_has_its_frame_s() {
    for size in [[0, 0, 0, 0], [48, 0, 0, 0], [0, 0, 32, 0]] {
        let mut gif = encode(quarters(), ImageFormat::Gif);
        gif[6..10].copy_from_slice(&size);
        let photo = decode(&gif).unwrap();
        assert_eq!((photo.width(), photo.height()), (48, 32));
        assert_near(&corners(&photo), &CORNERS, 8);
    }
}

#[test]
fn a_gif_of_frames_larger_than_its_screen_is_read_soon() {
    let blank = RgbImage::from_pixel(6000, 6000, Rgb([255; 3]));
    let mut gif = gif_of(&[blank]);
    gif[6..10].copy_from_slice(&[16, 0, 16, 0]);
    // The frame without the file's header and its end, again and again.
    let frame = gif
        .windows(2)
        .position(|pair| pair == [0x21, 0xf9])
        .unwrap();
    let again = gif[frame..gif.len() - 1].repeat(400);
    gif.truncate(gif.len() - 1);
    gif.extend(again);
    let photo = decode_soon(&gif).unwrap().images.swap_remove(0);
    assert_eq!(photo.pixels(), [[255; 4]; 256]);
}

#[test]
fn images_as_numbers_are_read() {
    for file in [
        npy(3),
        idx(3),
        csv(3),
        gzip(&npy(3)),
        gzip(&idx(3)),
        gzip(&csv(3)),
    ] {
        let decoded = decode_all(&file).unwrap();
        assert_eq!((decoded.images.len(), decoded.count), (3, 3));
        for (i, image) in decoded.images.iter().enumerate() {
            assert_eq!((image.width(), image.height()), (28, 28));
            let expected = numbered(i).map(|grey| [grey, grey, grey, 255]);
            assert_eq!(image.pixels(), expected);
        }
        assert_eq!(decode(&file).as_ref(), Ok(&decoded.images[0]));
        let array = decode_array(&file).unwrap().unwrap();
        assert_eq!(array.images[2].pixels(), &numbered(2));
        for length in 0..file.len() {
            // A cut CSV may have one row fewer.
            let _ = decode_all(&file[..length]);
        }
    }
    assert_eq!(decode_all(&idx(130)).unwrap().images.len(), MAX_IMAGES);
    let png = encode(quarters(), ImageFormat::Png);
    assert_eq!(decode_array(&png), Ok(None));
}

#[test]
fn the_sentences_about_numbers_say_what_is_wrong() {
    let mut wide = idx(1);
    wide[15] = 29;
    let mut damaged = gzip(&idx(1));
    damaged[40] ^= 1;
    for (file, part) in [
        (wide, "IDX file holds images of another size"),
        (b"\0\0\x08\x01\0\0\0\x01\x09".to_vec(), "labels"),
        (npy(0), "npy file holds no images"),
        (idx(2)[..900].to_vec(), "IDX file ends too early"),
        (damaged, "gzip file is damaged"),
        (gzip(b"a text"), "text file"),
        (gzip(&gzip(b"a text")), "gzip archive"),
        (csv(1).repeat(2), "CSV file has 1569 values in row 2"),
    ] {
        let sentence = decode(&file).unwrap_err().to_string();
        assert!(sentence.contains(part), "{sentence}");
    }
}

#[test]
fn animations_give_their_first_frame() {
    let other = RgbImage::from_pixel(48, 32, Rgb([9, 9, 9]));
    let gif = gif_of(&[quarters(), other.clone()]);
    assert_near(&corners(&decode(&gif).unwrap()), &CORNERS, 8);

    let frame = |image| {
        // At 0, 0; 48x32, less one each; 100 ms; no blending.
        let head = [0, 0, 0, 0, 0, 0, 47, 0, 0, 31, 0, 0, 100, 0, 0, 2];
        riff_chunk(b"ANMF", &[head.as_slice(), &webp_lossless(image)].concat())
    };
    let animation = riff_chunk(b"ANIM", &[255, 255, 255, 255, 0, 0]);
    let file = webp(&[webp_extended(2), animation, frame(quarters()), frame(other)]);
    assert_near(&corners(&decode(&file).unwrap()), &CORNERS, 0);
}

#[test]
fn rejects_images_that_are_too_large_by_their_header() {
    let started = Instant::now();
    let header = |width: u32, height: u32| {
        let data = [
            &width.to_be_bytes(),
            height.to_be_bytes().as_slice(),
            &[8, 2, 0, 0, 0],
        ]
        .concat();
        [b"\x89PNG\r\n\x1a\n".as_slice(), &png_chunk(b"IHDR", &data)].concat()
    };
    let refused = |width, height| Err(PhotoError::TooManyPixels { width, height });
    for (width, height) in [
        (30_000, 30_000),
        (20_001, 10),
        (8_000, 7_000),
        (u32::MAX, u32::MAX),
    ] {
        assert_eq!(decode(&header(width, height)), refused(width, height));
    }
    assert_eq!(
        decode(&header(0, 9)),
        Err(PhotoError::NoPixels {
            width: 0,
            height: 9
        })
    );

    let mut gif = encode(RgbImage::new(9, 9), ImageFormat::Gif);
    gif[6..10].copy_from_slice(&[0x30, 0x75, 0x30, 0x75]);
    let mut bmp = encode(RgbImage::new(9, 9), ImageFormat::Bmp);
    bmp[18..26].copy_from_slice(&[0x30, 0x75, 0, 0, 0x30, 0x75, 0, 0]);
    let mut jpeg = jpeg_of_four(&[[9; 4]], 1, None);
    let size = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap()
        + 5;
    jpeg[size..size + 4].copy_from_slice(&[0x75, 0x30, 0x75, 0x30]);
    let mut extended = webp_extended(0);
    extended[12..18].copy_from_slice(&[0x2f, 0x75, 0, 0x2f, 0x75, 0]);
    let webp = webp(&[extended, webp_lossless(quarters())]);
    for file in [gif, bmp, jpeg, webp] {
        assert_eq!(decode(&file), refused(30_000, 30_000));
    }
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[test]
fn rejects_files_that_are_too_large_unread() {
    let error = decode(&vec![0; 60_000_000]).unwrap_err();
    assert_eq!(error, PhotoError::FileTooLarge { megabytes: 60 });
    assert_eq!(
        decode(&vec![1; MAX_FILE_BYTES]),
        Err(PhotoError::UnknownFormat)
    );
}

#[test]
fn a_webp_whose_tables_take_too_much_memory_is_refused() {
    let refused = Err(PhotoError::TooComplex("WebP"));
    assert_eq!(decode(&webp_of_tables(16, 4096)), refused);
    assert!(decode(&webp_of_tables(16, 200)).is_ok());
    // The same within an animation, and as transparency.
    let image = |size, tables| webp_of_tables(size, tables)[12..].to_vec();
    let head = [0, 0, 0, 0, 0, 0, 15, 0, 0, 15, 0, 0, 100, 0, 0, 2];
    let animation = |tables| {
        let frame = [head.as_slice(), &image(16, tables)].concat();
        webp(&[
            webp_extended(2),
            riff_chunk(b"ANIM", &[0; 6]),
            riff_chunk(b"ANMF", &frame),
        ])
    };
    assert_eq!(decode(&animation(4096)), refused);
    assert!(decode(&animation(200)).is_ok());
    // Without the chunk's header, the signature and the size.
    let alpha = [&[1], &image(16, 4096)[13..]].concat();
    let chunks = [
        webp_extended(16),
        riff_chunk(b"ALPH", &alpha),
        riff_chunk(b"VP8 ", &[0; 40]),
    ];
    assert!(decode(&webp(&chunks)).is_err());
}

#[test]
fn rejects_truncated_files() {
    let noise = RgbImage::from_fn(64, 64, |x, y| {
        Rgb([(x * y) as u8, (x * 7) as u8, (y * 5) as u8])
    });
    for (format, name) in [
        (ImageFormat::Jpeg, "JPEG"),
        (ImageFormat::Png, "PNG"),
        (ImageFormat::Bmp, "BMP"),
        (ImageFormat::Gif, "GIF"),
        (ImageFormat::WebP, "WebP"),
    ] {
        let whole = encode(noise.clone(), format);
        assert!(decode(&whole).is_ok());
        for percent in [10, 50, 90] {
            let error = decode(&whole[..whole.len() * percent / 100]).unwrap_err();
            assert!(
                error == PhotoError::Truncated(name) || error == PhotoError::Damaged(name),
                "{name} {percent} %: {error:?}"
            );
        }
    }
    // The end marker of a preview in the metadata is not the image's own.
    let jpeg = encode(noise, ImageFormat::Jpeg);
    let preview = with_jpeg_segment(&jpeg, 0xe1, &[0xff, 0xd8, 0xff, 0xd9]);
    assert!(decode(&preview).is_ok());
    assert_eq!(
        decode(&preview[..preview.len() / 2]),
        Err(PhotoError::Truncated("JPEG"))
    );
}

#[test]
fn every_error_is_one_sentence_with_advice() {
    let (width, height) = (1, 2);
    for error in [
        PhotoError::EmptyFile,
        PhotoError::FileTooLarge { megabytes: 60 },
        PhotoError::TooManyPixels { width, height },
        PhotoError::NoPixels { width, height },
        decode(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic").unwrap_err(),
        decode(b"a text, whatever its name").unwrap_err(),
        PhotoError::UnknownFormat,
        PhotoError::Truncated("JPEG"),
        PhotoError::Damaged("PNG"),
        PhotoError::TooComplex("WebP"),
        decode(&npy(0)).unwrap_err(),
        PhotoError::TooSmall { width, height },
        PhotoError::NothingStandsOut,
    ] {
        let sentence = error.to_string();
        assert!(
            sentence.ends_with('.') && sentence.matches(". ").count() == 0,
            "{sentence}"
        );
        let advice = sentence.split_once(": ").map(|(_, advice)| advice);
        assert!(advice.is_some_and(|advice| {
            ["choose", "save", "copy"]
                .iter()
                .any(|verb| advice.starts_with(verb))
        }));
    }
}

/// Small files of every format, whose bytes are then changed.
fn seeds() -> Vec<Vec<u8>> {
    let exif = [b"Exif\0\0".as_slice(), &exif(6, true)].concat();
    let jpeg = encode(quarters(), ImageFormat::Jpeg);
    let extended = [
        webp_extended(8),
        webp_lossless(quarters()),
        riff_chunk(b"EXIF", &exif),
    ];
    let mut seeds: Vec<_> = [
        ImageFormat::Png,
        ImageFormat::Bmp,
        ImageFormat::Gif,
        ImageFormat::WebP,
    ]
    .map(|format| encode(quarters(), format))
    .into();
    seeds.extend([
        with_jpeg_segment(&jpeg, 0xe1, &exif),
        jpeg_of_four(&[[10, 200, 30, 90]; 9], 3, Some(2)),
        webp(&extended),
        png(
            [4, 1],
            2,
            3,
            &[png_chunk(b"PLTE", &[1; 9])],
            &[0, 0b00_01_10_00],
        ),
        smooth_jpeg([50, 30], SamplingFactor::F_2_2, true, |_| {}),
        PROGRESSIVE[..PROGRESSIVE.len() - 2].to_vec(),
        bmp_of_os2(64, 12, 9, [200, 100, 50]),
        bmp_with_alpha(5, 3, |_| [1, 2, 3, 0]),
        gif_of(&[RgbImage::new(48, 32), quarters()]),
        npy(2),
        idx(2),
        csv(2),
        gzip(&idx(2)),
    ]);
    seeds
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn damaged_files_give_a_photo_or_an_error_within_seconds(
        seed in 0usize..17,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        length in any::<prop::sample::Index>(),
        cut in prop::bool::weighted(0.2),
    ) {
        let mut file = seeds().swap_remove(seed);
        for (place, value) in changes {
            // Mostly in headers, which hold sizes and types.
            let reach = if value % 4 == 0 { file.len() } else { file.len().min(200) };
            file[place.index(reach)] = value;
        }
        if cut {
            file.truncate(length.index(file.len()));
        }
        let started = Instant::now();
        for photo in decode_all(&file).into_iter().flat_map(|decoded| decoded.images) {
            prop_assert_eq!(photo.rgba().len() as u64, u64::from(photo.width()) * u64::from(photo.height()) * 4);
            prop_assert!(u64::from(photo.width()) * u64::from(photo.height()) <= MAX_PIXELS);
        }
        prop_assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn random_bytes_after_a_signature_do_not_panic(
        start in prop::sample::select(vec![
            b"\xff\xd8\xff".as_slice(),
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"RIFF\xff\0\0\0WEBPVP8 ",
            b"BM\0\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
            b"\0\0\0\x18ftyp",
            b"\x93NUMPY\x01\0",
            b"\0\0\x08\x03\0\0\0\x01\0\0\0\x1c\0\0\0\x1c",
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
            b"",
        ]),
        bytes in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let _: Result<shared::image::RgbaImage, PhotoError> = decode(&[start, &bytes].concat());
    }
}

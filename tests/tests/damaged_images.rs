//! Image files that somebody altered: whatever they say, they become an image or a sentence, in bounded time and memory.

use std::io::Write;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, RgbaImage};
use photo::{Edits, MAX_PIXELS, Pipeline, decode, decode_all};
use proptest::prelude::*;
use tests::allocation_counter::{self, CountingAllocator};
use tests::image_files;
use tests::synthetic_photos::SCENES;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// A decoded pixel: red, green, blue and alpha, twice while a decoder's rows become a photo, and a decoder's own numbers.
const PIXEL: usize = 12;
/// What finding a garment takes, however small the photo: it is worked on with at most 2,000 pixels a side.
const FLOOR: usize = 48 << 20;
/// No file may take longer, however slow the machine: it is a hang.
const LONGEST: Duration = Duration::from_secs(30);

/// A small photo in every format that is read, then one or three 28x28 images as numbers.
fn files() -> &'static [Vec<u8>] {
    static FILES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    FILES.get_or_init(|| {
        let photo = SCENES[2].photo();
        let rgba = RgbaImage::from_raw(photo.width(), photo.height(), photo.rgba().to_vec());
        let photo = DynamicImage::ImageRgba8(rgba.expect("four bytes a pixel")).thumbnail(96, 96);
        let written = |format| {
            let mut bytes = std::io::Cursor::new(Vec::new());
            let photo = match format {
                ImageFormat::Jpeg => DynamicImage::ImageRgb8(photo.to_rgb8()),
                _ => photo.clone(),
            };
            photo
                .write_to(&mut bytes, format)
                .expect("an image to memory");
            bytes.into_inner()
        };
        let formats = [
            ImageFormat::Jpeg,
            ImageFormat::Png,
            ImageFormat::Gif,
            ImageFormat::WebP,
            ImageFormat::Bmp,
        ];
        let mut files: Vec<_> = formats.map(written).into();
        let rgb = photo.to_rgb8();
        let (width, height) = (rgb.width() as u16, rgb.height() as u16);
        // Progressive without its end marker, and with a scan for each component.
        for is_progressive in [true, false] {
            let mut jpeg = Vec::new();
            let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 80);
            encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
            encoder.set_optimized_huffman_tables(true);
            encoder.set_progressive(is_progressive);
            encoder
                .encode(rgb.as_raw(), width, height, jpeg_encoder::ColorType::Rgb)
                .expect("a JPEG to memory");
            jpeg.truncate(jpeg.len() - 2 * usize::from(is_progressive));
            files.push(jpeg);
        }
        let greys = photo
            .resize_exact(28, 28, FilterType::Nearest)
            .into_luma8()
            .into_raw();
        let row: Vec<String> = greys.iter().map(u8::to_string).collect();
        let idx = [&fashion_mnist::image_header(3)[..], &greys.repeat(3)].concat();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&idx).expect("a gzip file to memory");
        files.extend([
            image_files::npy(&[&greys]),
            row.join(",").into_bytes(),
            gzip.finish().expect("a gzip file to memory"),
            idx,
        ]);
        files
    })
}

/// Reads a file as the page would. Whether there is an image.
///
/// # Panics
/// Where memory was taken that the photo's size does not justify, or time that nothing does.
fn read(bytes: &[u8]) -> bool {
    let started = Instant::now();
    let (peak, decoded) = allocation_counter::peak_allocation(|| decode_all(bytes));
    let photo = decoded.map(|mut decoded| decoded.images.swap_remove(0));
    let pixels = match &photo {
        Ok(photo) => photo.pixels().len(),
        // It may have been told to be as large as is allowed, and have ended early.
        Err(_) => MAX_PIXELS as usize,
    };
    assert!(
        peak <= PIXEL * pixels + FLOOR,
        "{pixels} pixels took {peak}"
    );
    let prepared = photo.and_then(|photo| {
        let (peak, prepared) = allocation_counter::peak_allocation(|| {
            Pipeline::new(&photo)?.prepare(&Edits::default())
        });
        assert!(peak <= FLOOR, "to prepare {pixels} pixels took {peak}");
        prepared
    });
    assert!(started.elapsed() < LONGEST, "{:?}", started.elapsed());
    match prepared {
        Ok(prepared) => prepared.frame.side > 0.0,
        Err(error) => {
            assert!(error.to_string().ends_with('.'), "{error}");
            false
        }
    }
}

#[test]
fn whole_files_are_pictures() {
    assert!(files().iter().all(|file| read(file)));
}

#[test]
fn twelve_megapixels_fit_two_hundred_megabytes() {
    let expected_errors =
        |x: u32, y: u32| (x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca6b)) >> 27;
    let photo = image::RgbImage::from_fn(3000, 4000, |x, y| {
        let is_dress = x.abs_diff(1500) < 400 + y / 6 && (500..3500).contains(&y);
        let colour: [u32; 3] = if is_dress {
            [60, 70, 150]
        } else {
            [170, 140, 100]
        };
        image::Rgb(colour.map(|c| (c + expected_errors(x, y)) as u8))
    });
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode_image(&photo)
        .expect("a JPEG to memory");
    drop(photo);
    let (peak, prepared) = allocation_counter::peak_allocation(|| {
        let photo = decode(&bytes)?;
        Pipeline::new(&photo)?.prepare(&Edits::default())
    });
    let found = prepared.expect("a dress").frame;
    assert!((found.side - 3000.0).abs() < 150.0, "{found:?}");
    assert!(peak < 200 << 20, "{} MB", peak >> 20);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn altered_bytes_give_a_picture_or_a_sentence(
        file in 0usize..11,
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        kept in 0.05f64..1.0,
        is_cut in any::<bool>(),
    ) {
        let mut bytes = files()[file].clone();
        for (place, value) in places {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if is_cut {
            bytes.truncate((bytes.len() as f64 * kept) as usize);
        }
        read(&bytes);
    }

    #[test]
    fn altered_heads_give_a_picture_or_a_sentence(
        file in 0usize..11,
        places in prop::collection::vec((0usize..64, any::<u8>()), 1..6),
    ) {
        // Sizes, depths and lengths stand there.
        let mut bytes = files()[file].clone();
        for (place, value) in places {
            bytes[place + 4] = value;
        }
        read(&bytes);
    }
}

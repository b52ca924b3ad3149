//! Fuzz target: bytes as each kind of file that holds images or labels as numbers.

use std::io::Write;

use codecs::{MAX_IMAGES, decode_csv, decode_idx, decode_npy, is_image_csv, unpack};
use fashion_mnist::{CLASSES, IMAGE_HEADER, LABEL_HEADER, PIXELS, parse_images, parse_labels};
use flate2::{Compression, write::GzEncoder};

use crate::seed::Seed;

/// The limit of an unpacked file, that of the page.
const LIMIT: usize = photo::MAX_FILE_BYTES;

pub fn read(bytes: &[u8]) {
    is_image_csv(bytes);
    for decoded in [decode_npy(bytes), decode_idx(bytes), decode_csv(bytes)] {
        match decoded {
            Ok(array) => {
                let read = array.images.len();
                assert!((1..=MAX_IMAGES).contains(&read) && read <= array.count);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    if let Ok(unpacked) = unpack(bytes, LIMIT) {
        assert!(unpacked.len() <= LIMIT);
    }
    if let Ok(images) = parse_images(bytes) {
        assert_eq!(IMAGE_HEADER + images.len() * PIXELS, bytes.len());
    }
    if let Ok(labels) = parse_labels(bytes) {
        assert_eq!(LABEL_HEADER + labels.len(), bytes.len());
        assert!(labels.iter().all(|label| usize::from(*label) < CLASSES));
    }
}

pub fn seeds() -> Vec<Seed> {
    let labels = [
        &[0, 0, 8, 1, 0, 0, 0, 10][..],
        &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    ]
    .concat();
    let floats: Vec<u8> = (0..784)
        .flat_map(|i| (i as f32 / 784.0).to_le_bytes())
        .collect();
    let values = |count: usize, value: &str| vec![value; count].join(",").into_bytes();
    let first: Vec<u8> = crate::photos::numbered(0).into();
    vec![
        Seed::new("images.npy", npy("|u1", "(1, 28, 28)", &first)),
        Seed::new("floats.npy", npy("<f4", "(1, 784)", &floats)),
        Seed::new("images.idx", idx(2, &first.repeat(2))),
        Seed::new("labels.idx", labels),
        Seed::new("image.csv", values(784, "7")),
        Seed::new("labelled.csv", values(785, "0.5")),
        Seed::new("images.gz", gzip(&idx(2, &first.repeat(2)))),
        // What follows promises far more than it holds.
        Seed::new("many.npy", npy("<f8", "(4294967295, 28, 28)", &first)),
        Seed::new(
            "endless.npy",
            npy("|u1", "(18446744073709551615, 784)", &first),
        ),
        Seed::new("many.idx", idx(u32::MAX, &first)),
        Seed::new("rows.csv", b"1,2\n".repeat(10_000)),
        Seed::new("wide.csv", values(60_000, "1")),
        Seed::new("zeros.gz", gzip(&vec![0; LIMIT])),
        Seed::new("more_zeros.gz", gzip(&vec![0; LIMIT + 1])),
    ]
}

/// An npy file with this element type, shape and data.
fn npy(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header =
        format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n").into_bytes();
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\0", &length[..], &header, data].concat()
}

/// An IDX file whose header gives this number of images.
fn idx(count: u32, pixels: &[u8]) -> Vec<u8> {
    [&fashion_mnist::image_header(count), pixels].concat()
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut file = GzEncoder::new(Vec::new(), Compression::best());
    file.write_all(data).expect("a file to memory");
    file.finish().expect("a file to memory")
}

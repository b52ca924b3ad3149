//! Images of the training set for the page: of each class one file with all of them, small and compressed. The page shows those that
//! k-nearest neighbours and the SVM give as their reasons.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageResult};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::image::SIDE;
use shared::model::ModelError;
use shared::model::knn::Knn;
use shared::model::svm::Svm;
use shared::{Garment, Sample};
use thiserror::Error;

use crate::data::Examples;

/// The file with the places of the images.
pub const INDEX: &str = "thumbnails.json";
/// Images in a row of a file.
const COLUMNS: usize = 64;
/// The quality of the JPEG files, 1 to 100: at this one the garments are clear and an image takes about 90 bytes.
const QUALITY: u8 = 15;
/// A point is that of an image if their squared distance is less than this share of the point's squared length. Points are rounded to
/// 8 bits, which moves them by less than a thousandth; other images are farther away than a tenth.
const SAME: f32 = 0.01;

/// Why there are no thumbnails of these models.
#[derive(Debug, Error)]
pub enum ThumbnailError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("a file of thumbnails could not be encoded ({0})")]
    Image(#[from] image::ImageError),
    #[error("{model} has no points: its weights file is another model's")]
    NoPoints { model: &'static str },
    #[error(
        "the points of {model} are not those of this training set: restore the weights, or train it again"
    )]
    OtherImages { model: &'static str },
}

/// Where the images are in the files, as the page reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThumbnailIndex {
    /// Images in a row.
    pub columns: usize,
    /// Images of each class. Images are in the order of the training split, row by row. The points of k-nearest neighbours have the same
    /// order; those after them are of photos, of which there are no thumbnails.
    pub images: Vec<usize>,
    /// For each class the numbers of its support vectors' images; the vectors after them are of photos.
    pub support_vectors: Vec<Vec<usize>>,
}

/// The name of the file with the images of a class.
pub fn file_name(class: Garment) -> String {
    format!("thumbnails-{}.jpg", class.index())
}

/// The files of the ten classes, in label order.
///
/// # Errors
/// The encoder fails.
pub fn encode(train: &Examples) -> Result<Vec<Vec<u8>>, ThumbnailError> {
    let files: ImageResult<Vec<Vec<u8>>> = Garment::ALL
        .par_iter()
        .map(|&class| encode_class(train, class))
        .collect();
    Ok(files?)
}

fn encode_class(train: &Examples, class: Garment) -> ImageResult<Vec<u8>> {
    let images = of_class(train, class);
    let (width, height) = (COLUMNS * SIDE, images.len().div_ceil(COLUMNS) * SIDE);
    let mut sheet = vec![0; width * height];
    for (i, &image) in images.iter().enumerate() {
        let (top, left) = (i / COLUMNS * SIDE, i % COLUMNS * SIDE);
        for (y, row) in train.images[image].pixels().chunks_exact(SIDE).enumerate() {
            sheet[(top + y) * width + left..][..SIDE].copy_from_slice(row);
        }
    }
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, QUALITY).encode(
        &sheet,
        width as u32,
        height as u32,
        ExtendedColorType::L8,
    )?;
    Ok(file)
}

/// The indices of a class's images.
fn of_class(train: &Examples, class: Garment) -> Vec<usize> {
    let all = train.labels.iter().enumerate();
    all.filter(|(_, label)| **label == class)
        .map(|(i, _)| i)
        .collect()
}

/// Finds the images of the models' points, which are in the order of the training images.
///
/// # Errors
/// The points are those of other images.
pub fn index(
    train: &Examples,
    knn: &Artifact,
    svm: &Artifact,
) -> Result<ThumbnailIndex, ThumbnailError> {
    check_neighbours(train, knn)?;
    let classes = Garment::ALL.map(|class| of_class(train, class));
    let model = Svm::new(svm)?;
    let vectors = values(svm, "vectors", "svm")?;
    let counts = values(svm, "counts", "svm")?;
    let dimensions = vectors.len() / (counts.iter().sum::<f32>() as usize).max(1);
    let mut rest = vectors.chunks_exact(dimensions.max(1));
    let mut support_vectors = Vec::with_capacity(CLASSES);
    for (images, &count) in classes.iter().zip(counts) {
        let vectors: Vec<&[f32]> = rest.by_ref().take(count as usize).collect();
        let places: Vec<Vec<f32>> = images
            .par_iter()
            .map(|&i| model.project(&Sample::new(train.images[i].clone())))
            .collect();
        support_vectors.push(in_order(&vectors, &places));
    }
    Ok(ThumbnailIndex {
        columns: COLUMNS,
        images: classes.iter().map(Vec::len).collect(),
        support_vectors,
    })
}

/// The point of each training image is the point with the same number.
fn check_neighbours(train: &Examples, knn: &Artifact) -> Result<(), ThumbnailError> {
    let other = ThumbnailError::OtherImages { model: "knn" };
    let model = Knn::new(knn)?;
    let (points, labels) = (values(knn, "points", "knn")?, values(knn, "labels", "knn")?);
    let dimensions = points.len() / labels.len().max(1);
    if labels.len() < train.len() || dimensions == 0 {
        return Err(other);
    }
    let points: Vec<&[f32]> = points.chunks_exact(dimensions).take(train.len()).collect();
    let is_same = points.par_iter().enumerate().all(|(i, point)| {
        let place = model.project(&Sample::new(train.images[i].clone()));
        labels[i] as usize == train.labels[i].index() && is_same(point, &place)
    });
    if is_same { Ok(()) } else { Err(other) }
}

fn values<'a>(
    artifact: &'a Artifact,
    name: &str,
    model: &'static str,
) -> Result<&'a [f32], ThumbnailError> {
    let tensor = artifact.tensor(name);
    let tensor = tensor.ok_or(ThumbnailError::NoPoints { model })?;
    Ok(&tensor.values)
}

/// The numbers of the places where the points are. Both have the same order; points that are nowhere come last.
fn in_order(points: &[&[f32]], places: &[Vec<f32>]) -> Vec<usize> {
    let mut points = points.iter().peekable();
    let mut found = Vec::new();
    for (i, place) in places.iter().enumerate() {
        if points.next_if(|point| is_same(point, place)).is_some() {
            found.push(i);
        }
    }
    found
}

fn is_same(point: &[f32], place: &[f32]) -> bool {
    let pairs = point.iter().zip(place);
    let apart: f32 = pairs.map(|(a, b)| (a - b) * (a - b)).sum();
    let length: f32 = point.iter().map(|v| v * v).sum();
    apart <= SAME * length
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::Grey28;
    use shared::image::PIXELS;

    #[test]
    fn points_are_found_in_their_order_and_others_are_left() {
        let places: Vec<Vec<f32>> = (1..6).map(|i| vec![i as f32, -1.0]).collect();
        let points: [&[f32]; 4] = [&[2.01, -1.0], &[4.0, -1.02], &[4.98, -1.0], &[9.0, 9.0]];
        assert_eq!(in_order(&points, &places), [1, 3, 4]);
        assert!(in_order(&points[3..], &places).is_empty());
    }

    #[test]
    fn an_image_of_a_class_is_at_its_number() {
        // The 66th bag is bright; the others are dark, as is a shirt between them.
        let bags = 70;
        let level = |i: usize| if i == 66 { 240 } else { 10 };
        let mut train = Examples {
            images: (0..=bags)
                .map(|i| Grey28::new([level(i); PIXELS]))
                .collect(),
            labels: vec![Garment::Bag; bags + 1],
        };
        train.labels[3] = Garment::Shirt;
        let file = encode_class(&train, Garment::Bag).unwrap();
        let sheet = image::load_from_memory(&file).unwrap().to_luma8();
        assert_eq!(sheet.dimensions(), (64 * 28, 2 * 28));
        for (i, expected) in [(64, 10), (65, 240), (66, 10)] {
            let (x, y) = (i % 64 * 28 + 14, i / 64 * 28 + 14);
            let found = sheet.get_pixel(x as u32, y as u32).0[0];
            assert!(found.abs_diff(expected) < 12, "{i}: {found}");
        }
    }
}

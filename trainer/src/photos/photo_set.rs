//! Training images made from photos: several random variants of each photo.

use std::path::Path;

use indicatif::{ParallelProgressIterator, ProgressBar, ProgressStyle};
use photo::{Crop, Edits, Pipeline, decode, prepare};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use shared::image::RgbaImage;
use shared::{Garment, Grey28};

use super::listing::{LabelledPhoto, PhotoSplit, PhotosError, list_photos};
use crate::data::Examples;
use crate::hash::sha256;

/// Variants of each training photo; the first is the photo as it is.
pub const VARIANTS: usize = 8;
/// Variants that classical models are trained on; more would make the SVM and KNN larger.
pub const CLASSICAL_VARIANTS: usize = 2;
/// Variants that logistic regression is trained on. With more, the linear model is worse on Fashion-MNIST.
pub const LOGISTIC_VARIANTS: usize = 1;
/// The seed of the variants.
const SEED: u64 = 20_261;
/// The largest rotation of a variant, in degrees.
const MAX_ROTATION: f32 = 12.0;
/// The largest margin that is cropped at each side, as a share of the photo's side.
const MAX_MARGIN: f32 = 0.06;
/// The largest change of one channel's brightness, as a factor.
const MAX_BRIGHTNESS: f32 = 1.25;
/// The largest change of contrast, as an exponent.
const MAX_GAMMA: f32 = 1.3;

/// Training images made from a folder of photos.
#[derive(Clone, Debug)]
pub struct PhotoSet {
    /// The first variant of every training photo, then the second of every one, and so on.
    train: Examples,
    /// Variants of the training photos of shoes whose class is not exact.
    pub inexact: Vec<Grey28>,
    /// Variants of photos of none of the ten classes.
    pub unknown: Vec<Grey28>,
    /// The validation photos with an exact label, as they are.
    pub validation: Examples,
    pub record: PhotoSetRecord,
}

/// Identifies the photos that a model was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhotoSetRecord {
    /// The number of photos.
    pub photos: usize,
    /// Of their names, classes and contents.
    pub sha256: String,
}

impl PhotoSetRecord {
    /// The record of the training photos in a folder.
    ///
    /// # Errors
    /// See [`PhotosError`].
    pub fn from_folder(folder: &Path) -> Result<Self, PhotosError> {
        let photos = training_photos(&list_photos(folder)?);
        let mut key = String::new();
        for (photo, class) in &photos {
            let hash = sha256(&photo.read()?);
            key += &format!("{} {class} {hash}\n", photo.name);
        }
        Ok(Self {
            photos: photos.len(),
            sha256: sha256(key.as_bytes()),
        })
    }
}

/// The training photos with an exact label.
fn training_photos(all: &[LabelledPhoto]) -> Vec<(LabelledPhoto, Garment)> {
    labelled_photos(all, PhotoSplit::Training)
}

/// The photos of a split with an exact label.
fn labelled_photos(all: &[LabelledPhoto], split: PhotoSplit) -> Vec<(LabelledPhoto, Garment)> {
    let of_split = all.iter().filter(|p| p.split == split);
    let labelled = of_split.filter_map(|photo| match photo.classes()[..] {
        [class] => Some((photo.clone(), class)),
        _ => None,
    });
    labelled.collect()
}

impl PhotoSet {
    /// Reads a folder of photos, and makes the variants of the training photos.
    ///
    /// # Errors
    /// See [`PhotosError`].
    pub fn load(folder: &Path, show_progress: bool) -> Result<Self, PhotosError> {
        let all = list_photos(folder)?;
        let photos = training_photos(&all);
        let with_classes = |is_wanted: fn(usize) -> bool| -> Vec<&LabelledPhoto> {
            let of_split = all.iter().filter(|p| p.split == PhotoSplit::Training);
            of_split.filter(|p| is_wanted(p.classes().len())).collect()
        };
        let unknown = with_classes(|classes| classes == 0);
        let inexact = with_classes(|classes| classes > 1);
        let validation = labelled_photos(&all, PhotoSplit::Validation);
        let bar = if show_progress {
            ProgressBar::new((photos.len() + unknown.len() + inexact.len()) as u64)
        } else {
            ProgressBar::hidden()
        };
        let style = ProgressStyle::with_template("Photos {bar:20} {pos}/{len} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let labelled: Result<Vec<(Vec<Grey28>, Garment)>, PhotosError> = photos
            .par_iter()
            .progress_with(bar.clone())
            .enumerate()
            .map(|(i, (photo, class))| Ok((variants(&photo.read()?, i as u64), *class)))
            .collect();
        let labelled = labelled?;
        let without_label = |photos: &[&LabelledPhoto], first: usize| {
            let variants: Result<Vec<Vec<Grey28>>, PhotosError> = photos
                .par_iter()
                .progress_with(bar.clone())
                .enumerate()
                .map(|(i, photo)| Ok(variants(&photo.read()?, (first + i) as u64)))
                .collect();
            Ok(variants?.concat())
        };
        let first_inexact = photos.len() + unknown.len();
        let unknown = without_label(&unknown, photos.len())?;
        let inexact = without_label(&inexact, first_inexact)?;
        let validation_images: Result<Vec<Option<Grey28>>, PhotosError> = validation
            .par_iter()
            .map(|(photo, _)| Ok(variants_up_to(1, &photo.read()?, 0).pop()))
            .collect();
        let mut validation_examples = Examples::default();
        for (image, (_, class)) in validation_images?.into_iter().zip(&validation) {
            if let Some(image) = image {
                validation_examples.images.push(image);
                validation_examples.labels.push(*class);
            }
        }
        let mut train = Examples::default();
        for variant in 0..VARIANTS {
            // A photo that the pipeline refuses has no variants.
            for (images, class) in labelled.iter().filter(|(images, _)| !images.is_empty()) {
                train.images.push(images[variant].clone());
                train.labels.push(*class);
            }
        }
        Ok(Self {
            record: PhotoSetRecord::from_folder(folder)?,
            train,
            inexact,
            unknown,
            validation: validation_examples,
        })
    }

    /// The first `variants` variants of every training photo, or all.
    pub fn training_examples(&self, variants: usize) -> Examples {
        self.train
            .first(self.train.len() * variants.min(VARIANTS) / VARIANTS)
    }
}

/// The variants of a photo; none if the photo pipeline refuses it.
fn variants(file: &[u8], stream: u64) -> Vec<Grey28> {
    variants_up_to(VARIANTS, file, stream)
}

/// So many variants of a photo.
fn variants_up_to(count: usize, file: &[u8], stream: u64) -> Vec<Grey28> {
    let Ok(photo) = decode(file) else {
        return Vec::new();
    };
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    rng.set_stream(stream);
    let Ok(first) = prepare(&photo) else {
        return Vec::new();
    };
    let mut all = vec![first.grey];
    while all.len() < count {
        let photo = with_random_light(&photo, &mut rng);
        let edits = random_edits(&mut rng);
        // If the pipeline refuses a variant, the photo as it is takes its place.
        let image = Pipeline::new(&photo)
            .and_then(|pipeline| pipeline.prepare(&edits))
            .map_or_else(|_| all[0].clone(), |p| p.grey);
        all.push(image);
    }
    all
}

/// A random rotation and crop.
fn random_edits(rng: &mut impl Rng) -> Edits {
    let mut margin = || rng.random_range(0.0..MAX_MARGIN);
    let (left, top) = (margin(), margin());
    let crop = Crop {
        left,
        top,
        width: 1.0 - left - margin(),
        height: 1.0 - top - margin(),
    };
    Edits {
        rotation: rng.random_range(-MAX_ROTATION..MAX_ROTATION),
        crop: Some(crop),
        ..Edits::default()
    }
}

/// The photo with a random brightness of each channel and a random contrast.
fn with_random_light(photo: &RgbaImage, rng: &mut impl Rng) -> RgbaImage {
    let mut factor = |highest: f32| highest.powf(rng.random_range(-1.0..1.0f32));
    let gamma = factor(MAX_GAMMA);
    let brightness = [(); 3].map(|()| factor(MAX_BRIGHTNESS));
    let tables = brightness.map(|brightness| {
        core::array::from_fn::<u8, 256, _>(|value| {
            let value = value as f32 / 255.0;
            (brightness * value.powf(gamma) * 255.0 + 0.5) as u8
        })
    });
    let mut lit = photo.clone();
    for pixel in lit.pixels_mut() {
        for (value, table) in pixel.iter_mut().zip(&tables) {
            *value = table[*value as usize];
        }
    }
    lit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::photos::listing::VALIDATION;
    use std::fs;

    /// A folder of photos of dark dresses and hats on a textured floor; each dress is a little wider than the one before.
    fn folder(dresses: u32, hats: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (group, count) in [("dress", dresses), ("hat", hats)] {
            fs::create_dir(folder.path().join(group)).unwrap();
            for i in 0..count {
                let wide = if group == "dress" { 10 + i } else { 40 };
                let photo = image::RgbImage::from_fn(120, 150, |x, y| {
                    let dark = (20..130).contains(&y) && x.abs_diff(60) < wide + y / 12;
                    let grain = (x * 7 + y * 13) as u8 % 40;
                    image::Rgb(if dark {
                        [30, 40, 110]
                    } else {
                        [150 + grain, 110 + grain, 60]
                    })
                });
                let path = folder.path().join(format!("{group}/{i:02}.png"));
                photo.save(path).unwrap();
            }
        }
        fs::write(folder.path().join("hat/notes.txt"), "no picture").unwrap();
        folder
    }

    #[test]
    fn makes_variants_of_labelled_and_of_unknown_photos() {
        let folder = folder(9, 2);
        let set = PhotoSet::load(folder.path(), false).unwrap();
        let count = 9 - 9 / VALIDATION;
        assert_eq!(set.record.photos, count);
        assert_eq!(set.training_examples(1).len(), count);
        let all = set.training_examples(VARIANTS);
        assert_eq!(all.len(), VARIANTS * count);
        assert!(all.labels.iter().all(|l| *l == Garment::Dress));
        assert_eq!(set.unknown.len(), 2 * VARIANTS);
        // The first variant is the photo without changes.
        let bytes = fs::read(folder.path().join("dress/00.png")).unwrap();
        let first = prepare(&decode(&bytes).unwrap()).unwrap().grey;
        assert!(all.images[0] == first);
        let others: Vec<&Grey28> = (1..VARIANTS).map(|v| &all.images[v * count]).collect();
        assert!(others.iter().all(|other| **other != first));
        // The variants are reproducible.
        let again = PhotoSet::load(folder.path(), false).unwrap();
        assert!(again.training_examples(VARIANTS).images == all.images);
    }

    #[test]
    fn the_record_identifies_the_photos() {
        let folder = folder(3, 1);
        let record = PhotoSetRecord::from_folder(folder.path()).unwrap();
        assert_eq!(PhotoSetRecord::from_folder(folder.path()).unwrap(), record);
        let path = folder.path().join("dress/01.png");
        let other = fs::read(folder.path().join("dress/02.png")).unwrap();
        fs::write(path, other).unwrap();
        assert_ne!(PhotoSetRecord::from_folder(folder.path()).unwrap(), record);
    }

    #[test]
    fn rejects_a_folder_without_groups() {
        let folder = tempfile::tempdir().unwrap();
        let sentence = PhotoSetRecord::from_folder(folder.path())
            .unwrap_err()
            .to_string();
        assert!(
            sentence.contains("t-shirt, pants") && sentence.contains("README"),
            "{sentence}"
        );
    }
}

//! Photos to learn from: many pictures of each, as many hands would have taken it.

use std::fs;
use std::path::Path;

use indicatif::{ParallelProgressIterator, ProgressBar, ProgressStyle};
use photo::{Crop, Edits, Pipeline, decode, prepare};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use shared::image::RgbaImage;
use shared::{Garment, Grey28};

use super::{Labelled, Part, PhotosError, list};
use crate::data::Examples;
use crate::hash::sha256;

/// Pictures made of each training photo.
pub const VARIANTS: usize = 8;
/// The classical models hold all they learn from: they get fewer.
pub const FEW: usize = 2;
/// A linear model pays for photos with what it knows of Fashion-MNIST.
pub const FEWEST: usize = 1;
/// Decides on the variants; the first is the photo as it is.
const SEED: u64 = 20_261;
/// How far a variant is turned at most, in degrees.
const TILT: f32 = 12.0;
/// How much is cut off each side at most, as a share.
const MARGIN: f32 = 0.06;
/// How much brighter or darker one channel becomes at most, as a factor.
const LIGHT: f32 = 1.25;
/// How much contrast changes at most, as an exponent.
const GAMMA: f32 = 1.3;

/// Pictures made of photos.
#[derive(Clone, Debug)]
pub struct PhotoSet {
    /// Every training photo's first variant, then every one's second.
    train: Examples,
    /// Variants of what is none of the ten.
    pub outsiders: Vec<Grey28>,
    pub record: Record,
}

/// Which photos were learned from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub photos: usize,
    /// Of names and files.
    pub sha256: String,
}

impl Record {
    /// Of the photos in a folder that are learned from.
    ///
    /// # Errors
    /// See [`PhotosError`].
    pub fn of(folder: &Path) -> Result<Self, PhotosError> {
        let photos = of_one_class(&list(folder)?, Part::Training);
        let mut key = String::new();
        for (photo, class) in &photos {
            let hash = sha256(&bytes(photo)?);
            key += &format!("{} {class} {hash}\n", photo.name);
        }
        Ok(Self {
            photos: photos.len(),
            sha256: sha256(key.as_bytes()),
        })
    }
}

/// Those of a part of which it is known which one class they show.
fn of_one_class(all: &[Labelled], part: Part) -> Vec<(Labelled, Garment)> {
    let of_part = all.iter().filter(|p| p.part == part);
    let known = of_part.filter_map(|photo| match photo.classes()[..] {
        [class] => Some((photo.clone(), class)),
        _ => None,
    });
    known.collect()
}

fn bytes(photo: &Labelled) -> Result<Vec<u8>, PhotosError> {
    fs::read(&photo.path).map_err(|source| PhotosError::Read {
        path: photo.path.clone(),
        source,
    })
}

impl PhotoSet {
    /// Reads a folder of photos, and makes the variants of those to train on.
    ///
    /// # Errors
    /// See [`PhotosError`].
    pub fn load(folder: &Path, draw: bool) -> Result<Self, PhotosError> {
        let all = list(folder)?;
        let photos = of_one_class(&all, Part::Training);
        let outside = |p: &&Labelled| p.part == Part::Training && p.group.answers().is_empty();
        let strangers: Vec<&Labelled> = all.iter().filter(outside).collect();
        let bar = match draw {
            true => ProgressBar::new((photos.len() + strangers.len()) as u64),
            false => ProgressBar::hidden(),
        };
        let style = ProgressStyle::with_template("Photos {bar:20} {pos}/{len} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let made: Result<Vec<(Vec<Grey28>, Garment)>, PhotosError> = photos
            .par_iter()
            .progress_with(bar.clone())
            .enumerate()
            .map(|(i, (photo, class))| Ok((variants(&bytes(photo)?, i as u64), *class)))
            .collect();
        let made = made?;
        let outsiders: Result<Vec<Vec<Grey28>>, PhotosError> = strangers
            .par_iter()
            .progress_with(bar)
            .enumerate()
            .map(|(i, photo)| Ok(variants(&bytes(photo)?, (photos.len() + i) as u64)))
            .collect();
        let mut train = Examples::default();
        for variant in 0..VARIANTS {
            for (pictures, class) in &made {
                // One of which nothing is left has no variants.
                if let Some(picture) = pictures.get(variant) {
                    train.images.push(picture.clone());
                    train.labels.push(*class);
                }
            }
        }
        Ok(Self {
            record: Record::of(folder)?,
            train,
            outsiders: outsiders?.concat(),
        })
    }

    /// The first so many variants of every training photo.
    pub fn train(&self, variants: usize) -> Examples {
        self.train
            .first(self.train.len() * variants.min(VARIANTS) / VARIANTS)
    }
}

/// A file's variants; none where it cannot be read or shows nothing.
fn variants(file: &[u8], number: u64) -> Vec<Grey28> {
    let Ok(photo) = decode(file) else {
        return Vec::new();
    };
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    rng.set_stream(number);
    let Ok(first) = prepare(&photo) else {
        return Vec::new();
    };
    let mut all = vec![first.grey];
    while all.len() < VARIANTS {
        let seen = lit(&photo, &mut rng);
        let edits = framed(&mut rng);
        // Where too little is left of a variant, the photo as it is stands in.
        let picture = Pipeline::new(&seen)
            .and_then(|pipeline| pipeline.prepare(&edits))
            .map_or_else(|_| all[0].clone(), |p| p.grey);
        all.push(picture);
    }
    all
}

/// Held another way.
fn framed(rng: &mut impl Rng) -> Edits {
    let mut margin = || rng.random_range(0.0..MARGIN);
    let (left, top) = (margin(), margin());
    let crop = Crop {
        left,
        top,
        width: 1.0 - left - margin(),
        height: 1.0 - top - margin(),
    };
    Edits {
        rotation: rng.random_range(-TILT..TILT),
        crop: Some(crop),
        ..Edits::default()
    }
}

/// In another light.
fn lit(photo: &RgbaImage, rng: &mut impl Rng) -> RgbaImage {
    let mut factor = |most: f32| most.powf(rng.random_range(-1.0..1.0f32));
    let (gamma, light) = (factor(GAMMA), [factor(LIGHT), factor(LIGHT), factor(LIGHT)]);
    let tables = light.map(|light| {
        core::array::from_fn::<u8, 256, _>(|value| {
            let value = value as f32 / 255.0;
            (light * value.powf(gamma) * 255.0 + 0.5) as u8
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
    use crate::photos::VALIDATION;

    /// A folder of dresses and hats, dark on a floor with a grain; each dress a little larger than the one before.
    fn folder(dresses: u32, hats: u32) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (group, count) in [("dress", dresses), ("hat", hats)] {
            fs::create_dir(folder.path().join(group)).unwrap();
            for i in 0..count {
                let wide = if group == "dress" { 10 + i } else { 40 };
                let photo = image::RgbImage::from_fn(120, 150, |x, y| {
                    let dark = (20..130).contains(&y) && x.abs_diff(60) < wide + y / 12;
                    let grain = (x * 7 + y * 13) as u8 % 40;
                    image::Rgb(match dark {
                        true => [30, 40, 110],
                        false => [150 + grain, 110 + grain, 60],
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
    fn photos_are_learned_from_in_variants_and_hats_as_other_things() {
        let folder = folder(9, 2);
        let set = PhotoSet::load(folder.path(), false).unwrap();
        let count = 9 - 9 / VALIDATION;
        assert_eq!(set.record.photos, count);
        assert_eq!(set.train(1).len(), count);
        let all = set.train(VARIANTS);
        assert_eq!(all.len(), VARIANTS * count);
        assert!(all.labels.iter().all(|l| *l == Garment::Dress));
        assert_eq!(set.outsiders.len(), 2 * VARIANTS);
        // The first variant is the photo as a visitor's would be.
        let bytes = fs::read(folder.path().join("dress/00.png")).unwrap();
        let first = prepare(&decode(&bytes).unwrap()).unwrap().grey;
        assert!(all.images[0] == first);
        let others: Vec<&Grey28> = (1..VARIANTS).map(|v| &all.images[v * count]).collect();
        assert!(others.iter().all(|other| **other != first));
        // Made anew, they are the same.
        let again = PhotoSet::load(folder.path(), false).unwrap();
        assert!(again.train(VARIANTS).images == all.images);
    }

    #[test]
    fn a_record_tells_other_photos_from_the_same() {
        let folder = folder(3, 1);
        let record = Record::of(folder.path()).unwrap();
        assert_eq!(Record::of(folder.path()).unwrap(), record);
        let path = folder.path().join("dress/01.png");
        let other = fs::read(folder.path().join("dress/02.png")).unwrap();
        fs::write(path, other).unwrap();
        assert_ne!(Record::of(folder.path()).unwrap(), record);
    }

    #[test]
    fn a_folder_without_groups_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let sentence = Record::of(folder.path()).unwrap_err().to_string();
        assert!(
            sentence.contains("t-shirt, pants") && sentence.contains("README"),
            "{sentence}"
        );
    }
}

//! The training examples of the photo network: photos, coloured Fashion-MNIST garments, and images of other things.

use std::ops::ControlFlow;
use std::path::Path;

use cpu_backend::photo_network::Target;
use photo::{Edits, Pipeline, decode};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use shared::image::RgbaImage;
use shared::model::PhotoClass;

use super::garment_drawing;
use super::recipe::PhotoRecipe;
use super::view::random_view;
use crate::data::Examples;
use crate::fit::novelty::noise::Grid;
use crate::fit::novelty::{synthetic_object, synthetic_scenes};
use crate::photos::listing::{LabelledPhoto, PhotoGroup, PhotoSplit, PhotosError, list_photos};

/// A photo as a square, and its class or classes.
#[derive(Clone, Debug)]
pub struct PhotoExample {
    pub image: RgbaImage,
    pub group: PhotoGroup,
    pub target: Target,
}

/// Photos of one split.
#[derive(Clone, Debug, Default)]
pub struct PhotoExamples(pub Vec<PhotoExample>);

impl PhotoExamples {
    /// Reads the photos of one split as squares of that side. Photos that cannot be decoded are left out.
    ///
    /// # Errors
    /// See [`PhotosError`].
    pub fn load(folder: &Path, split: PhotoSplit, side: u32) -> Result<Self, PhotosError> {
        let photos = list_photos(folder)?;
        let photos: Vec<LabelledPhoto> = photos.into_iter().filter(|p| p.split == split).collect();
        let examples: Result<Vec<Option<PhotoExample>>, PhotosError> = photos
            .par_iter()
            .map(|photo| PhotoExample::read(photo, side))
            .collect();
        Ok(Self(examples?.into_iter().flatten().collect()))
    }
}

impl PhotoExample {
    fn read(photo: &LabelledPhoto, side: u32) -> Result<Option<Self>, PhotosError> {
        let bytes = photo.read()?;
        let pipeline = decode(&bytes).and_then(|image| Pipeline::new(&image));
        Ok(pipeline.ok().map(|pipeline| Self {
            image: pipeline.square(&Edits::default(), side),
            group: photo.group,
            target: target(photo),
        }))
    }
}

/// The classes that are right for a photo.
fn target(photo: &LabelledPhoto) -> Target {
    let unknown = match photo.group {
        PhotoGroup::Hat => Some(PhotoClass::Hat),
        PhotoGroup::Shorts => Some(PhotoClass::Shorts),
        PhotoGroup::Skirt => Some(PhotoClass::Skirt),
        _ => None,
    };
    let garments = photo.classes().into_iter().map(PhotoClass::Garment);
    Target::new(garments.chain(unknown).map(PhotoClass::index))
}

/// An image of an epoch: what it is made from.
#[derive(Clone, Copy, Debug)]
enum Source {
    Photo(usize),
    /// The background of a photo: something else.
    Corner(usize),
    /// A garment of Fashion-MNIST.
    Garment(usize),
    /// A drawing of something else.
    Drawing,
}

/// What the images of all epochs are made from.
pub struct TrainingImages<'a> {
    pub photos: &'a PhotoExamples,
    pub garments: &'a Examples,
    pub recipe: PhotoRecipe,
}

/// A random view of an image, standardised, and its target.
pub type View = (Vec<f32>, Target);

impl TrainingImages<'_> {
    /// The images of an epoch in random order.
    fn sources(&self, rng: &mut ChaCha8Rng) -> Vec<Source> {
        let mut sources = Vec::new();
        for group in PhotoGroup::ALL {
            let own: Vec<usize> = (0..self.photos.0.len())
                .filter(|i| self.photos.0[*i].group == group)
                .collect();
            let repeats = self
                .recipe
                .group_minimum
                .div_ceil(own.len().max(1))
                .clamp(1, 3);
            for _ in 0..repeats {
                sources.extend(own.iter().map(|i| Source::Photo(*i)));
            }
        }
        let garment = |rng: &mut ChaCha8Rng| rng.random_range(0..self.garments.len());
        sources.extend((0..self.recipe.garments).map(|_| Source::Garment(garment(rng))));
        let all: Vec<usize> = (0..self.photos.0.len()).collect();
        let corners = all.choose_multiple(rng, self.recipe.corners);
        sources.extend(corners.map(|i| Source::Corner(*i)));
        sources.extend((0..self.recipe.drawings).map(|_| Source::Drawing));
        sources.shuffle(rng);
        sources
    }

    /// The number of images of an epoch.
    pub fn epoch_length(&self) -> usize {
        self.sources(&mut ChaCha8Rng::seed_from_u64(0)).len()
    }

    /// The images of an epoch in batches; `visit` is called with each, and can end the epoch.
    pub fn epoch(
        &self,
        seed: u64,
        epoch: usize,
        mut visit: impl FnMut(Vec<View>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(epoch as u64);
        let sources = self.sources(&mut rng);
        let image_seed: u64 = rng.random();
        for (number, batch) in sources.chunks(self.recipe.batch).enumerate() {
            let first = number * self.recipe.batch;
            let views = batch.par_iter().enumerate().map(|(i, source)| {
                let mut rng = ChaCha8Rng::seed_from_u64(image_seed);
                rng.set_stream((first + i) as u64);
                self.view(*source, &mut rng)
            });
            visit(views.collect())?;
        }
        ControlFlow::Continue(())
    }

    fn view(&self, source: Source, rng: &mut ChaCha8Rng) -> View {
        let side = self.recipe.side;
        let other = Target::new([PhotoClass::Other.index()]);
        match source {
            Source::Photo(i) => {
                let example = &self.photos.0[i];
                (random_view(&example.image, side, 1.0, rng), example.target)
            }
            Source::Corner(i) => {
                let image = corner(&self.photos.0[i].image, rng);
                (random_view(&image, side, 1.0, rng), other)
            }
            Source::Garment(i) => {
                let image = garment_drawing::draw(&self.garments.images[i], rng);
                let class = PhotoClass::Garment(self.garments.labels[i]);
                let target = Target::new([class.index()]);
                (random_view(&image, side, 0.5, rng), target)
            }
            Source::Drawing => (random_view(&drawing(rng), side, 0.5, rng), other),
        }
    }
}

/// A corner of a photo, a quarter of its side, where usually only the background is.
fn corner(photo: &RgbaImage, rng: &mut ChaCha8Rng) -> RgbaImage {
    let side = photo.width() / 4;
    let mut start = || {
        if rng.random_bool(0.5) {
            0
        } else {
            photo.width() - side
        }
    };
    let (left, top) = (start(), start());
    RgbaImage::from_fn(side, side, |x, y| {
        photo.pixels()[((top + y) * photo.width() + left + x) as usize]
    })
}

/// An image of something else.
fn drawing(rng: &mut ChaCha8Rng) -> RgbaImage {
    match rng.random_range(0..8) {
        0 | 1 => synthetic_scenes::landscape(rng),
        2 | 3 => synthetic_scenes::portrait(rng),
        4 => synthetic_scenes::text_page(rng),
        5 | 6 => synthetic_object::draw(rng),
        _ => noise(rng),
    }
}

/// Noise of any fineness in two colours, or of each channel on its own.
fn noise(rng: &mut ChaCha8Rng) -> RgbaImage {
    const SIDE: usize = 96;
    let persistence = rng.random_range(0.2..1.5);
    let is_coloured = rng.random_bool(0.5);
    let first = Grid::fractal_noise(SIDE, persistence, rng);
    let channels = [(); 3].map(|()| match is_coloured {
        true => Grid::fractal_noise(SIDE, persistence, rng),
        false => first.clone(),
    });
    let ranges = [(); 3].map(|()| [rng.random_range(0.0..1.0), rng.random_range(0.0..1.0f32)]);
    RgbaImage::from_fn(SIDE as u32, SIDE as u32, |x, y| {
        let [red, green, blue] = core::array::from_fn(|c| {
            let value = channels[c].values[y as usize * SIDE + x as usize];
            let [low, high] = ranges[c];
            ((low + value * (high - low)).clamp(0.0, 1.0) * 255.0) as u8
        });
        [red, green, blue, 255]
    })
}

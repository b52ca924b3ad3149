//! The CPU engine's answers about image files and photos: reading, preprocessing, the photo network, batches of files, the live
//! camera.

use photo::Edits;
use protocol::{
    BatchFile, FileAnswer, FrameAnswer, FrameHeatMap, PhotoPrediction, Pixels, Prepared, Reply,
    Request, RequestError,
};
use shared::explain::{layer, overlay};
use shared::image::RgbaImage;
use shared::model::{PhotoClass, photo_network};
use shared::{Garment, ModelId, Prediction};
use worker_runtime::elapsed_micros;
use worker_runtime::validation::{bytes, image};

use super::CpuEngine;
use crate::browser_decoder;
use crate::preprocessing::{
    FileNotes, PreparedFile, gallery, photo_error, prepare_file, prepare_frame, prepare_image,
    read_array,
};

/// After this time, the files of a batch that are left wait for the next request.
const MAX_BATCH_MILLIS: f64 = 100.0;
/// The sides of a frame's heat map in pixels. The page enlarges it.
const HEAT_SIDE: u32 = 56;

impl CpuEngine {
    /// Answers a request of the part for photos.
    pub(super) async fn answer_about_photos(&mut self, request: Request) -> Reply {
        let reply = match request {
            Request::ClassifyFiles { files } => Ok(self.classify_files(files).await),
            Request::Prepare { file, photo } => self.prepare(&file, photo).await,
            request => self.reply_about_photos(request),
        };
        reply.unwrap_or_else(Reply::Error)
    }

    fn reply_about_photos(&mut self, request: Request) -> Result<Reply, RequestError> {
        match request {
            Request::Gallery { sprite } => gallery(&bytes(sprite)?),
            Request::ReadArray { file } => read_array(&file),
            Request::Edit { photo, edits } => {
                let prepared = self.photos.edit(photo, &edits)?;
                Ok(self.with_predictions(prepared))
            }
            Request::ClassifyPhoto { photo, edits } => {
                let square = self.photos.square(photo, &edits)?;
                self.classify_photo(&square).map(Reply::Photo)
            }
            Request::ExplainPhoto {
                photo,
                edits,
                class,
            } => self.explain_photo(photo, &edits, class),
            Request::ClassifyFrame { frame, class } => self.classify_frame(frame, class),
            _ => Err(RequestError::NotDownloaded),
        }
    }

    async fn prepare(&mut self, file: &[u8], photo: u32) -> Result<Reply, RequestError> {
        let prepared = match browser_decoder::decode(file).await {
            Some(image) => {
                let image = image.map_err(photo_error)?;
                // The browser has applied the file's profile.
                let notes = FileNotes::default();
                self.photos.prepare_image(image, notes, photo)?
            }
            None => self.photos.prepare(file, photo)?,
        };
        Ok(self.with_predictions(prepared))
    }

    fn classify_photo(&mut self, square: &RgbaImage) -> Result<PhotoPrediction, RequestError> {
        let clock = self.clock;
        let network = self.models.photo_network()?;
        let start = clock();
        let probabilities = network.classify(square);
        Ok(PhotoPrediction {
            probabilities,
            micros: elapsed_micros(clock, start),
        })
    }

    fn explain_photo(
        &mut self,
        photo: u32,
        edits: &Edits,
        class: PhotoClass,
    ) -> Result<Reply, RequestError> {
        let square = self.photos.square(photo, edits)?;
        let network = self.models.photo_network()?;
        network.logits(&square);
        let side = square.width();
        let heat = network.explain(class).upsample(side as usize);
        let overlay = RgbaImage::new(side, side, overlay(square.rgba(), &heat));
        Ok(Reply::PhotoHeatMap {
            overlay: overlay.expect("invariant: the overlay has the photo's size"),
        })
    }

    /// Answers the first files of a batch. It ends early enough that the visitor's other requests do not wait.
    async fn classify_files(&mut self, files: Vec<BatchFile>) -> Reply {
        let start = (self.clock)();
        let mut answers = Vec::with_capacity(files.len());
        for file in files {
            answers.push(self.classify_file(file).await);
            if (self.clock)() - start > MAX_BATCH_MILLIS {
                break;
            }
        }
        Reply::Files { answers }
    }

    /// Prepares a file as a file that is chosen alone, and classifies it with everything that is loaded.
    async fn classify_file(&mut self, file: BatchFile) -> Result<FileAnswer, RequestError> {
        let prepared = match file {
            BatchFile::Unreadable(name) => return Err(RequestError::UnreadableFile { name }),
            BatchFile::Prepared(grey) => PreparedFile::from(image(&grey)?),
            BatchFile::Bytes(bytes) => match browser_decoder::decode(&bytes).await {
                Some(image) => prepare_image(image.map_err(photo_error)?)?,
                None => prepare_file(&bytes)?,
            },
        };
        self.classify_prepared(prepared)
    }

    /// Classifies a file of a batch with everything that is loaded.
    fn classify_prepared(&mut self, prepared: PreparedFile) -> Result<FileAnswer, RequestError> {
        let grey = Pixels::from(&prepared.grey);
        let predictions = ModelId::ALL.map(|model| self.classify(model, &grey).ok());
        let predictions: Vec<Prediction> = predictions.iter().flatten().map(Into::into).collect();
        self.set_sample(prepared.grey);
        let novelty = self.models.novelty().ok();
        let is_known = novelty.map(|novelty| novelty.is_known(&self.sample));
        let photo = match &prepared.photo {
            Some(photo) if self.models.photo_network().is_ok() => {
                let square = photo.pipeline.square(&photo.edits, photo_network::SIDE);
                self.classify_photo(&square).ok()
            }
            _ => None,
        };
        Ok(FileAnswer {
            grey,
            is_photo: prepared.photo.is_some(),
            is_plain: prepared.is_plain,
            is_damaged: prepared.is_damaged,
            is_known,
            ensemble: self
                .models
                .ensemble()
                .ok()
                .and_then(|e| e.combine(&predictions)),
            photo: photo.map(|photo| photo.probabilities),
            predictions,
        })
    }

    /// Answers a frame of the live camera as a file of a batch, and explains a class.
    fn classify_frame(
        &mut self,
        frame: RgbaImage,
        class: Option<PhotoClass>,
    ) -> Result<Reply, RequestError> {
        let prepared = prepare_frame(&frame)?;
        let photo = prepared.photo.as_ref();
        let places = photo.map(|photo| (photo.frame, photo.square));
        let answer = self.classify_prepared(prepared)?;
        let heat_map = class.zip(places).and_then(|(class, (frame, square))| {
            let (heat, square) = match (answer.photo, class.garment()) {
                (Some(_), _) => (self.photo_heat(class)?, square),
                (None, garment) => (self.input_heat(&answer.grey, garment?)?, frame),
            };
            Some(FrameHeatMap {
                colours: RgbaImage::new(HEAT_SIDE, HEAT_SIDE, layer(&heat))?,
                square,
            })
        });
        let answer = FrameAnswer { answer, heat_map };
        Ok(Reply::Frame(Box::new(answer)))
    }

    /// Where the last photo supports a class of the photo network.
    fn photo_heat(&mut self, class: PhotoClass) -> Option<Vec<f32>> {
        let network = self.models.photo_network().ok()?;
        Some(network.explain(class).upsample(HEAT_SIDE as usize))
    }

    /// Where the 28x28 image supports a class of the CNN.
    fn input_heat(&mut self, grey: &Pixels, class: Garment) -> Option<Vec<f32>> {
        let (classifier, sample) = self.classifier_and_sample(ModelId::Cnn, grey).ok()?;
        let map = classifier.explain(sample, class);
        Some(map.upsample(HEAT_SIDE as usize))
    }

    /// Adds the predictions of the networks that are loaded.
    fn with_predictions(&mut self, mut prepared: Prepared) -> Reply {
        let predictions = ModelId::DEEP.map(|m| self.classify(m, &prepared.grey).ok());
        prepared.predictions = predictions.into_iter().flatten().collect();
        Reply::Prepared(Box::new(prepared))
    }
}

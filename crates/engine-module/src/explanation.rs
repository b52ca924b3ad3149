//! A heat map of the regions of an image that support a class.

use shared::explain::{HeatMap, overlay};
use shared::image::{RgbaImage, SIDE};
use shared::model::layer::grad_cam_layer;
use shared::{Garment, Grey28, LoadedModels, ModelId, Sample};

use crate::error::EngineError;

/// The heat map of a model.
pub struct Explanation {
    pub model: ModelId,
    pub class: Garment,
    pub map: HeatMap,
    /// The image below the map's colours, with the requested side.
    pub overlay: RgbaImage,
}

impl Explanation {
    /// Explains a class, or else the model's prediction. The overlay is `side` pixels wide and high.
    ///
    /// # Errors
    /// The model is not loaded.
    pub fn new(
        models: &mut LoadedModels,
        grey: &Grey28,
        model: ModelId,
        class: Option<Garment>,
        side: u32,
    ) -> Result<Self, EngineError> {
        let sample = Sample::new(grey.clone());
        let classifier = models.classifier(model)?;
        let class = class.unwrap_or_else(|| classifier.classifier().classify(&sample).garment());
        let map = classifier.explain(&sample, class);
        let small = SIDE as u32;
        let enlarged = RgbaImage::from_fn(side, side, |x, y| {
            let pixel = (y * small / side) * small + x * small / side;
            let value = grey.pixels()[pixel as usize];
            [value, value, value, 255]
        });
        let blended = overlay(enlarged.rgba(), &map.upsample(side as usize));
        Ok(Self {
            model,
            class,
            map,
            overlay: RgbaImage::new(side, side, blended)
                .expect("invariant: the overlay has the image's size"),
        })
    }

    /// The method's name.
    pub fn method(&self) -> &'static str {
        if grad_cam_layer(self.model.layers()).is_some() {
            "grad-cam"
        } else {
            "occlusion"
        }
    }
}

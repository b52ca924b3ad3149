//! The engine: loads weights files, classifies and explains images.

use js_sys::Object;
use shared::model::WeightsFile;
use shared::{Garment, LoadedModels, ModelId};
use wasm_bindgen::prelude::*;

use crate::classification::Classification;
use crate::error::EngineError;
use crate::explanation::Explanation;
use crate::js_objects;
use crate::prepared_image::PreparedImage;

/// An engine with the models that were loaded.
#[derive(Default)]
#[wasm_bindgen]
pub struct Engine {
    models: LoadedModels,
}

#[wasm_bindgen]
impl Engine {
    /// An engine without models.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// The classes' names in label order.
    pub fn labels() -> Vec<String> {
        Garment::ALL.map(|class| class.label().to_owned()).into()
    }

    /// Loads the weights file of that name.
    pub fn load(&mut self, name: &str, bytes: &[u8]) -> Result<(), EngineError> {
        let file = WeightsFile::from_name(name);
        let file = file.ok_or_else(|| EngineError::UnknownFile(name.to_owned()))?;
        let loaded = self.models.load(file, bytes);
        loaded.map_err(|reason| EngineError::Weights { file, reason })?;
        Ok(())
    }

    /// The names of the loaded ones of the seven models.
    pub fn models(&self) -> Vec<String> {
        self.models.models().map(|m| m.name().to_owned()).collect()
    }

    /// Classifies an image with all loaded models.
    pub fn classify(&mut self, image: PreparedImage) -> Object {
        let result = Classification::new(&mut self.models, &image);
        js_objects::classification(&image, &result)
    }

    /// Explains a class, or the model's prediction, with an overlay of `side` pixels.
    pub fn explain(
        &mut self,
        image: PreparedImage,
        model: &str,
        class: Option<String>,
        side: u32,
    ) -> Result<Object, EngineError> {
        let model =
            ModelId::from_name(model).ok_or_else(|| EngineError::UnknownModel(model.to_owned()))?;
        let class = class
            .map(|label| Garment::from_label(&label).ok_or(EngineError::UnknownClass(label)))
            .transpose()?;
        let result = Explanation::new(&mut self.models, &image.grey, model, class, side)?;
        Ok(js_objects::explanation(&image.grey, &result))
    }
}

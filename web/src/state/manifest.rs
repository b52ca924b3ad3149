//! The trainer's manifest: the published figures of each model and of the ensemble.

use shared::ModelId;
use wasm_bindgen::JsValue;

use crate::contender::Contender;
use crate::json::{self, field, number};

/// The manifest's entry on a model or the ensemble. The page does not show a figure that is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct ManifestEntry {
    pub contender: Contender,
    pub parameters: Option<f64>,
    /// The size of the weights file.
    pub bytes: Option<f64>,
    /// The duration of the training, in seconds, without that of the teachers.
    pub seconds: Option<f64>,
    /// The duration of the training of the teachers that a network learned from, in seconds.
    pub teacher_seconds: Option<f64>,
    /// The accuracy on the test set, 0 to 1.
    pub accuracy: Option<f64>,
    /// 0 to 1.
    pub macro_f1: Option<f64>,
    /// Expected calibration error on the test set, 0 to 1.
    pub calibration_error: Option<f64>,
}

impl ManifestEntry {
    fn read(contender: Contender, entry: &JsValue) -> Self {
        let test = field(entry, "test").unwrap_or(JsValue::NULL);
        Self {
            contender,
            parameters: number(entry, "parameters"),
            bytes: number(entry, "bytes"),
            seconds: number(entry, "duration_seconds"),
            teacher_seconds: field(entry, "teacher").and_then(|t| number(&t, "duration_seconds")),
            accuracy: number(&test, "accuracy"),
            macro_f1: number(&test, "macro_f1"),
            calibration_error: number(&test, "calibration_error"),
        }
    }
}

/// The manifest's entries; none if it cannot be read, because the page works without it.
pub async fn fetch(url: &str) -> Vec<ManifestEntry> {
    let Some(manifest) = json::fetch(url).await else {
        return Vec::new();
    };
    let models = json::list(&manifest, "models").unwrap_or_default();
    let models = models.iter().filter_map(|entry| {
        let name = field(&entry, "model")?.as_string()?;
        let model = ModelId::from_name(&name)?;
        Some(ManifestEntry::read(Contender::Model(model), &entry))
    });
    let vote = field(&manifest, "vote").map(|entry| ManifestEntry::read(Contender::Vote, &entry));
    models.chain(vote).collect()
}

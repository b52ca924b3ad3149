//! The published figures: what the trainer's manifest says of each model and of the vote.

use shared::ModelId;
use wasm_bindgen::JsValue;

use crate::contender::Contender;
use crate::json::{self, field, number};

/// What the manifest says of a model or the vote; a figure that is not there is not shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub contender: Contender,
    pub parameters: Option<f64>,
    /// Of the weights file.
    pub bytes: Option<f64>,
    /// What the training took, in seconds.
    pub seconds: Option<f64>,
    /// Share of the test images answered rightly, 0 to 1.
    pub accuracy: Option<f64>,
    /// 0 to 1.
    pub macro_f1: Option<f64>,
    /// Expected calibration error on the test set, 0 to 1.
    pub calibration_error: Option<f64>,
}

impl Facts {
    fn read(contender: Contender, entry: &JsValue) -> Self {
        let test = field(entry, "test").unwrap_or(JsValue::NULL);
        Self {
            contender,
            parameters: number(entry, "parameters"),
            bytes: number(entry, "bytes"),
            seconds: number(entry, "duration_seconds"),
            accuracy: number(&test, "accuracy"),
            macro_f1: number(&test, "macro_f1"),
            calibration_error: number(&test, "calibration_error"),
        }
    }
}

/// The manifest's figures; none where it cannot be read, for the page works without.
pub async fn fetch(url: &str) -> Vec<Facts> {
    let Some(manifest) = json::fetch(url).await else {
        return Vec::new();
    };
    let models = json::list(&manifest, "models").unwrap_or_default();
    let models = models.iter().filter_map(|entry| {
        let name = field(&entry, "model")?.as_string()?;
        let model = ModelId::from_name(&name)?;
        Some(Facts::read(Contender::Model(model), &entry))
    });
    let vote = field(&manifest, "vote").map(|entry| Facts::read(Contender::Vote, &entry));
    models.chain(vote).collect()
}

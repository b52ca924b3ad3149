//! Errors of the engine, with the codes by which a program tells them apart.

use photo::PhotoError;
use shared::ModelId;
use shared::image::{PIXELS, SIDE};
use shared::loaded_models::{WeightsError, WeightsMissing};
use shared::model::WeightsFile;
use thiserror::Error;
use wasm_bindgen::JsValue;

/// Why the engine refuses a call. Each sentence ends with what to do next.
#[derive(Debug, PartialEq, Error)]
pub enum EngineError {
    #[error(
        "The image has {0} bytes: pass {PIXELS} of them, one for each of {SIDE} x {SIDE} pixels, or an ImageData"
    )]
    PixelCount(usize),
    #[error(
        "The image data has {bytes} bytes, which do not fit {width} x {height} pixels: pass four bytes for each pixel"
    )]
    ImageData {
        width: u32,
        height: u32,
        bytes: usize,
    },
    #[error("There is no model \"{0}\": {names}", names = names(ModelId::ALL.map(ModelId::name)))]
    UnknownModel(String),
    #[error("There are no weights \"{0}\": {names}", names = names(WeightsFile::all().map(WeightsFile::name)))]
    UnknownFile(String),
    #[error("There is no class \"{0}\": the classes' names are in `engine.labels`")]
    UnknownClass(String),
    #[error("{0}")]
    Photo(#[from] PhotoError),
    #[error("{title} cannot be loaded ({reason}): check that the address is that of {name}.hbd", title = file.title(), name = file.name())]
    Weights {
        file: WeightsFile,
        reason: WeightsError,
    },
    #[error("{title} is not loaded: name \"{name}\" in the options of Haberdash.load", title = .0.title(), name = .0.name())]
    NotLoaded(WeightsFile),
}

/// The possible names, as advice.
fn names(all: impl IntoIterator<Item = &'static str>) -> String {
    let names: Vec<_> = all.into_iter().collect();
    format!("the names are {}", names.join(", "))
}

impl EngineError {
    /// The `code` of the JavaScript error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PixelCount(_)
            | Self::ImageData { .. }
            | Self::UnknownModel(_)
            | Self::UnknownFile(_)
            | Self::UnknownClass(_) => "input",
            Self::Photo(_) => "image",
            Self::Weights { .. } => "weights",
            Self::NotLoaded(_) => "not-loaded",
        }
    }
}

impl From<WeightsMissing> for EngineError {
    fn from(WeightsMissing(file): WeightsMissing) -> Self {
        Self::NotLoaded(file)
    }
}

/// An `Error` whose name is the code; `js/haberdash.js` makes a `HaberdashError` of it.
impl From<EngineError> for JsValue {
    fn from(error: EngineError) -> Self {
        let thrown = js_sys::Error::new(&error.to_string());
        thrown.set_name(error.code());
        thrown.into()
    }
}

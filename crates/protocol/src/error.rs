//! Errors that a worker sends to the page. They name the cause; the page adds what a visitor can do.

use core::fmt;

use serde::{Deserialize, Serialize};
use shared::image::SIDE;
use shared::loaded_models::WeightsMissing;
use shared::model::WeightsFile;

use crate::test_set::TestSetPart;

/// The largest number of images in a batch: a larger one would exhaust the memory of a graphics processor before it is any faster.
pub const MAX_BATCH: usize = 1024;
/// The largest number of runs of a measurement.
pub const MAX_RUNS: usize = 10_000;
/// The WebGPU feature that the GPU engine needs: without it burn's WebGPU runtime panics.
pub const GPU_FEATURE: &str = "timestamp-query";

/// A file that a worker downloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Download {
    Weights(WeightsFile),
    Gallery,
    TestSet(TestSetPart),
    Code(CodePart),
}

/// A part of the CPU engine that is downloaded when it is first needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodePart {
    /// Reads image files and prepares photos.
    Photos,
    /// Explains predictions.
    Explanations,
}

impl fmt::Display for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weights(WeightsFile::Model(model)) => {
                write!(f, "The weights of {}", model.title())
            }
            Self::Weights(WeightsFile::Ensemble) => f.write_str("The vote's weights"),
            Self::Weights(WeightsFile::Novelty) => {
                f.write_str("The weights of the novelty detector")
            }
            Self::Weights(WeightsFile::PhotoNetwork) => {
                f.write_str("The weights of the photo network")
            }
            Self::Gallery => f.write_str("The gallery"),
            Self::TestSet(part) => write!(f, "The file of the test {}", part.title()),
            Self::Code(CodePart::Photos) => f.write_str("The code that reads images"),
            Self::Code(CodePart::Explanations) => f.write_str("The code that explains predictions"),
        }
    }
}

/// Why a download failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DownloadError {
    /// No response at all.
    NoResponse,
    /// The response is not a success.
    Status { code: u16, text: String },
    /// Nothing arrived for this number of seconds.
    Stalled { seconds: u32 },
    /// The connection broke before the end of the file.
    Interrupted,
    /// The unpacked file is larger than any file of the site.
    TooLarge,
    /// The browser lacks `DecompressionStream`.
    NoGzip,
    /// The file is not a complete gzip file.
    InvalidGzip,
    /// The browser's interfaces are not those of a worker.
    NotInWorker,
}

impl fmt::Display for DownloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoResponse => f.write_str("no answer"),
            Self::Status { code, text } if text.is_empty() => write!(f, "{code}"),
            Self::Status { code, text } => write!(f, "{code} {text}"),
            Self::Stalled { seconds } => write!(f, "nothing arrived for {seconds} seconds"),
            Self::Interrupted => f.write_str("the connection broke"),
            Self::TooLarge => f.write_str("the file is too large"),
            Self::NoGzip => f.write_str("this browser cannot unpack gzip files"),
            Self::InvalidGzip => f.write_str("the file is not a complete gzip file"),
            Self::NotInWorker => f.write_str("this script does not run in a worker"),
        }
    }
}

/// Why a worker refused a request; the worker continues. `Display` gives the cause without a final full stop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum RequestError {
    /// The message is not a request of this version.
    Message,
    /// A file was used before it was downloaded.
    NotDownloaded,
    Download {
        file: Download,
        error: DownloadError,
    },
    /// The reason is an error message of the weights file's reader.
    InvalidWeights { file: WeightsFile, reason: String },
    /// The request needs weights that have not been loaded.
    WeightsMissing(WeightsFile),
    /// The image does not have 28 x 28 pixels.
    ImageSize,
    /// The bytes are not 1 to [`MAX_BATCH`] images.
    BatchSize { bytes: u32 },
    /// Not 1 to [`MAX_RUNS`] runs of 1 to [`MAX_BATCH`] images.
    Measurement { batch: u32, runs: u32 },
    /// The ensemble needs at least one prediction.
    NoPredictions,
    /// The self-test needs at least one image.
    NoTestCases,
    /// The browser could not read the visitor's file of this name.
    UnreadableFile { name: String },
    /// The photo cannot be used. The message is one or more complete sentences with advice.
    Photo { message: String },
    /// A newer photo came before this one was decoded.
    Superseded,
    /// Another photo has taken the place of the one to be edited.
    PhotoReplaced,
    /// The gallery's image cannot be decoded. The message is as in [`Photo`](Self::Photo).
    Gallery { message: String },
    /// The file of the test set is damaged.
    TestSet { part: TestSetPart, reason: String },
    /// The GPU engine runs only networks, and explains only convolutional ones.
    CpuOnly,
    /// The model is of the other kind, network or classical, or has no layer or value of that number.
    NoSuchValue,
    /// The worker's queue is closed.
    Stopped,
}

impl From<WeightsMissing> for RequestError {
    fn from(WeightsMissing(file): WeightsMissing) -> Self {
        Self::WeightsMissing(file)
    }
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message => f.write_str("The engine could not read a message"),
            Self::NotDownloaded => f.write_str("A file was used before it was downloaded"),
            Self::Download { file, error } => write!(f, "{file} could not be fetched ({error})"),
            Self::InvalidWeights { file, reason } => {
                write!(f, "{} cannot answer, because {reason}", file.title())
            }
            Self::WeightsMissing(file) => WeightsMissing(*file).fmt(f),
            Self::ImageSize => write!(
                f,
                "The engine received an image that is not {SIDE} x {SIDE}"
            ),
            Self::BatchSize { bytes } => write!(
                f,
                "The engine received {bytes} bytes, which are not 1 to {MAX_BATCH} images of {SIDE} x {SIDE}"
            ),
            Self::Measurement { batch, runs } => write!(
                f,
                "{runs} runs of {batch} images cannot be measured, only 1 to {MAX_RUNS} runs of 1 to {MAX_BATCH}"
            ),
            Self::NoPredictions => f.write_str("There is no vote before a model has answered"),
            Self::NoTestCases => f.write_str("The engine received no images for its self-test"),
            // The name is isolated, so that letters written from right to left do not move the other words.
            Self::UnreadableFile { name } => {
                write!(f, "\u{2068}{name}\u{2069} could not be read")
            }
            Self::Photo { message } => f.write_str(message),
            Self::Superseded => f.write_str("A newer image was chosen"),
            Self::PhotoReplaced => f.write_str("This photo is no longer loaded"),
            Self::Gallery { message } => write!(f, "The gallery cannot be shown. {message}"),
            Self::TestSet { part, reason } => {
                write!(
                    f,
                    "The file of the test {} is damaged ({reason})",
                    part.title()
                )
            }
            Self::CpuOnly => f.write_str("Only the CPU engine can answer this request"),
            Self::NoSuchValue => f.write_str("The model has no such layer or value"),
            Self::Stopped => f.write_str("The engine has stopped"),
        }
    }
}

/// Why a worker cannot continue. The details are in the browser's console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FatalError {
    /// A panic or a WebAssembly trap.
    Crash,
    /// WebGPU is missing in workers.
    NoWebGpu,
    /// WebGPU has no adapter.
    NoAdapter,
    /// The adapter lacks [`GPU_FEATURE`].
    MissingFeature,
    /// The device could not be opened.
    NotOpened,
    /// The device was lost.
    DeviceLost,
    /// The device refused a command.
    CommandRefused,
    /// The result is missing or incomplete.
    NoResult,
}

impl fmt::Display for FatalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crash => f.write_str("an internal error"),
            Self::NoWebGpu => f.write_str("this browser's workers have no WebGPU"),
            Self::NoAdapter => f.write_str("WebGPU found no graphics processor"),
            Self::MissingFeature => write!(f, "the graphics processor lacks {GPU_FEATURE}"),
            Self::NotOpened => f.write_str("the graphics processor could not be opened"),
            Self::DeviceLost => f.write_str("the graphics processor was lost"),
            Self::CommandRefused => f.write_str("the graphics processor refused a command"),
            Self::NoResult => f.write_str("the graphics processor returned no usable result"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::ModelId;

    #[test]
    fn a_status_without_text_ends_with_its_code() {
        let error = |text: &str| DownloadError::Status {
            code: 404,
            text: text.into(),
        };
        assert_eq!(error("Not Found").to_string(), "404 Not Found");
        assert_eq!(error("").to_string(), "404");
    }

    #[test]
    fn causes_have_no_final_full_stop_unless_they_are_whole_sentences() {
        let model = WeightsFile::Model(ModelId::Cnn);
        for error in [
            RequestError::Message,
            RequestError::WeightsMissing(model),
            RequestError::ImageSize,
            RequestError::BatchSize { bytes: 7 },
            RequestError::Measurement { batch: 0, runs: 1 },
            RequestError::Download {
                file: Download::Weights(model),
                error: DownloadError::NoResponse,
            },
        ] {
            assert!(!error.to_string().ends_with('.'), "{error}");
        }
    }
}

//! Errors of the engines as sentences for the visitor: the cause, and what to do next.

use std::fmt;
use std::time::Duration;

use protocol::{FatalError, GPU_FEATURE, RequestError, TOLERANCE};

/// Why a request to an engine has no answer. `Display` is a sentence for the visitor.
#[derive(Clone, Debug, PartialEq)]
pub enum EngineError {
    /// The worker refused the request.
    Refused(RequestError),
    /// The CPU worker terminated before it answered.
    Terminated,
    /// The CPU worker terminated before it began with the request.
    NotBegun,
    /// The CPU worker took longer than this, and was terminated.
    TooLong(Duration),
    /// No CPU worker is running.
    NoCpuEngine(CpuError),
    /// The message could not be posted to the worker.
    NotSent,
    /// The reply belongs to another kind of request.
    UnexpectedReply,
    /// This build has no gallery.
    NoGallery,
    /// This build has no test set.
    NoTestSet,
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => match advice(error) {
                Some(advice) => write!(f, "{error}: {advice}."),
                None => error.fmt(f),
            },
            Self::Terminated => f.write_str(
                "The CPU engine stopped on this image: try another one, or reload the page.",
            ),
            Self::NotBegun => f.write_str(
                "The CPU engine stopped before this image was classified: choose it again.",
            ),
            Self::TooLong(limit) => write!(
                f,
                "This file needed more than {} seconds, so the CPU engine was started again: choose another image.",
                limit.as_secs()
            ),
            Self::NoCpuEngine(error) => error.fmt(f),
            Self::NotSent => {
                f.write_str("The image could not be sent to the engine: reload the page.")
            }
            Self::UnexpectedReply => f.write_str(
                "The engine's answer does not fit the request: reload the page.",
            ),
            Self::NoGallery => f.write_str(
                "The gallery is not part of this build: choose an image of your own.",
            ),
            Self::NoTestSet => f.write_str(
                "The test images are not part of this build: run `cargo run -p trainer -- evaluate`, which fetches them, and then `cargo xtask build` again.",
            ),
        }
    }
}

/// What a visitor can do about a refused request; `None` if its message includes that.
fn advice(error: &RequestError) -> Option<&'static str> {
    Some(match error {
        RequestError::Message => "page and worker may be of different versions, reload the page",
        RequestError::Download { .. } => "check the connection and try again",
        RequestError::InvalidWeights { .. } | RequestError::TestSet { .. } => {
            "try again to fetch the file anew"
        }
        RequestError::WeightsMissing(_) => "wait until they are loaded",
        RequestError::NoPredictions => "wait for the first answer",
        RequestError::UnreadableFile { .. } => {
            "it was changed, moved or deleted after it was chosen, or it is a folder. Choose it again"
        }
        RequestError::PhotoReplaced | RequestError::Superseded => "choose its file again",
        RequestError::NotDownloaded
        | RequestError::ImageSize
        | RequestError::BatchSize { .. }
        | RequestError::Measurement { .. }
        | RequestError::NoTestCases
        | RequestError::CpuOnly
        | RequestError::NoSuchValue
        | RequestError::Stopped => "reload the page",
        RequestError::Photo { .. } | RequestError::Gallery { .. } => return None,
    })
}

/// Why a worker terminated. `Display` is a clause.
#[derive(Clone, Debug, PartialEq)]
pub enum WorkerError {
    /// The worker reported that it cannot continue.
    Fatal(FatalError),
    /// The browser reported an error of the worker's script.
    Script(String),
    /// The worker's script could not be downloaded.
    ScriptMissing,
    /// The worker's WebAssembly could not be started.
    NotStarted(String),
    /// A message is not a reply of this version.
    Message,
    /// The worker does not answer.
    Silent,
    /// The worker took longer than this for a request.
    TooLong(Duration),
}

impl fmt::Display for WorkerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fatal(error) => error.fmt(f),
            Self::Script(message) | Self::NotStarted(message) => f.write_str(message),
            Self::ScriptMissing => f.write_str("its script could not be loaded"),
            Self::Message => f.write_str("it sent an unknown message"),
            Self::Silent => f.write_str("it did not answer"),
            Self::TooLong(limit) => write!(
                f,
                "it needed more than {} seconds for a request",
                limit.as_secs()
            ),
        }
    }
}

/// What happened to the CPU engine. `Display` is a sentence for the visitor.
#[derive(Clone, Debug, PartialEq)]
pub enum CpuError {
    /// This build has no CPU worker.
    NotInBuild,
    /// The browser refuses to start workers.
    NotAllowed,
    /// The worker has not started within this time; it may still start.
    Slow(Duration),
    /// The worker terminated and a new one was started.
    Restarted(WorkerError),
    /// The new worker terminated too.
    Terminated(WorkerError),
}

impl fmt::Display for CpuError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotInBuild => f.write_str(
                "The CPU engine is not part of this build: run `cargo xtask build` again.",
            ),
            Self::NotAllowed => f.write_str(
                "This browser refuses to start a worker: allow scripts for this site and reload the page.",
            ),
            Self::Slow(limit) => write!(
                f,
                "The CPU engine has not been loaded within {} seconds: wait, or check the connection and try again.",
                limit.as_secs()
            ),
            Self::Restarted(error) => write!(
                f,
                "The CPU engine stopped unexpectedly ({error}) and was started again."
            ),
            Self::Terminated(error) => {
                write!(f, "The CPU engine stopped again ({error}): reload the page.")
            }
        }
    }
}

/// Why there is no GPU engine in this browser. `Display` is a clause.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GpuUnavailable {
    NoWebGpu,
    NotInBuild,
    NoAdapter,
    /// The browser rejected the request for an adapter.
    Rejected,
    /// The browser did not answer the request for an adapter.
    NoAnswer,
    /// The adapter lacks [`GPU_FEATURE`].
    MissingFeature,
}

impl fmt::Display for GpuUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWebGpu => f.write_str("this browser has no WebGPU"),
            Self::NotInBuild => f.write_str("WebGPU is not part of this build"),
            Self::NoAdapter => f.write_str("this browser's WebGPU has no graphics adapter"),
            Self::Rejected => f.write_str("this browser refused WebGPU a graphics adapter"),
            Self::NoAnswer => {
                f.write_str("this browser did not answer the request for a graphics adapter")
            }
            Self::MissingFeature => write!(f, "the graphics adapter lacks {GPU_FEATURE}"),
        }
    }
}

/// Why the GPU engine must not be used although it was started. `Display` is a clause.
#[derive(Clone, Debug, PartialEq)]
pub enum GpuError {
    /// The browser refuses to start workers.
    NotAllowed,
    /// The worker terminated.
    Terminated(WorkerError),
    /// The worker refused a request.
    Refused(RequestError),
    /// A request could not be posted, or its reply belongs to another request.
    Protocol,
    /// The worker is no longer running.
    Closed,
    /// This build lacks the worker or the weights of a network.
    NotInBuild,
    /// The CPU engine did not answer the images of the self-test.
    NoReference,
    /// Its networks were not loaded in time.
    LoadTimeout,
    /// The self-test took too long.
    SelfTestTimeout,
    /// A request took too long.
    Timeout,
    /// The largest difference between its probabilities and the CPU engine's is above the tolerance.
    Disagreement(f32),
}

impl fmt::Display for GpuError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed => f.write_str("this browser refuses to start its worker"),
            Self::Terminated(error) => write!(f, "its worker stopped ({error})"),
            Self::Refused(error) => write!(f, "its worker refused a request ({error})"),
            Self::Protocol => f.write_str("its worker's answer does not fit the request"),
            Self::Closed => f.write_str("its worker stopped"),
            Self::NotInBuild => f.write_str("it is not part of this build"),
            Self::NoReference => f.write_str("the CPU engine gave no reference"),
            Self::LoadTimeout => f.write_str("it was not loaded within five minutes"),
            Self::SelfTestTimeout => f.write_str("its self-test did not end within five minutes"),
            Self::Timeout => f.write_str("it did not answer within a minute"),
            Self::Disagreement(difference) => write!(
                f,
                "its probabilities differ from the reference by up to {difference:.1e}, more than {TOLERANCE:.0e}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Download, DownloadError, WeightsFile};
    use shared::ModelId;

    #[test]
    fn a_refused_request_is_a_sentence_with_advice() {
        let file = WeightsFile::Model(ModelId::Cnn);
        let errors = [
            RequestError::InvalidWeights {
                file,
                reason: "the weights file ends too early".into(),
            },
            RequestError::Download {
                file: Download::Weights(file),
                error: DownloadError::Status {
                    code: 404,
                    text: "Not Found".into(),
                },
            },
        ];
        for error in errors {
            let sentence = EngineError::Refused(error).to_string();
            assert!(sentence.contains("try again"), "{sentence}");
            assert!(sentence.contains("CNN"), "{sentence}");
            assert!(sentence.ends_with('.'), "{sentence}");
        }
    }

    #[test]
    fn a_photo_s_message_is_shown_as_it_is() {
        let message = "This file is empty: choose another image.".to_string();
        let error = EngineError::Refused(RequestError::Photo {
            message: message.clone(),
        });
        assert_eq!(error.to_string(), message);
    }
}

//! Events of the engines for the page.

use std::rc::Rc;

use protocol::WeightsFile;

use super::engine_selection::EngineStatus;

/// How far a weights file has been loaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum WeightsState {
    /// It will be loaded without a request.
    #[default]
    Queued,
    /// It is loaded on request only, as the browser is set to save data.
    Deferred,
    /// The number of bytes downloaded so far.
    Loading(u32),
    /// The number of its parameters.
    Ready(u32),
    /// It is not part of this build.
    Absent,
    /// The error as a sentence for the visitor.
    Failed(String),
}

impl WeightsState {
    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready(_))
    }

    /// Whether the weights are loaded or can still be loaded.
    pub fn may_load(&self) -> bool {
        !matches!(self, Self::Absent | Self::Failed(_))
    }
}

/// A change that the page did not request.
pub enum EngineEvent {
    /// The state of a weights file.
    Weights(WeightsFile, WeightsState),
    /// All weights that are loaded without a request are loaded or have failed.
    WeightsComplete,
    /// Which engine answers, or why.
    Status(EngineStatus),
}

/// The page's handler of events; cheap to clone.
#[derive(Clone)]
pub(super) struct EventSink(Rc<dyn Fn(EngineEvent)>);

impl EventSink {
    pub fn new(handler: impl Fn(EngineEvent) + 'static) -> Self {
        Self(Rc::new(handler))
    }

    pub fn send(&self, event: EngineEvent) {
        (self.0)(event);
    }
}

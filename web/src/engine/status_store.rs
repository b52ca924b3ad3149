//! The current [`EngineStatus`]: every change is reported to the page.

use std::cell::RefCell;

use super::engine_selection::{EngineStatus, GpuState};
use super::events::{EngineEvent, EventSink};

pub(super) struct StatusStore {
    status: RefCell<EngineStatus>,
    events: EventSink,
}

impl StatusStore {
    /// Reports the initial status at once.
    pub fn new(gpu: GpuState, events: EventSink) -> Self {
        let store = Self {
            status: RefCell::new(EngineStatus::new(gpu)),
            events,
        };
        store.update(|_| {});
        store
    }

    pub fn get(&self) -> EngineStatus {
        self.status.borrow().clone()
    }

    pub fn update(&self, change: impl FnOnce(&mut EngineStatus)) {
        change(&mut self.status.borrow_mut());
        self.events.send(EngineEvent::Status(self.get()));
    }

    /// Sets the state of the GPU engine, unless it has failed: the first error is kept, as later ones follow from it.
    pub fn set_gpu(&self, gpu: GpuState) {
        if !matches!(self.status.borrow().gpu, GpuState::Failed(_)) {
            self.update(|status| status.gpu = gpu);
        }
    }
}

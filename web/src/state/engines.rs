//! The engines: the client that sends requests to them, and which engine answers.

use leptos::prelude::*;

use crate::engine::{Assets, Client, Engine, EngineChoice, EngineEvent, EngineStatus};

/// The client of both engines, and their status as it is shown.
#[derive(Clone, Copy)]
pub struct Engines {
    client: StoredValue<Client, LocalStorage>,
    status: RwSignal<Option<EngineStatus>>,
    weights_complete: RwSignal<bool>,
}

impl Engines {
    /// Starts the CPU engine. `on_weights` receives the events about weights files.
    pub fn start(assets: Assets, on_weights: impl Fn(EngineEvent) + 'static) -> Self {
        let status = RwSignal::new(None);
        let weights_complete = RwSignal::new(false);
        let client = Client::start(assets, move |event| match event {
            EngineEvent::Status(new) => status.set(Some(new)),
            EngineEvent::WeightsComplete => weights_complete.set(true),
            weights => on_weights(weights),
        });
        Self {
            client: StoredValue::new_local(client),
            status,
            weights_complete,
        }
    }

    pub fn client(self) -> Client {
        self.client.get_value()
    }

    pub fn status(self) -> ReadSignal<Option<EngineStatus>> {
        self.status.read_only()
    }

    /// The engine that answers now. The choice is made in `engine::engine_selection`.
    pub fn active(self) -> Engine {
        self.status.with(|status| {
            status
                .as_ref()
                .map_or(Engine::Cpu, EngineStatus::active_engine)
        })
    }

    /// Follows the visitor's choice of an engine.
    pub fn choose(self, choice: EngineChoice) {
        self.client().set_choice(choice);
    }

    /// Whether every weights file that is loaded without a request has been loaded, or has failed.
    pub fn are_weights_complete(self) -> bool {
        self.weights_complete.get()
    }
}

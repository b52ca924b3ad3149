//! The whole test set through one model, some pictures at a time, between whatever else the visitor asks.

use js_sys::Date;
use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::ModelId;

use super::test_progress::Progress;
use crate::engine::BATCH_SIZE;
use crate::state::page::Page;
use protocol::TEST_SET_SIZE;

/// Pictures that a classical model is given at a time: it takes milliseconds for each, and a picture that the visitor
/// hands in meanwhile waits no longer than for these.
const FEW: usize = 25;

/// How far a run has come.
#[derive(Clone, Default, PartialEq)]
pub enum Stage {
    #[default]
    Idle,
    Fetching,
    Measuring,
    Running(Progress),
    /// All is answered, or it was stopped.
    Over(Progress),
    Failed(String),
}

impl Stage {
    /// The name in the page's hooks.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Fetching => "fetching",
            Self::Measuring => "measuring",
            Self::Running(_) => "running",
            Self::Over(_) => "over",
            Self::Failed(_) => "failed",
        }
    }

    pub const fn is_busy(&self) -> bool {
        matches!(self, Self::Fetching | Self::Measuring | Self::Running(_))
    }

    pub const fn progress(&self) -> Option<&Progress> {
        match self {
            Self::Running(progress) | Self::Over(progress) => Some(progress),
            _ => None,
        }
    }
}

/// A run and the number of the latest one: what an earlier one hears is late.
#[derive(Clone, Copy)]
pub struct TestRun {
    pub stage: RwSignal<Stage>,
    latest: RwSignal<u32>,
}

impl TestRun {
    pub fn new() -> Self {
        Self {
            stage: RwSignal::default(),
            latest: RwSignal::default(),
        }
    }

    /// Has the test set answered by the model.
    pub fn start(self, page: Page, model: ModelId) {
        self.latest.update(|n| *n += 1);
        let number = self.latest.get_untracked();
        spawn_local(async move {
            let end = match self.run(page, model, number).await {
                Ok(progress) => Stage::Over(progress),
                Err(sentence) => Stage::Failed(sentence),
            };
            self.step(number, end);
        });
    }

    /// Ends the run; what has been answered stays to be seen.
    pub fn stop(self) {
        self.latest.update(|n| *n += 1);
        self.stage.update(|stage| {
            *stage = match std::mem::take(stage) {
                Stage::Running(progress) => Stage::Over(progress),
                _ => Stage::Idle,
            };
        });
    }

    /// The next stage, unless this run is over: whether it is not.
    fn step(self, number: u32, stage: Stage) -> bool {
        let goes_on = self.latest.get_untracked() == number;
        if goes_on {
            self.stage.set(stage);
        }
        goes_on
    }

    async fn run(self, page: Page, model: ModelId, number: u32) -> Result<Progress, String> {
        let client = page.client();
        let mut progress = Progress::new(model);
        self.step(number, Stage::Fetching);
        let set = client.load_test_set().await?;
        if model.is_deep() && !client.status().is_measured(model) {
            self.step(number, Stage::Measuring);
            client.measure_speed(model).await?;
        }
        let start = Date::now();
        let at_once = if model.is_deep() { BATCH_SIZE } else { FEW };
        while progress.done() < TEST_SET_SIZE && self.step(number, Stage::Running(progress.clone()))
        {
            let (pictures, labels) = set.slice(progress.done(), at_once);
            let (classes, engine) = client.classify_batch(model, pictures.to_vec()).await?;
            progress.add(labels, &classes);
            progress.engine = engine;
            progress.seconds = (Date::now() - start) / 1000.0;
        }
        Ok(progress)
    }
}

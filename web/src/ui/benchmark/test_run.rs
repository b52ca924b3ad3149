//! The run of one model over the whole test set, in batches, so that other requests wait only for one batch. The batches are shared out
//! among the CPU workers.

use js_sys::Date;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::TEST_SET_SIZE;
use shared::ModelId;

use super::test_progress::TestProgress;
use crate::contender::Contender;
use crate::engine::{BatchPrediction, EngineError};
use crate::state::AppState;
use crate::state::stale_answers::RequestCounter;

/// The stage of a run.
#[derive(Clone, Default, PartialEq)]
pub enum Stage {
    #[default]
    Idle,
    Fetching,
    Measuring,
    Running(TestProgress),
    /// All images are classified, or the visitor has stopped the run.
    Over(TestProgress),
    Failed(String),
}

impl Stage {
    /// The value of the `data-run` attribute.
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

    pub const fn progress(&self) -> Option<&TestProgress> {
        match self {
            Self::Running(progress) | Self::Over(progress) => Some(progress),
            _ => None,
        }
    }
}

/// The latest run. The replies to an earlier run are stale.
#[derive(Clone, Copy, Default)]
pub struct TestRun {
    stage: RwSignal<Stage>,
    runs: RequestCounter,
}

impl TestRun {
    pub fn stage(self) -> ReadSignal<Stage> {
        self.stage.read_only()
    }

    /// Classifies the test set with the model.
    pub fn start(self, app: AppState, model: ModelId) {
        let run = self.runs.next();
        spawn_local(async move {
            let end = match self.classify(app, model, run).await {
                Ok(progress) => Stage::Over(progress),
                Err(error) => Stage::Failed(error.to_string()),
            };
            self.set_stage(run, end);
        });
    }

    /// Stops the run; its result so far stays.
    pub fn stop(self) {
        self.runs.next();
        self.stage.update(|stage| {
            *stage = match std::mem::take(stage) {
                Stage::Running(progress) => Stage::Over(progress),
                _ => Stage::Idle,
            };
        });
    }

    /// Sets the stage of a run, unless it is stale. Returns whether it is not.
    fn set_stage(self, run: u32, stage: Stage) -> bool {
        let is_current = !self.runs.is_stale(run);
        if is_current {
            self.stage.set(stage);
        }
        is_current
    }

    async fn classify(
        self,
        app: AppState,
        model: ModelId,
        run: u32,
    ) -> Result<TestProgress, EngineError> {
        let client = app.engines.client();
        let mut progress = TestProgress::new(model);
        self.set_stage(run, Stage::Fetching);
        let test_set = client.load_test_set().await?;
        if model.is_deep() && !client.status().is_measured(model) {
            self.set_stage(run, Stage::Measuring);
            client.measure_speed(model).await?;
        }
        let start = Date::now();
        if !self.set_stage(run, Stage::Running(progress.clone())) {
            return Ok(progress);
        }
        let pixels = |index| test_set.pixels(index).unwrap_or_default();
        let receive = |predictions: Vec<BatchPrediction>, engine| {
            let (_, labels) = test_set.slice(progress.done(), predictions.len());
            progress.add(labels, &predictions);
            progress.engine = engine;
            progress.seconds = (Date::now() - start) / 1000.0;
            self.set_stage(run, Stage::Running(progress.clone()))
        };
        let contender = Contender::Model(model);
        let classified = client.classify_images(contender, TEST_SET_SIZE, pixels, receive);
        classified.await?;
        Ok(progress)
    }
}

//! Many pictures at once, and how long they take: each engine is timed, and the faster one is given them.

use shared::ModelId;
use shared::garment::CLASSES;
use shared::image::PIXELS;

use super::api::misplaced;
use super::client::Client;
use super::engine_selection::{Engine, GpuState};
use super::speeds::Speed;
use protocol::{Reply, Request};

/// Pictures of a batch: enough for an engine to be at its best, few enough that it soon listens again.
pub const BATCH_SIZE: usize = 250;
/// Microseconds that a measurement lasts at least: browsers' clocks tell a tenth of a millisecond at best.
const LONG_ENOUGH: f64 = 50_000.0;
const MOST_RUNS: f64 = 1000.0;

/// After so many runs the browser compiles a network's loops well.
const WARM_UPS: u32 = 20;

impl Client {
    /// Has the CPU engine run a network a few times when nothing else is to be done, so that the next picture finds it fast.
    /// Microseconds a picture after that; `None` where there is no answer, as whoever asks next will hear.
    pub async fn warm_up(&self, model: ModelId) -> Option<u32> {
        let mut micros = None;
        // The first half is to have it compiled.
        for _ in 0..2 {
            let request = Request::Measure {
                model,
                batch: 1,
                runs: WARM_UPS,
            };
            micros = match self.ask_cpu(request).await {
                Ok(Reply::Measured { micros }) => Some(micros / WARM_UPS),
                _ => return None,
            };
        }
        micros
    }

    /// Times a network on each engine that can answer it now.
    ///
    /// # Errors
    /// A sentence for the visitor.
    pub async fn measure_speed(&self, model: ModelId) -> Result<(), String> {
        for engine in [Engine::Cpu, Engine::WebGpu] {
            let ready = matches!(self.status().gpu, GpuState::Ready { .. });
            if engine == Engine::WebGpu && !(ready && self.0.on_gpu.borrow().contains(&model)) {
                continue;
            }
            let single = self.time(engine, model, 1).await?;
            let many = self.time(engine, model, BATCH_SIZE).await?;
            if let Some((single, many)) = single.zip(many) {
                let speed = Speed {
                    engine,
                    model,
                    single,
                    many: 1e6 / many,
                };
                self.0.report(|report| report.record_speed(speed));
            }
        }
        Ok(())
    }

    /// Microseconds a picture; `None` where another engine had to step in.
    async fn time(
        &self,
        engine: Engine,
        model: ModelId,
        batch: usize,
    ) -> Result<Option<f64>, String> {
        let mut runs = 1.0;
        loop {
            let request = Request::Measure {
                model,
                batch: batch as u32,
                runs: runs as u32,
            };
            let micros = match self.ask_on(engine, model, request).await? {
                (Reply::Measured { micros }, by) if by == engine => f64::from(micros),
                (Reply::Measured { .. }, _) => return Ok(None),
                (other, _) => return Err(misplaced(&other)),
            };
            if micros >= LONG_ENOUGH || runs >= MOST_RUNS {
                return Ok(Some(micros.max(1.0) / (runs * batch as f64)));
            }
            // As many as will take long enough, by what these took.
            let wanted = runs * LONG_ENOUGH * 1.2 / micros.max(100.0);
            runs = wanted.ceil().clamp(runs + 1.0, MOST_RUNS);
        }
    }

    /// The class of each picture, 784 bytes each, from whichever engine answers many at once.
    ///
    /// # Errors
    /// A sentence for the visitor.
    pub async fn classify_batch(
        &self,
        model: ModelId,
        pictures: Vec<u8>,
    ) -> Result<(Vec<u8>, Engine), String> {
        let count = pictures.len() / PIXELS;
        let engine = self.status().batch_engine(model);
        let request = Request::ClassifyBatch { model, pictures };
        match self.ask_on(engine, model, request).await? {
            (Reply::Batch { classes, .. }, engine)
                if classes.len() == count && classes.iter().all(|c| *c < CLASSES as u8) =>
            {
                Ok((classes, engine))
            }
            (other, _) => Err(misplaced(&other)),
        }
    }
}

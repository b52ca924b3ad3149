//! The GPU engine's way in: it is fetched, compared with the reference and timed before it may answer.

use std::rc::Rc;
use std::time::Duration;

use shared::ModelId;
use wasm_bindgen_futures::spawn_local;

use super::api::misplaced;
use super::client::{Client, within};
use super::engine_selection::GpuState;
use super::rpc::{Failure, Link};
use super::webgpu;
use protocol::{Case, Reply, Request};

/// Shaders are compiled during the self-test; a software GPU takes its time.
const SELF_TEST_LIMIT: Duration = Duration::from_secs(300);
/// Pictures of the gallery that the self-test compares: its first row has one of each class.
const SELF_TEST_PICTURES: usize = 10;

impl Client {
    /// Starts the GPU engine where there can be one: fetches it, tests it, and uses it if it passes. Once.
    pub fn start_gpu(&self) {
        let waits = self.0.report.borrow().gpu == GpuState::Loading;
        if waits && !self.0.woken.replace(true) {
            let client = self.clone();
            spawn_local(async move {
                match client.raise_gpu().await {
                    Ok(GpuState::Failed(why)) => client.0.gpu_failed(why),
                    Ok(gpu) => client.0.gpu_is(gpu),
                    Err(why) => client.0.gpu_failed(why),
                }
            });
        }
    }

    /// Fetches the GPU engine, has it load the models, and compares it with the CPU's answers.
    async fn raise_gpu(&self) -> Result<GpuState, String> {
        if let Some(lack) = webgpu::lack().await {
            return Ok(GpuState::Absent(lack));
        }
        let assets = &self.0.assets;
        let url = assets
            .url("gpu-worker.js")
            .ok_or("it is not part of this build")?;
        let weak = Rc::downgrade(&self.0);
        let link = Link::open(&url, move |why| {
            if let Some(inner) = weak.upgrade() {
                inner.gpu_failed(format!("its worker stopped ({why})"));
            }
        })?;
        *self.0.gpu.borrow_mut() = Some(link.clone());
        // Those that the CPU has answers of to compare with.
        let models: Vec<ModelId> = ModelId::DEEP
            .into_iter()
            .filter(|m| self.0.supply.has(*m))
            .collect();
        for &model in &models {
            let weights = self.0.weights_of(model).ok_or("its weights are gone")?;
            match link.call(Request::Load { model, weights }).await {
                Ok(Reply::Loaded { .. }) => {}
                Ok(other) => return Err(misplaced(&other)),
                Err(failure) => return Err(reason(failure)),
            }
        }
        self.0.on_gpu.borrow_mut().clone_from(&models);

        self.0.gpu_is(GpuState::Testing);
        let cases = self.reference(&models).await?;
        let test = link.call(Request::SelfTest { cases });
        match within(SELF_TEST_LIMIT, test).await {
            None => Err("its self-test did not end within five minutes".into()),
            Some(Err(failure)) => Err(reason(failure)),
            Some(Ok(Reply::SelfTest {
                largest_difference,
                micros,
            })) => Ok(GpuState::tested(largest_difference, micros)),
            Some(Ok(other)) => Err(misplaced(&other)),
        }
    }

    /// Golden pictures with the CPU's answers, which parity tests hold to an independent implementation.
    async fn reference(&self, models: &[ModelId]) -> Result<Vec<Case>, String> {
        let mut pictures = self.0.pictures.borrow().clone();
        if pictures.is_empty() {
            // A visitor who is quicker than the gallery is no reason to do without WebGPU.
            pictures = self.load_gallery().await?;
        }
        pictures.truncate(SELF_TEST_PICTURES);
        let (mut cases, mut micros) = (Vec::new(), 0);
        for &model in models {
            let mut last = 0;
            for grey in &pictures {
                let request = Request::Classify {
                    model,
                    grey: grey.clone(),
                };
                let Reply::Prediction(verdict) = self.ask_cpu(request).await? else {
                    return Err("the CPU gave no reference".into());
                };
                last = verdict.micros;
                cases.push(Case {
                    model,
                    grey: grey.clone(),
                    probabilities: verdict.probabilities,
                });
            }
            micros += last;
        }
        self.0.report(|report| report.cpu_micros = Some(micros));
        Ok(cases)
    }
}

fn reason(failure: Failure) -> String {
    match failure {
        Failure::Refused(sentence) => sentence,
        Failure::Died => "its worker stopped".into(),
    }
}

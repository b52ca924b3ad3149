//! The page's two engines: starts their workers, decides which one answers, and goes on when one dies.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use futures_util::future::{Either, select};
use shared::{Garment, ModelId};
use wasm_bindgen_futures::spawn_local;

use super::assets::Assets;
use super::link::{Failure, Link};
use super::offer;
use super::protocol::{Map, Pixels, Prepared, Reply, Request, Source, Verdict};
use super::report::{Choice, Engine, Gpu, Report};

/// A CPU worker that dies is started again this often before it has answered anything.
const RESTARTS: u32 = 1;
/// A GPU that is silent for longer is taken for dead.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// What the page is told unasked.
pub enum Event {
    /// A model's weights are in place (how many numbers) or not (a sentence).
    Weights(ModelId, Result<u32, String>),
    /// A new worker has to load all weights again.
    Reloading,
    /// Which engine answers, or why, has changed.
    Engine(Report),
}

/// The handle to both engines; cheap to clone.
#[derive(Clone)]
pub struct Client(pub(super) Rc<Inner>);

pub(super) struct Inner {
    pub assets: Assets,
    notify: Box<dyn Fn(Event)>,
    cpu: RefCell<Option<Link>>,
    /// Since the CPU engine last answered.
    restarts: Cell<u32>,
    /// CPU workers so far.
    generation: Cell<u32>,
    pub gpu: RefCell<Option<Link>>,
    pub woken: Cell<bool>,
    pub report: RefCell<Report>,
    /// The gallery, from which the self-test takes its pictures.
    pub pictures: RefCell<Vec<Pixels>>,
}

impl Client {
    /// Starts the CPU engine and has it load every model. The GPU engine waits for [`wake_gpu`](Self::wake_gpu).
    pub fn start(assets: Assets, notify: impl Fn(Event) + 'static) -> Self {
        let gpu = match (offer::is_offered(), assets.url("gpu-worker.js")) {
            (false, _) => Gpu::Absent("this browser has no WebGPU".into()),
            (true, None) => Gpu::Absent("WebGPU is not part of this build".into()),
            (true, Some(_)) => Gpu::Loading,
        };
        let client = Self(Rc::new(Inner {
            assets,
            notify: Box::new(notify),
            cpu: RefCell::default(),
            restarts: Cell::new(0),
            generation: Cell::new(0),
            gpu: RefCell::default(),
            woken: Cell::new(false),
            report: RefCell::new(Report {
                choice: Choice::default(),
                gpu,
                cpu_micros: None,
                mishap: None,
            }),
            pictures: RefCell::default(),
        }));
        client.0.report(|_| {});
        client.start_cpu();
        let inner = client.0.clone();
        spawn_local(async move {
            // Asked early, so that the page need not promise what this browser lacks.
            let waits = inner.report.borrow().gpu == Gpu::Loading;
            if waits && let Some(lack) = offer::lack().await {
                inner.gpu_is(Gpu::Absent(lack));
            }
        });
        client
    }

    /// Which engine answers, and why.
    pub fn report(&self) -> Report {
        self.0.report.borrow().clone()
    }

    /// Follows the visitor's choice from the next picture on.
    pub fn choose(&self, choice: Choice) {
        self.0.report(|report| report.choice = choice);
        if choice == Choice::WebGpu {
            self.wake_gpu();
        }
    }

    /// The gallery's pictures.
    ///
    /// # Errors
    /// A sentence, as of all that follow.
    pub async fn gallery(&self) -> Result<Vec<Pixels>, String> {
        let url = self.0.assets.url("gallery.png").ok_or(
            "The gallery is not part of this build: choose a picture of your own.".to_string(),
        )?;
        let request = Request::Gallery {
            sprite: Source::Url(url),
        };
        let generation = self.0.generation.get();
        let mut reply = self.ask_cpu(request.clone()).await;
        if reply.is_err() && self.0.generation.get() != generation {
            // Not the gallery's fault: its successor is asked once.
            reply = self.ask_cpu(request).await;
        }
        match reply? {
            Reply::Gallery { pictures } => {
                self.0.pictures.borrow_mut().clone_from(&pictures);
                Ok(pictures)
            }
            other => Err(misplaced(&other)),
        }
    }

    /// Turns a picture file into 28x28.
    ///
    /// # Errors
    /// A sentence for the visitor.
    pub async fn prepare(&self, file: Vec<u8>) -> Result<Prepared, String> {
        match self.ask_cpu(Request::Prepare { file }).await? {
            Reply::Prepared(prepared) => Ok(prepared),
            other => Err(misplaced(&other)),
        }
    }

    /// A model's answer, and the engine that gave it.
    ///
    /// # Errors
    /// A sentence for the visitor.
    pub async fn classify(
        &self,
        model: ModelId,
        grey: Pixels,
    ) -> Result<(Verdict, Engine), String> {
        match self.ask(Request::Classify { model, grey }).await? {
            (Reply::Verdict(verdict), engine) => Ok((verdict, engine)),
            (other, _) => Err(misplaced(&other)),
        }
    }

    /// What in the picture speaks for the class.
    ///
    /// # Errors
    /// A sentence for the visitor.
    pub async fn explain(
        &self,
        model: ModelId,
        grey: Pixels,
        class: Garment,
    ) -> Result<Map, String> {
        match self.ask(Request::Explain { model, grey, class }).await? {
            (Reply::Map(map), _) => Ok(map),
            (other, _) => Err(misplaced(&other)),
        }
    }

    fn start_cpu(&self) {
        let Some(url) = self.0.assets.url("cpu-worker.js") else {
            let why = "The CPU engine is not part of this build: run `cargo xtask build` again.";
            return self.0.no_cpu(why);
        };
        let weak = Rc::downgrade(&self.0);
        match Link::open(&url, move |why| cpu_died(&weak, &why)) {
            Ok(link) => {
                self.0.generation.set(self.0.generation.get() + 1);
                *self.0.cpu.borrow_mut() = Some(link.clone());
                for model in ModelId::ALL {
                    let (inner, link) = (self.0.clone(), link.clone());
                    spawn_local(async move {
                        match load(&inner.assets, &link, model).await {
                            Ok(parameters) => inner.tell(Event::Weights(model, Ok(parameters))),
                            Err(Failure::Refused(why)) => {
                                inner.tell(Event::Weights(model, Err(why)));
                            }
                            // Its death has been told already.
                            Err(Failure::Died) => {}
                        }
                    });
                }
            }
            Err(why) => self.0.no_cpu(&why),
        }
    }

    /// Asks the engine that is to answer; a GPU that fails hands over to the CPU.
    async fn ask(&self, request: Request) -> Result<(Reply, Engine), String> {
        let gpu = match self.report().active() {
            Engine::WebGpu => self.0.gpu.borrow().clone(),
            Engine::Cpu => None,
        };
        if let Some(gpu) = gpu {
            match within(ANSWER_LIMIT, gpu.call(request.clone())).await {
                Some(Ok(reply)) => return Ok((reply, Engine::WebGpu)),
                Some(Err(Failure::Refused(why))) => self.0.gpu_failed(why),
                Some(Err(Failure::Died)) => {}
                None => self
                    .0
                    .gpu_failed("it did not answer within a minute".into()),
            }
        }
        Ok((self.ask_cpu(request).await?, Engine::Cpu))
    }

    pub(super) async fn ask_cpu(&self, request: Request) -> Result<Reply, String> {
        let link = self.0.cpu.borrow().clone();
        let link = link.ok_or_else(|| self.0.obituary())?;
        let reply = link.call(request).await;
        if reply.is_ok() {
            // Only one that dies before it answers is beyond help.
            self.0.restarts.set(0);
        }
        reply.map_err(|failure| match failure {
            Failure::Refused(sentence) => sentence,
            Failure::Died if self.0.cpu.borrow().is_none() => self.0.obituary(),
            Failure::Died => {
                "The CPU engine stopped on this picture: try another one, or reload the page."
                    .into()
            }
        })
    }
}

impl Inner {
    fn tell(&self, event: Event) {
        (self.notify)(event);
    }

    pub fn report(&self, change: impl FnOnce(&mut Report)) {
        change(&mut self.report.borrow_mut());
        let report = self.report.borrow().clone();
        self.tell(Event::Engine(report));
    }

    /// The next stage of an engine that has not failed meanwhile.
    pub fn gpu_is(&self, gpu: Gpu) {
        if !matches!(self.report.borrow().gpu, Gpu::Failed(_)) {
            self.report(|report| report.gpu = gpu);
        }
    }

    /// The first reason stays: what follows it are consequences.
    pub fn gpu_failed(&self, why: String) {
        let link = self.gpu.borrow_mut().take();
        if let Some(link) = link {
            link.dismiss();
        }
        self.gpu_is(Gpu::Failed(why.trim_end_matches('.').to_string()));
    }

    /// Why there is no CPU engine any more.
    fn obituary(&self) -> String {
        let mishap = self.report.borrow().mishap.clone();
        mishap.unwrap_or_else(|| "No engine is left to answer: reload the page.".into())
    }

    fn no_cpu(&self, why: &str) {
        *self.cpu.borrow_mut() = None;
        self.report(|report| report.mishap = Some(why.to_string()));
        for model in ModelId::ALL {
            self.tell(Event::Weights(model, Err(why.to_string())));
        }
    }
}

/// Starts the CPU engine again, unless that has been tried before.
fn cpu_died(inner: &Weak<Inner>, why: &str) {
    let Some(inner) = inner.upgrade() else { return };
    let restarts = inner.restarts.get();
    if restarts < RESTARTS {
        inner.restarts.set(restarts + 1);
        inner.report(|report| {
            report.mishap = Some(format!(
                "The CPU engine stopped unexpectedly ({why}) and was started again."
            ));
        });
        inner.tell(Event::Reloading);
        Client(inner).start_cpu();
    } else {
        inner.no_cpu(&format!(
            "The CPU engine stopped again ({why}): reload the page."
        ));
    }
}

pub(super) async fn load(assets: &Assets, link: &Link, model: ModelId) -> Result<u32, Failure> {
    let url = assets.url(&format!("{}.hbd", model.name())).ok_or_else(|| {
        Failure::Refused(format!(
            "The weights of {} are not part of this build: train the model and build the page again.",
            model.title()
        ))
    })?;
    let weights = Source::Url(url);
    match link.call(Request::Load { model, weights }).await? {
        Reply::Loaded { parameters, .. } => Ok(parameters),
        other => Err(Failure::Refused(misplaced(&other))),
    }
}

pub(super) fn misplaced(reply: &Reply) -> String {
    let what = match reply {
        Reply::Ready => "readiness",
        Reply::Loaded { .. } => "loaded weights",
        Reply::Gallery { .. } => "a gallery",
        Reply::Prepared(_) => "a prepared picture",
        Reply::Verdict(_) => "a verdict",
        Reply::Map(_) => "a map",
        Reply::SelfTest { .. } => "a self-test",
        Reply::Error { .. } | Reply::Fatal { .. } => "an error",
    };
    format!("The engine answered with {what} where something else was asked: reload the page.")
}

/// The future's result; `None` when it takes longer than the limit.
pub(super) async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    let timer = offer::sleep(limit);
    match select(std::pin::pin!(future), std::pin::pin!(timer)).await {
        Either::Left((value, _)) => Some(value),
        Either::Right(_) => None,
    }
}

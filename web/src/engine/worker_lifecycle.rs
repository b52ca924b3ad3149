//! How the CPU engine begins, ends, and is followed by another.

use std::rc::{Rc, Weak};

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Worker;

use super::client::{Client, EngineEvent, Inner};
use super::rpc::Link;

/// A CPU worker that dies is started again this often before it has answered anything.
const RESTARTS: u32 = 1;

impl Client {
    /// Starts a CPU engine and has it supplied with weights.
    pub(super) fn start_cpu(&self) {
        let Some(url) = self.0.assets.url("cpu-worker.js") else {
            let why = "The CPU engine is not part of this build: run `cargo xtask build` again.";
            return self.0.no_cpu(why);
        };
        let weak = Rc::downgrade(&self.0);
        let on_death = move |why: String| cpu_died(&weak, &why);
        let link = match early() {
            Some(worker) => Ok(Link::to(worker, on_death)),
            None => Link::open(&url, on_death),
        };
        match link {
            Ok(link) => {
                self.0.generation.set(self.0.generation.get() + 1);
                *self.0.cpu.borrow_mut() = Some(link.clone());
                self.supply(link);
            }
            Err(why) => self.0.no_cpu(&why),
        }
    }
}

impl Inner {
    /// Why there is no CPU engine any more.
    pub fn obituary(&self) -> String {
        let cpu_error = self.report.borrow().cpu_error.clone();
        cpu_error.unwrap_or_else(|| "No engine is left to answer: reload the page.".into())
    }

    fn no_cpu(&self, why: &str) {
        *self.cpu.borrow_mut() = None;
        self.report(|report| report.cpu_error = Some(why.to_string()));
        self.no_weights(why);
        self.tell(EngineEvent::WeightsComplete);
    }
}

/// The worker that web/boot.js has started while the app was on its way; it is there to be taken once.
fn early() -> Option<Worker> {
    let name = JsValue::from_str("haberdashEngine");
    let global = js_sys::global();
    let worker = Reflect::get(&global, &name).ok()?;
    Reflect::set(&global, &name, &JsValue::NULL).ok()?;
    worker.dyn_into().ok()
}

/// Starts the CPU engine again, unless that has been tried before.
fn cpu_died(inner: &Weak<Inner>, why: &str) {
    let Some(inner) = inner.upgrade() else { return };
    let restarts = inner.restarts.get();
    if restarts < RESTARTS {
        inner.restarts.set(restarts + 1);
        inner.report(|report| {
            report.cpu_error = Some(format!(
                "The CPU engine stopped unexpectedly ({why}) and was started again."
            ));
        });
        Client(inner).start_cpu();
    } else {
        inner.no_cpu(&format!(
            "The CPU engine stopped again ({why}): reload the page."
        ));
    }
}

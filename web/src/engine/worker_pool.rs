//! More CPU workers for a batch: one for each core that the CPU engine's own worker leaves free. They are started for a batch, load the
//! weights that it needs from the browser's cache, and are ended soon after it, which frees their memory.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future::join_all;
use protocol::{Reply, Request, WeightsFile};
use wasm_bindgen_futures::spawn_local;
use web_sys::File;

use super::error::EngineError;
use super::rpc::{RpcError, WorkerRpc};
use super::timer::sleep;
use super::weight_loader::{WeightLoader, saves_data};
use super::worker_lifecycle::PATIENCE;

/// The largest number of workers, with the CPU engine's own.
const MAX_WORKERS: usize = 8;
/// The workers are kept for this long after a batch, as another one may follow.
const KEPT: Duration = Duration::from_secs(5);
/// After so many failures without a reply between them, a worker is not started again.
const MAX_FAILURES: u32 = 2;
pub(super) struct WorkerPool {
    loader: Rc<WeightLoader>,
    workers: RefCell<Vec<Rc<PoolWorker>>>,
    /// The leases at present, and the number of all so far.
    leases: Cell<u32>,
    lease: Cell<u32>,
}

/// A batch's hold on the workers.
struct Lease(Rc<WorkerPool>);

/// A worker of the pool, for a batch.
pub(super) struct LeasedWorker {
    worker: Rc<PoolWorker>,
    lease: Rc<Lease>,
}

#[derive(Default)]
struct PoolWorker {
    /// `None` before the start and after a failure.
    running: RefCell<Option<WorkerRpc>>,
    loaded: RefCell<Vec<WeightsFile>>,
    /// Failures since the last reply.
    failures: Cell<u32>,
}

impl WorkerPool {
    pub fn new(loader: Rc<WeightLoader>) -> Rc<Self> {
        Rc::new(Self {
            loader,
            workers: RefCell::default(),
            leases: Cell::new(0),
            lease: Cell::new(0),
        })
    }

    /// The workers, for a batch. A browser that is set to save data gets none, as its cache may not have the weights.
    pub fn lease(self: &Rc<Self>) -> Vec<LeasedWorker> {
        if saves_data() {
            return Vec::new();
        }
        self.leases.set(self.leases.get() + 1);
        self.lease.set(self.lease.get().wrapping_add(1));
        let lease = Rc::new(Lease(Rc::clone(self)));
        let mut workers = self.workers.borrow_mut();
        workers.resize_with(cores().min(MAX_WORKERS) - 1, Rc::default);
        let leased = workers.iter().map(|worker| LeasedWorker {
            worker: Rc::clone(worker),
            lease: Rc::clone(&lease),
        });
        leased.collect()
    }
}

/// The number of cores that the browser reports, at least 1.
fn cores() -> usize {
    let cores = web_sys::window().map_or(1.0, |w| w.navigator().hardware_concurrency());
    (cores as usize).max(1)
}

impl Drop for Lease {
    fn drop(&mut self) {
        let pool = Rc::clone(&self.0);
        pool.leases.set(pool.leases.get() - 1);
        let lease = pool.lease.get();
        spawn_local(async move {
            sleep(KEPT).await;
            if pool.leases.get() == 0 && pool.lease.get() == lease {
                // Dropping a worker's handle ends it.
                pool.workers.take();
            }
        });
    }
}

impl LeasedWorker {
    /// Starts the worker and loads these weights, unless that is done. Returns `false` if the worker is not to be used.
    pub async fn prepare(&self, needed: &[WeightsFile]) -> bool {
        let worker = &self.worker;
        while worker.failures.get() < MAX_FAILURES {
            if worker.load(&self.lease.0.loader, needed).await {
                return true;
            }
            worker.fail();
        }
        false
    }

    /// Sends a request with files of a batch; the worker has been prepared.
    ///
    /// # Errors
    /// The worker failed; it has to be prepared again.
    pub async fn call(&self, request: Request, files: &[File]) -> Result<Reply, EngineError> {
        let worker = &self.worker;
        let running = worker.running.borrow().clone();
        let reply = match running {
            Some(rpc) => rpc.call_with_files(request, files).await,
            None => Err(RpcError::NotBegun),
        };
        match reply {
            Ok(reply) => {
                worker.failures.set(0);
                Ok(reply)
            }
            Err(error) => {
                worker.fail();
                Err(error.into())
            }
        }
    }
}

impl PoolWorker {
    /// Loads the weights that are missing, into a new worker if none is running. Returns whether all are loaded.
    async fn load(&self, loader: &WeightLoader, needed: &[WeightsFile]) -> bool {
        let running = self.running.borrow().clone();
        let Some(rpc) = running.or_else(|| WorkerRpc::start("cpu-worker", PATIENCE, |_| {})) else {
            return false;
        };
        *self.running.borrow_mut() = Some(rpc.clone());
        let missing = needed.iter().copied();
        let missing: Vec<WeightsFile> = missing
            .filter(|file| !self.loaded.borrow().contains(file))
            .collect();
        let loads = missing.iter().map(|file| loader.load_into(&rpc, *file));
        let is_whole = join_all(loads).await.into_iter().all(|loaded| loaded);
        if is_whole {
            self.loaded.borrow_mut().extend(missing);
        }
        is_whole
    }

    /// Ends the worker. The next one starts without weights.
    fn fail(&self) {
        self.failures.set(self.failures.get() + 1);
        self.loaded.borrow_mut().clear();
        // Dropped after the borrow has ended: what waits for it may ask for the next one.
        let ended = self.running.take();
        if let Some(rpc) = ended {
            rpc.terminate();
        }
    }
}

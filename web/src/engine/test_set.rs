//! The 10,000 images of the test set, loaded when they are first needed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use protocol::{Reply, Request, Source, TestSetPart};
use shared::image::PIXELS;

use super::assets::Assets;
use super::error::EngineError;
use super::worker_lifecycle::CpuEngine;

/// The test images and their labels.
pub struct TestSet {
    images: Vec<u8>,
    labels: Vec<u8>,
}

impl TestSet {
    /// Up to `count` images from number `start` on, 784 bytes each, and their labels.
    pub fn slice(&self, start: usize, count: usize) -> (&[u8], &[u8]) {
        let end = (start + count).min(self.labels.len());
        (
            &self.images[start * PIXELS..end * PIXELS],
            &self.labels[start..end],
        )
    }

    /// The true class of each image: its label, 0 to 9.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The image of this number, 784 bytes; `None` beyond the last one.
    pub fn pixels(&self, index: usize) -> Option<&[u8]> {
        self.images.chunks_exact(PIXELS).nth(index)
    }
}

pub(super) struct TestSetLoader {
    assets: Assets,
    cpu: Rc<CpuEngine>,
    loaded: RefCell<Option<Rc<TestSet>>>,
    /// Whether the last attempt failed.
    has_failed: Cell<bool>,
}

impl TestSetLoader {
    pub fn new(assets: Assets, cpu: Rc<CpuEngine>) -> Self {
        Self {
            assets,
            cpu,
            loaded: RefCell::default(),
            has_failed: Cell::new(false),
        }
    }

    /// The test set, loaded on the first call.
    pub async fn load(&self) -> Result<Rc<TestSet>, EngineError> {
        if let Some(set) = self.loaded.borrow().clone() {
            return Ok(set);
        }
        let set = self.load_files().await;
        self.has_failed.set(set.is_err());
        let set = Rc::new(set?);
        *self.loaded.borrow_mut() = Some(set.clone());
        Ok(set)
    }

    async fn load_files(&self) -> Result<TestSet, EngineError> {
        // The small file first: if it is missing, the large one is not downloaded.
        let labels = self.load_part(TestSetPart::Labels).await?;
        let images = self.load_part(TestSetPart::Images).await?;
        if images.len() == labels.len() * PIXELS {
            Ok(TestSet { images, labels })
        } else {
            Err(EngineError::UnexpectedReply)
        }
    }

    async fn load_part(&self, part: TestSetPart) -> Result<Vec<u8>, EngineError> {
        let url = self
            .assets
            .url(part.idx_file().archive)
            .ok_or(EngineError::NoTestSet)?;
        // A second attempt bypasses the browser's caches, which may hold a damaged file.
        let file = if self.has_failed.get() {
            Source::Fresh(url)
        } else {
            Source::Url(url)
        };
        match self.cpu.call(Request::TestSet { part, file }, None).await? {
            Reply::TestSet { bytes } => Ok(bytes),
            _ => Err(EngineError::UnexpectedReply),
        }
    }
}

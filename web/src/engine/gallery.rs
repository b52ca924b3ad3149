//! The gallery's images, which the CPU engine decodes.

use std::cell::RefCell;
use std::rc::Rc;

use protocol::{Pixels, Reply, Request, Source};

use super::assets::Assets;
use super::error::EngineError;
use super::worker_lifecycle::CpuEngine;

pub(super) struct Gallery {
    assets: Assets,
    cpu: Rc<CpuEngine>,
    /// Empty until they have been loaded.
    images: RefCell<Vec<Pixels>>,
}

impl Gallery {
    pub fn new(assets: Assets, cpu: Rc<CpuEngine>) -> Self {
        Self {
            assets,
            cpu,
            images: RefCell::default(),
        }
    }

    /// The images, loaded on the first call.
    pub async fn load(&self) -> Result<Vec<Pixels>, EngineError> {
        if !self.images.borrow().is_empty() {
            return Ok(self.images.borrow().clone());
        }
        let url = self
            .assets
            .url("gallery.png")
            .ok_or(EngineError::NoGallery)?;
        let request = Request::Gallery {
            sprite: Source::Url(url),
        };
        let generation = self.cpu.generation();
        let mut reply = self.cpu.call(request.clone(), None).await;
        if reply.is_err() && self.cpu.generation() != generation {
            // The worker failed for another reason: its successor gets the request once more.
            reply = self.cpu.call(request, None).await;
        }
        let Reply::Gallery { images } = reply? else {
            return Err(EngineError::UnexpectedReply);
        };
        self.images.borrow_mut().clone_from(&images);
        Ok(images)
    }
}

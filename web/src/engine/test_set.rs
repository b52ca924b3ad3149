//! The 10,000 test pictures on the page's side: fetched when they are first asked for, and kept.

use std::rc::Rc;

use shared::image::PIXELS;

use super::api::misplaced;
use super::client::Client;
use protocol::{Reply, Request, Source, TestSetPart};

/// The test pictures and what they show.
pub struct TestSet {
    pictures: Vec<u8>,
    labels: Vec<u8>,
}

impl TestSet {
    /// Pictures from one to another, 784 bytes each, and their labels; fewer at the end.
    pub fn slice(&self, from: usize, count: usize) -> (&[u8], &[u8]) {
        let to = (from + count).min(self.labels.len());
        (
            &self.pictures[from * PIXELS..to * PIXELS],
            &self.labels[from..to],
        )
    }
}

impl Client {
    /// The test set, which the CPU engine fetches and unpacks.
    ///
    /// # Errors
    /// A sentence for the visitor.
    pub async fn load_test_set(&self) -> Result<Rc<TestSet>, String> {
        if let Some(set) = self.0.test_set.borrow().clone() {
            return Ok(set);
        }
        let fetched = self.fetch_test_set().await;
        self.0.test_set_refused.set(fetched.is_err());
        let set = Rc::new(fetched?);
        *self.0.test_set.borrow_mut() = Some(set.clone());
        Ok(set)
    }

    async fn fetch_test_set(&self) -> Result<TestSet, String> {
        // The small one first: where there is none, the large one is not asked for.
        let labels = self.test_part(TestSetPart::Labels).await?;
        let pictures = self.test_part(TestSetPart::Images).await?;
        match pictures.len() == labels.len() * PIXELS {
            true => Ok(TestSet { pictures, labels }),
            false => Err("The engine returned no test images: reload the page.".into()),
        }
    }

    async fn test_part(&self, part: TestSetPart) -> Result<Vec<u8>, String> {
        let url = self.0.assets.url(part.file()).ok_or(
            "The test images are not part of this build: run `cargo run -p trainer -- evaluate`, which fetches them, and then `cargo xtask build` again.",
        )?;
        // What was refused once is fetched past every cache.
        let file = match self.0.test_set_refused.get() {
            true => Source::Fresh(url),
            false => Source::Url(url),
        };
        match self.ask_cpu(Request::TestSet { part, file }).await? {
            Reply::TestSet { bytes } => Ok(bytes),
            other => Err(misplaced(&other)),
        }
    }
}

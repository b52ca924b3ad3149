//! The latest result of a detector or a network for an image, or why there is none.

use leptos::prelude::*;

/// An image's number, and the result for this image or an error as a sentence; at first nothing.
#[derive(Clone, Copy)]
pub struct LatestResult<T: 'static>(RwSignal<Option<(u32, Result<T, String>)>>);

impl<T: Copy + Send + Sync> Default for LatestResult<T> {
    fn default() -> Self {
        Self(RwSignal::new(None))
    }
}

impl<T: Copy + Send + Sync> LatestResult<T> {
    pub fn set(self, image: u32, result: Result<T, String>) {
        self.0.set(Some((image, result)));
    }

    /// The result, if it is for the image of that number or a later one.
    pub fn since(self, image: u32) -> Option<T> {
        self.0.with(|latest| match latest {
            Some((number, Ok(result))) if *number >= image => Some(*result),
            _ => None,
        })
    }

    /// Whether there is a result for the image of that number.
    pub fn is_for(self, image: u32) -> bool {
        self.0
            .with_untracked(|latest| matches!(latest, Some((number, Ok(_))) if *number == image))
    }

    /// Why there is no result for the image of that number.
    pub fn error(self, image: u32) -> Option<String> {
        self.0.with(|latest| match latest {
            Some((number, Err(error))) if *number == image => Some(error.clone()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_holds_for_its_image_and_earlier_ones() {
        Owner::new().with(|| {
            let latest = LatestResult::default();
            assert_eq!((latest.since(1), latest.error(1)), (None, None));
            latest.set(5, Ok('a'));
            assert_eq!((latest.since(4), latest.since(5)), (Some('a'), Some('a')));
            assert_eq!((latest.since(6), latest.error(5)), (None, None));
            assert!(latest.is_for(5) && !latest.is_for(4));
            latest.set(6, Err("Why.".into()));
            assert_eq!(latest.since(6), None);
            assert_eq!(latest.error(6).as_deref(), Some("Why."));
            assert_eq!(latest.error(5), None);
            assert!(!latest.is_for(6));
        });
    }
}

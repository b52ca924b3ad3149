//! The searches for small changes that make a model predict another class: the latest one of each model, as they are continued over
//! several requests.

use shared::explain::ChangeSearch;
use shared::{AnyClassifier, Grey28, ModelId};

/// The latest search of each model.
#[derive(Default)]
pub struct ChangeSearches(Vec<(ModelId, ChangeSearch)>);

impl ChangeSearches {
    /// The model's search that began at this image: the latest one, or a new one.
    pub fn of(
        &mut self,
        model: ModelId,
        image: Grey28,
        classifier: &mut AnyClassifier,
    ) -> &mut ChangeSearch {
        let is_it =
            |(id, search): &(ModelId, ChangeSearch)| *id == model && *search.original() == image;
        let index = self.0.iter().position(is_it).unwrap_or_else(|| {
            self.0.retain(|(id, _)| *id != model);
            self.0.push((model, ChangeSearch::new(image, classifier)));
            self.0.len() - 1
        });
        &mut self.0[index].1
    }
}

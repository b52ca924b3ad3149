//! The search for few pixels that change a model's prediction, with the shipped weights.

use shared::explain::smallest_change::MAX_PIXELS;
use shared::explain::{ChangeSearch, SearchState};
use shared::{AnyClassifier, Garment, Grey28, ModelId, Sample};
use tests::reference::{Reference, weights};

fn class(classifier: &mut AnyClassifier, image: &Grey28) -> Garment {
    let sample = Sample::new(image.clone());
    classifier.classifier().classify(&sample).garment()
}

fn search(classifier: &mut AnyClassifier, image: &Grey28) -> SearchState {
    let mut search = ChangeSearch::new(image.clone(), classifier);
    while let SearchState::Running { .. } = search.state() {
        search.step(classifier);
    }
    search.state()
}

#[test]
fn a_change_that_was_found_changes_the_prediction_and_no_pixel_of_it_is_too_many() {
    let reference = Reference::load();
    for model in ModelId::ALL {
        let mut classifier =
            AnyClassifier::new(model, &weights(model)).expect("the committed weights fit");
        let mut sizes = Vec::new();
        let images = reference.images.iter().skip(3).step_by(9).take(8);
        for image in images {
            let state = search(&mut classifier, image);
            assert_eq!(state, search(&mut classifier, image), "{model}");
            let change = match state {
                SearchState::Found(change) => change,
                SearchState::NotFound { pixels } => {
                    assert!(usize::from(pixels) <= MAX_PIXELS, "{model}");
                    continue;
                }
                SearchState::Running { .. } => unreachable!(),
            };
            let changed = change.apply(image);
            assert_eq!(class(&mut classifier, image), change.before, "{model}");
            assert_eq!(class(&mut classifier, &changed), change.after, "{model}");
            assert_ne!(change.before, change.after, "{model}");
            // The number is that of the pixels that differ.
            let pairs = image.pixels().iter().zip(changed.pixels());
            let differing = pairs.filter(|(a, b)| a != b).count();
            assert_eq!(differing, change.pixels.len(), "{model}");
            assert!((1..=MAX_PIXELS).contains(&differing), "{model}");
            sizes.push(differing);
        }
        sizes.sort_unstable();
        println!("{model}: {sizes:?}");
        // Every model is flipped at least on some images, by few pixels.
        assert!(sizes.len() >= 3 && sizes[0] <= 5, "{model}: {sizes:?}");
    }
}

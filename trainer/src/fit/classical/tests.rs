//! Tests of all four classical models, from images to predictions.

use super::*;
use crate::fit::recipe;
use shared::{AnyClassifier, Garment, Sample};

const UNINTERRUPTED: RunControl = RunControl {
    show_progress: false,
    is_interrupted: &|| false,
};

/// Vertical bars on noise; the position is the class.
fn bars(count: usize) -> Examples {
    let image = |i: usize| {
        let column = i % CLASSES + 4;
        Grey28::new(core::array::from_fn(|p| {
            if p % SIDE / 2 == column {
                255
            } else {
                ((p * 31 + i * 17) % 60) as u8
            }
        }))
    };
    Examples {
        images: (0..count).map(image).collect(),
        labels: (0..count).map(|i| Garment::ALL[i % CLASSES]).collect(),
    }
}

/// The recipe, with few components for the few images of a test.
fn small(recipe: Recipe) -> Recipe {
    let projection = recipe::ProjectionRecipe {
        components: 30,
        ridge: 0.5,
        dimensions: 12,
    };
    match recipe {
        Recipe::Svm(svm) => Recipe::Svm(recipe::SvmRecipe { projection, ..svm }),
        Recipe::Knn(knn) => Recipe::Knn(recipe::KnnRecipe {
            projection,
            neighbours: 3,
            ..knn
        }),
        Recipe::Forest(forest) => Recipe::Forest(recipe::ForestRecipe {
            projection,
            trees: 10,
            ..forest
        }),
        other => other,
    }
}

#[test]
fn every_model_learns_and_its_weights_file_can_be_read() {
    for model in ModelId::CLASSICAL {
        let recipes = [
            Some(small(Recipe::for_model(model))),
            Recipe::for_raw_pixels(model).map(small),
        ];
        for recipe in recipes.into_iter().flatten() {
            let artifact = fit(model, recipe, &bars(200), 1, UNINTERRUPTED).unwrap();
            let bytes = artifact.to_bytes().unwrap();
            let artifact = Artifact::from_bytes(&bytes).unwrap();
            let mut classifier = AnyClassifier::new(model, &artifact).unwrap();
            let others = bars(230);
            let correct = (200..230).filter(|&i| {
                let sample = Sample::new(others.images[i].clone());
                classifier.classifier().classify(&sample).garment() == others.labels[i]
            });
            let correct = correct.count();
            assert!(correct >= 27, "{model} with {recipe:?}: {correct} of 30");
        }
    }
}

#[test]
fn the_result_does_not_depend_on_threads() {
    for model in ModelId::CLASSICAL {
        let fitted = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let recipe = small(Recipe::for_model(model));
            pool.install(|| fit(model, recipe, &bars(200), 1, UNINTERRUPTED))
                .unwrap()
        };
        assert!(fitted(1) == fitted(3), "{model}");
    }
}

#[test]
fn an_interrupt_stops_the_fit() {
    let control = RunControl {
        show_progress: false,
        is_interrupted: &|| true,
    };
    let error = fit(
        ModelId::Knn,
        Recipe::for_model(ModelId::Knn),
        &bars(20),
        1,
        control,
    )
    .unwrap_err();
    assert!(
        matches!(error, ClassicalError::Interrupted(ModelId::Knn)),
        "{error}"
    );
}

#[test]
fn mirrored_flips_horizontally() {
    let mut pixels = [0; PIXELS];
    pixels[3 * SIDE + 5] = 9;
    let twice = mirrored(&Grey28::new(pixels));
    assert_eq!(twice.pixels()[3 * SIDE + 22], 9);
    assert_eq!(mirrored(&twice).pixels(), &pixels);
}

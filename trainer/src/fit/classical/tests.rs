//! All four, from pictures to files that answer.

use super::*;
use shared::{AnyClassifier, Garment, Sample};

const NOBODY_STOPS: RunControl = RunControl {
    show_progress: false,
    is_interrupted: &|| false,
};

/// Bars whose place tells the class, on noise.
fn bars(count: usize) -> Examples {
    let picture = |i: usize| {
        let column = i % CLASSES + 4;
        Grey28::new(core::array::from_fn(|p| match p % SIDE / 2 == column {
            true => 255,
            false => ((p * 31 + i * 17) % 60) as u8,
        }))
    };
    Examples {
        images: (0..count).map(picture).collect(),
        labels: (0..count).map(|i| Garment::ALL[i % CLASSES]).collect(),
    }
}

/// The recipe, with no more components than so few pictures have.
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
fn every_model_learns_and_its_file_is_read() {
    for model in ModelId::CLASSICAL {
        let recipes = [
            Some(small(Recipe::for_model(model))),
            Recipe::for_raw_pixels(model).map(small),
        ];
        for recipe in recipes.into_iter().flatten() {
            let artifact = fit(model, recipe, &bars(200), 1, NOBODY_STOPS).unwrap();
            let bytes = artifact.to_bytes().unwrap();
            let artifact = Artifact::from_bytes(&bytes).unwrap();
            let mut member = AnyClassifier::new(model, &artifact).unwrap();
            let others = bars(230);
            let right = (200..230).filter(|&i| {
                let sample = Sample::new(others.images[i].clone());
                member.classifier().classify(&sample).garment() == others.labels[i]
            });
            let right = right.count();
            assert!(right >= 27, "{model} with {recipe:?}: {right} of 30");
        }
    }
}

#[test]
fn threads_change_nothing() {
    for model in ModelId::CLASSICAL {
        let fitted = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let recipe = small(Recipe::for_model(model));
            pool.install(|| fit(model, recipe, &bars(200), 1, NOBODY_STOPS))
                .unwrap()
        };
        assert!(fitted(1) == fitted(3), "{model}");
    }
}

#[test]
fn a_stop_is_heeded() {
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
        matches!(error, ClassicalError::Stopped(ModelId::Knn)),
        "{error}"
    );
}

#[test]
fn mirrors_mirror() {
    let mut pixels = [0; PIXELS];
    pixels[3 * SIDE + 5] = 9;
    let twice = mirrored(&Grey28::new(pixels));
    assert_eq!(twice.pixels()[3 * SIDE + 22], 9);
    assert_eq!(mirrored(&twice).pixels(), &pixels);
}

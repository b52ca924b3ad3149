//! The models' own reasons against independent implementations (PyTorch's autograd, scikit-learn, LIBSVM).

use std::time::{Duration, Instant};

use shared::explain::{EvidenceMap, MapMethod, Reason};
use shared::image::PIXELS;
use shared::{AnyClassifier, Garment, Grey28, ModelId, Sample};
use tests::reason_reference::{ReasonReference, ReferenceMap, ReferenceVectors};
use tests::reference::{Reference, weights};

/// How far a value of a map may be from the reference's, as a share of the reference's largest.
const MAPS: f32 = 1e-3;
/// Of distances, shares, contributions and distributions.
const NUMBERS: f32 = 2e-4;
/// A comparison of the forest closer than this may come out otherwise in 32 bits.
const MARGIN: f32 = 1e-3;

fn classifier(model: ModelId) -> AnyClassifier {
    AnyClassifier::new(model, &weights(model)).expect("the committed weights fit their model")
}

fn sample(reference: &Reference, index: usize) -> Sample {
    Sample::new(reference.images[index].clone())
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |sum, v| v.abs().max(sum))
}

fn apart(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let pairs = ours.iter().zip(theirs);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The map with the reference's method and layer.
fn map(classifier: &mut AnyClassifier, sample: &Sample, golden: &ReferenceMap) -> EvidenceMap {
    let class = Garment::ALL[golden.class];
    if golden.method == MapMethod::Occlusion.name() {
        let values = classifier.occlusion(sample, class).values;
        return EvidenceMap::of_pixels(MapMethod::Occlusion, values);
    }
    let Reason::Maps(maps) = classifier.reason(sample, class) else {
        panic!("{} has no maps", golden.model);
    };
    let is_same = |m: &&EvidenceMap| m.method.name() == golden.method && m.layer == golden.layer;
    let found = maps.iter().find(is_same).cloned();
    found.unwrap_or_else(|| panic!("{}, {} is missing", golden.model, golden.method))
}

#[test]
fn maps_agree_with_autograd_and_numpy() {
    let (reference, reasons) = (Reference::load(), ReasonReference::load());
    let mut classifiers = ModelId::ALL.map(|model| (model, classifier(model)));
    let (mut compared, mut failures) = (0, Vec::new());
    for golden in &reasons.maps {
        let (_, classifier) = classifiers
            .iter_mut()
            .find(|(model, _)| *model == golden.model)
            .expect("every model is loaded");
        let found = map(classifier, &sample(&reference, golden.image), golden);
        let what = format!("{}, {} {}", golden.model, golden.method, golden.layer);
        assert_eq!(found.grid.rows, golden.side, "{what}");
        let peak = largest(&golden.values);
        let apart = apart(&found.grid.values, &golden.values) / peak.max(1e-3);
        println!(
            "{what}, image {}: within {apart:.1e} of {peak:.2}",
            golden.image
        );
        if apart > MAPS {
            failures.push(format!("{what}, image {}: {apart}", golden.image));
        }
        compared += usize::from(peak > 1e-3);
    }
    assert!(
        failures.is_empty(),
        "differ by more of their largest value: {failures:?}"
    );
    assert!(compared > 40, "only {compared} maps are not empty");
}

#[test]
fn the_layers_are_those_of_the_network() {
    let reference = Reference::load();
    for (model, sides) in [(ModelId::Cnn, [26, 11, 3]), (ModelId::Resnet, [26, 13, 6])] {
        let Reason::Maps(maps) = classifier(model).reason(&sample(&reference, 0), Garment::ALL[0])
        else {
            panic!("{model} has no maps");
        };
        let layers = maps.iter().filter(|m| m.method == MapMethod::HiResCam);
        assert!(layers.map(|m| m.grid.rows).eq(sides), "{model}");
    }
}

#[test]
fn the_last_layer_s_hirescam_is_the_heat_map() {
    let reference = Reference::load();
    for model in [ModelId::Cnn, ModelId::Resnet] {
        let mut classifier = classifier(model);
        for index in (0..100).step_by(9) {
            let sample = sample(&reference, index);
            let class = Garment::ALL[(index + 3) % 10];
            let heat = classifier.explain(&sample, class).values;
            let own = classifier.own_map(&sample, class).grid.values;
            let own: Vec<f32> = own.into_iter().map(|v| v.max(0.0)).collect();
            let apart = apart(&own, &heat);
            assert!(apart < 1e-3, "{model}, image {index}: {apart}");
        }
    }
}

#[test]
fn integrated_gradients_are_complete() {
    let reference = Reference::load();
    let mut mlp = classifier(ModelId::Mlp);
    let black = Sample::new(Grey28::new([0; PIXELS]));
    for (index, class) in (0..100).flat_map(|i| [(i, i / 10), (i, (i / 10 + 1) % 10)]) {
        let sample = sample(&reference, index);
        let map = mlp.own_map(&sample, Garment::ALL[class]);
        assert_eq!(map.method, MapMethod::IntegratedGradients);
        let sum: f32 = map.grid.values.iter().sum();
        let classifier = mlp.classifier();
        let expected = classifier.scores(&sample)[class] - classifier.scores(&black)[class];
        // One hundredth of the logit's change, or of one if that is less.
        let limit = 0.01 * expected.abs().max(1.0);
        assert!(
            (sum - expected).abs() <= limit,
            "image {index}, class {class}: {sum} of {expected}"
        );
    }
}

#[test]
fn linear_evidence_adds_up_to_the_score() {
    let reference = Reference::load();
    let mut logistic = classifier(ModelId::Logistic);
    let artifact = weights(ModelId::Logistic);
    let bias = &artifact
        .tensor("bias")
        .expect("logistic regression has a bias")
        .values;
    let beyond_mean =
        |values: &[f32], class: usize| values[class] - values.iter().sum::<f32>() / 10.0;
    for index in (0..100).step_by(7) {
        let (sample, class) = (sample(&reference, index), index / 10);
        let sum: f32 = logistic
            .own_map(&sample, Garment::ALL[class])
            .grid
            .values
            .iter()
            .sum();
        let scores = logistic.classifier().scores(&sample);
        let expected = beyond_mean(&scores, class) - beyond_mean(bias, class);
        assert!(
            (sum - expected).abs() < 2e-3,
            "image {index}: {sum} of {expected}"
        );
    }
}

#[test]
fn neighbours_are_scikit_learn_s() {
    let (reference, reasons) = (Reference::load(), ReasonReference::load());
    let knn = classifier(ModelId::Knn);
    let golden = &reasons.neighbours;
    for (n, &index) in reasons.images.iter().enumerate() {
        let Reason::Neighbours(found) = knn.reason(&sample(&reference, index), Garment::ALL[0])
        else {
            panic!("k-nearest neighbours has no neighbours");
        };
        let points: Vec<u32> = found.iter().map(|f| f.point).collect();
        let labels: Vec<u8> = found.iter().map(|f| f.label).collect();
        let distances: Vec<f32> = found.iter().map(|f| f.distance).collect();
        let shares: Vec<f32> = found.iter().map(|f| f.share).collect();
        assert_eq!(points, golden.points[n], "image {index}");
        assert_eq!(labels, golden.labels[n], "image {index}");
        let apart = [
            apart(&distances, &golden.distances[n]),
            apart(&shares, &golden.shares[n]),
        ];
        println!("image {index}: distances and shares within {apart:?}");
        assert!(
            apart.iter().all(|&a| a <= NUMBERS),
            "image {index}: {apart:?}"
        );
    }
}

#[test]
fn support_vectors_are_libsvm_s() {
    let (reference, reasons) = (Reference::load(), ReasonReference::load());
    let svm = classifier(ModelId::Svm);
    for golden in &reasons.decisions {
        let class = Garment::ALL[golden.class];
        let Reason::SupportVectors(found) = svm.reason(&sample(&reference, golden.image), class)
        else {
            panic!("the SVM has no support vectors");
        };
        let what = format!("image {}, {class}", golden.image);
        assert!(
            (found.sum - golden.sum).abs() < 5e-4,
            "{what}: {} of {}",
            found.sum,
            golden.sum
        );
        let sides = [
            (&found.supporting, &golden.supporting),
            (&found.opposing, &golden.opposing),
        ];
        for (found, golden) in sides {
            let ReferenceVectors {
                vectors,
                labels,
                contributions,
            } = golden;
            let ours: Vec<f32> = found.iter().map(|v| v.contribution).collect();
            assert!(apart(&ours, contributions) < NUMBERS, "{what}: {ours:?}");
            assert!(found.iter().map(|v| &v.vector).eq(vectors), "{what}");
            assert!(found.iter().map(|v| &v.label).eq(labels), "{what}");
        }
    }
}

#[test]
fn votes_and_paths_are_scikit_learn_s() {
    let (reference, reasons) = (Reference::load(), ReasonReference::load());
    let forest = classifier(ModelId::Forest);
    let margins = &reference.outputs(ModelId::Forest).margins;
    let mut compared = 0;
    for (golden, &index) in reasons.trees.iter().zip(&reasons.images) {
        if margins[index] < MARGIN {
            continue;
        }
        let class = Garment::ALL[golden.label];
        let Reason::Trees(found) = forest.reason(&sample(&reference, index), class) else {
            panic!("the forest has no trees");
        };
        assert_eq!(found.votes, golden.votes, "image {index}");
        assert!(apart(&found.distribution, &golden.distribution) < NUMBERS);
        assert_eq!(found.path.tree, golden.tree, "image {index}");
        assert!(apart(&found.path.leaf, &golden.leaf) < NUMBERS);
        assert_eq!(
            found.path.comparisons.len(),
            golden.path.len(),
            "image {index}"
        );
        for (found, golden) in found.path.comparisons.iter().zip(&golden.path) {
            assert_eq!(
                (found.feature, found.value, found.threshold),
                (golden.feature, golden.value, golden.threshold)
            );
            assert!(apart(&found.reachable, &golden.reachable) < NUMBERS);
        }
        compared += 1;
    }
    assert!(compared >= 8, "only {compared} images are clear");
}

#[test]
fn a_shuffled_model_predicts_otherwise_and_its_map_is_another() {
    let reference = Reference::load();
    for model in ModelId::ALL {
        let mut classifier = classifier(model);
        let sample = sample(&reference, 11);
        let trust = classifier.trust(&sample, Garment::ALL[1]);
        assert_ne!(trust.own.grid.values, trust.shuffled.grid.values, "{model}");
        assert_eq!(
            trust,
            classifier.trust(&sample, Garment::ALL[1]),
            "{model}: another time"
        );
        let tested: Vec<MapMethod> = trust.tested.iter().map(|t| t.method).collect();
        let has_own = trust.own.method != MapMethod::Occlusion;
        assert_eq!(
            tested.len(),
            1 + usize::from(has_own),
            "{model}: {tested:?}"
        );
        assert_eq!(trust.agreement.is_some(), has_own, "{model}");
        println!(
            "{model}: deletion {:.3}, insertion {:.3}; random order {:.3}, {:.3}; agreement {:?}, with the shuffled model {:.2}",
            trust.tested[0].curves.deletion_area(),
            trust.tested[0].curves.insertion_area(),
            trust.random_order.deletion_area(),
            trust.random_order.insertion_area(),
            trust.agreement,
            trust.shuffled_agreement,
        );
    }
}

/// Printed by `--nocapture --ignored`; the limits are those of a release build on one thread.
#[test]
#[ignore = "measures an optimised build"]
fn each_reason_and_map_takes_milliseconds() {
    let reference = Reference::load();
    for model in ModelId::ALL {
        let mut classifier = classifier(model);
        let timed = |run: &mut dyn FnMut(&Sample)| {
            let start = Instant::now();
            for index in (0..100).step_by(5) {
                run(&sample(&reference, index));
            }
            start.elapsed() / 20
        };
        let reason = timed(&mut |sample| drop(classifier.reason(sample, Garment::ALL[0])));
        let map = timed(&mut |sample| drop(classifier.occlusion(sample, Garment::ALL[0])));
        let limit = Duration::from_millis(if model.is_deep() { 30 } else { 60 });
        println!("{model}: reason {reason:.1?}, occlusion {map:.1?}, limit {limit:?}");
        assert!(reason < limit, "{model}: the reason takes {reason:?}");
    }
}

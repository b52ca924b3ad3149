//! Native tests of the CPU engine, with synthetic weights of the right shapes.

use core::cell::Cell;
use core::future::Future;
use core::pin::pin;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{Context, Poll, Waker};

use super::*;
use crate::preprocessing::tests::bmp;
use photo::{Edits, Frame};
use protocol::{BatchFile, FileAnswer, Message, Method, RawHeatMap, encode};
use shared::Garment;
use shared::artifact::{Artifact, Storage, Tensor};
use shared::explain::{ChangeSearch, Reason, SearchState};
use shared::features::DIMENSIONS;
use shared::image::{RgbaImage, SIDE};
use shared::inside::{self, CellPlace};
use shared::model::layer::parameters;
use shared::model::{Ensemble, PhotoClass};
use worker_runtime::Engine;

/// A tensor's name, its shape, and its values if they are given.
type TensorSpec<'a> = (&'a str, Vec<usize>, Option<Vec<f32>>);

/// A file of these tensors. Values that are not given are small and of both signs.
fn file(model: ModelId, tensors: Vec<TensorSpec>) -> Vec<u8> {
    let tensors = tensors
        .into_iter()
        .enumerate()
        .map(|(t, (name, shape, values))| Tensor {
            values: values.unwrap_or_else(|| {
                (0..shape.iter().product::<usize>())
                    .map(|i| ((i * 37 + t * 11) % 23) as f32 / 115.0 - 0.09)
                    .collect()
            }),
            name: name.into(),
            shape,
            storage: Storage::F32,
        })
        .chain([Tensor::temperature(1.5)])
        .collect();
    let model = model.name().into();
    Artifact { model, tensors }.to_bytes().unwrap()
}

/// Weights of the right shapes: an SVM of ten vectors, a forest of one split, a KNN of ten points, one per class.
fn weights(model: ModelId) -> Vec<u8> {
    let one = |value: f32| (vec![1], Some(vec![value]));
    let named = |name, (shape, values)| (name, shape, values);
    let projection = ("projection", vec![4, DIMENSIONS], None);
    let offset = ("offset", vec![4], None);
    let tensors = match model {
        ModelId::Cnn | ModelId::Resnet | ModelId::Mlp => {
            let all = parameters(model.layers());
            let layers = all.iter().map(|p| {
                let variance = p.name.ends_with("variance");
                let ones = variance.then(|| vec![1.0; p.shape.iter().product()]);
                (p.name.as_str(), p.shape.clone(), ones)
            });
            return file(model, layers.collect());
        }
        ModelId::Logistic => vec![
            ("weight", vec![10, DIMENSIONS], None),
            ("bias", vec![10], None),
        ],
        ModelId::Svm => vec![
            projection,
            offset,
            ("vectors", vec![10, 4], None),
            ("counts", vec![10], Some(vec![1.0; 10])),
            ("coefficients", vec![9, 10], None),
            ("intercepts", vec![45], None),
            named("gamma", one(0.5)),
            named("slope", one(2.0)),
        ],
        ModelId::Knn => vec![
            projection,
            offset,
            ("points", vec![10, 4], None),
            (
                "labels",
                vec![10],
                Some((0..10).map(|c| c as f32).collect()),
            ),
            named("neighbours", one(3.0)),
            named("width", one(1.0)),
        ],
        ModelId::Forest => vec![
            projection,
            offset,
            // A split and two leaves.
            named("shape", one(1.0)),
            named("feature", one(3.0)),
            named("threshold", one(90.0)),
            ("leaf", vec![2], Some(vec![0.0, 1.0])),
            (
                "leaves",
                vec![2, 10],
                Some((0..20).map(|i| i as f32 / 40.0).collect()),
            ),
        ],
    };
    file(model, tensors)
}

/// Answers a request. Nothing has to be awaited: all code is there, and the browser decodes nothing.
fn reply(cpu: &mut CpuEngine, request: Request) -> Reply {
    match pin!(cpu.answer(request)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(reply) => reply,
        Poll::Pending => panic!("no answer"),
    }
}

fn load(cpu: &mut CpuEngine, model: ModelId, weights: Vec<u8>) -> Reply {
    let weights = Source::Bytes(weights);
    reply(cpu, Request::Load { model, weights })
}

fn engine() -> CpuEngine {
    let mut cpu = CpuEngine::new(|| 0.0);
    for model in ModelId::ALL {
        let reply = load(&mut cpu, model, weights(model));
        assert!(matches!(reply, Reply::Loaded { .. }), "{reply:?}");
    }
    cpu
}

fn error(reply: Reply) -> String {
    match reply {
        Reply::Error(error) => error.to_string(),
        other => panic!("no error but {other:?}"),
    }
}

fn boot() -> Pixels {
    Pixels::from(&Grey28::new(core::array::from_fn(|i| (i * 5 % 256) as u8)))
}

fn classified(cpu: &mut CpuEngine, model: ModelId, grey: Pixels) -> TimedPrediction {
    match reply(cpu, Request::Classify { model, grey }) {
        Reply::Prediction(prediction) => prediction,
        other => panic!("no prediction but {other:?}"),
    }
}

#[test]
fn a_prediction_equals_the_classifier_s() {
    let mut cpu = engine();
    for model in ModelId::ALL {
        let artifact = Artifact::from_bytes(&weights(model)).unwrap();
        let mut classifier = AnyClassifier::new(model, &artifact).unwrap();
        let sample = Sample::new(boot().grey().unwrap());
        let prediction = classified(&mut cpu, model, boot());
        assert_eq!(
            prediction.scores,
            classifier.classifier().scores(&sample),
            "{model}"
        );
        let expected = classifier.classifier().classify(&sample);
        assert_eq!(shared::Prediction::from(&prediction), expected);
        assert!((prediction.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
}

#[test]
fn a_prepared_image_includes_the_predictions_of_the_loaded_networks() {
    let mut cpu = CpuEngine::new(|| 0.0);
    let prepared = |cpu: &mut CpuEngine| {
        let file = bmp(40, 40, |x, y| if x + y < 30 { 40 } else { 255 });
        match reply(cpu, Request::Prepare { file, photo: 1 }) {
            Reply::Prepared(prepared) => prepared,
            other => panic!("no image but {other:?}"),
        }
    };
    assert!(prepared(&mut cpu).predictions.is_empty());
    for model in [ModelId::Resnet, ModelId::Svm, ModelId::Cnn] {
        load(&mut cpu, model, weights(model));
    }
    let prepared = prepared(&mut cpu);
    let alone =
        [ModelId::Cnn, ModelId::Resnet].map(|m| classified(&mut cpu, m, prepared.grey.clone()));
    assert_eq!(prepared.predictions, alone);
}

#[test]
fn features_are_timed_once_per_image_and_apart_from_the_models() {
    // Every reading of the clock is a millisecond later.
    static TICKS: AtomicU32 = AtomicU32::new(0);
    let mut cpu = CpuEngine::new(|| f64::from(TICKS.fetch_add(1, Ordering::Relaxed)));
    for model in ModelId::ALL {
        load(&mut cpu, model, weights(model));
    }
    for grey in [boot(), Pixels::from(&Grey28::new([9; PIXELS]))] {
        let before = TICKS.load(Ordering::Relaxed);
        for model in ModelId::ALL {
            let prediction = classified(&mut cpu, model, grey.clone());
            assert_eq!(prediction.micros, 1000);
            assert_eq!(
                prediction.features_micros,
                (!model.is_deep()).then_some(1000)
            );
        }
        // Two readings for each of the seven models, and two for the features of all.
        assert_eq!(TICKS.load(Ordering::Relaxed) - before, 2 * (7 + 1));
    }
}

/// Five images, and their bytes.
fn five_images() -> (Vec<Grey28>, Vec<u8>) {
    let images: Vec<Grey28> = (0..5).map(|n| batch::synthetic_image(n * 300)).collect();
    let bytes = images.iter().flat_map(|p| *p.pixels()).collect();
    (images, bytes)
}

/// The classes and the confidences of a batch.
fn batch_of(reply: Reply) -> (Vec<u8>, Vec<f32>) {
    match reply {
        Reply::Batch {
            classes,
            confidences,
            ..
        } => (classes, confidences),
        other => panic!("no batch but {other:?}"),
    }
}

#[test]
fn a_batch_gives_the_same_predictions_as_single_images() {
    let mut cpu = engine();
    let (images, bytes) = five_images();
    for model in ModelId::ALL {
        let alone: (Vec<u8>, Vec<f32>) = images
            .iter()
            .map(|p| shared::Prediction::from(&classified(&mut cpu, model, Pixels::from(p))))
            .map(|prediction| (prediction.garment().index() as u8, prediction.confidence()))
            .unzip();
        let images = bytes.clone();
        let reply = reply(&mut cpu, Request::ClassifyBatch { model, images });
        assert_eq!(batch_of(reply), alone, "{model}");
    }
}

#[test]
fn the_ensemble_classifies_a_batch_as_single_images_and_needs_all_models() {
    let ensemble = Ensemble {
        weights: [0.3, 0.3, 0.2, 0.4, 0.1, 0.1, 0.2],
        bias: [0.0; 10],
    };
    let mut cpu = engine();
    let (images, bytes) = five_images();
    let request = |bytes: &[u8]| Request::ClassifyBatchByEnsemble {
        images: bytes.to_vec(),
    };
    assert!(error(reply(&mut cpu, request(&bytes))).contains("no weights"));
    let combination = || Source::Bytes(ensemble.to_artifact().to_bytes().unwrap());
    reply(
        &mut cpu,
        Request::LoadEnsemble {
            weights: combination(),
        },
    );
    let alone: (Vec<u8>, Vec<f32>) = images
        .iter()
        .map(|grey| {
            let predictions = ModelId::ALL.map(|model| {
                shared::Prediction::from(&classified(&mut cpu, model, Pixels::from(grey)))
            });
            let probabilities = ensemble.combine(&predictions).unwrap();
            let class = shared::model::argmax(&probabilities);
            (class as u8, probabilities[class])
        })
        .unzip();
    assert_eq!(batch_of(reply(&mut cpu, request(&bytes))), alone);
    assert!(error(reply(&mut cpu, request(&bytes[1..]))).contains("not 1 to 1024 images"));
    let mut incomplete = CpuEngine::new(|| 0.0);
    for model in ModelId::ALL.into_iter().filter(|m| *m != ModelId::Svm) {
        load(&mut incomplete, model, weights(model));
    }
    reply(
        &mut incomplete,
        Request::LoadEnsemble {
            weights: combination(),
        },
    );
    assert!(error(reply(&mut incomplete, request(&bytes))).contains("SVM"));
}

#[test]
fn a_measurement_is_the_time_of_all_runs() {
    // Every reading of the clock is a millisecond later.
    static TICKS: AtomicU32 = AtomicU32::new(0);
    let mut cpu = CpuEngine::new(|| f64::from(TICKS.fetch_add(1, Ordering::Relaxed)));
    let measure = |model, batch, runs| Request::Measure { model, batch, runs };
    let unloaded = reply(&mut cpu, measure(ModelId::Cnn, 1, 1));
    assert!(error(unloaded).contains("no weights"));
    for model in ModelId::ALL {
        load(&mut cpu, model, weights(model));
        let reply = reply(&mut cpu, measure(model, 3, 2));
        assert_eq!(reply, Reply::Measured { micros: 1000 });
    }
    let absurd = reply(&mut cpu, measure(ModelId::Cnn, 0, 1));
    assert!(error(absurd).contains("cannot be measured"));
    let (model, images) = (ModelId::Cnn, vec![0; 7]);
    let broken = reply(&mut cpu, Request::ClassifyBatch { model, images });
    assert!(error(broken).contains("not 1 to 1024 images"));
}

#[test]
fn the_ensemble_combines_the_predictions_that_it_gets() {
    let ensemble = Ensemble {
        weights: [0.3, 0.3, 0.2, 0.4, 0.1, 0.1, 0.2],
        bias: [0.0; 10],
    };
    let mut cpu = engine();
    let predictions: Vec<shared::Prediction> = [ModelId::Cnn, ModelId::Knn]
        .iter()
        .map(|&model| (&classified(&mut cpu, model, boot())).into())
        .collect();
    let request = |predictions: &[shared::Prediction]| Request::Ensemble {
        predictions: predictions.to_vec(),
    };
    assert!(error(reply(&mut cpu, request(&predictions))).contains("no weights"));
    let weights = Source::Bytes(ensemble.to_artifact().to_bytes().unwrap());
    assert_eq!(
        reply(&mut cpu, Request::LoadEnsemble { weights }),
        Reply::EnsembleLoaded
    );
    let probabilities = ensemble.combine(&predictions).unwrap();
    let contributions = ensemble.contributions(&predictions, &probabilities);
    assert_eq!(contributions.len(), 2);
    let expected = Reply::Ensemble {
        probabilities,
        contributions,
    };
    assert_eq!(reply(&mut cpu, request(&predictions)), expected);
    assert!(error(reply(&mut cpu, request(&[]))).contains("no vote"));
}

#[test]
fn a_self_test_finds_the_largest_difference() {
    let mut cpu = engine();
    let prediction = classified(&mut cpu, ModelId::Cnn, boot());
    let mut probabilities = prediction.probabilities;
    probabilities[4] += 0.25;
    let case = Case {
        model: ModelId::Cnn,
        grey: boot(),
        probabilities,
    };
    let reply = reply(&mut cpu, Request::SelfTest { cases: vec![case] });
    assert!(
        matches!(reply, Reply::SelfTest { largest_difference: d, .. } if (d - 0.25).abs() < 1e-6),
        "{reply:?}"
    );
}

#[test]
fn a_heat_map_has_the_size_of_its_method() {
    let mut cpu = engine();
    for model in ModelId::ALL {
        let expected = match model {
            ModelId::Cnn => 3,
            ModelId::Resnet => 6,
            _ => SIDE as u32,
        };
        let reply = reply(
            &mut cpu,
            Request::Explain {
                model,
                grey: boot(),
                class: Garment::Sneaker,
            },
        );
        let Reply::HeatMap(map) = reply else {
            panic!("{reply:?}");
        };
        assert_eq!(map.side, expected);
        assert_eq!(map.method, Method::for_model(model));
        assert_eq!(map.values.len() as u32, expected * expected);
        match map.method {
            Method::GradCam => assert!(map.values.iter().all(|&v| v >= 0.0)),
            // A probability can fall by 1 at most.
            Method::Occlusion => assert!(map.values.iter().all(|&v| v.abs() <= 1.0)),
        }
        assert!(map.full > 0.0);
    }
}

#[test]
fn a_class_with_no_chance_is_shown_at_the_scale_of_the_answer() {
    let mut cpu = engine();
    for model in [ModelId::Cnn, ModelId::Resnet] {
        let mut maps = Garment::ALL.map(|class| {
            let grey = boot();
            match reply(&mut cpu, Request::Explain { model, grey, class }) {
                Reply::HeatMap(map) => map,
                reply => panic!("{reply:?}"),
            }
        });
        let full = maps[0].full;
        assert!(maps.iter().all(|map| map.full == full), "{model}");
        let peak = |map: &RawHeatMap| map.values.iter().copied().fold(0.0, f32::max);
        // The scale is the peak of one class: the predicted one.
        maps.sort_by(|a, b| peak(a).total_cmp(&peak(b)));
        assert!(maps.iter().any(|map| peak(map) == full), "{model}");
        assert!(peak(&maps[0]) < full, "{model}: {}", peak(&maps[0]));
    }
}

#[test]
fn every_model_gives_its_own_reason_and_is_tested() {
    let mut cpu = engine();
    for model in ModelId::ALL {
        let (grey, class) = (boot(), Garment::AnkleBoot);
        let Reply::Reason(reason) = reply(&mut cpu, Request::Reason { model, grey, class }) else {
            panic!("{model} gives no reason");
        };
        match (*reason, model) {
            (Reason::Neighbours(neighbours), ModelId::Knn) => assert!(!neighbours.is_empty()),
            (Reason::SupportVectors(decision), ModelId::Svm) => {
                assert!(!decision.supporting.is_empty());
            }
            (Reason::Trees(trees), ModelId::Forest) => {
                assert!(trees.votes.iter().sum::<u32>() > 0);
            }
            (Reason::Maps(maps), _) => assert!(!maps.is_empty(), "{model}"),
            (reason, _) => panic!("{model}: {reason:?}"),
        }
        let Reply::HeatMap(map) = reply(
            &mut cpu,
            Request::Occlude {
                model,
                grey: boot(),
                class,
            },
        ) else {
            panic!("{model} is not explained by occlusion");
        };
        assert_eq!((map.method, map.side), (Method::Occlusion, SIDE as u32));
        let Reply::Trust(trust) = reply(
            &mut cpu,
            Request::TestMaps {
                model,
                grey: boot(),
                class,
            },
        ) else {
            panic!("{model} is not tested");
        };
        let area = trust.tested[0].curves.deletion_area();
        assert!((0.0..=1.0).contains(&area), "{model}: {area}");
    }
}

fn place(layer: u8, channel: u16, row: u16, column: u16) -> CellPlace {
    CellPlace {
        layer,
        channel,
        row,
        column,
    }
}

#[test]
fn the_layers_of_a_network_end_in_its_prediction() {
    let mut cpu = engine();
    for (model, count) in [(ModelId::Cnn, 8), (ModelId::Resnet, 10), (ModelId::Mlp, 4)] {
        let expected = classified(&mut cpu, model, boot());
        let grey = boot();
        let Reply::Layers(shown) = reply(&mut cpu, Request::Layers { model, grey }) else {
            panic!("{model} has no layers");
        };
        assert_eq!(shown.layers.len(), count, "{model}");
        for (ours, theirs) in shown.logits.iter().zip(&expected.scores) {
            assert!((ours - theirs).abs() < 1e-3, "{model}: {ours}, {theirs}");
        }
        // The parts of the first logit add up to it.
        let (grey, place) = (boot(), place(count as u8 - 1, 0, 0, 0));
        let Reply::Cell(cell) = reply(&mut cpu, Request::Cell { model, grey, place }) else {
            panic!("{model} has no logits");
        };
        let inside::Cell::Sum(sum) = *cell else {
            panic!("{cell:?}");
        };
        assert_eq!(sum.value, shown.logits[0]);
        assert!((sum.sum - sum.value).abs() < 1e-4, "{model}: {sum:?}");
    }
}

#[test]
fn the_layers_are_sent_in_8_bits() {
    let mut cpu = engine();
    let (model, grey) = (ModelId::Cnn, boot());
    let reply = reply(&mut cpu, Request::Layers { model, grey });
    let bytes = encode(&Message { id: 1, body: reply }).unwrap().len();
    // 38,458 values, and up to 12 bytes for each of the 459 maps.
    assert!((38_458..44_000).contains(&bytes), "{bytes}");
}

#[test]
fn a_classical_model_s_features_end_in_its_prediction() {
    let mut cpu = engine();
    for model in ModelId::CLASSICAL {
        let expected = classified(&mut cpu, model, boot());
        let grey = boot();
        let Reply::FeatureScores(shown) = reply(&mut cpu, Request::FeatureScores { model, grey })
        else {
            panic!("{model} has no features");
        };
        assert_eq!(shown.scores, expected.scores, "{model}");
        assert_eq!(shown.probabilities, expected.probabilities, "{model}");
        let counts = shown.scales.iter().map(|scale| scale.strengths.steps.len());
        assert!(counts.eq([14 * 14 * 12, 7 * 7 * 12, 4 * 4 * 12]));
        assert_eq!(shown.score.is_some(), model == ModelId::Logistic);
        assert_eq!(shown.projection.is_none(), model == ModelId::Logistic);
        if let Some(score) = shown.score {
            let own = expected.scores[score.class.index()];
            assert!((score.score - own).abs() < 1e-3, "{score:?}, {own}");
        }
    }
    let (model, grey) = (ModelId::Cnn, boot());
    let refused = reply(&mut cpu, Request::FeatureScores { model, grey });
    assert_eq!(refused, Reply::Error(RequestError::NoSuchValue));
}

#[test]
fn what_is_not_in_a_network_is_refused() {
    let mut cpu = engine();
    let (model, grey) = (ModelId::Svm, boot());
    let refused = reply(&mut cpu, Request::Layers { model, grey });
    assert_eq!(refused, Reply::Error(RequestError::NoSuchValue));
    let (model, grey) = (ModelId::Cnn, boot());
    let place = place(1, 0, 26, 0);
    let refused = reply(&mut cpu, Request::Cell { model, grey, place });
    assert_eq!(refused, Reply::Error(RequestError::NoSuchValue));
}

#[test]
fn rejects_bad_weights() {
    let mut cpu = CpuEngine::new(|| 0.0);
    let good = weights(ModelId::Cnn);
    let mut altered = good.clone();
    altered[good.len() / 2] ^= 1;
    let truncated = good[..good.len() / 2].to_vec();
    for (bad, word) in [
        (altered, "checksum"),
        (truncated, "truncated"),
        (weights(ModelId::Resnet), "resnet"),
        (b"<!doctype html>".to_vec(), "not a weights file"),
    ] {
        let message = error(load(&mut cpu, ModelId::Cnn, bad));
        assert!(message.contains(word), "{message}");
    }
    let reply = reply(
        &mut cpu,
        Request::Classify {
            model: ModelId::Cnn,
            grey: boot(),
        },
    );
    assert!(error(reply).contains("no weights"));
}

#[test]
fn detects_novelty_after_its_weights_are_loaded() {
    let mut cpu = engine();
    let noise = Grey28::new(core::array::from_fn(|i| (i * 7919 % 251) as u8));
    let asked = |grey: Pixels| Request::DetectNovelty { grey };
    assert!(error(reply(&mut cpu, asked(boot()))).contains("no weights"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../weights/novelty.hbd");
    let weights = Source::Bytes(std::fs::read(path).unwrap());
    let loaded = reply(&mut cpu, Request::LoadNovelty { weights });
    assert_eq!(loaded, Reply::NoveltyLoaded);
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/images.bin");
    let golden = std::fs::read(golden).unwrap();
    let mut detect = |grey: &Grey28| reply(&mut cpu, asked(Pixels::from(grey)));
    let known = golden.chunks_exact(PIXELS).filter(|pixels| {
        let image = Grey28::from_slice(pixels).unwrap();
        matches!(
            detect(&image),
            Reply::Novelty {
                is_garment: true,
                ..
            }
        )
    });
    // The detector rejects one in twenty-three of the test images.
    assert!(known.count() >= 90);
    let refused = Reply::Novelty {
        is_garment: false,
        rotation: None,
    };
    assert_eq!(detect(&noise), refused);
    let damaged = Source::Bytes(vec![0; 9]);
    let refused = reply(&mut cpu, Request::LoadNovelty { weights: damaged });
    assert!(error(refused).contains("The novelty detector"));
}

fn load_photo_network(cpu: &mut CpuEngine) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../weights/photo.hbd");
    let weights = Source::Bytes(std::fs::read(path).unwrap());
    let loaded = reply(cpu, Request::LoadPhotoNetwork { weights });
    assert!(matches!(loaded, Reply::PhotoNetworkLoaded { parameters } if parameters > 3_000_000));
}

#[test]
fn the_photo_network_classifies_and_explains_the_stored_photo() {
    let mut cpu = engine();
    let photo = bmp(100, 80, |x, y| {
        let inside = (20..80).contains(&x) && (20..60).contains(&y);
        if inside { 40 } else { 255 }
    });
    reply(
        &mut cpu,
        Request::Prepare {
            file: photo,
            photo: 7,
        },
    );
    let classify = |photo: u32| Request::ClassifyPhoto {
        photo,
        edits: Edits::default(),
    };
    assert!(error(reply(&mut cpu, classify(7))).contains("no weights"));
    load_photo_network(&mut cpu);
    let Reply::Photo(prediction) = reply(&mut cpu, classify(7)) else {
        panic!("no prediction");
    };
    assert!((prediction.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    let explain = Request::ExplainPhoto {
        photo: 7,
        edits: Edits::default(),
        class: PhotoClass::Other,
    };
    let Reply::PhotoHeatMap { overlay } = reply(&mut cpu, explain) else {
        panic!("no heat map");
    };
    assert_eq!(overlay.width(), overlay.height());
    assert!(error(reply(&mut cpu, classify(8))).contains("no longer loaded"));
}

/// The answers to files of a batch, none of which needs the browser's decoder.
fn files_answered(
    cpu: &mut CpuEngine,
    files: Vec<BatchFile>,
) -> Vec<Result<FileAnswer, RequestError>> {
    match reply(cpu, Request::ClassifyFiles { files }) {
        Reply::Files { answers } => answers,
        other => panic!("no answers but {other:?}"),
    }
}

#[test]
fn files_of_a_batch_are_answered_by_all_that_is_loaded_and_errors_one_by_one() {
    let mut cpu = engine();
    let photo = bmp(100, 80, |x, y| {
        let inside = (20..80).contains(&x) && (20..60).contains(&y);
        if inside { 40 } else { 255 }
    });
    let files = vec![
        BatchFile::Bytes(photo.clone()),
        BatchFile::Bytes(b"hello".to_vec()),
        BatchFile::Unreadable("gone.png".into()),
        BatchFile::Prepared(boot()),
    ];
    let answers = files_answered(&mut cpu, files);
    assert_eq!(answers.len(), 4);
    let first = answers[0].as_ref().unwrap();
    // The same image and the same predictions as of the file alone.
    let request = Request::Prepare {
        file: photo,
        photo: 1,
    };
    let Reply::Prepared(alone) = reply(&mut cpu, request) else {
        panic!("not prepared");
    };
    assert_eq!(first.grey, alone.grey);
    assert_eq!((first.is_photo, first.is_plain), (true, alone.is_plain));
    let expected = ModelId::ALL.map(|model| {
        let prediction = classified(&mut cpu, model, alone.grey.clone());
        Prediction::from(&prediction)
    });
    assert_eq!(first.predictions, expected);
    assert!(matches!(&answers[1], Err(RequestError::Photo { .. })));
    let name = "gone.png".into();
    assert_eq!(answers[2], Err(RequestError::UnreadableFile { name }));
    let last = answers[3].as_ref().unwrap();
    assert_eq!((&last.grey, last.is_photo), (&boot(), false));
    assert_eq!(last.predictions.len(), ModelId::ALL.len());
}

#[test]
fn a_batch_that_takes_long_ends_early() {
    // Every reading of the clock is 30 milliseconds later.
    static TICKS: AtomicU32 = AtomicU32::new(0);
    let mut cpu = CpuEngine::new(|| f64::from(30 * TICKS.fetch_add(1, Ordering::Relaxed)));
    let files = |count: usize| vec![BatchFile::Prepared(boot()); count];
    assert_eq!(files_answered(&mut cpu, files(9)).len(), 4);
    assert_eq!(files_answered(&mut cpu, files(1)).len(), 1);
}

#[test]
fn one_message_has_the_answers_of_everything_that_is_loaded() {
    let mut cpu = CpuEngine::new(|| 0.0);
    let all = |cpu: &mut CpuEngine, grey: Pixels| match reply(cpu, Request::ClassifyByAll { grey })
    {
        Reply::AllAnswers(answers) => *answers,
        other => panic!("no answers but {other:?}"),
    };
    let nothing = all(&mut cpu, boot());
    assert!(nothing.predictions.is_empty());
    assert_eq!((nothing.ensemble, nothing.novelty), (None, None));

    let ensemble = Ensemble {
        weights: [0.3, 0.3, 0.2, 0.4, 0.1, 0.1, 0.2],
        bias: [0.0; 10],
    };
    let mut cpu = engine();
    reply(
        &mut cpu,
        Request::LoadEnsemble {
            weights: Source::Bytes(ensemble.to_artifact().to_bytes().unwrap()),
        },
    );
    let answers = all(&mut cpu, boot());
    let alone = ModelId::ALL.map(|model| classified(&mut cpu, model, boot()));
    assert_eq!(answers.predictions, alone);
    let predictions = alone.iter().map(Into::into).collect();
    let Reply::Ensemble {
        probabilities,
        contributions,
    } = reply(&mut cpu, Request::Ensemble { predictions })
    else {
        panic!("no ensemble");
    };
    assert_eq!(answers.ensemble, Some((probabilities, contributions)));
    // Three bytes, as postcard has them, are no image.
    let grey = protocol::decode::<Pixels>(&[0, 3, 1, 2, 3]).unwrap().body;
    assert!(error(reply(&mut cpu, Request::ClassifyByAll { grey })).contains("28"));
}

#[test]
fn a_search_continues_from_request_to_request_whatever_comes_in_between() {
    // Every reading of the clock is a second later, so that each request ends after one step.
    static TICKS: AtomicU32 = AtomicU32::new(0);
    let mut cpu = CpuEngine::new(|| f64::from(TICKS.fetch_add(1, Ordering::Relaxed)) * 1000.0);
    for model in ModelId::ALL {
        load(&mut cpu, model, weights(model));
    }
    let requests = Cell::new(0);
    let search = |cpu: &mut CpuEngine, model: ModelId| loop {
        requests.set(requests.get() + 1);
        assert!(requests.get() < 2000, "the search does not end");
        match reply(
            cpu,
            Request::FindSmallestChange {
                model,
                grey: boot(),
            },
        ) {
            Reply::SmallestChange(SearchState::Running { .. }) => {
                // Another model's search, and another image, leave it alone.
                let other = ModelId::Logistic;
                reply(
                    cpu,
                    Request::FindSmallestChange {
                        model: other,
                        grey: boot(),
                    },
                );
                classified(cpu, ModelId::Cnn, Pixels::from(&Grey28::new([3; PIXELS])));
            }
            Reply::SmallestChange(state) => return state,
            other => panic!("no search but {other:?}"),
        }
    };
    let (mut found, image) = (0, boot().grey().unwrap());
    for model in [ModelId::Mlp, ModelId::Svm] {
        let state = search(&mut cpu, model);
        let artifact = Artifact::from_bytes(&weights(model)).unwrap();
        let mut classifier = AnyClassifier::new(model, &artifact).unwrap();
        let mut alone = ChangeSearch::new(image.clone(), &mut classifier);
        while let SearchState::Running { .. } = alone.state() {
            alone.step(&mut classifier);
        }
        assert_eq!(state, alone.state(), "{model}");
        if let SearchState::Found(change) = state {
            found += 1;
            let grey = Pixels::from(&change.apply(&image));
            let after = shared::Prediction::from(&classified(&mut cpu, model, grey));
            assert_eq!(after.garment(), change.after);
        }
    }
    let before = requests.get();
    assert!(
        found > 0 && before > 20,
        "{found} found in {before} requests"
    );
    // A finished search is not repeated.
    search(&mut cpu, ModelId::Svm);
    assert_eq!(requests.get(), before + 1);
}

/// Dark, on white: 20 to 80 across and 20 to 60 down.
fn frame(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let inside = (20..80).contains(&x) && (20..60).contains(&y);
        let grey = if inside { 40 } else { 255 };
        [grey, grey, grey, 255]
    })
}

#[test]
fn a_frame_is_answered_like_a_file_of_a_batch() {
    let mut cpu = engine();
    let file = bmp(100, 80, |x, y| {
        let inside = (20..80).contains(&x) && (20..60).contains(&y);
        if inside { 40 } else { 255 }
    });
    let expected = files_answered(&mut cpu, vec![BatchFile::Bytes(file)]);
    let request = |frame, class| Request::ClassifyFrame { frame, class };
    let Reply::Frame(answered) = reply(&mut cpu, request(frame(100, 80), None)) else {
        panic!("no answer");
    };
    assert_eq!(Ok(&answered.answer), expected[0].as_ref());
    assert_eq!(answered.heat_map, None);
    // Too small, and one in which nothing stands out.
    for frame in [frame(4, 4), frame(20, 20)] {
        let refused = reply(&mut cpu, request(frame, None));
        assert!(error(refused).ends_with('.'));
    }
}

#[test]
fn a_frame_s_heat_map_covers_what_its_network_sees() {
    let mut cpu = CpuEngine::new(|| 0.0);
    let heat_map = |cpu: &mut CpuEngine, class| {
        let class = Some(class);
        let frame = frame(100, 80);
        match reply(cpu, Request::ClassifyFrame { frame, class }) {
            Reply::Frame(answered) => answered.heat_map,
            other => panic!("no answer but {other:?}"),
        }
    };
    let coat = PhotoClass::Garment(Garment::Coat);
    // No network.
    assert_eq!(heat_map(&mut cpu, coat), None);
    load(&mut cpu, ModelId::Cnn, weights(ModelId::Cnn));
    let of_cnn = heat_map(&mut cpu, coat).expect("the CNN's");
    // The garment is 60 wide, and the 28x28 image has about as much of the photo.
    let Frame { x, y, side } = of_cnn.square;
    assert!(
        (55.0..70.0).contains(&side) && (10.0..30.0).contains(&x) && (0.0..20.0).contains(&y),
        "{:?}",
        of_cnn.square
    );
    assert!(!of_cnn.colours.is_empty());
    assert_eq!(heat_map(&mut cpu, PhotoClass::Hat), None);
    load_photo_network(&mut cpu);
    let of_photo = heat_map(&mut cpu, PhotoClass::Hat).expect("the photo network's");
    let (x, y, side) = (0.0, -10.0, 100.0);
    assert_eq!(of_photo.square, Frame { x, y, side });
}

//! Our kernels against burn's autodiff: the same losses, gradients and running statistics.

use burn::tensor::Device;
use shared::model::layer::fold;
use shared::model::{Layer, Padding};
use shared::{Garment, ModelId};

use super::*;
use crate::data::augment::Augmentation;
use crate::fit::burn_backend::{Burn, GENERATOR};
use crate::fit::recipe::Distillation;
use crate::fit::train_loop::initial;

/// What no shipped network has: a first convolution with a border, one behind another, a block at an odd size.
const OTHER: &[Layer] = &[
    Layer::Conv {
        input: 1,
        output: 32,
        padding: Padding::Same,
    },
    Layer::MaxPool,
    Layer::Conv {
        input: 32,
        output: 64,
        padding: Padding::Same,
    },
    Layer::MaxPool,
    Layer::ResBlock { channels: 64 },
    Layer::MaxPool,
    Layer::ResBlock { channels: 64 },
    Layer::GlobalAveragePool,
    Layer::Dense {
        input: 64,
        output: 10,
        relu: false,
    },
];

/// Of a tensor's gradient, as a share of its length. Measured: 8e-6.
const GRADIENT: f64 = 1e-4;

fn recipe(normalise: bool, distillation: Option<Distillation>) -> NetworkRecipe {
    NetworkRecipe {
        epochs: 1,
        batch_size: 13,
        learning_rate: 1e-3,
        warm_up: 0.0,
        weight_decay: 0.05,
        dropout: 0.0,
        label_smoothing: 0.1,
        batch_norm: normalise,
        ema_decay: 0.0,
        photo_groups: 1,
        distillation,
        augmentation: Augmentation::default(),
    }
}

/// A picture's worth of numbers that are nobody's.
fn noise(count: usize, seed: usize) -> Vec<f32> {
    let number = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0;
    (0..count).map(number).collect()
}

/// Does not divide evenly among the shards.
fn batch(seed: usize) -> Batch {
    let count = 13;
    Batch {
        pixels: noise(count * shared::image::PIXELS, seed),
        labels: (0..count).map(|i| Garment::ALL[(i + seed) % 10]).collect(),
        mixed: (0..count)
            .map(|i| (i % 3 == 0).then_some((Garment::Coat, 0.3)))
            .collect(),
        // Nobody was asked about every third.
        teacher: noise(count * 10, seed + 1)
            .as_chunks()
            .0
            .iter()
            .enumerate()
            .map(|(i, logits)| (i % 3 != 2).then_some(*logits))
            .collect(),
    }
}

/// The length of the difference over the length.
fn distance(ours: &[f32], theirs: &[f32]) -> f64 {
    let square = |x: f64| x * x;
    let pairs = ours.iter().zip(theirs);
    let apart: f64 = pairs.map(|(a, b)| square(f64::from(a - b))).sum();
    let length: f64 = theirs.iter().map(|&b| square(f64::from(b))).sum();
    // A bias behind which a norm takes the mean away has no gradient: what is left is rounding.
    apart.sqrt() / length.sqrt().max(1e-2)
}

#[test]
fn gradients_are_those_of_burn_s_autodiff() {
    let _alone = GENERATOR.lock().unwrap();
    let distillation = Distillation {
        weight: 0.7,
        temperature: 3.0,
        views: 1,
    };
    let tables = ModelId::DEEP.map(ModelId::layers);
    for layers in tables.into_iter().chain([OTHER]) {
        for normalise in [false, true] {
            let recipe = recipe(normalise, normalise.then_some(distillation));
            let mut values = initial(layers, normalise, 5);
            // The second batch begins from what the first one left in weights and statistics.
            for seed in 0..2 {
                let batch = batch(seed);
                let on_flex =
                    || Burn::new(layers, &recipe, values.clone(), Device::flex()).unwrap();
                let mut ours = Cpu::new(layers, &recipe, &values);
                let mut theirs = on_flex();
                let lesson = ours.learn(&batch, 1e-3, 0).unwrap();
                let other = theirs.learn(&batch, 1e-3, 0).unwrap();
                assert!((lesson.loss - other.loss).abs() < 1e-4 * other.loss);
                assert_eq!(lesson.right, other.right);
                // Of a copy: to look moves a batch norm's running statistics.
                let gradients = on_flex().gradients(&batch).unwrap();
                assert_close(&ours.gradients(), &gradients, GRADIENT);
                // Statistics too, and what the optimizer made of the gradients.
                values = theirs.values().unwrap();
                assert_close(&ours.values().unwrap(), &values, 1e-2);
            }
        }
    }
}

fn assert_close(ours: &[Vec<f32>], theirs: &[Vec<f32>], limit: f64) {
    assert_eq!(ours.len(), theirs.len());
    for (i, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        let distance = distance(ours, theirs);
        assert!(
            distance < limit,
            "tensor {i} of {}: {distance}",
            theirs.len()
        );
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let layers = ModelId::Resnet.layers();
    let recipe = NetworkRecipe {
        dropout: 0.3,
        ema_decay: 0.9,
        photo_groups: 1,
        ..recipe(true, None)
    };
    let values = initial(layers, true, 5);
    let after = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut learner = Cpu::new(layers, &recipe, &values);
            for seed in 0..3 {
                learner.learn(&batch(seed), 1e-3, seed as u64).unwrap();
            }
            learner.values().unwrap()
        })
    };
    assert!(after(1) == after(3));
}

#[test]
fn a_restored_learner_goes_on_as_if_nothing_had_happened() {
    let layers = ModelId::Cnn.layers();
    let recipe = NetworkRecipe {
        dropout: 0.3,
        ema_decay: 0.9,
        photo_groups: 1,
        ..recipe(true, None)
    };
    let values = initial(layers, true, 5);
    let mut first = Cpu::new(layers, &recipe, &values);
    first.learn(&batch(1), 1e-3, 1).unwrap();
    let mut second = Cpu::new(layers, &recipe, &initial(layers, true, 6));
    second.restore(first.state().unwrap()).unwrap();
    for learner in [&mut first, &mut second] {
        learner.learn(&batch(2), 1e-3, 2).unwrap();
    }
    assert!(first.values().unwrap() == second.values().unwrap());
    let short = vec![("first", vec![0; 8])];
    assert!(second.restore(short).is_err());
}

#[test]
fn folded_norms_change_no_answer() {
    for layers in ModelId::DEEP
        .map(ModelId::layers)
        .into_iter()
        .chain([OTHER])
    {
        let recipe = recipe(true, None);
        let mut learner = Cpu::new(layers, &recipe, &initial(layers, true, 5));
        for seed in 0..3 {
            learner.learn(&batch(seed), 1e-2, 0).unwrap();
        }
        let values = learner.values().unwrap();
        let pixels = batch(7).pixels;
        let answer = |normalise: bool, values: &[Vec<f32>]| {
            let mut graph = Graph::new(layers, normalise, 0.0);
            let (parameters, statistics) = graph.lists(values.iter().map(Vec::as_slice));
            graph.answer(&parameters, &statistics, &pixels).concat()
        };
        let (apart, folded) = (
            answer(true, &values),
            answer(false, &fold(layers, true, values)),
        );
        assert!(apart.iter().any(|z| z.abs() > 0.1));
        assert!(distance(&folded, &apart) < 1e-4, "{layers:?}");
    }
}

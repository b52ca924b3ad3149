//! Tests of fine-tuning: loss, reproducibility, checkpoints and learning. The gradients are compared with burn's in `tests`.

use shared::model::PHOTO_CLASSES;
use shared::model::photo_network::{convolutions, parameters};

use super::*;

const CONFIG: FineTuningConfig = FineTuningConfig {
    weight_decay: 0.02,
    ema_decay: 0.9,
    dense_rate: 2.0,
    dropout: 0.2,
    label_smoothing: 0.1,
};

/// Numbers from -0.5 to 0.5.
fn numbers(count: usize, seed: u32) -> impl Iterator<Item = f32> {
    let mut state = seed;
    (0..count).map(move |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 16_777_216.0 - 0.5
    })
}

fn network(config: FineTuningConfig) -> FineTuning {
    let values: Vec<Vec<f32>> = (0..)
        .zip(parameters())
        .map(|(seed, (_, shape))| {
            let count: usize = shape.iter().product();
            let inputs = (count / shape[0]) as f32;
            numbers(count, seed)
                .map(|x| 5.0 * x / inputs.sqrt())
                .collect()
        })
        .collect();
    let scales: Vec<Vec<f32>> = convolutions().iter().map(|l| vec![1.0; l.output]).collect();
    FineTuning::new(config, &values, &scales)
}

/// Its size is no multiple of the number of shards.
fn batch(seed: u32) -> PhotoBatch {
    const IMAGES: usize = 6;
    PhotoBatch {
        side: 32,
        pixels: numbers(IMAGES * 32 * 32 * 3, seed).collect(),
        targets: (0..IMAGES).map(|i| Target::new([i, 13 - i])).collect(),
    }
}

#[test]
fn the_loss_of_several_right_classes_counts_their_sum() {
    // Two classes share a probability of 3/4: the loss is ln (4 / 3).
    let mut logits = [f32::NEG_INFINITY; PHOTO_CLASSES];
    (logits[2], logits[5], logits[7]) = (0.0, 2.0_f32.ln(), 0.0);
    let target = Target::new([2, 5]);
    assert_eq!(target.only_class(), None);
    assert_eq!(Target::new([5]).only_class(), Some(5));
    let finite = logits.map(|z| z.max(-80.0));
    let (loss, gradient) = target.loss(&finite, 0.0);
    assert!((loss - (4.0_f64 / 3.0).ln()).abs() < 1e-6, "{loss}");
    for (class, expected) in [(2, 0.25 - 1.0 / 3.0), (5, 0.5 - 2.0 / 3.0), (7, 0.25)] {
        assert!((gradient[class] - expected).abs() < 1e-6, "{class}");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let train = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut network = network(CONFIG);
            for seed in 0..2 {
                network.train_step(&batch(seed), 1e-3, u64::from(seed));
            }
            network.values()
        })
    };
    assert!(train(1) == train(3));
}

#[test]
fn a_restored_network_continues_with_the_same_bits() {
    let mut first = network(CONFIG);
    first.train_step(&batch(1), 1e-3, 1);
    let mut second = network(CONFIG);
    second.restore(first.state()).unwrap();
    for network in [&mut first, &mut second] {
        network.train_step(&batch(2), 1e-3, 2);
    }
    assert!(first.values() == second.values());
    let short = vec![StatePart {
        name: "first",
        bytes: vec![0; 8],
    }];
    assert_eq!(second.restore(short), Err(StateError("first")));
}

#[test]
fn learns_a_batch() {
    let mut network = network(FineTuningConfig {
        dropout: 0.0,
        label_smoothing: 0.0,
        ..CONFIG
    });
    let mut batch = batch(3);
    batch.targets = (0..6).map(|i| Target::new([i])).collect();
    let first = network.train_step(&batch, 1e-4, 0);
    let mut last = first;
    for step in 1..12 {
        last = network.train_step(&batch, 1e-4, step);
    }
    assert!(last < 0.5 * first, "{first} {last}");
}

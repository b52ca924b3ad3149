//! Weights files that somebody altered: whatever they say, they are refused or answered from, and never more than that.

mod damage;
mod forged;

use std::sync::OnceLock;

use proptest::prelude::*;
use shared::artifact::{Artifact, ArtifactError, Storage};
use shared::image::RgbaImage;
use shared::model::{Ensemble, PhotoClass, Prediction, ensemble, photo_network};
use shared::plan::photo::PhotoNetwork;
use shared::{AnyClassifier, Garment, Grey28, ModelId, Sample};
use tests::allocation_counter::{self, CountingAllocator};
use tests::reference::weights_bytes;

use damage::{damage, headers, mend};
use forged::forgery;

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What is read of a file takes at most this many times its bytes: a byte becomes four.
const READING: usize = 5;
/// As READING, for the model as well: a forest's leaf is little more than a byte, and becomes a node and perhaps a root.
const MODEL: usize = 24;
/// And this, however small the file: names, buffers for an image, and what a network needs to answer the first one.
const FLOOR: usize = 1 << 20;

/// The seven and the vote: their names and files.
fn files() -> &'static [(&'static str, Vec<u8>)] {
    static FILES: OnceLock<Vec<(&str, Vec<u8>)>> = OnceLock::new();
    FILES.get_or_init(|| {
        let names = ModelId::ALL
            .iter()
            .map(|m| m.name())
            .chain([ensemble::NAME]);
        names.map(|name| (name, weights_bytes(name))).collect()
    })
}

/// Blank, full, and something with edges.
fn samples() -> [Sample; 3] {
    let images = [
        [0; 784],
        [255; 784],
        core::array::from_fn(|i| (i * i % 251) as u8),
    ];
    images.map(|pixels| Sample::new(Grey28::new(pixels)))
}

/// Reads a file as the page would and asks for answers. Whether there were any.
///
/// # Panics
/// Where an answer is no ten probabilities, or memory was taken that the file's size does not justify.
fn ask(name: &str, bytes: &[u8]) -> bool {
    let (read, artifact) = allocation_counter::peak_allocation(|| Artifact::from_bytes(bytes));
    assert!(
        read <= READING * bytes.len() + FLOOR,
        "{name}: reading {} bytes took {read}",
        bytes.len()
    );
    let Ok(artifact) = artifact else { return false };
    let Some(model) = ModelId::from_name(name) else {
        let Ok(vote) = Ensemble::from_artifact(&artifact) else {
            return false;
        };
        let sure = |model, class: usize| Prediction {
            model,
            probabilities: core::array::from_fn(|c| f32::from(u8::from(c == class))),
        };
        let all: Vec<Prediction> = ModelId::ALL
            .into_iter()
            .zip(2..)
            .map(|(m, c)| sure(m, c))
            .collect();
        for heard in 1..=all.len() {
            let said = vote.combine(&all[..heard]).expect("somebody was heard");
            hold(name, &said);
        }
        return true;
    };
    let (made, classifier) =
        allocation_counter::peak_allocation(|| AnyClassifier::new(model, &artifact));
    assert!(
        made <= MODEL * bytes.len() + FLOOR,
        "{name}: a model of {} bytes took {made}",
        bytes.len()
    );
    let Ok(mut classifier) = classifier else {
        return false;
    };
    for sample in samples() {
        let prediction = classifier.classifier().classify(&sample);
        hold(name, &prediction.probabilities);
        if let AnyClassifier::Network(plan) = &classifier {
            plan.explain(Garment::Bag);
        }
        classifier.reason(&sample, Garment::Bag);
    }
    true
}

fn hold(name: &str, probabilities: &[f32]) {
    let sum: f32 = probabilities.iter().sum();
    assert!(
        probabilities.iter().all(|p| (0.0..=1.0).contains(p)) && (sum - 1.0).abs() < 1e-4,
        "{name} answers {probabilities:?}"
    );
}

/// Numbers that arithmetic does not expect.
const NUMBERS: [f32; 12] = [
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    f32::MAX,
    f32::MIN,
    1e30,
    -1e19,
    f32::MIN_POSITIVE,
    0.0,
    -1.0,
    0.5,
    65_535.0,
];
proptest! {
    #![proptest_config(ProptestConfig { cases: 400, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_refused_or_answered_from(
        file in any::<prop::sample::Index>(),
        damages in prop::collection::vec(damage(), 1..4),
    ) {
        let (name, bytes) = file.get(files());
        let headers = headers(bytes);
        let mut bytes = bytes.clone();
        for damage in damages {
            if !bytes.is_empty() {
                damage.apply(&mut bytes, &headers);
            }
        }
        ask(name, &bytes);
    }

    #[test]
    fn lying_files_are_refused_or_answered_from(
        file in any::<prop::sample::Index>(),
        forgeries in prop::collection::vec(forgery(), 1..4),
    ) {
        let (name, bytes) = file.get(files());
        let mut artifact = Artifact::from_bytes(bytes).expect("the committed weights are whole");
        for forgery in forgeries {
            forgery.apply(&mut artifact);
        }
        let bytes = artifact.to_bytes().expect("the forgeries keep to the format");
        ask(name, &bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn forged_weights_of_the_photo_network_are_refused_or_answered_from(
        forgeries in prop::collection::vec(forgery(), 0..4),
    ) {
        let mut artifact = Artifact::from_bytes(&weights_bytes(photo_network::NAME))
            .expect("the committed weights are whole");
        let is_whole = forgeries.is_empty();
        for forgery in forgeries {
            forgery.apply(&mut artifact);
        }
        let bytes = artifact.to_bytes().expect("the forgeries keep to the format");
        let network = Artifact::from_bytes(&bytes).ok().and_then(|a| PhotoNetwork::new(&a).ok());
        prop_assert!(network.is_some() || !is_whole);
        if let Some(mut network) = network {
            let image = RgbaImage::from_fn(33, 40, |x, y| [x as u8, 6 * y as u8, 200, 255]);
            hold(photo_network::NAME, &network.classify(&image));
            network.explain(PhotoClass::Other);
        }
    }
}

#[test]
fn the_committed_files_answer() {
    for (name, bytes) in files() {
        assert!(ask(name, bytes), "{name}");
    }
}

#[test]
fn every_single_tensor_of_every_file_may_lie() {
    for (name, bytes) in files() {
        let whole = Artifact::from_bytes(bytes).expect("the committed weights are whole");
        for (i, tensor) in whole.tensors.iter().enumerate() {
            for number in NUMBERS {
                let mut artifact = whole.clone();
                artifact.tensors[i].storage = Storage::F32;
                artifact.tensors[i].values.fill(number);
                let answered = ask(name, &artifact.to_bytes().expect("the shape is as it was"));
                let finite = number.is_finite();
                assert!(
                    finite || !answered,
                    "{name} takes {number} in {}",
                    tensor.name
                );
            }
        }
    }
}

/// Each takes seven bytes there and a hundred here.
#[test]
fn a_file_of_empty_tensors_is_refused() {
    let mut bytes = b"HBRD\x01\0\xff\xff".to_vec();
    bytes.extend(b"cnn\0\0\0\0\0\0\0\0\0\0\0\0\0");
    // No name, f32, one dimension of length 0.
    bytes.extend([0, 0, 1, 0, 0, 0, 0].repeat(65_535));
    bytes.extend([0; 4]);
    mend(&mut bytes);
    let (read, refused) = allocation_counter::peak_allocation(|| Artifact::from_bytes(&bytes));
    assert_eq!(refused, Err(ArtifactError::Malformed("too many tensors")));
    assert!(read < FLOOR, "{read} bytes");
}

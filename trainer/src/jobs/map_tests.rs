//! Tests of each model's maps on images of the test set: the means of the measures that the page shows for one image.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shared::ModelId;
use shared::explain::{Curves, Trust};

use super::JobError;
use crate::data::Examples;
use crate::evaluate::{map_examples, rounded};
use crate::weights_store::{StoreError, WeightsStore};

/// The name of the record in the folder `metrics`.
const RECORD: &str = "maps";
/// The images that are tested: of the 10,000 every fiftieth, as a test takes hundreds of predictions.
const IMAGES: usize = 200;

/// The recorded means; `None` if there are none, or if they belong to other weights than those in the store.
///
/// # Errors
/// The file is damaged.
pub fn recorded(store: &WeightsStore) -> Result<Option<MapTests>, StoreError> {
    let means: Option<MapTests> = store.read_metrics_file(RECORD)?;
    let hashes = store.hashes()?;
    let is_current = |m: &MapTests| {
        m.weights
            .iter()
            .all(|(name, hash)| hashes.get(name) == Some(hash))
    };
    Ok(means.filter(is_current))
}

/// `metrics/maps.json`: the means of all models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapTests {
    /// SHA-256 of the tested weights, by name.
    pub weights: BTreeMap<String, String>,
    /// Images that were tested.
    pub images: usize,
    /// In the order of [`ModelId::ALL`].
    pub models: Vec<MapMeans>,
}

/// The means of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapMeans {
    pub model: ModelId,
    /// Of the model's own map.
    pub own: Areas,
    /// Of its occlusion map; `None` if that is its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occlusion: Option<Areas>,
    /// Of a random order of the pixels.
    pub random: Areas,
    /// The rank correlation of the two maps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreement: Option<f64>,
    /// The rank correlation of its own map with that of the same model with shuffled parameters.
    pub shuffled_agreement: f64,
}

/// The mean areas below the deletion and the insertion curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Areas {
    /// The method of the map, or `random`.
    pub method: String,
    pub deletion: f64,
    pub insertion: f64,
}

/// Tests the maps of the predicted class of some test images, evenly distributed over the set, and records the means.
///
/// # Errors
/// See [`JobError`].
pub fn measure(store: &WeightsStore, test: &Examples) -> Result<MapTests, JobError> {
    let images: Vec<usize> = (0..test.len())
        .step_by((test.len() / IMAGES).max(1))
        .collect();
    let tested = test.select(&images);
    let manifest = store.manifest()?;
    let mut tests = MapTests {
        weights: BTreeMap::new(),
        images: tested.len(),
        models: Vec::new(),
    };
    for model in ModelId::ALL {
        let entry = manifest.entry(model).ok_or_else(|| store.missing_entry())?;
        tests
            .weights
            .insert(model.name().into(), entry.sha256.clone());
        let artifact = store.artifact(model)?;
        let found = map_examples(model, &artifact, &tested, |classifier, sample| {
            let class = classifier.classifier().classify(sample).garment();
            classifier.trust(sample, class)
        })?;
        tests.models.extend(means(model, &found));
    }
    store.write_metrics_file(RECORD, &tests)?;
    Ok(tests)
}

/// The means over images; `None` without any image.
fn means(model: ModelId, found: &[Trust]) -> Option<MapMeans> {
    let first = found.first()?;
    let areas = |method: &str, curves: &dyn Fn(&Trust) -> &Curves| Areas {
        method: method.into(),
        deletion: mean(found.iter().map(|t| curves(t).deletion_area())),
        insertion: mean(found.iter().map(|t| curves(t).insertion_area())),
    };
    let of_map = |index: usize| {
        let method = first.tested.get(index)?.method.name();
        Some(areas(method, &|t| &t.tested[index].curves))
    };
    let agreement = first
        .agreement
        .map(|_| mean(found.iter().filter_map(|t| t.agreement)));
    Some(MapMeans {
        model,
        own: of_map(0)?,
        occlusion: of_map(1),
        random: areas("random", &|t| &t.random_order),
        agreement,
        shuffled_agreement: mean(found.iter().map(|t| t.shuffled_agreement)),
    })
}

fn mean(values: impl Iterator<Item = f32>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| {
        (sum + f64::from(value), count + 1.0)
    });
    rounded(sum / f64::max(count, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::explain::trust::TestedMap;
    use shared::explain::{EvidenceMap, MapMethod};

    fn trust(area: f32) -> Trust {
        let curves = |at: f32| Curves {
            deletion: vec![at, at],
            insertion: vec![1.0 - at, 1.0 - at],
        };
        let map = EvidenceMap::of_pixels(MapMethod::HiResCam, vec![0.0; 784]);
        let tested = [
            (MapMethod::HiResCam, area),
            (MapMethod::Occlusion, area / 2.0),
        ];
        Trust {
            tested: tested
                .map(|(method, area)| TestedMap {
                    method,
                    curves: curves(area),
                })
                .into(),
            random_order: curves(0.75),
            agreement: Some(area),
            own: map.clone(),
            shuffled: map,
            shuffled_agreement: -area,
        }
    }

    #[test]
    fn means_are_over_images_and_by_method() {
        let means = means(ModelId::Cnn, &[trust(0.25), trust(0.5)]).unwrap();
        let areas = |method: &str, deletion: f64| Areas {
            method: method.into(),
            deletion,
            insertion: 1.0 - deletion,
        };
        assert_eq!(means.own, areas("hirescam", 0.375));
        assert_eq!(means.occlusion, Some(areas("occlusion", 0.1875)));
        assert_eq!(means.random, areas("random", 0.75));
        assert_eq!(means.agreement, Some(0.375));
        assert_eq!(means.shuffled_agreement, -0.375);
        assert!(super::means(ModelId::Cnn, &[]).is_none());
    }
}

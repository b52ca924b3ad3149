//! Checks that the TypeScript types list the names of models, weights files, classes and errors.

use shared::model::{PhotoClass, WeightsFile};
use shared::{Garment, ModelId};

const TYPES: &str = include_str!("../js/haberdash.d.ts");

/// The string literals of a type alias, in order.
fn literals(alias: &str) -> Vec<&'static str> {
    let (_, definition) = TYPES.split_once(&format!("export type {alias} =")).unwrap();
    let (definition, _) = definition.split_once(';').unwrap();
    definition.split('"').skip(1).step_by(2).collect()
}

#[test]
fn the_types_list_all_names() {
    let models = ModelId::ALL.map(ModelId::name);
    assert_eq!(literals("ModelName"), models);
    let files: Vec<_> = WeightsFile::all().map(WeightsFile::name).collect();
    assert_eq!([&models, &*literals("WeightsName")].concat(), files);
    let labels = Garment::ALL.map(Garment::label);
    assert_eq!(literals("Label"), labels);
    let photo_labels: Vec<_> = PhotoClass::all().map(PhotoClass::label).collect();
    assert_eq!([&labels, &*literals("PhotoLabel")].concat(), photo_labels);
}

#[test]
fn the_package_has_the_workspace_s_version() {
    let package = include_str!("../js/package.json");
    let version = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(package.contains(&version));
}

//! The trainer's ONNX files, read and run by an independent implementation, tract: the logits are those of the native network.
// All of this is test code, also what is outside of `#[test]` functions.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use shared::garment::CLASSES;
use shared::image::SIDE;
use shared::plan::Plan;
use shared::{Classifier, ModelId, Sample};
use tests::reference::{Reference, weights};
use tract_onnx::pb::ValueInfoProto;
use tract_onnx::pb::tensor_shape_proto::dimension::Value as Dimension;
use tract_onnx::pb::type_proto::Value as ValueType;
use tract_onnx::prelude::*;
use trainer::export::{ExportError, INPUT, OUTPUT, onnx};

/// Largest difference of a logit. Measured: 3e-5.
const TOLERANCE: f32 = 2e-4;

fn export(model: ModelId) -> Vec<u8> {
    onnx(model, &weights(model)).unwrap()
}

/// The logits of all images, which are one batch.
///
/// # Shapes
/// `pixels`: `[images, 1, 28, 28]`; result: `[images, 10]`.
fn run_with_tract(file: &[u8], pixels: &[f32]) -> Vec<[f32; CLASSES]> {
    let images = pixels.len() / (SIDE * SIDE);
    let input = Tensor::from_shape(&[images, 1, SIDE, SIDE], pixels).unwrap();
    let model = tract_onnx::onnx()
        .model_for_read(&mut &*file)
        .unwrap()
        .into_optimized()
        .unwrap()
        .into_runnable()
        .unwrap();
    let outputs = model.run(tvec!(input.into())).unwrap();
    let output = outputs[0].try_as_plain_ram().unwrap();
    let (logits, rest) = output.as_slice::<f32>().unwrap().as_chunks();
    assert!(rest.is_empty());
    logits.to_vec()
}

#[test]
fn logits_are_those_of_the_native_network() {
    let images = Reference::load().images;
    let pixels: Vec<f32> = images.iter().flat_map(|i| i.standardised()).collect();
    for model in ModelId::DEEP {
        let mut plan = Plan::new(model, &weights(model)).unwrap();
        let logits = run_with_tract(&export(model), &pixels);
        assert_eq!(logits.len(), images.len());
        let mut worst = 0.0_f32;
        for (image, logits) in images.iter().zip(logits) {
            let expected = plan.scores(&Sample::new(image.clone()));
            for (found, expected) in logits.iter().zip(expected) {
                let difference = (found - expected).abs();
                assert!(
                    difference <= TOLERANCE,
                    "{model}: {found} instead of {expected}"
                );
                worst = worst.max(difference);
            }
        }
        println!("{model}: logits within {worst:.1e}");
    }
}

#[test]
fn input_output_and_metadata_are_described() {
    let file = export(ModelId::Cnn);
    let file = tract_onnx::onnx().proto_model_for_read(&mut &*file);
    let file = file.unwrap();
    assert_eq!(file.opset_import.len(), 1);
    assert_eq!(file.opset_import[0].version, 17);
    let metadata: HashMap<&str, &str> = file
        .metadata_props
        .iter()
        .map(|entry| (&*entry.key, &*entry.value))
        .collect();
    let plan = Plan::new(ModelId::Cnn, &weights(ModelId::Cnn)).unwrap();
    assert_eq!(
        metadata["temperature"].parse::<f32>().unwrap(),
        plan.temperature()
    );
    assert_eq!(metadata["labels"].split(',').count(), CLASSES);
    let graph = file.graph.unwrap();
    assert_eq!(shape(&graph.input[0], INPUT), ["N", "1", "28", "28"]);
    assert_eq!(shape(&graph.output[0], OUTPUT), ["N", "10"]);
}

/// The dimensions of a value, which must have the name.
fn shape(value: &ValueInfoProto, name: &str) -> Vec<String> {
    assert_eq!(value.name, name);
    let ValueType::TensorType(tensor) = value.r#type.as_ref().unwrap().value.as_ref().unwrap();
    let dimensions = &tensor.shape.as_ref().unwrap().dim;
    dimensions
        .iter()
        .map(|dimension| match dimension.value.as_ref().unwrap() {
            Dimension::DimValue(size) => size.to_string(),
            Dimension::DimParam(name) => name.clone(),
        })
        .collect()
}

#[test]
fn rejects_models_that_are_not_networks() {
    let artifact = weights(ModelId::Logistic);
    let error = onnx(ModelId::Logistic, &artifact).unwrap_err();
    assert!(matches!(error, ExportError::NotANetwork(ModelId::Logistic)));
    assert!(error.to_string().contains("export cnn, resnet or mlp"));
    // Neither are the weights of another model accepted.
    assert!(onnx(ModelId::Cnn, &artifact).is_err());
}

//! ONNX nodes, tensors and values as protobuf messages; the field numbers are those of onnx.proto3.

use super::protobuf::Fields;

/// `TensorProto.DataType.FLOAT`.
const FLOAT: u64 = 1;

/// An attribute of a node: its name and value.
pub enum Attribute<'a> {
    Float(&'a str, f32),
    Number(&'a str, usize),
    Numbers(&'a str, &'a [usize]),
}

impl Attribute<'_> {
    fn message(&self) -> Fields {
        // Field 20 is the type of the value.
        match *self {
            Self::Float(name, value) => attribute(name).float(2, value).number(20, 1),
            Self::Number(name, value) => attribute(name).number(3, value as u64).number(20, 2),
            Self::Numbers(name, values) => attribute(name).numbers(8, values).number(20, 7),
        }
    }
}

fn attribute(name: &str) -> Fields {
    Fields::default().bytes(1, name)
}

/// A node with one output, which is also the node's name.
pub fn node(operator: &str, inputs: &[&str], output: &str, attributes: &[Attribute]) -> Fields {
    let inputs = inputs.iter();
    inputs
        .fold(Fields::default(), |fields, input| fields.bytes(1, input))
        .bytes(2, output)
        .bytes(3, output)
        .bytes(4, operator)
        .messages(5, attributes.iter().map(Attribute::message))
}

/// A constant tensor of 32-bit floats.
pub fn tensor(name: &str, shape: &[usize], values: &[f32]) -> Fields {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    Fields::default()
        .numbers(1, shape)
        .number(2, FLOAT)
        .bytes(8, name)
        .bytes(9, bytes)
}

/// An input or output of the graph, with the shape `[N, rest...]`.
pub fn value(name: &str, rest: &[usize]) -> Fields {
    let dimension = Fields::default().bytes(2, "N");
    let rest = rest.iter().map(|&d| Fields::default().number(1, d as u64));
    let shape = Fields::default().message(1, dimension).messages(1, rest);
    let tensor = Fields::default().number(1, FLOAT).message(2, shape);
    Fields::default()
        .bytes(1, name)
        .message(2, Fields::default().message(1, tensor))
}

//! A network as an ONNX file, for other programs: its table of layers as a graph, its weights as 32-bit floats.
//!
//! Input `pictures`, `[N, 1, 28, 28]`: pixels standardised as `shared::image` does it. Output `logits`, `[N, 10]`, in label
//! order; divided by `temperature`, which stands in the file's metadata beside the labels, and put through softmax they are
//! the probabilities. Batch norms are nodes of their own.

mod node;
mod protobuf;

use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::image::{MEAN, SIDE, STANDARD_DEVIATION};
use shared::model::layer::{BATCH_NORM_EPSILON, Layer, Padding, parameters};
use shared::plan::Plan;
use shared::{Classifier, Garment, ModelId};
use thiserror::Error;

use node::{Attribute, node, tensor, value};
use protobuf::Fields;

/// What the graph takes, and what it gives.
pub const INPUT: &str = "pictures";
pub const OUTPUT: &str = "logits";

/// Of the format, and of the operators: what every runtime of the last years reads.
const IR_VERSION: u64 = 8;
const OPSET: u64 = 17;

/// Why there is no ONNX file.
#[derive(Debug, Error)]
pub enum ExportError {
    #[error("{} is no network, and ONNX files are made of networks alone: export cnn, resnet or mlp", .0.title())]
    NoNetwork(ModelId),
    #[error(transparent)]
    Model(#[from] shared::model::ModelError),
}

/// The file's bytes.
///
/// # Errors
/// The model is no network, or the weights are not its own.
pub fn onnx(model: ModelId, artifact: &Artifact) -> Result<Vec<u8>, ExportError> {
    if !model.is_deep() {
        return Err(ExportError::NoNetwork(model));
    }
    // Which also finds out whether these are the model's weights, and sound.
    let temperature = Plan::new(model, artifact)?.temperature();
    let weights = parameters(model.layers()).into_iter().filter_map(|p| {
        let found = artifact.tensor(&p.name)?;
        Some(tensor(&p.name, &p.shape, &found.values))
    });
    let graph = Fields::default()
        .messages(1, nodes(model.layers()))
        .bytes(2, model.name())
        .messages(5, weights)
        .message(11, value(INPUT, &[1, SIDE, SIDE]))
        .message(12, value(OUTPUT, &[CLASSES]));
    let labels = Garment::ALL.map(Garment::label).join(",");
    let facts = [
        ("temperature", temperature.to_string()),
        ("labels", labels),
        ("pixel_mean", MEAN.to_string()),
        ("pixel_standard_deviation", STANDARD_DEVIATION.to_string()),
    ];
    let facts = facts.map(|(key, value)| Fields::default().bytes(1, key).bytes(2, value));
    let file = Fields::default()
        .number(1, IR_VERSION)
        .bytes(2, "haberdash")
        .bytes(3, env!("CARGO_PKG_VERSION"))
        .message(7, graph)
        .message(8, Fields::default().bytes(1, "").number(2, OPSET))
        .messages(14, facts);
    Ok(file.into_bytes())
}

/// The graph that is being written.
#[derive(Default)]
struct Graph {
    nodes: Vec<Fields>,
    /// The value that the next node takes.
    last: String,
}

impl Graph {
    /// A node that takes the last value before `others`, and makes the next one.
    fn add(&mut self, operator: &str, output: &str, others: &[&str], attributes: &[Attribute]) {
        let inputs = [&[self.last.as_str()], others].concat();
        self.nodes.push(node(operator, &inputs, output, attributes));
        self.last = output.into();
    }

    fn conv(&mut self, name: &str, padding: Padding) {
        let pads = match padding {
            Padding::Valid => [0; 4],
            Padding::Same => [1; 4],
        };
        self.add(
            "Conv",
            &format!("{name}.sum"),
            &[&format!("{name}.weight"), &format!("{name}.bias")],
            &[
                Attribute::Numbers("kernel_shape", &[3, 3]),
                Attribute::Numbers("pads", &pads),
            ],
        );
    }

    fn relu(&mut self, name: &str) {
        self.add("Relu", &format!("{name}.relu"), &[], &[]);
    }

    fn norm(&mut self, name: &str) {
        let of = ["gamma", "beta", "mean", "variance"].map(|s| format!("{name}.{s}"));
        let of: Vec<&str> = of.iter().map(String::as_str).collect();
        let epsilon = Attribute::Float("epsilon", BATCH_NORM_EPSILON);
        self.add(
            "BatchNormalization",
            &format!("{name}.out"),
            &of,
            &[epsilon],
        );
    }

    fn flatten(&mut self, name: &str) {
        let axis = Attribute::Number("axis", 1);
        self.add("Flatten", &format!("{name}.flat"), &[], &[axis]);
    }
}

fn nodes(layers: &[Layer]) -> Vec<Fields> {
    let mut graph = Graph {
        last: INPUT.into(),
        ..Graph::default()
    };
    for (i, layer) in layers.iter().enumerate() {
        let name = i.to_string();
        match *layer {
            Layer::Conv { padding, .. } => {
                graph.conv(&name, padding);
                graph.relu(&name);
            }
            Layer::MaxPool => {
                let sides = [2, 2];
                let attributes = ["kernel_shape", "strides"].map(|a| Attribute::Numbers(a, &sides));
                graph.add("MaxPool", &format!("{name}.pool"), &[], &attributes);
            }
            Layer::ResBlock { .. } => {
                let input = graph.last.clone();
                graph.conv(&format!("{name}.conv1"), Padding::Same);
                graph.relu(&format!("{name}.conv1"));
                graph.norm(&format!("{name}.norm1"));
                graph.conv(&format!("{name}.conv2"), Padding::Same);
                graph.norm(&format!("{name}.norm2"));
                graph.add("Add", &format!("{name}.both"), &[&input], &[]);
                graph.relu(&name);
            }
            Layer::GlobalAveragePool => {
                graph.add("GlobalAveragePool", &format!("{name}.mean"), &[], &[]);
                // One row and one column are left of each channel.
                graph.flatten(&name);
            }
            Layer::Flatten => graph.flatten(&name),
            Layer::Dense { relu, .. } => {
                let output = match i + 1 == layers.len() {
                    true => OUTPUT.into(),
                    false => format!("{name}.sum"),
                };
                let of = ["weight", "bias"].map(|p| format!("{name}.{p}"));
                graph.add("Gemm", &output, &[&of[0], &of[1]], &[]);
                if relu {
                    graph.relu(&name);
                }
            }
        }
    }
    graph.nodes
}

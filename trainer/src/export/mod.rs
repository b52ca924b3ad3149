//! Export of a network as an ONNX file: its layers as a graph, its weights as 32-bit floats.
//!
//! The input `pictures`, `[N, 1, 28, 28]`, is standardised as in `shared::image`. The output `logits`, `[N, 10]`, is in label
//! order; the softmax of the logits divided by `temperature` gives the probabilities. The temperature and the labels are in
//! the file's metadata. Batch norms are nodes of their own.

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

/// The names of the graph's input and output.
pub const INPUT: &str = "pictures";
pub const OUTPUT: &str = "logits";

/// The versions of the format and of the operator set, which all current runtimes support.
const IR_VERSION: u64 = 8;
const OPSET: u64 = 17;

/// Why a model could not be exported.
#[derive(Debug, Error)]
pub enum ExportError {
    #[error("{} is not a network, and only networks can be exported as ONNX: export cnn, resnet or mlp", .0.title())]
    NotANetwork(ModelId),
    #[error(transparent)]
    Model(#[from] shared::model::ModelError),
}

/// The bytes of the ONNX file.
///
/// # Errors
/// The model is not a network, or the weights are of another model.
pub fn onnx(model: ModelId, artifact: &Artifact) -> Result<Vec<u8>, ExportError> {
    if !model.is_deep() {
        return Err(ExportError::NotANetwork(model));
    }
    // This also checks the weights.
    let temperature = Plan::new(model, artifact)?.temperature();
    let weights = parameters(model.layers()).into_iter().map(|p| {
        let found = artifact
            .tensor(&p.name)
            .expect("invariant: the plan was made from all parameters");
        tensor(&p.name, &p.shape, &found.values)
    });
    let graph = Fields::default()
        .messages(1, build_nodes(model.layers()))
        .bytes(2, model.name())
        .messages(5, weights)
        .message(11, value(INPUT, &[1, SIDE, SIDE]))
        .message(12, value(OUTPUT, &[CLASSES]));
    let labels = Garment::ALL.map(Garment::label).join(",");
    let metadata = [
        ("temperature", temperature.to_string()),
        ("labels", labels),
        ("pixel_mean", MEAN.to_string()),
        ("pixel_standard_deviation", STANDARD_DEVIATION.to_string()),
    ];
    let metadata = metadata.map(|(key, value)| Fields::default().bytes(1, key).bytes(2, value));
    let file = Fields::default()
        .number(1, IR_VERSION)
        .bytes(2, "haberdash")
        .bytes(3, env!("CARGO_PKG_VERSION"))
        .message(7, graph)
        .message(8, Fields::default().bytes(1, "").number(2, OPSET))
        .messages(14, metadata);
    Ok(file.into_bytes())
}

/// Builds the graph's nodes.
#[derive(Default)]
struct Graph {
    nodes: Vec<Fields>,
    /// The output of the last node.
    last: String,
}

impl Graph {
    /// Adds a node whose inputs are the last node's output and `others`.
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

    fn batch_norm(&mut self, name: &str) {
        let parameters = ["gamma", "beta", "mean", "variance"].map(|s| format!("{name}.{s}"));
        let parameters: Vec<&str> = parameters.iter().map(String::as_str).collect();
        let epsilon = Attribute::Float("epsilon", BATCH_NORM_EPSILON);
        self.add(
            "BatchNormalization",
            &format!("{name}.out"),
            &parameters,
            &[epsilon],
        );
    }

    fn flatten(&mut self, name: &str) {
        let axis = Attribute::Number("axis", 1);
        self.add("Flatten", &format!("{name}.flat"), &[], &[axis]);
    }
}

fn build_nodes(layers: &[Layer]) -> Vec<Fields> {
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
                graph.batch_norm(&format!("{name}.norm1"));
                graph.conv(&format!("{name}.conv2"), Padding::Same);
                graph.batch_norm(&format!("{name}.norm2"));
                graph.add("Add", &format!("{name}.both"), &[&input], &[]);
                graph.relu(&name);
            }
            Layer::GlobalAveragePool => {
                graph.add("GlobalAveragePool", &format!("{name}.mean"), &[], &[]);
                // `[N, channels, 1, 1] -> [N, channels]`.
                graph.flatten(&name);
            }
            Layer::Flatten => graph.flatten(&name),
            Layer::Dense { relu, .. } => {
                let output = if i + 1 == layers.len() {
                    OUTPUT.into()
                } else {
                    format!("{name}.sum")
                };
                let [weight, bias] = ["weight", "bias"].map(|p| format!("{name}.{p}"));
                graph.add("Gemm", &output, &[&weight, &bias], &[]);
                if relu {
                    graph.relu(&name);
                }
            }
        }
    }
    graph.nodes
}

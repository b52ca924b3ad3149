//! A trained network that only answers.

use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::model::Layer;
use shared::model::layer::parameters;

use super::graph::Graph;
use crate::data::Examples;
use crate::evaluate::Evaluation;
use crate::fit::backend::probabilities;

/// A trained network that only answers.
pub struct Frozen {
    graph: Graph,
    parameters: Vec<f32>,
    statistics: Vec<f32>,
}

/// Pictures that are answered at a time: a teacher needs two megabytes for each.
pub const ANSWERED: usize = 128;

impl Frozen {
    /// A weights file's network; a tensor that the table needs and the file lacks is taken for zeros.
    pub fn of(layers: &[Layer], artifact: &Artifact) -> Self {
        let graph = Graph::new(layers, false, 0.0);
        let values = parameters(layers).into_iter();
        let values = values.map(|p| {
            let tensor = artifact.tensor(&p.name);
            tensor.map_or(&[][..], |t| t.values.as_slice())
        });
        let (parameters, statistics) = graph.lists(values);
        Self {
            graph,
            parameters,
            statistics,
        }
    }

    /// The logits of standardised pictures.
    ///
    /// # Shapes
    /// `pixels` holds `batch * 784` numbers.
    pub fn answer(&mut self, pixels: &[f32]) -> Vec<[f32; CLASSES]> {
        self.graph
            .answer(&self.parameters, &self.statistics, pixels)
    }

    /// Has it answer every example.
    pub fn evaluate(&mut self, examples: &Examples) -> Evaluation {
        let mut answers = Vec::with_capacity(examples.len());
        for pictures in examples.images.chunks(ANSWERED) {
            let pixels: Vec<f32> = pictures.iter().flat_map(|p| p.standardised()).collect();
            answers.extend(self.answer(&pixels));
        }
        Evaluation::of_answers(answers.iter().map(probabilities), &examples.labels)
    }
}

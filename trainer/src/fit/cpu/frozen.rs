//! A trained network that only answers.

use rayon::prelude::*;
use shared::Grey28;
use shared::artifact::Artifact;
use shared::garment::CLASSES;
use shared::image::SIDE;
use shared::model::Layer;
use shared::model::layer::parameters;

use super::graph::Graph;
use crate::data::Examples;
use crate::evaluate::Evaluation;
use crate::fit::learner::probabilities;

/// A trained network that only answers.
pub struct Frozen {
    graph: Graph,
    parameters: Vec<f32>,
    statistics: Vec<f32>,
}

/// Pictures that are answered at a time.
const ANSWERED: usize = 512;

impl Frozen {
    /// A weights file's network; a tensor that the table needs and the file lacks is taken for zeros.
    pub fn of(layers: &[Layer], artifact: &Artifact) -> Self {
        let graph = Graph::new(layers, false, 0.0);
        let values = parameters(layers).into_iter();
        let values = values.map(|p| {
            artifact
                .tensor(&p.name)
                .map_or(&[][..], |t| t.values.as_slice())
        });
        let (parameters, statistics) = graph.lists(values);
        Self {
            graph,
            parameters,
            statistics,
        }
    }

    /// The logits of every picture, mirrored where asked.
    pub fn answer(&mut self, pictures: &[Grey28], mirrored: bool) -> Vec<[f32; CLASSES]> {
        let mut answers = Vec::with_capacity(pictures.len());
        for pictures in pictures.chunks(ANSWERED) {
            let pixels: Vec<f32> = pictures
                .par_iter()
                .flat_map_iter(|picture| {
                    let mut pixels = picture.standardised();
                    if mirrored {
                        pixels.chunks_exact_mut(SIDE).for_each(<[f32]>::reverse);
                    }
                    pixels
                })
                .collect();
            answers.extend(
                self.graph
                    .answer(&self.parameters, &self.statistics, &pixels),
            );
        }
        answers
    }

    /// Has it answer every example.
    pub fn evaluate(&mut self, examples: &Examples) -> Evaluation {
        let answers = self.answer(&examples.pictures, false).into_iter();
        Evaluation::of_answers(answers.map(|z| probabilities(&z)), &examples.labels)
    }
}

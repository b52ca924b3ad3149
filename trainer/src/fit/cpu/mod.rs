//! Training on the CPU with kernels of our own: several times as fast as burn's CPU backends, same results.

mod adamw;
mod chain;
mod conv;
mod each;
mod frozen;
mod graph;
mod kernel;
mod layout;
mod norm;
mod shard;
#[cfg(test)]
mod tests;

use rayon::prelude::*;
use shared::model::Layer;

use self::adamw::AdamW;
use self::graph::Graph;
use super::backend::{Batch, Learner, Lesson, Objective, Part};
use super::recipe::NetworkRecipe;
use super::train_loop::FitError;
pub use adamw::follow;
pub use frozen::{ANSWERED, Frozen};

/// A network on the CPU, and AdamW's memory of it.
pub struct Cpu {
    graph: Graph,
    objective: Objective,
    weight_decay: f32,
    average_decay: f64,
    parameters: Vec<f32>,
    statistics: Vec<f32>,
    /// Running means of the gradients and of their squares.
    first: Vec<f32>,
    second: Vec<f32>,
    /// Running means of parameters and statistics.
    average: Vec<f32>,
    average_statistics: Vec<f32>,
    gradients: Vec<f32>,
    steps: u64,
}

impl Cpu {
    /// A network that begins with these values, a list for each training parameter of the table.
    pub fn new(layers: &[Layer], recipe: &NetworkRecipe, values: &[Vec<f32>]) -> Self {
        let graph = Graph::new(layers, recipe.batch_norm, recipe.dropout);
        let (parameters, statistics) = graph.lists(values.iter().map(Vec::as_slice));
        let none = vec![0.0; graph.chain.learned];
        Self {
            objective: recipe.objective(),
            weight_decay: recipe.weight_decay,
            average_decay: recipe.ema_decay,
            first: none.clone(),
            second: none.clone(),
            gradients: none,
            average: parameters.clone(),
            average_statistics: statistics.clone(),
            parameters,
            statistics,
            graph,
            steps: 0,
        }
    }

    /// Gradients of a batch's mean loss, a list for each training parameter; statistics have none.
    #[cfg(test)]
    pub fn gradients(&self) -> Vec<Vec<f32>> {
        let learned = self.graph.chain.fields.iter().filter(|f| !f.is_statistic);
        learned
            .map(|f| f.layout.read(&self.gradients[f.slot.start..][..f.slot.len]))
            .collect()
    }

    fn lists(&mut self) -> [(&'static str, &mut Vec<f32>); 6] {
        [
            ("parameters", &mut self.parameters),
            ("statistics", &mut self.statistics),
            ("first", &mut self.first),
            ("second", &mut self.second),
            ("average", &mut self.average),
            ("average-statistics", &mut self.average_statistics),
        ]
    }
}

impl Learner for Cpu {
    fn learn(&mut self, batch: &Batch, learning_rate: f64, seed: u64) -> Result<Lesson, FitError> {
        let Self {
            graph,
            parameters,
            statistics,
            gradients,
            ..
        } = self;
        let lesson = graph.learn(
            parameters,
            statistics,
            batch,
            self.objective,
            seed,
            gradients,
        );
        self.steps += 1;
        let step = AdamW::new(
            self.steps,
            learning_rate,
            self.weight_decay,
            self.average_decay,
        );
        let part = self.parameters.len().div_ceil(8).max(1);
        let lists = self
            .parameters
            .par_chunks_mut(part)
            .zip(self.gradients.par_chunks(part));
        let lists = lists
            .zip(self.first.par_chunks_mut(part))
            .zip(self.second.par_chunks_mut(part));
        lists.zip(self.average.par_chunks_mut(part)).for_each(
            |((((parameters, gradients), first), second), average)| {
                each::adamw(step, parameters, gradients, first, second, average);
            },
        );
        for (average, value) in self.average_statistics.iter_mut().zip(&self.statistics) {
            *average += step.follow * (value - *average);
        }
        Ok(lesson)
    }

    fn values(&self) -> Result<Vec<Vec<f32>>, FitError> {
        let fields = self.graph.chain.fields.iter().map(|field| {
            let list = if field.is_statistic {
                &self.average_statistics
            } else {
                &self.average
            };
            field
                .layout
                .read(&list[field.slot.start..][..field.slot.len])
        });
        Ok(fields.collect())
    }

    fn parts(&self) -> &'static [&'static str] {
        &[
            "parameters",
            "statistics",
            "first",
            "second",
            "average",
            "average-statistics",
            "steps",
        ]
    }

    fn state(&self) -> Result<Vec<Part>, FitError> {
        let bytes = |list: &[f32]| list.iter().flat_map(|x| x.to_le_bytes()).collect();
        Ok(vec![
            ("parameters", bytes(&self.parameters)),
            ("statistics", bytes(&self.statistics)),
            ("first", bytes(&self.first)),
            ("second", bytes(&self.second)),
            ("average", bytes(&self.average)),
            ("average-statistics", bytes(&self.average_statistics)),
            ("steps", self.steps.to_le_bytes().to_vec()),
        ])
    }

    fn restore(&mut self, parts: Vec<Part>) -> Result<(), FitError> {
        for (name, bytes) in parts {
            if name == "steps" {
                let bytes = bytes.try_into().map_err(|_| FitError::Restore(name))?;
                self.steps = u64::from_le_bytes(bytes);
                continue;
            }
            let list = self.lists().into_iter().find(|(known, _)| *known == name);
            let (_, list) = list.ok_or(FitError::Restore(name))?;
            if bytes.len() != 4 * list.len() {
                return Err(FitError::Restore(name));
            }
            let numbers = bytes.as_chunks::<4>().0.iter();
            list.iter_mut()
                .zip(numbers)
                .for_each(|(x, b)| *x = f32::from_le_bytes(*b));
        }
        Ok(())
    }
}

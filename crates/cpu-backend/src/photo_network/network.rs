//! The layers of the photo network, where their parameters are in flat lists, and the settings of fine-tuning.

use shared::model::PHOTO_CLASSES;
use shared::model::photo_network::{ConvLayer, FEATURES, convolutions};

/// Settings of fine-tuning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FineTuningConfig {
    /// The weight decay of AdamW; biases do not decay.
    pub weight_decay: f32,
    /// The decay per step of the weights' exponential moving average; 0 without one.
    pub ema_decay: f64,
    /// The factor of the dense layer's learning rate, which starts from less.
    pub dense_rate: f32,
    /// The share of the dense layer's inputs that is dropped.
    pub dropout: f32,
    pub label_smoothing: f32,
}

/// Where weight and bias of a layer begin in the flat list of parameters.
#[derive(Clone, Copy)]
pub struct Slot {
    pub weight: usize,
    pub weight_count: usize,
    pub bias: usize,
    pub outputs: usize,
}

impl Slot {
    /// The weight in a list of parameters or gradients.
    pub fn weight<'a>(&self, list: &'a [f32]) -> &'a [f32] {
        &list[self.weight..][..self.weight_count]
    }

    /// The bias in such a list.
    pub fn bias<'a>(&self, list: &'a [f32]) -> &'a [f32] {
        &list[self.bias..][..self.outputs]
    }

    /// Weight and bias, mutable; the bias follows the weight.
    pub fn split_mut<'a>(&self, list: &'a mut [f32]) -> (&'a mut [f32], &'a mut [f32]) {
        list[self.weight..][..self.weight_count + self.outputs].split_at_mut(self.weight_count)
    }
}

/// The layers of the network and where their parameters are.
pub struct Network {
    pub layers: Vec<ConvLayer>,
    /// Of each convolution, then of the dense layer.
    pub slots: Vec<Slot>,
    /// The number of parameters.
    pub count: usize,
}

impl Network {
    pub fn new() -> Self {
        let layers = convolutions();
        let sizes = layers
            .iter()
            .map(|layer| (layer.weight_count(), layer.output));
        let mut count = 0;
        let slots = sizes.chain([(PHOTO_CLASSES * FEATURES, PHOTO_CLASSES)]);
        let slots = slots.map(|(weight_count, outputs)| {
            let weight = count;
            count += weight_count + outputs;
            Slot {
                weight,
                weight_count,
                bias: weight + weight_count,
                outputs,
            }
        });
        let slots = slots.collect();
        Self {
            layers,
            slots,
            count,
        }
    }
}

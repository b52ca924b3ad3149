//! The layers of a network in words: their names, what they do, and what a map shows.

use shared::ModelId;
use shared::inside::{FeatureMap, LayerKind, LayerMaps, NetworkLayers};

use crate::ui::ensemble_text::name_in_sentence;

/// The layers' names, those that occur several times with a number.
pub fn names(network: &NetworkLayers) -> Vec<String> {
    let kinds: Vec<LayerKind> = network.layers.iter().map(|l| l.kind).collect();
    let names = kinds.iter().enumerate().map(|(i, kind)| {
        let count = |kinds: &[LayerKind]| kinds.iter().filter(|k| *k == kind).count();
        // The first one has the number 1.
        let number = count(&kinds[..=i]);
        match kind {
            LayerKind::BlockStart => format!("Residual block {number}, first half"),
            LayerKind::BlockEnd => format!("Residual block {number}, second half"),
            _ if count(&kinds) == 1 => title(*kind).into(),
            _ => format!("{} {number}", title(*kind)),
        }
    });
    names.collect()
}

const fn title(kind: LayerKind) -> &'static str {
    match kind {
        LayerKind::Input => "Image",
        LayerKind::Convolution => "Convolution",
        LayerKind::BlockStart | LayerKind::BlockEnd => "Residual block",
        LayerKind::MaxPooling => "Max pooling",
        LayerKind::Mean => "Mean of each channel",
        LayerKind::Dense => "Dense layer",
        LayerKind::Logits => "Logits",
    }
}

/// The number and the size of a layer's maps.
pub fn size(layer: &LayerMaps) -> String {
    let count = layer.maps.len();
    let (rows, columns) = (layer.rows, layer.columns);
    match (count, rows, columns) {
        (_, 1, 1) => format!("{count} numbers"),
        (1, ..) => format!("{rows} × {columns}"),
        _ => format!("{count} channels of {rows} × {columns}"),
    }
}

/// What a layer does, in a few words.
pub const fn summary(kind: LayerKind) -> &'static str {
    match kind {
        LayerKind::Input => "What the model gets",
        LayerKind::Convolution => "Each channel looks for one pattern",
        LayerKind::BlockStart => "Looks for patterns among patterns",
        LayerKind::BlockEnd => "Adds what it found to its input",
        LayerKind::MaxPooling => "Keeps the largest of each 2 × 2",
        LayerKind::Mean => "One number for each channel",
        LayerKind::Dense => "Each number weighs all before it",
        LayerKind::Logits => "One number for each class",
    }
}

/// What a layer does, in sentences.
pub const fn explanation(kind: LayerKind) -> &'static str {
    match kind {
        LayerKind::Input => {
            "Each of the 784 pixels is standardised: the mean brightness of the training images is subtracted, and the difference is divided by their standard deviation. So a black pixel is −0.81, and a white one 2.02."
        }
        LayerKind::Convolution => {
            "A channel has nine weights for each channel before it. The nine are laid over a 3 × 3 window; each input is multiplied by its weight, the products are added up, and a bias is added. Then comes the ReLU: a sum below 0 becomes 0. The window moves over the whole image with the same weights, so a channel finds its pattern wherever it is."
        }
        LayerKind::BlockStart => {
            "A convolution, as before. A border of zeros is laid around its input, so the size stays. After the ReLU each channel is multiplied by a scale, and a shift is added: this is a batch norm, with the numbers it ended training with."
        }
        LayerKind::BlockEnd => {
            "Another convolution. To its sum the input of the whole block is added before the ReLU, so the block only has to learn what to change. This is the residual, after which the ResNet is named."
        }
        LayerKind::MaxPooling => {
            "Of each 2 × 2 square only the largest value is kept. The maps have half as many rows and columns then, and a garment that is shifted by a pixel changes little."
        }
        LayerKind::Mean => {
            "All values of a channel are added up and divided by their number. What is left says how much of the channel's pattern there is, but no longer where."
        }
        LayerKind::Dense => {
            "Each number is a weighted sum of all numbers before it, plus a bias. Then the ReLU: a sum below 0 becomes 0."
        }
        LayerKind::Logits => {
            "The last layer has one number for each class: a weighted sum of all numbers before it, plus a bias, without a ReLU. The largest one is the answer."
        }
    }
}

/// How to use the view.
pub fn lead(model: ModelId, network: &NetworkLayers) -> String {
    // The image is not computed.
    let steps = network.layers.len().saturating_sub(1);
    format!(
        "From left to right, {} turns the image into ten numbers in {steps} steps. Each small picture is what one channel of a layer has found: black is 0, the brighter the larger, and blue is below 0. Choose a picture to enlarge it below, and move over it to see how each of its values is computed.",
        name_in_sentence(model)
    )
}

/// What has become of the batch norms.
pub const fn batch_norms(model: ModelId) -> &'static str {
    match model {
        ModelId::Resnet => {
            "The batch norms of the training are folded into the weights and biases that you see, which gives the same values; only the one in the middle of each residual block is still there, as a scale and a shift."
        }
        _ => {
            "The batch norms of the training are folded into the weights and biases that you see, which gives the same values."
        }
    }
}

/// What the brightest tone of the enlarged map stands for.
pub fn full_tone(layer: &LayerMaps, map: &FeatureMap) -> String {
    let strongest = map.values().fold(
        0.0,
        |full: f32, v| if v.abs() > full.abs() { v } else { full },
    );
    match (layer.kind, layer.rows) {
        (LayerKind::Input, _) | (_, 1) => String::new(),
        _ if strongest == 0.0 => "All values of this map are 0.".into(),
        _ => format!(
            "The brightest value of this map is {}; small ones are shown brighter than in proportion.",
            number(strongest)
        ),
    }
}

/// A channel's name.
pub fn channel(layer: &LayerMaps, channel: u16) -> String {
    match (layer.kind, layer.rows) {
        (LayerKind::Input, _) => "the image".into(),
        (_, 1) => format!("number {} of {}", channel + 1, layer.maps.len()),
        _ => format!("channel {} of {}", channel + 1, layer.maps.len()),
    }
}

/// What a map shows: how many of its values are not 0, and the largest one with its row and column, counted from 1.
pub fn map_text(map: &FeatureMap, columns: u16) -> String {
    let values: Vec<f32> = map.values().collect();
    if let [value] = values[..] {
        return format!("value {}", number(value));
    }
    let largest = values
        .iter()
        .enumerate()
        .reduce(|a, b| if b.1 > a.1 { b } else { a });
    let Some((at, &value)) = largest.filter(|_| values.iter().any(|&v| v != 0.0)) else {
        return "all values are 0".into();
    };
    let columns = usize::from(columns.max(1));
    let nonzero = values.iter().filter(|&&v| v != 0.0).count();
    let share = nonzero as f32 / values.len() as f32 * 100.0;
    format!(
        "{share:.0}% of the values are not 0, the largest is {} in row {}, column {}",
        number(value),
        at / columns + 1,
        at % columns + 1
    )
}

/// A number with three decimals and a minus sign: `−0.814`.
pub fn number(value: f32) -> String {
    let text = format!("{:.3}", value.abs());
    let is_negative = value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b));
    if is_negative {
        format!("−{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(kind: LayerKind, maps: usize, side: u16) -> LayerMaps {
        let count = usize::from(side * side);
        LayerMaps {
            kind,
            rows: side,
            columns: side,
            maps: vec![FeatureMap::new(&vec![0.0; count]); maps],
        }
    }

    #[test]
    fn layers_that_occur_twice_are_numbered() {
        let kinds = [
            LayerKind::Input,
            LayerKind::Convolution,
            LayerKind::MaxPooling,
            LayerKind::BlockStart,
            LayerKind::BlockEnd,
            LayerKind::MaxPooling,
            LayerKind::Logits,
        ];
        let network = NetworkLayers {
            layers: kinds.map(|kind| layer(kind, 1, 2)).into(),
            logits: [0.0; 10],
            temperature: 1.0,
            probabilities: [0.1; 10],
        };
        assert_eq!(
            names(&network),
            [
                "Image",
                "Convolution",
                "Max pooling 1",
                "Residual block 1, first half",
                "Residual block 1, second half",
                "Max pooling 2",
                "Logits"
            ]
        );
    }

    #[test]
    fn sizes_are_channels_or_numbers() {
        assert_eq!(size(&layer(LayerKind::Input, 1, 28)), "28 × 28");
        let conv = layer(LayerKind::Convolution, 32, 26);
        assert_eq!(size(&conv), "32 channels of 26 × 26");
        assert_eq!(size(&layer(LayerKind::Dense, 128, 1)), "128 numbers");
        assert_eq!(channel(&conv, 4), "channel 5 of 32");
    }

    #[test]
    fn a_map_is_described_by_its_largest_value() {
        let map = FeatureMap::new(&[0.0, 0.0, 1.5, 0.5]);
        let text = "50% of the values are not 0, the largest is 1.500 in row 2, column 1";
        assert_eq!(map_text(&map, 2), text);
        assert_eq!(map_text(&FeatureMap::new(&[0.0; 4]), 2), "all values are 0");
        assert_eq!(map_text(&FeatureMap::new(&[-0.5]), 1), "value −0.500");
    }

    #[test]
    fn a_number_that_is_rounded_to_0_has_no_sign() {
        assert_eq!(number(-0.8104), "−0.810");
        assert_eq!(number(-0.0004), "0.000");
        assert_eq!(number(2.0), "2.000");
    }
}

//! Evaluation metrics: confusion matrix, accuracy, precision, recall, F1, expected calibration error.

use serde::{Deserialize, Serialize};

use crate::garment::{CLASSES, Garment};
use crate::model::classifier::argmax;

/// Accuracy of people without training on Fashion-MNIST's images, as the data set's README has it
/// (<https://github.com/zalandoresearch/fashion-mnist>).
pub const HUMAN_ACCURACY: f64 = 0.835;

/// Counts of predictions: true classes in rows, predicted classes in columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfusionMatrix(pub [[u32; CLASSES]; CLASSES]);

/// Precision, recall and F1 of one class; 0 where undefined.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassReport {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// The number of samples of this class.
    pub support: u32,
}

impl ConfusionMatrix {
    /// Counts one prediction.
    pub fn add(&mut self, truth: Garment, predicted: Garment) {
        self.0[truth.index()][predicted.index()] += 1;
    }

    /// The number of predictions.
    pub fn total(&self) -> u32 {
        self.0.iter().flatten().sum()
    }

    /// The number of correct predictions.
    pub fn correct(&self) -> u32 {
        (0..CLASSES).map(|i| self.0[i][i]).sum()
    }

    /// The share of correct predictions; 0 if there are no predictions.
    pub fn accuracy(&self) -> f64 {
        share(self.correct(), self.total())
    }

    /// The report of one class.
    pub fn class(&self, class: Garment) -> ClassReport {
        let i = class.index();
        let hit = self.0[i][i];
        let support = self.0[i].iter().sum();
        let predicted = self.0.iter().map(|row| row[i]).sum();
        let (precision, recall) = (share(hit, predicted), share(hit, support));
        let sum = precision + recall;
        let f1 = if sum > 0.0 {
            2.0 * precision * recall / sum
        } else {
            0.0
        };
        ClassReport {
            precision,
            recall,
            f1,
            support,
        }
    }

    /// The unweighted mean of the classes' F1.
    pub fn macro_f1(&self) -> f64 {
        Garment::ALL.iter().map(|&g| self.class(g).f1).sum::<f64>() / CLASSES as f64
    }
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 {
        0.0
    } else {
        f64::from(part) / f64::from(whole)
    }
}

/// The number of confidence bins of the calibration error.
pub const CALIBRATION_BINS: usize = 15;

/// The expected calibration error: the mean difference between confidence and accuracy over bins of equal width, weighted by the
/// number of predictions per bin (Guo et al. 2017, arXiv 1706.04599, equation 3).
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    bins: [CalibrationBin; CALIBRATION_BINS],
}

/// The predictions whose confidence is within one of the bins.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CalibrationBin {
    pub predictions: u32,
    pub correct: u32,
    /// The sum of the confidences.
    pub confidence: f64,
}

impl Calibration {
    /// Counts one prediction.
    pub fn add(&mut self, truth: Garment, probabilities: &[f32; CLASSES]) {
        let predicted = argmax(probabilities);
        self.add_confidence(predicted == truth.index(), probabilities[predicted]);
    }

    /// Counts one prediction of this confidence.
    pub fn add_confidence(&mut self, is_correct: bool, confidence: f32) {
        let confidence = f64::from(confidence);
        let bin = ((confidence * CALIBRATION_BINS as f64) as usize).min(CALIBRATION_BINS - 1);
        let bin = &mut self.bins[bin];
        bin.predictions += 1;
        bin.correct += u32::from(is_correct);
        bin.confidence += confidence;
    }

    /// The bins, from the lowest confidence to the highest.
    pub fn bins(&self) -> &[CalibrationBin; CALIBRATION_BINS] {
        &self.bins
    }

    /// The error, 0 to 1.
    pub fn error(&self) -> f64 {
        let total: u32 = self.bins.iter().map(|b| b.predictions).sum();
        if total == 0 {
            return 0.0;
        }
        self.bins
            .iter()
            .map(|bin| libm::fabs(f64::from(bin.correct) - bin.confidence))
            .sum::<f64>()
            / f64::from(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The confusion matrix of the original ResNet, from its report.
    const PRINTED: [[u32; CLASSES]; CLASSES] = [
        [913, 2, 20, 4, 4, 2, 47, 0, 8, 0],
        [3, 987, 0, 6, 1, 0, 1, 0, 2, 0],
        [17, 4, 883, 5, 43, 0, 46, 0, 2, 0],
        [34, 6, 11, 884, 23, 3, 33, 0, 6, 0],
        [2, 4, 40, 16, 872, 1, 64, 0, 1, 0],
        [0, 0, 0, 0, 0, 989, 0, 10, 0, 1],
        [156, 2, 58, 20, 46, 0, 708, 0, 10, 0],
        [0, 0, 0, 0, 0, 15, 0, 982, 0, 3],
        [2, 0, 0, 0, 0, 3, 2, 0, 993, 0],
        [0, 0, 1, 0, 0, 18, 0, 56, 1, 924],
    ];

    #[test]
    fn a_published_matrix_gives_the_published_metrics() {
        let confusion = ConfusionMatrix(PRINTED);
        assert_eq!(confusion.correct(), 9135);
        assert_eq!(confusion.total(), 10_000);
        let printed = [
            (0.81, 0.91, 0.86),
            (0.98, 0.99, 0.98),
            (0.87, 0.88, 0.88),
            (0.95, 0.88, 0.91),
            (0.88, 0.87, 0.88),
            (0.96, 0.99, 0.97),
            (0.79, 0.71, 0.74),
            (0.94, 0.98, 0.96),
            (0.97, 0.99, 0.98),
            (1.00, 0.92, 0.96),
        ];
        for (garment, (precision, recall, f1)) in Garment::ALL.into_iter().zip(printed) {
            let report = confusion.class(garment);
            assert!((report.precision - precision).abs() < 0.0051, "{garment}");
            assert!((report.recall - recall).abs() < 0.0051, "{garment}");
            assert!((report.f1 - f1).abs() < 0.0051, "{garment}");
        }
    }

    #[test]
    fn metrics_of_an_empty_matrix_are_zero() {
        assert_eq!(ConfusionMatrix::default().accuracy(), 0.0);
        assert_eq!(ConfusionMatrix::default().macro_f1(), 0.0);
        assert_eq!(Calibration::default().error(), 0.0);
    }

    #[test]
    fn the_calibration_error_matches_the_closed_form() {
        let mut sure = [0.0; CLASSES];
        sure[0] = 0.9;
        sure[1] = 0.1;
        let mut calibration = Calibration::default();
        // Confidence 0.9 and accuracy 0.75: the error is the difference.
        for truth in [
            Garment::TShirt,
            Garment::TShirt,
            Garment::TShirt,
            Garment::Bag,
        ] {
            calibration.add(truth, &sure);
        }
        assert!((calibration.error() - 0.15).abs() < 1e-6);
        // 0.9 is in the bin from 13/15 to 14/15.
        let [first, .., filled, last] = calibration.bins();
        assert_eq!((filled.predictions, filled.correct), (4, 3));
        assert!((filled.confidence - 3.6).abs() < 1e-6);
        assert_eq!((first.predictions, last.predictions), (0, 0));
    }
}

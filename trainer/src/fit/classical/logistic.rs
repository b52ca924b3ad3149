//! Fits multinomial logistic regression, by linfa's L-BFGS.

use linfa::DatasetBase;
use linfa::prelude::Fit;
use linfa_logistic::MultiLogisticRegression;
use ndarray::{Array1, Array2};
use shared::garment::CLASSES;

use super::matrix::Matrix;
use crate::fit::recipe::LogisticRecipe as Settings;

/// `[10, columns]` weights and `[10]` biases.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    pub weight: Matrix,
    pub bias: Vec<f32>,
}

/// Fits to rows and their classes.
///
/// # Errors
/// linfa's words, where it gives up.
pub fn fit(rows: &Matrix, labels: &[u8], settings: Settings) -> Result<Regression, String> {
    // In 32 bits the line search cannot tell the sum of 55,000 losses from the next one, and stays where it began.
    let wide = rows.values.iter().map(|&v| f64::from(v)).collect();
    let wide =
        Array2::from_shape_vec((rows.len(), rows.columns), wide).map_err(|e| e.to_string())?;
    let classes = Array1::from_iter(labels.iter().map(|&l| usize::from(l)));
    let fitted = MultiLogisticRegression::<f64>::default()
        .alpha(f64::from(settings.alpha))
        .max_iterations(settings.iterations)
        .gradient_tolerance(1e-2)
        .fit(&DatasetBase::new(wide, classes))
        .map_err(|e| e.to_string())?;
    // A class without a picture has no column.
    let mut weight = vec![0.0; CLASSES * rows.columns];
    let mut bias = vec![-30.0; CLASSES];
    for (column, &class) in fitted.classes().iter().enumerate() {
        bias[class] = fitted.intercept()[column] as f32;
        let row = &mut weight[class * rows.columns..(class + 1) * rows.columns];
        for (place, &value) in row.iter_mut().zip(fitted.params().column(column)) {
            *place = value as f32;
        }
    }
    Ok(Regression {
        weight: Matrix {
            columns: rows.columns,
            values: weight,
        },
        bias,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_that_say_nothing_leave_the_classes_shares() {
        // Nine of the first class to one of the second.
        let rows = Matrix {
            columns: 1,
            values: vec![0.0; 200],
        };
        let labels: Vec<u8> = (0..200).map(|i| u8::from(i % 10 == 0)).collect();
        let settings = Settings {
            input: crate::fit::recipe::Input::Pixels,
            mirror: false,
            alpha: 1.0,
            iterations: 100,
        };
        let fitted = fit(&rows, &labels, settings).unwrap();
        let odds = fitted.bias[0] - fitted.bias[1];
        assert!((odds - 9.0_f32.ln()).abs() < 1e-3, "{:?}", fitted.bias);
        assert!(fitted.weight.values.iter().all(|w| w.abs() < 1e-6));
        // Classes without pictures are never the answer.
        assert!(fitted.bias[2..].iter().all(|&b| b < fitted.bias[1] - 10.0));
    }
}

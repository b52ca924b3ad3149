//! Multinomial logistic regression, fitted with linfa's L-BFGS.

use linfa::DatasetBase;
use linfa::prelude::Fit;
use linfa_logistic::MultiLogisticRegression;
use linfa_logistic::error::Error;
use ndarray::{Array1, Array2};
use shared::garment::CLASSES;

use crate::fit::recipe::LogisticRecipe;

/// The bias of a class without training examples: it is never predicted.
const ABSENT_CLASS: f32 = -30.0;

/// A fitted model.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// `[10, features]`.
    pub weight: Array2<f32>,
    /// `[10]`.
    pub bias: Vec<f32>,
}

/// Fits the model to features and their classes.
///
/// # Errors
/// linfa's solver failed.
pub fn fit(
    features: &Array2<f32>,
    labels: &[u8],
    recipe: LogisticRecipe,
) -> Result<Regression, Error> {
    // In 32 bits the line search fails: one step changes the sum of 55,000 losses by less than its rounding error.
    let wide = features.mapv(f64::from);
    let classes = Array1::from_iter(labels.iter().map(|&l| usize::from(l)));
    let fitted = MultiLogisticRegression::<f64>::default()
        .alpha(f64::from(recipe.alpha))
        .max_iterations(recipe.iterations)
        .gradient_tolerance(1e-2)
        .fit(&DatasetBase::new(wide, classes))?;
    let mut weight = Array2::zeros((CLASSES, features.ncols()));
    let mut bias = vec![ABSENT_CLASS; CLASSES];
    for (column, &class) in fitted.classes().iter().enumerate() {
        bias[class] = fitted.intercept()[column] as f32;
        let values = fitted.params().column(column).mapv(|v| v as f32);
        weight.row_mut(class).assign(&values);
    }
    Ok(Regression { weight, bias })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constant_features_give_the_class_frequencies() {
        // Nine of the first class to one of the second.
        let features = Array2::zeros((200, 1));
        let labels: Vec<u8> = (0..200).map(|i| u8::from(i % 10 == 0)).collect();
        let recipe = LogisticRecipe {
            input: crate::fit::recipe::Input::Pixels,
            mirror: false,
            alpha: 1.0,
            iterations: 100,
        };
        let fitted = fit(&features, &labels, recipe).unwrap();
        let odds = fitted.bias[0] - fitted.bias[1];
        assert!((odds - 9.0_f32.ln()).abs() < 1e-3, "{:?}", fitted.bias);
        assert!(fitted.weight.iter().all(|w| w.abs() < 1e-6));
        // Classes without examples are never predicted.
        assert!(fitted.bias[2..].iter().all(|&b| b < fitted.bias[1] - 10.0));
    }
}

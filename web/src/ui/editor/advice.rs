//! What there is to say of how a photo became a picture, and what the visitor can do about it.

use photo::{POOR_QUALITY, Route};

use crate::state::image::Development;

/// Whether the garment was only guessed at.
pub fn is_poor(development: &Development) -> bool {
    development.quality < POOR_QUALITY
}

/// How the garment was found.
pub fn finding(development: &Development) -> &'static str {
    match development.route {
        _ if !development.edits.strokes.is_empty() => {
            "What you painted counts: this is the garment that the models see."
        }
        _ if is_poor(development) => {
            "It is not clear what the garment is: crop the photo to it, or paint over it below, and it is answered anew."
        }
        Route::Scene { .. } => "The garment was told from what is around it, and cut out.",
        Route::Product { .. } | Route::AsIs => {
            "The background is plain: its edges were trimmed away, as the data set's were."
        }
    }
}

/// What a white garment means for the answers.
pub fn whiteness(development: &Development) -> Option<&'static str> {
    development.is_white.then_some(match development.route {
        Route::Scene { .. } => {
            "It is white, and Fashion-MNIST has hardly any white garments: its brightness was stretched, and the answers are less sure."
        }
        Route::Product { .. } | Route::AsIs => {
            "It is white, and Fashion-MNIST has hardly any white garments: the answers are less sure."
        }
    })
}

/// The caption of the picture in greys.
pub fn polarity(route: Route) -> &'static str {
    match route {
        Route::Product { inverted: true, .. } | Route::Scene { inverted: true } => {
            "negated, as the data set is"
        }
        Route::Product { .. } | Route::Scene { .. } | Route::AsIs => "not negated",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use photo::{Edits, Mask, Stroke};
    use shared::image::RgbaImage;

    fn development(route: Route, quality: f32, is_white: bool) -> Development {
        let blank = RgbaImage::from_fn(1, 1, |_, _| [0; 4]);
        Development {
            edits: Edits::default(),
            route,
            mask: Mask {
                width: 1,
                height: 1,
                alpha: vec![255],
            },
            quality,
            is_white,
            cutout: blank.clone(),
            toned: blank,
        }
    }

    const SCENE: Route = Route::Scene { inverted: true };
    const PRODUCT: Route = Route::Product {
        inverted: true,
        background: [255; 3],
    };

    #[test]
    fn a_poor_mask_asks_for_a_crop_or_a_brush_until_there_was_one() {
        let mut guess = development(SCENE, POOR_QUALITY - 0.01, false);
        assert!(finding(&guess).contains("crop") && finding(&guess).contains("paint"));
        guess.edits.strokes.push(Stroke {
            erases: true,
            radius: 0.1,
            points: vec![[0.5, 0.5]],
        });
        assert!(!finding(&guess).contains("crop"));
        assert!(!finding(&development(SCENE, POOR_QUALITY, false)).contains("paint"));
    }

    #[test]
    fn only_a_cut_out_garment_s_brightness_is_said_to_be_stretched() {
        assert_eq!(whiteness(&development(SCENE, 1.0, false)), None);
        for (route, stretched) in [(SCENE, true), (PRODUCT, false)] {
            let sentence = whiteness(&development(route, 1.0, true)).unwrap();
            assert!(sentence.contains("hardly any white"));
            assert_eq!(sentence.contains("stretched"), stretched);
        }
    }
}

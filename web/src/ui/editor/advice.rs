//! Sentences about the preprocessing of a photo, and what the visitor can improve.

use photo::{POOR_QUALITY, Route};

use crate::state::image::Preprocessing;

/// Whether the garment was not found reliably.
pub fn is_poor(preprocessing: &Preprocessing) -> bool {
    preprocessing.quality < POOR_QUALITY
}

/// How the garment was found, and a note about white garments.
pub fn text(preprocessing: &Preprocessing) -> String {
    let segmentation = segmentation(preprocessing);
    match white_garment(preprocessing) {
        Some(note) => format!("{segmentation} {note}"),
        None => segmentation.to_string(),
    }
}

fn segmentation(preprocessing: &Preprocessing) -> &'static str {
    match preprocessing.route {
        _ if !preprocessing.edits.strokes.is_empty() => "The mask includes what you painted.",
        _ if is_poor(preprocessing) => {
            "The garment was not found reliably: crop the photo to it, or paint over it below."
        }
        Route::Scene { .. } => "The garment was separated from the background.",
        Route::Product { .. } | Route::AsIs { .. } => {
            "The background is plain: the margins were removed, as in the data set."
        }
    }
}

fn white_garment(preprocessing: &Preprocessing) -> Option<&'static str> {
    preprocessing.is_white.then_some(match preprocessing.route {
        Route::Scene { .. } => {
            "The garment is white, and Fashion-MNIST has hardly any white garments: its contrast was stretched, and the predictions are less reliable."
        }
        Route::Product { .. } | Route::AsIs { .. } => {
            "The garment is white, and Fashion-MNIST has hardly any white garments: the predictions are less reliable."
        }
    })
}

/// The caption of the grey image.
pub fn inversion(route: Route) -> &'static str {
    match route {
        Route::Product { inverted: true, .. } | Route::Scene { inverted: true } => {
            "inverted, as in the data set"
        }
        Route::Product { .. } | Route::Scene { .. } | Route::AsIs { .. } => "not inverted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use photo::{Edits, Mask, Stroke};
    use shared::image::RgbaImage;

    fn preprocessing(route: Route, quality: f32, is_white: bool) -> Preprocessing {
        let blank = RgbaImage::from_fn(1, 1, |_, _| [0; 4]);
        Preprocessing {
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
    fn advises_to_crop_or_paint_until_something_is_painted() {
        let mut poor = preprocessing(SCENE, POOR_QUALITY - 0.01, false);
        assert!(segmentation(&poor).contains("crop") && segmentation(&poor).contains("paint"));
        poor.edits.strokes.push(Stroke {
            erases: true,
            radius: 0.1,
            points: vec![[0.5, 0.5]],
        });
        assert!(!segmentation(&poor).contains("crop"));
        assert!(!segmentation(&preprocessing(SCENE, POOR_QUALITY, false)).contains("paint"));
    }

    #[test]
    fn mentions_stretching_only_for_a_segmented_garment() {
        assert_eq!(white_garment(&preprocessing(SCENE, 1.0, false)), None);
        for (route, stretched) in [(SCENE, true), (PRODUCT, false)] {
            let sentence = white_garment(&preprocessing(route, 1.0, true)).unwrap();
            assert!(sentence.contains("hardly any white"));
            assert_eq!(sentence.contains("stretched"), stretched);
        }
    }
}

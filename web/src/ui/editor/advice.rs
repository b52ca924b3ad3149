//! The sentences about an image: advice, or else how its garment was found.

use photo::{POOR_QUALITY, Route, straightening_note};
use shared::Grey28;
use shared::advice::{Advice, Findings};
use shared::image::SIDE;

use crate::engine::Novelty;
use crate::state::image::{InputImage, Preprocessing};

/// Grey levels above this are light; the mean of noise is not.
const LIGHT: usize = 170;

/// The most specific advice about an image, with what the novelty detector has found.
pub fn advice(image: &InputImage, novelty: Option<Novelty>) -> Option<Advice> {
    let preprocessing = image.preprocessing.as_ref();
    let findings = Findings {
        is_known: novelty.is_none_or(|n| n.is_known),
        rotation: novelty.and_then(|n| n.rotation),
        ..preprocessing.map_or_else(Findings::default, |p| findings(p, &image.grey))
    };
    Advice::from_findings(&findings)
}

fn findings(preprocessing: &Preprocessing, grey: &Grey28) -> Findings {
    let route = preprocessing.route;
    // Once an object is chosen, the photo shows one.
    let has_chosen = preprocessing.chosen_object().is_some();
    let objects = preprocessing.objects.len();
    Findings {
        objects: if has_chosen { 0 } else { objects },
        is_cut_off: preprocessing.is_cut_off,
        is_poor: preprocessing.quality < POOR_QUALITY,
        // Not inverted, a white garment is as light as most garments of the data set.
        is_white: preprocessing.is_white && preprocessing.edits.inverted != Some(false),
        is_stretched: matches!(route, Route::Scene { .. }),
        has_light_edges: matches!(route, Route::AsIs { .. }) && has_light_edges(grey),
        ..Findings::default()
    }
}

/// Whether the pixels along the edges are light on average: those of the data set's images are nearly black.
fn has_light_edges(grey: &Grey28) -> bool {
    let is_edge =
        |i: &usize| [0, SIDE - 1].contains(&(i / SIDE)) || [0, SIDE - 1].contains(&(i % SIDE));
    let edges = (0..SIDE * SIDE).filter(is_edge);
    let sum: usize = edges.map(|i| usize::from(grey.pixels()[i])).sum();
    sum > LIGHT * 4 * (SIDE - 1)
}

/// Whether the advice is shown as a warning.
pub fn is_warning(advice: Advice, is_known: bool) -> bool {
    !is_known || advice == Advice::Poor
}

/// How the garment was found: always after the visitor has painted, else where there is no advice.
pub fn note(preprocessing: &Preprocessing, has_advice: bool) -> Option<String> {
    preprocessing.segmentation.as_ref()?;
    if !preprocessing.edits.strokes.is_empty() {
        return Some("The mask includes what you painted.".into());
    }
    if has_advice {
        return None;
    }
    let found = match preprocessing.route {
        Route::Scene { .. } => "The garment was separated from the background.",
        Route::Product { .. } | Route::AsIs { .. } => {
            "The background is plain: the margins were removed, as in the data set."
        }
    };
    let is_straightened = preprocessing.edits.rotation == preprocessing.straightened_by;
    let rotation = straightening_note(preprocessing.straightened_by).filter(|_| is_straightened);
    Some(match rotation {
        Some(rotation) => format!("{found} {rotation}"),
        None => found.into(),
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
    use crate::state::image::{Origin, Segmentation};
    use photo::{Crop, Edits, Frame, Mask, Stroke};
    use shared::image::{PIXELS, RgbaImage};

    const SCENE: Route = Route::Scene { inverted: true };
    const PRODUCT: Route = Route::Product {
        inverted: true,
        background: [255; 3],
    };
    const AS_IS: Route = Route::AsIs { inverted: false };
    const LEFT: Crop = Crop {
        width: 0.5,
        ..Crop::WHOLE
    };

    fn preprocessing(route: Route) -> Preprocessing {
        let blank = RgbaImage::from_fn(1, 1, |_, _| [0; 4]);
        let segmentation = Segmentation {
            mask: Mask {
                width: 1,
                height: 1,
                alpha: vec![255],
            },
            cutout: blank.clone(),
            toned: blank,
        };
        Preprocessing {
            edits: Edits::default(),
            straightened_by: 0.0,
            photo_size: (100, 100),
            route,
            segmentation: (route != AS_IS).then_some(segmentation),
            quality: 1.0,
            is_plain: false,
            is_white: false,
            is_cut_off: false,
            inside_frame: None,
            objects: Vec::new(),
        }
    }

    fn image(preprocessing: Option<Preprocessing>, grey: u8) -> InputImage {
        InputImage {
            number: 1,
            photo: 1,
            origin: Origin::Visitor("coat.jpg".into()),
            test_number: None,
            grey: Grey28::new([grey; PIXELS]),
            frame: Frame {
                x: 0.0,
                y: 0.0,
                side: 28.0,
            },
            width: 28,
            height: 28,
            thumbnail: RgbaImage::default(),
            has_other_profile: false,
            is_damaged: false,
            preprocessing,
        }
    }

    const KNOWN: Option<Novelty> = Some(Novelty {
        is_known: true,
        rotation: None,
    });
    const UNKNOWN: Option<Novelty> = Some(Novelty {
        is_known: false,
        rotation: None,
    });

    #[test]
    fn no_advice_before_the_novelty_detector_has_answered() {
        assert_eq!(advice(&image(None, 0), None), None);
        assert_eq!(advice(&image(None, 0), UNKNOWN), Some(Advice::General));
    }

    #[test]
    fn several_objects_are_advice_until_one_is_chosen() {
        let mut several = preprocessing(SCENE);
        several.objects = vec![LEFT, Crop::WHOLE];
        several.is_cut_off = true;
        let found = advice(&image(Some(several.clone()), 0), KNOWN);
        assert_eq!(found, Some(Advice::Objects(2)));
        several.edits.crop = Some(LEFT);
        let found = advice(&image(Some(several), 0), KNOWN);
        assert_eq!(found, Some(Advice::CutOff));
    }

    #[test]
    fn a_light_background_is_advice_only_for_an_image_that_is_used_as_it_is() {
        for (route, grey, novelty, expected) in [
            (AS_IS, 200, UNKNOWN, Some(Advice::LightBackground)),
            (AS_IS, 100, UNKNOWN, Some(Advice::General)),
            (AS_IS, 200, KNOWN, None),
            (PRODUCT, 200, UNKNOWN, Some(Advice::General)),
        ] {
            let image = image(Some(preprocessing(route)), grey);
            assert_eq!(advice(&image, novelty), expected, "{route:?} {grey}");
        }
    }

    #[test]
    fn a_white_garment_is_advice_until_it_is_not_inverted() {
        for (route, is_stretched) in [(SCENE, true), (PRODUCT, false)] {
            let mut white = preprocessing(route);
            white.is_white = true;
            let found = advice(&image(Some(white.clone()), 0), KNOWN);
            assert_eq!(found, Some(Advice::White { is_stretched }));
            white.edits.inverted = Some(false);
            assert_eq!(advice(&image(Some(white), 0), KNOWN), None);
        }
    }

    #[test]
    fn the_note_says_how_the_garment_was_found() {
        let mut scene = preprocessing(SCENE);
        assert!(note(&scene, false).is_some_and(|n| n.contains("separated")));
        assert_eq!(note(&scene, true), None);
        scene.edits.strokes.push(Stroke {
            erases: true,
            radius: 0.1,
            points: vec![[0.5, 0.5]],
        });
        for has_advice in [false, true] {
            assert!(note(&scene, has_advice).is_some_and(|n| n.contains("painted")));
        }
        assert_eq!(note(&preprocessing(AS_IS), false), None);
    }

    #[test]
    fn advice_for_a_known_image_is_a_warning_only_where_the_mask_is_poor() {
        let mut poor = preprocessing(SCENE);
        poor.quality = POOR_QUALITY - 0.01;
        let found = advice(&image(Some(poor), 0), KNOWN).unwrap();
        assert!(is_warning(found, true));
        assert!(!is_warning(Advice::CutOff, true) && is_warning(Advice::CutOff, false));
    }
}

//! Tests of the whole pipeline, along each route.

use alloc::{vec, vec::Vec};

use proptest::prelude::*;

use shared::image::RgbaImage;

use super::sharpen::sharpen;
use super::*;

fn grey(value: u8) -> [u8; 4] {
    [value, value, value, 255]
}

/// A shirt, roughly: a body with two sleeves, shaded from left to right; `None` beside it.
fn shirt(x: u32, y: u32) -> Option<u8> {
    let body = (8..20).contains(&x) && y < 28;
    let sleeves = x < 28 && (2..10).contains(&y);
    (body || sleeves).then(|| 90 + 4 * x as u8)
}

/// The shirt as a 28x28 image on black, as in the data set.
fn small_shirt(x: u32, y: u32) -> u8 {
    shirt(x, y).unwrap_or(0)
}

#[test]
fn a_28x28_image_in_the_data_sets_form_is_used_as_it_is() {
    let whole = Frame {
        x: 0.0,
        y: 0.0,
        side: 28.0,
    };
    let on_black = prepare(&RgbaImage::from_fn(28, 28, |x, y| grey(small_shirt(x, y)))).unwrap();
    assert_eq!(on_black.route, Route::AsIs { inverted: false });
    assert_eq!(on_black.frame, whole);
    assert_eq!(on_black.grey.pixels()[4 * 28 + 10], 130);
    let on_white = |x, y| grey(255 - small_shirt(x, y));
    let on_white = prepare(&RgbaImage::from_fn(28, 28, on_white)).unwrap();
    assert_eq!(on_white.route, Route::AsIs { inverted: true });
    assert_eq!((&on_white.grey, on_white.frame), (&on_black.grey, whole));
    let cut_out = |x, y| shirt(x, y).map_or([0; 4], |value| grey(255 - value));
    let cut_out = prepare(&RgbaImage::from_fn(28, 28, cut_out)).unwrap();
    assert_eq!(cut_out.grey, on_black.grey);
}

#[test]
fn a_28x28_image_can_be_inverted_and_rotated_by_hand() {
    let image = RgbaImage::from_fn(28, 28, |x, y| grey(small_shirt(x, y)));
    let pipeline = Pipeline::new(&image).unwrap();
    let inverted = Edits {
        inverted: Some(true),
        ..Edits::default()
    };
    let inverted = pipeline.prepare(&inverted).unwrap();
    assert_eq!(inverted.route, Route::AsIs { inverted: true });
    assert_eq!(inverted.grey.pixels()[4 * 28 + 10], 125);
    let turned = Edits {
        rotation: 180.0,
        ..Edits::default()
    };
    let turned = pipeline.prepare(&turned).unwrap();
    assert_eq!(turned.grey.pixels()[23 * 28 + 17], 130);
}

#[test]
fn a_small_or_shifted_garment_within_28x28_fills_the_image_like_a_larger_one() {
    let whole = prepare(&RgbaImage::from_fn(84, 84, |x, y| {
        shirt(x / 3, y / 3).map_or(grey(0), grey)
    }))
    .unwrap();
    // Half as large, and in a corner.
    let small = prepare(&RgbaImage::from_fn(28, 28, |x, y| {
        let garment = x.checked_sub(1).zip(y.checked_sub(2));
        garment
            .and_then(|(x, y)| shirt(2 * x, 2 * y))
            .map_or(grey(0), grey)
    }))
    .unwrap();
    assert!(matches!(
        small.route,
        Route::Product {
            inverted: false,
            ..
        }
    ));
    let pairs = whole.grey.pixels().iter().zip(small.grey.pixels());
    let difference: u32 = pairs.map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    let total: u32 = whole.grey.pixels().iter().map(|&p| u32::from(p)).sum();
    assert!(8 * difference < total, "{difference} of {total}");
}

#[test]
fn a_28x28_image_in_a_colour_map_is_like_one_in_grey() {
    // Viridis' ends are dark purple and yellow.
    let colours = |x, y| match shirt(x, y) {
        Some(value) => [value, value, 255 - value, 255],
        None => [68, 1, 84, 255],
    };
    let prepared = prepare(&RgbaImage::from_fn(28, 28, colours)).unwrap();
    assert_eq!(prepared.route, Route::AsIs { inverted: false });
    let pixels = prepared.grey.pixels();
    // Dark beside the shirt, and bright within it.
    assert!(pixels[20 * 28 + 3] < 10 && pixels[20 * 28 + 12] > 80);
}

#[test]
fn a_white_garment_with_transparent_surroundings_is_found() {
    let cut_out = |x, y| shirt(x / 4, y / 4).map_or([255, 255, 255, 0], |v| grey(250 + v % 5));
    let prepared = prepare(&RgbaImage::from_fn(120, 120, cut_out)).unwrap();
    assert_eq!(prepared.route, Route::Scene { inverted: true });
    assert!(prepared.is_white);
    let pixels = prepared.grey.pixels();
    assert!(pixels[20 * 28 + 2] == 0 && pixels[20 * 28 + 12] > 40);
}

#[test]
fn a_frame_is_removed_and_the_whole_photo_can_be_asked_for() {
    let photo = RgbaImage::from_fn(400, 300, |x, y| {
        let garment = (100..300).contains(&x) && (60..250).contains(&y) && (x + y) % 300 > 40;
        let is_frame = !(14..386).contains(&x) || !(14..286).contains(&y);
        match (is_frame, garment) {
            (true, _) => grey(20),
            (_, true) => grey(90),
            _ => grey(250),
        }
    });
    let pipeline = Pipeline::new(&photo).unwrap();
    let prepared = pipeline.prepare(&Edits::default()).unwrap();
    let inside = prepared.inside_frame.unwrap();
    assert!((inside.left - 14.0 / 400.0).abs() < 0.01 && inside.width < 0.94);
    assert!(
        (prepared.frame.side - 200.0).abs() < 3.0,
        "{:?}",
        prepared.frame
    );
    assert_eq!((prepared.width, prepared.height), (400, 300));
    let whole = Edits {
        crop: Some(Crop::WHOLE),
        ..Edits::default()
    };
    assert_eq!(pipeline.prepare(&whole).unwrap().inside_frame, None);
}

#[test]
fn two_objects_are_found_and_a_caption_is_not_one() {
    let photo = RgbaImage::from_fn(600, 300, |x, y| {
        let shoe = |left: u32| (left..left + 200).contains(&x) && (100..220).contains(&y);
        let caption = (500..580).contains(&x) && (280..286).contains(&y);
        grey(if shoe(40) || shoe(340) || caption {
            60
        } else {
            254
        })
    });
    let prepared = prepare(&photo).unwrap();
    assert_eq!(prepared.objects.len(), 2);
    assert!(
        (prepared.frame.side - 500.0).abs() < 3.0,
        "{:?}",
        prepared.frame
    );
    let second = Edits {
        crop: Some(prepared.objects[1]),
        ..Edits::default()
    };
    let second = Pipeline::new(&photo).unwrap().prepare(&second).unwrap();
    assert!((second.frame.side - 200.0).abs() < 3.0 && second.objects.is_empty());
}

#[test]
fn a_garment_at_the_photos_edge_is_cut_off() {
    let on_white = |left: u32| {
        prepare(&RgbaImage::from_fn(200, 200, |x, y| {
            let inside = (left..left + 120).contains(&x) && (20..180).contains(&y);
            grey(if inside { 80 } else { 255 })
        }))
        .unwrap()
    };
    assert!(!on_white(40).is_cut_off);
    assert!(on_white(120).is_cut_off);
}

#[test]
fn a_light_background_is_negated_and_a_dark_one_is_not() {
    // Ten times 28x28 within a margin; flat colours, so sharpening changes edges only.
    let on = |behind: u8, garment: u8| {
        prepare(&RgbaImage::from_fn(400, 300, |x, y| {
            let inside = (60..340).contains(&x) && (90..230).contains(&y);
            grey(if inside { garment } else { behind })
        }))
        .unwrap()
    };
    for (behind, garment, inverted, expected) in [
        (255, 100, true, 155),
        (0, 155, false, 155),
        (200, 100, true, 128),
    ] {
        let prepared = on(behind, garment);
        assert_eq!(
            prepared.route,
            Route::Product {
                inverted,
                background: [behind; 3]
            }
        );
        // 280 x 140 pixels: all 28 columns, and 14 rows with 7 empty above.
        assert_eq!(
            prepared.frame,
            Frame {
                x: 60.0,
                y: 20.0,
                side: 280.0
            }
        );
        let pixels = prepared.grey.pixels();
        let row = |y: usize| &pixels[y * 28..][..28];
        assert_eq!(row(6), [0; 28]);
        assert_eq!(row(7), [expected; 28]);
        assert_eq!(row(20), [expected; 28]);
        assert_eq!(row(21), [0; 28]);
    }
}

#[test]
fn the_result_does_not_depend_on_the_garments_size_and_place() {
    let draw = |scale: u32, left: u32, top: u32| {
        let (width, height) = (28 * scale + left + 5, 28 * scale + top + 9);
        let place = move |start: u32, at: u32| at.checked_sub(start).map_or(99, |at| at / scale);
        prepare(&RgbaImage::from_fn(width, height, |x, y| {
            shirt(place(left, x), place(top, y)).map_or(grey(255), grey)
        }))
        .unwrap()
    };
    let small = draw(2, 3, 4);
    // 28 * 72 + 5 + 6 = 2027 pixels are downscaled by two, and 72 is even, so that squares lie within one cell.
    for (scale, left, top) in [(3, 17, 1), (10, 1, 40), (72, 6, 2)] {
        let other = draw(scale, left, top);
        assert_eq!(small.grey, other.grey, "{scale} times");
        let expected = Frame {
            x: left as f32,
            y: top as f32,
            side: 28.0 * scale as f32,
        };
        assert_eq!(other.frame, expected);
    }
}

#[test]
fn transparent_pixels_are_a_light_background() {
    let cut_out = prepare(&RgbaImage::from_fn(90, 90, |x, y| {
        match shirt(x / 3, y / 3) {
            Some(value) => grey(value),
            None => [0; 4],
        }
    }));
    let on_white = prepare(&RgbaImage::from_fn(90, 90, |x, y| {
        shirt(x / 3, y / 3).map_or(grey(255), grey)
    }));
    assert_eq!(cut_out, on_white);
    assert!(cut_out.is_ok());
}

#[test]
fn an_enlarged_image_differs_from_the_original_only_by_sharpening() {
    let enlarged = prepare(&RgbaImage::from_fn(280, 280, |x, y| {
        shirt(x / 10, y / 10).map_or(grey(255), grey)
    }))
    .unwrap();
    let original: Vec<u8> = (0..784)
        .map(|i| shirt(i % 28, i / 28).unwrap_or(255))
        .collect();
    let sharp = sharpen(&original, 28);
    let negated: Vec<u8> = sharp.iter().map(|value| 255 - value).collect();
    assert_eq!(enlarged.grey.pixels().as_slice(), negated);
}

#[test]
fn rejects_photos_without_a_garment() {
    let refused = |width, height, colour: fn(u32, u32) -> [u8; 4]| {
        prepare(&RgbaImage::from_fn(width, height, colour)).err()
    };
    let too_small = |width, height| Some(PhotoError::TooSmall { width, height });
    assert_eq!(refused(1, 1, |_, _| grey(9)), too_small(1, 1));
    assert_eq!(refused(500, 7, |x, _| grey(x as u8)), too_small(500, 7));
    assert_eq!(refused(0, 0, |_, _| grey(9)), too_small(0, 0));
    assert_eq!(
        refused(300, 200, |_, _| grey(255)),
        Some(PhotoError::NothingStandsOut)
    );
    assert_eq!(
        refused(300, 200, |_, _| [0; 4]),
        Some(PhotoError::NothingStandsOut)
    );
    assert_eq!(
        refused(300, 200, |x, y| grey(if (x / 5, y / 5) == (9, 9) {
            0
        } else {
            255
        })),
        Some(PhotoError::NothingStandsOut)
    );
}

/// Floorboards: stripes in two browns, with a grain.
fn floor(x: u32, y: u32) -> [u8; 4] {
    let board = if (x / 37).is_multiple_of(2) { 18 } else { 0 };
    let grain = ((x * 7 + y * 13) % 11) as u8;
    [150 + board + grain, 105 + board + grain, 60 + grain, 255]
}

/// The shirt in blue, ten times enlarged, on the floor; printed, with buttons.
fn worn(x: u32, y: u32) -> [u8; 4] {
    let on = (x >= 60 && y >= 50).then(|| shirt((x - 60) / 10, (y - 50) / 10));
    match on.flatten() {
        Some(_) if (190..210).contains(&x) && y % 40 < 8 => [220, 220, 210, 255],
        Some(value) => [value / 4, value / 3, value, 255],
        None => floor(x, y),
    }
}

#[test]
fn a_garment_on_the_floor_is_segmented() {
    let prepared = prepare(&RgbaImage::from_fn(400, 400, worn)).unwrap();
    assert_eq!(prepared.route, Route::Scene { inverted: true });
    let mask = prepared.mask.unwrap();
    let (mut both, mut either) = (0, 0);
    for (x, y) in (0..400).flat_map(|y| (0..400).map(move |x| (x, y))) {
        let drawn = worn(x, y) != floor(x, y);
        let found = mask.sample((x as f32 + 0.5) / 400.0, (y as f32 + 0.5) / 400.0) > 0.5;
        both += u32::from(drawn && found);
        either += u32::from(drawn || found);
    }
    assert!(both * 100 > either * 93, "{both} of {either}");
    assert!(prepared.quality > POOR_QUALITY && !prepared.is_white);
    let Frame { x, y, side } = prepared.frame;
    let near = |value: f32, expected: f32| (value - expected).abs() < 8.0;
    assert!(
        near(x, 60.0) && near(y, 50.0) && near(side, 280.0),
        "{x} {y} {side}"
    );
    // Beside the body there is nothing, on it there is.
    let pixels = prepared.grey.pixels();
    assert!(pixels[25 * 28 + 2] == 0 && pixels[25 * 28 + 14] > 40);
}

#[test]
fn a_photo_on_its_side_is_rotated() {
    let upright = prepare(&RgbaImage::from_fn(400, 400, worn)).unwrap();
    let lying = Pipeline::new(&RgbaImage::from_fn(400, 400, |x, y| worn(y, 399 - x))).unwrap();
    let turned = Edits {
        rotation: -90.0,
        ..Edits::default()
    };
    let turned = lying.prepare(&turned).unwrap();
    assert!(turned.grey == upright.grey && turned.frame == upright.frame);
    let little = Edits {
        rotation: 10.0,
        ..Edits::default()
    };
    // 400 (cos 10 + sin 10 degrees) = 463.4.
    assert_eq!(lying.prepare(&little).unwrap().width, 463);
}

#[test]
fn each_edit_changes_only_its_own_step() {
    let pipeline = Pipeline::new(&RgbaImage::from_fn(400, 400, worn)).unwrap();
    let prepared = |edits: &Edits| pipeline.prepare(edits).unwrap();
    let plain = prepared(&Edits::default());
    let positive = prepared(&Edits {
        inverted: Some(false),
        ..Edits::default()
    });
    assert_eq!(positive.mask, plain.mask);
    let mean = |p: &Prepared, columns: core::ops::Range<usize>| {
        let pixels = columns.map(|x| u32::from(p.grey.pixels()[15 * 28 + x]));
        pixels.sum::<u32>()
    };
    // The shirt brightens to the right; negated, it darkens.
    assert!(mean(&positive, 9..12) < mean(&positive, 16..19));
    assert!(mean(&plain, 9..12) > mean(&plain, 16..19));

    // Without its sleeves.
    let erase = |x: f32| Stroke {
        erases: true,
        radius: 0.1,
        points: vec![[x, 0.12], [x, 0.5]],
    };
    let cut = prepared(&Edits {
        strokes: vec![erase(0.24), erase(0.76)],
        ..Edits::default()
    });
    assert!(cut.frame.side < plain.frame.side + 1.0);
    assert!(cut.mask.as_ref().unwrap().coverage() < plain.mask.as_ref().unwrap().coverage() - 0.05);
    assert_eq!(cut.quality, 1.0);

    let half = prepared(&Edits {
        crop: Some(Crop {
            left: 0.2,
            width: 0.8,
            top: 0.4,
            height: 0.6,
        }),
        ..Edits::default()
    });
    // The body without the sleeves, where it was.
    assert!(half.frame.y > 150.0 && half.height == 400);
    // It is 120 wide and 170 high: the square begins 25 to its left.
    let middle = half.frame.x + half.frame.side / 2.0;
    assert!((middle - 200.0).abs() < 8.0, "{middle}");
    assert!(half.frame.side < plain.frame.side - 80.0);
}

#[test]
fn stages_show_every_step() {
    let pipeline = Pipeline::new(&RgbaImage::from_fn(400, 300, worn)).unwrap();
    let crop = Crop {
        left: 0.1,
        top: 0.05,
        width: 0.9,
        height: 0.95,
    };
    let edits = Edits {
        rotation: 5.0,
        crop: Some(crop),
        ..Edits::default()
    };
    let prepared = pipeline.prepare(&edits).unwrap();
    let stages = pipeline.stages(&edits, &prepared);
    assert_eq!(
        (stages.upright.width(), stages.upright.height()),
        (425, 334)
    );
    // The cut-out shows blue cloth in its middle and nothing in its corner.
    let at = |x: usize, y: usize| &stages.cutout.rgba()[(y * 224 + x) * 4..][..4];
    let [r, _, b, alpha] = *at(112, 150) else {
        panic!("no pixel");
    };
    assert!(b > r && alpha == 255);
    assert_eq!(at(5, 200)[3], 0);
    // The square is as wide as the garment.
    let opaque = (0..224 * 224).filter(|i| stages.cutout.rgba()[i * 4 + 3] == 255);
    let columns: Vec<usize> = opaque.map(|i| i % 224).collect();
    let (first, last) = (columns.iter().min(), columns.iter().max());
    assert!(first < Some(&14) && last > Some(&209), "{first:?} {last:?}");
    let greys = stages.grey.rgba();
    assert!(greys[(150 * 224 + 112) * 4] > 40 && greys[(200 * 224 + 5) * 4] == 0);
}

#[test]
fn an_image_that_is_used_as_it_is_has_no_cutout() {
    let pipeline =
        Pipeline::new(&RgbaImage::from_fn(28, 28, |x, y| grey(small_shirt(x, y)))).unwrap();
    let prepared = pipeline.prepare(&Edits::default()).unwrap();
    let stages = pipeline.stages(&Edits::default(), &prepared);
    assert_eq!((stages.upright.width(), stages.upright.height()), (28, 28));
    assert!(stages.cutout.is_empty() && stages.grey.is_empty());
}

#[test]
fn white_garments_are_detected() {
    let white = prepare(&RgbaImage::from_fn(400, 400, |x, y| {
        if worn(x, y) == floor(x, y) {
            floor(x, y)
        } else {
            [236, 234, 230, 255]
        }
    }));
    assert!(white.unwrap().is_white);
}

proptest! {
    #[test]
    fn any_pixels_give_an_image_or_an_error(
        width in 0u32..70,
        height in 0u32..70,
        bytes in prop::collection::vec(any::<u8>(), 64..512),
        levels in 1u8..=255,
    ) {
        // Repeating bytes, from noisy to nearly uniform.
        let rgba = (0..width as usize * height as usize * 4).map(|i| bytes[i % bytes.len()] / levels).collect();
        let photo = RgbaImage::new(width, height, rgba).unwrap();
        if let Ok(prepared) = prepare(&photo) {
            let Frame { x, y, side } = prepared.frame;
            prop_assert!(side >= 8.0 && side <= width.max(height) as f32);
            // The frame shows the photo, not its surroundings.
            prop_assert!(x < width as f32 && y < height as f32 && x + side > 0.0 && y + side > 0.0);
        }
    }
}

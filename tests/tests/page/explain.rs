//! Heat maps as the page paints them.

use std::ops::{Range, RangeInclusive};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shared::explain::{DivergingColours, HeatMap, Reason, occlusion};
use shared::{AnyClassifier, Garment, Grey28, ModelId, Sample};
use tests::image_files;
use tests::page::{Canvas, Page};
use tests::reference::weights;

use crate::session::{Check, ReferenceImage, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(Cpu, "choosing_a_class_changes_the_heat_map", classes),
    Check::new(
        Cpu,
        "heat_is_red_where_the_reference_is_hottest_and_blue_where_it_is_cool",
        |session| colours(session, "gradcam-heatmap", 60),
    ),
    Check::new(
        Cpu,
        "the_overlay_does_not_swap_red_and_blue",
        // Half of the overlay is heat, and less where it is cool.
        |session| colours(session, "gradcam-overlay", 15),
    ),
    Check::new(
        Cpu,
        "a_classical_model_s_map_is_by_occlusion_and_as_natively",
        by_occlusion,
    ),
    Check::new(
        Cpu,
        "a_class_without_a_chance_has_a_pale_occlusion_map",
        without_a_chance,
    ),
    Check::new(
        Cpu,
        "the_panel_shows_every_model_s_own_reason_as_natively",
        own_reasons,
    ),
    Check::new(
        Cpu,
        "the_panel_has_seven_maps_of_one_class_with_text",
        seven_maps,
    ),
    Check::new(Cpu, "a_map_is_tested_by_deletion", deletion),
    Check::new(
        Cpu,
        "neighbours_and_support_vectors_are_shown_as_the_training_images_they_are",
        thumbnails,
    ),
    Check::new(
        Cpu,
        "thumbnails_that_fail_leave_the_list_and_can_be_tried_again",
        missing_thumbnails,
    ),
];

/// The networks that the reference has maps of.
const CONVOLUTIONAL: [ModelId; 2] = [ModelId::Cnn, ModelId::Resnet];

fn by_occlusion(session: &Session) {
    let page = session.page();
    let golden = session.clear_example(Garment::Dress);
    for model in [ModelId::Logistic, ModelId::Knn, ModelId::Mlp] {
        let canvas = heat_map_canvas(session, &page, model, &golden, "gradcam-heatmap");
        let text = session.browser.run(
            "const method = document.querySelector('[data-testid=\"method\"]');
             return [method.dataset.method, method.innerText];",
            vec![],
        );
        assert_eq!(text[0], "occlusion", "{text}");
        assert!(
            text[1].as_str().is_some_and(|t| t.contains("covers")),
            "{text}"
        );
        let mut classifier =
            AnyClassifier::new(model, &weights(model)).expect("the committed weights fit");
        let class = session.expected(model, &golden).0;
        let map = classifier.explain(&Sample::new(golden.image.clone()), class);
        assert!(map.peak() > 0.02, "{model}: a pale map proves nothing");
        let expected =
            DivergingColours::default().apply(&map.upsample_to(canvas.width, occlusion::FULL));
        let apart = canvas
            .rgba
            .iter()
            .zip(&expected)
            .map(|(a, b)| a.abs_diff(*b))
            .max();
        assert!(
            apart <= Some(2),
            "{model}: colours differ by {apart:?} of 255"
        );
    }
}

const TIMEOUT: Duration = Duration::from_secs(60);

/// A class that the model gives no chance does not glow: its map is on the scale of probabilities, not of its own peak.
fn without_a_chance(session: &Session) {
    // The models are unsure about the image that the page opens with, so that covering a region changes their probabilities.
    let page = session.page();
    let predicted = page.snapshot().row(ModelId::Logistic).label.clone();
    page.select("gradcam-model", ModelId::Logistic.name());
    page.select("gradcam-class", &predicted);
    let answer = settled(&page, "gradcam-heatmap");
    page.select("gradcam-class", Garment::AnkleBoot.label());
    let other = settled(&page, "gradcam-heatmap");
    let orange = |canvas: &Canvas| {
        let pixels = canvas.rgba.chunks_exact(4);
        let colour = |p: &[u8]| i32::from(p[0]) - i32::from(p[2]);
        pixels.map(colour).max().unwrap_or_default()
    };
    let [answer, other] = [&answer, &other].map(orange);
    assert!(
        answer > 20 && other < 12,
        "the answer's map has {answer} more red than blue, an ankle boot's {other}"
    );
}

fn open_panel(page: &Page, session: &Session, golden: &ReferenceImage) {
    page.show(&image_files::png(&golden.image));
    session.browser.run(
        "const button = document.querySelector('[data-testid=\"open-reasons\"]');
         if (button.getAttribute('aria-expanded') === 'false') button.click();",
        vec![],
    );
}

/// The article with the chosen model's reason, once it is there.
fn reason(session: &Session, page: &Page, model: ModelId) -> Value {
    page.select("gradcam-model", model.name());
    let script = "
        const reason = document.querySelector('[data-testid=\"reason\"]');
        const list = hook => [...reason.querySelectorAll(hook)].map(e => ({...e.dataset}));
        return {model: reason.dataset.model ?? null, method: reason.dataset.method ?? null,
            neighbours: list('[data-testid=\"neighbour\"]'), vectors: list('[data-testid=\"support-vector\"]'),
            votes: list('[data-testid=\"tree-votes\"] li'),
            steps: reason.querySelectorAll('[data-testid=\"tree-path\"] li').length, text: reason.innerText};";
    session
        .browser
        .wait(script, TIMEOUT, |now| now["model"] == model.name())
        .expect("the model's reason is shown")
}

fn own_reasons(session: &Session) {
    let page = session.page();
    let golden = session.clear_example(Garment::Coat);
    open_panel(&page, session, &golden);
    page.select("gradcam-class", Garment::Coat.label());
    let sample = Sample::new(golden.image.clone());
    let number = |value: &Value| -> f32 {
        let text = value.as_str().expect("a number as text");
        text.parse().expect("a number")
    };
    for model in ModelId::ALL {
        let shown = reason(session, &page, model);
        let classifier =
            AnyClassifier::new(model, &weights(model)).expect("the committed weights fit");
        match classifier.reason(&sample, Garment::Coat) {
            Reason::Neighbours(expected) => {
                let found = shown["neighbours"].as_array().expect("a list");
                assert_eq!(
                    (found.len(), &shown["method"]),
                    (expected.len(), &json!("neighbours"))
                );
                for (found, expected) in found.iter().zip(expected) {
                    // The same bits natively and in wasm.
                    assert_eq!(number(&found["distance"]), expected.distance);
                    assert_eq!(
                        found["label"],
                        Garment::ALL[usize::from(expected.label)].label()
                    );
                }
            }
            Reason::SupportVectors(expected) => {
                let found = shown["vectors"].as_array().expect("a list");
                let expected = expected.supporting.iter().chain(&expected.opposing);
                let expected: Vec<f32> = expected.map(|v| v.contribution).collect();
                let found: Vec<f32> = found.iter().map(|v| number(&v["value"])).collect();
                assert_eq!(found, expected);
            }
            Reason::Trees(expected) => {
                let found = shown["votes"].as_array().expect("a list");
                let votes: u32 = found.iter().map(|v| number(&v["votes"]) as u32).sum();
                assert_eq!(votes, expected.votes.iter().sum::<u32>());
                assert_eq!(shown["steps"], expected.path.comparisons.len() + 1);
            }
            Reason::Maps(expected) => {
                assert_eq!(shown["method"], expected[0].method.name(), "{model}");
                let text = shown["text"].as_str().unwrap_or_default();
                assert!(text.contains("Strongest: "), "{model}: {text}");
            }
        }
    }
}

fn seven_maps(session: &Session) {
    let page = session.page();
    let golden = session.clear_example(Garment::Trouser);
    open_panel(&page, session, &golden);
    let script = "
        return [...document.querySelectorAll('[data-testid=\"reason-map\"]')].map(figure => ({
            model: figure.dataset.model, busy: figure.getAttribute('aria-busy'),
            text: figure.querySelector('canvas').getAttribute('aria-label') ?? '',
            caption: figure.innerText}));";
    let maps = session
        .browser
        .wait(script, TIMEOUT, |maps| {
            let maps = maps.as_array();
            maps.is_some_and(|maps| maps.len() == 7 && maps.iter().all(|m| m["busy"] == "false"))
        })
        .expect("all seven models have a map");
    for (map, model) in maps.as_array().into_iter().flatten().zip(ModelId::ALL) {
        assert_eq!(map["model"], model.name());
        let text = map["text"].as_str().unwrap_or_default();
        assert!(
            text.starts_with("Strongest: ") || text.starts_with("No region is important"),
            "{map}"
        );
        assert!(
            map["caption"]
                .as_str()
                .is_some_and(|c| c.contains(text) && c.contains('%')),
            "{map}"
        );
    }
}

fn deletion(session: &Session) {
    let page = session.page();
    let golden = session.clear_example(Garment::Bag);
    open_panel(&page, session, &golden);
    for model in [ModelId::Mlp, ModelId::Logistic] {
        page.select("gradcam-class", Garment::Bag.label());
        reason(session, &page, model);
        page.click("[data-testid=\"test-maps\"]");
        let script = "
            const cell = document.querySelector('[data-testid=\"deletion-area\"]');
            return cell === null ? null : [cell.dataset.value, cell.closest('tr').dataset.method];";
        let mut classifier =
            AnyClassifier::new(model, &weights(model)).expect("the committed weights fit");
        let trust = classifier.trust(&Sample::new(golden.image.clone()), Garment::Bag);
        let expected = trust.tested[0].curves.deletion_area();
        let found = session
            .browser
            .wait(script, TIMEOUT, |found| found[1] == trust.own.method.name())
            .expect("the map is tested");
        assert_eq!(found[0], expected.to_string(), "{model}");
    }
}

/// The grey levels of each thumbnail as the browser decodes its file, or null where the site has none.
const THUMBNAILS: &str = "
    const items = [...document.querySelectorAll('[data-testid=\"reason\"] .thumbnail')];
    const canvas = new OffscreenCanvas(28, 28).getContext('2d', {willReadFrequently: true});
    const sheets = new Map();
    const found = [];
    for (const item of items) {
        const image = item.querySelector('image');
        if (image === null) {
            found.push(null);
            continue;
        }
        const url = image.getAttribute('href');
        if (!sheets.has(url)) sheets.set(url, await createImageBitmap(await (await fetch(url)).blob()));
        const [left, top] = item.getAttribute('viewBox').split(' ').map(Number);
        canvas.drawImage(sheets.get(url), left, top, 28, 28, 0, 0, 28, 28);
        found.push([...canvas.getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0));
    }
    return found;";

/// Compressed, an image is still nearest to itself: the model's own point is found again from the image that is shown for it.
fn thumbnails(session: &Session) {
    let page = session.page();
    let golden = session.clear_example(Garment::Coat);
    open_panel(&page, session, &golden);
    page.select("gradcam-class", Garment::Coat.label());
    let sample = Sample::new(golden.image.clone());
    for model in [ModelId::Knn, ModelId::Svm] {
        reason(session, &page, model);
        let there =
            "return document.querySelectorAll('[data-testid=\"reason\"] .thumbnail').length;";
        let loaded = session
            .browser
            .wait(there, TIMEOUT, |count| count.as_u64() >= Some(6));
        loaded.expect("the thumbnails are loaded");
        let shown = session.browser.run_async(THUMBNAILS, vec![]);
        let shown = shown.expect("the files are images");
        let shown = shown.as_array().expect("a list of images");
        let classifier =
            AnyClassifier::new(model, &weights(model)).expect("the committed weights fit");
        let expected: Vec<u32> = match classifier.reason(&sample, Garment::Coat) {
            Reason::Neighbours(neighbours) => neighbours.iter().map(|n| n.point).collect(),
            Reason::SupportVectors(decision) => {
                let all = decision.supporting.iter().chain(&decision.opposing);
                all.map(|v| v.vector).collect()
            }
            other => panic!("{model}: {other:?}"),
        };
        assert_eq!(shown.len(), expected.len(), "{model}");
        let images = shown
            .iter()
            .zip(&expected)
            .filter(|(image, _)| !image.is_null());
        let (mut compared, mut same) = (0, 0);
        for (image, &number) in images {
            let levels = image.as_array().expect("a list of grey levels");
            let levels: Vec<u8> = levels
                .iter()
                .map(|level| level.as_u64().expect("a grey level") as u8)
                .collect();
            let image = Grey28::from_slice(&levels).expect("28x28 grey levels");
            compared += 1;
            same += usize::from(is_nearest(&classifier, image, number));
        }
        assert!(
            compared >= 6 && same * 5 >= compared * 4,
            "{model}: {same} of {compared} images are those of their points"
        );
    }
}

/// Whether the point or vector of that number is among the fifteen nearest to an image.
fn is_nearest(classifier: &AnyClassifier, image: Grey28, number: u32) -> bool {
    let sample = Sample::new(image);
    match classifier {
        AnyClassifier::Knn(knn) => knn.neighbours(&sample).iter().any(|n| n.point == number),
        AnyClassifier::Svm(svm) => {
            let artifact = weights(ModelId::Svm);
            let vectors = &artifact
                .tensor("vectors")
                .expect("an SVM has vectors")
                .values;
            let place = svm.project(&sample);
            let distance = |vector: &[f32]| -> f32 {
                let pairs = vector.iter().zip(&place);
                pairs.map(|(a, b)| (a - b) * (a - b)).sum()
            };
            let distances: Vec<f32> = vectors.chunks_exact(place.len()).map(distance).collect();
            let own = distances[number as usize];
            distances.iter().filter(|d| **d < own).count() < 15
        }
        _ => unreachable!("only these models keep training images"),
    }
}

fn missing_thumbnails(session: &Session) {
    let page = session.page();
    let golden = session.clear_example(Garment::Bag);
    open_panel(&page, session, &golden);
    let block = |urls: Value| {
        session.browser.cdp("Network.enable", json!({}));
        session
            .browser
            .cdp("Network.setBlockedURLs", json!({"urls": urls}));
    };
    block(json!(["*thumbnails*"]));
    let shown = reason(session, &page, ModelId::Knn);
    let state = "return document.querySelector('[data-testid=\"thumbnails-state\"]').textContent;";
    let failed = session.browser.wait(state, TIMEOUT, |text| {
        text.as_str()
            .is_some_and(|t| t.contains("could not be loaded"))
    });
    block(json!([]));
    failed.expect("the failure is reported");
    assert_eq!(shown["neighbours"].as_array().map(Vec::len), Some(15));
    page.click("[data-testid=\"reason\"] button");
    let there = "return document.querySelectorAll('[data-testid=\"thumbnail\"]').length;";
    let loaded = session
        .browser
        .wait(there, TIMEOUT, |count| count.as_u64() > Some(0));
    loaded.expect("the thumbnails are loaded at the second attempt");
}

fn classes(session: &Session) {
    let page = session.page();
    let golden = session.clear_example(Garment::Coat);
    page.show(&image_files::png(&golden.image));
    let mut maps = vec![settled(&page, "gradcam-heatmap")];
    for class in Garment::ALL {
        page.select("gradcam-class", class.label());
        let map = settled(&page, "gradcam-heatmap");
        if !maps.contains(&map) {
            maps.push(map);
        }
    }
    // Classes for which nothing speaks share one empty map.
    assert!(
        maps.len() >= 4,
        "ten classes have {} different maps",
        maps.len()
    );
    for model in CONVOLUTIONAL {
        page.select("gradcam-model", model.name());
        maps.push(settled(&page, "gradcam-heatmap"));
    }
    assert!(
        maps[maps.len() - 1] != maps[maps.len() - 2],
        "both models have the same map"
    );
}

/// Red exceeds blue where the reference is hot, and blue exceeds red where it is cool, by more than `margin` of 255.
fn colours(session: &Session, hook: &str, margin: i32) {
    let page = session.page();
    for model in CONVOLUTIONAL {
        let golden = telling(session, model);
        let canvas = heat_map_canvas(session, &page, model, &golden, hook);
        let (mut hot, mut cool) = (0, 0);
        for (i, heat) in reference_heat(session, model, golden.index)
            .iter()
            .enumerate()
        {
            let (u, v) = centre(i);
            let colour @ [r, _, b] = canvas.at(u, v).map(i32::from);
            if HOT.contains(heat) {
                assert!(r > b + margin, "{model}: {colour:?} where it is hot");
                hot += 1;
            }
            if COOL.contains(heat) {
                assert!(b > r + margin, "{model}: {colour:?} where it is cool");
                cool += 1;
            }
        }
        assert!(
            hot > 0 && cool > 0,
            "{model}: {hot} hot and {cool} cool places prove nothing"
        );
    }
}

/// Heat that is shown in a clear blue: less is nearly black, more is green.
const COOL: Range<f32> = 0.08..0.2;

/// Heat that is shown in a clear red: the very peak of a map lies between the places looked at.
const HOT: RangeInclusive<f32> = 0.85..=1.0;

/// The golden image whose map has the most places both hot and cool.
fn telling(session: &Session, model: ModelId) -> ReferenceImage {
    let both = |index: usize| {
        let heat = reference_heat(session, model, index);
        let count = |is_it: &dyn Fn(&f32) -> bool| heat.iter().filter(|h| is_it(h)).count();
        count(&|h| HOT.contains(h)).min(count(&|h| COOL.contains(h)))
    };
    let index = (0..session.reference.images.len())
        .max_by_key(|&index| both(index))
        .expect("the reference has images");
    session.reference_image(index)
}

/// The canvas with the hook, for the golden image and the class that the model says it shows.
pub fn heat_map_canvas(
    session: &Session,
    page: &Page,
    model: ModelId,
    golden: &ReferenceImage,
    hook: &str,
) -> Canvas {
    page.show(&image_files::png(&golden.image));
    page.select("gradcam-model", model.name());
    page.select("gradcam-class", session.expected(model, golden).0.label());
    settled(page, hook)
}

/// A canvas is taken for settled when it has not changed for so long: longer than the slowest engine explains.
const CALM: Duration = Duration::from_millis(400);

/// A canvas once it does not change any more.
fn settled(page: &Page, hook: &str) -> Canvas {
    let start = Instant::now();
    let mut canvas = page.canvas(hook);
    let mut since = Instant::now();
    while since.elapsed() < CALM {
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{hook} never stops changing"
        );
        std::thread::sleep(Duration::from_millis(40));
        let now = page.canvas(hook);
        if now != canvas {
            (canvas, since) = (now, Instant::now());
        }
    }
    canvas
}

/// The reference's map for its own answer, enlarged, 0 to 1.
///
/// # Shapes
/// `[FINE, FINE]`, row-major.
fn reference_heat(session: &Session, model: ModelId, index: usize) -> Vec<f32> {
    let answers = session.reference.outputs(model);
    let map = HeatMap {
        rows: answers.map_side,
        columns: answers.map_side,
        values: answers.maps[index].clone(),
    };
    map.upsample(FINE)
}

const FINE: usize = 28;

/// The middle of a pixel of [`reference_heat`], in the unit square.
fn centre(i: usize) -> (f32, f32) {
    let place = |n: usize| (n as f32 + 0.5) / FINE as f32;
    (place(i % FINE), place(i / FINE))
}

//! The view inside the models: each layer's maps, the parts of a value, the keyboard, and images that follow each other quickly.

use std::time::Duration;

use serde_json::{Value, json};
use shared::features::hog::CELLS;
use shared::inside::{Cell, CellPlace, FeatureMap, LayerKind, NetworkLayers};
use shared::{AnyClassifier, Garment, ModelId, Sample};
use tests::image_files;
use tests::page::{Page, Snapshot};
use tests::reference::weights;

use crate::layout::tab_to;
use crate::session::{Check, ReferenceImage, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "each_channel_of_each_layer_has_a_map_as_natively",
        feature_maps,
    ),
    Check::new(
        Cpu,
        "the_parts_of_a_network_s_value_add_up_to_it",
        parts_of_values,
    ),
    Check::new(
        Cpu,
        "the_keyboard_alone_reaches_each_map_and_value",
        keyboard,
    ),
    Check::new(
        Cpu,
        "the_layers_of_an_image_that_was_replaced_are_not_shown",
        replaced_image,
    ),
    Check::new(
        Cpu,
        "a_classical_model_s_features_lead_to_its_prediction",
        classical,
    ),
    Check::new(Cpu, "the_layers_scroll_inside_their_box_on_a_phone", phone),
];

const TIMEOUT: Duration = Duration::from_secs(30);
/// WebDriver's codes of keys.
const ENTER: char = '\u{e007}';
const RIGHT: char = '\u{e014}';
const DOWN: char = '\u{e015}';

fn native(model: ModelId) -> AnyClassifier {
    AnyClassifier::new(model, &weights(model)).expect("the committed weights fit")
}

fn open(page: &Page) {
    page.query(
        "open-inside",
        "if (it.getAttribute('aria-expanded') === 'false') it.click();",
    );
}

/// Chooses a model, and waits until the page shows what is inside it for an image since that snapshot.
fn choose(session: &Session, page: &Page, model: ModelId) {
    let image = page.snapshot().row(model).image.to_string();
    // The choice comes with the code of this part.
    let there = "return document.querySelector('[data-testid=\"inside-model\"]') !== null;";
    let there = session
        .browser
        .wait(there, TIMEOUT, |there| there == &json!(true));
    there.expect("the view is loaded");
    page.select("inside-model", model.name());
    let shown = "const it = document.querySelector('[data-testid=\"inside\"]');
        return [it.dataset.model ?? null, it.dataset.picture ?? null];";
    let shown = session.browser.wait(shown, TIMEOUT, |shown| {
        shown[0] == model.name() && shown[1] == image.as_str()
    });
    shown.unwrap_or_else(|shown| panic!("not {model} and image {image} but {shown}"));
}

/// Opens the view with a clear example of a class.
fn open_with(session: &Session, class: Garment) -> (Page<'_>, ReferenceImage) {
    let page = session.page();
    let golden = session.clear_example(class);
    page.show(&image_files::png(&golden.image));
    open(&page);
    (page, golden)
}

/// The number of maps of each layer with the layer's kind, and the red and blue of the pixels of each layer's last map.
const MAPS: &str = "
    return [...document.querySelectorAll('[data-testid=\"layer\"]')].map(layer => {
        const maps = [...layer.querySelectorAll('[data-testid=\"feature-map\"]')];
        const canvas = maps.at(-1).querySelector('canvas');
        const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        return {kind: layer.dataset.kind, layers: [...new Set(maps.map(m => Number(m.dataset.layer)))],
            channels: maps.map(m => Number(m.dataset.channel)), size: [canvas.height, canvas.width],
            red: [...pixels].filter((_, i) => i % 4 === 0), blue: [...pixels].filter((_, i) => i % 4 === 2),
            labels: maps.filter(m => (m.getAttribute('aria-label') ?? '').length > 10).length};
    });";

fn feature_maps(session: &Session) {
    let (page, golden) = open_with(session, Garment::Coat);
    for (model, counts) in [
        (ModelId::Cnn, vec![1, 32, 32, 64, 64, 128, 128, 10]),
        (ModelId::Resnet, vec![1, 32, 32, 32, 32, 32, 32, 32, 32, 10]),
        (ModelId::Mlp, vec![1, 512, 256, 10]),
    ] {
        choose(session, &page, model);
        let expected = native(model).layers(&Sample::new(golden.image.clone()));
        let expected = expected.expect("a network has layers");
        let shown = session.browser.run(MAPS, vec![]);
        let shown = shown.as_array().expect("a list");
        assert_eq!(shown.len(), counts.len(), "{model}");
        for (i, (layer, count)) in shown.iter().zip(counts).enumerate() {
            let native = &expected.layers[i];
            assert_eq!(layer["kind"], native.kind.name(), "{model}");
            assert_eq!(layer["layers"], json!([i]), "{model}");
            let channels: Vec<usize> = (0..count).collect();
            assert_eq!(layer["channels"], json!(channels), "{model}, layer {i}");
            assert_eq!(layer["size"], json!([native.rows, native.columns]));
            assert_eq!(layer["labels"], json!(count), "{model}, layer {i}");
            assert_tones(layer, &expected, i, model);
        }
    }
}

/// White is the largest value of the layer, black 0, and between them the root decides; a pixel of the image is as bright as it is. What is
/// below 0 is blue.
fn assert_tones(shown: &Value, expected: &NetworkLayers, index: usize, model: ModelId) {
    let layer = &expected.layers[index];
    let all = || layer.maps.iter().flat_map(FeatureMap::values);
    let is_image = layer.kind == LayerKind::Input;
    // A black pixel.
    let black = if is_image {
        all().fold(0.0, f32::min)
    } else {
        0.0
    };
    let full = all().fold(0.0, |full: f32, v| full.max((v - black).abs()));
    assert!(full > 0.0, "{model}, layer {index} has no value");
    let map = layer.maps.last().expect("a layer has maps");
    for (at, value) in map.values().enumerate() {
        let share = (value - black) / full;
        let strength = if is_image { share } else { share.abs().sqrt() };
        let [red, blue] = ["red", "blue"].map(|tone| {
            let tone = shown[tone][at].as_f64();
            tone.expect("each value has a pixel") as f32
        });
        let what = format!("{model}, layer {index}, value {at}: {value} of {full}");
        assert!((blue - strength * 255.0).abs() <= 1.5, "{what} is {blue}");
        if share >= 0.0 {
            assert_eq!(red, blue, "{what}");
        } else {
            assert!(red < blue || strength < 0.02, "{what}: {red}, {blue}");
        }
    }
}

/// The parts of the value that is shown: the value, the parts, the sum, what follows it, and the products of each window.
const PARTS: &str = "
    const cell = document.querySelector('[data-testid=\"cell\"]');
    const numbers = hook => [...cell.querySelectorAll(`[data-testid=\"${hook}\"]`)].map(e => Number(e.dataset.value));
    const table = name => [...cell.querySelectorAll('[data-testid=\"cell-window\"]')].map(window =>
        [...window.querySelectorAll(`[data-of=\"${name}\"] td`)].map(td => Number(td.dataset.value)));
    const large = document.querySelector('[data-testid=\"large-map\"]');
    return {busy: cell.getAttribute('aria-busy'), value: Number(cell.dataset.value), parts: numbers('cell-part'),
        total: numbers('cell-total'), relu: numbers('cell-relu'), affine: numbers('cell-affine'),
        inputs: table('Inputs'), weights: table('Weights'), products: table('Products'),
        place: [large.dataset.layer, large.dataset.channel, large.dataset.row, large.dataset.column].map(Number),
        four: [...cell.querySelectorAll('[data-of=\"Inputs\"] td')].map(td => Number(td.dataset.value)), text: cell.innerText};";

/// The parts, once those of a place that fulfils the condition are there.
fn parts(session: &Session, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let parts = session.browser.wait(PARTS, TIMEOUT, |parts| {
        parts["busy"] == "false" && is_wanted(&parts["place"])
    });
    parts.unwrap_or_else(|parts| panic!("the parts of another value: {parts:#}"))
}

fn numbers(value: &Value) -> Vec<f64> {
    serde_json::from_value(value.clone()).unwrap_or_else(|_| panic!("no numbers: {value}"))
}

fn sum(value: &Value) -> f64 {
    numbers(value).iter().sum()
}

fn parts_of_values(session: &Session) {
    let (page, golden) = open_with(session, Garment::Sneaker);
    let sample = Sample::new(golden.image.clone());
    for (model, layers) in [
        (ModelId::Cnn, vec![1, 2, 3, 5, 6, 7]),
        (ModelId::Resnet, vec![3, 4, 8, 9]),
        (ModelId::Mlp, vec![1, 3]),
    ] {
        choose(session, &page, model);
        let classifier = native(model);
        for layer in layers {
            page.click(&format!(
                "[data-testid=\"feature-map\"][data-layer=\"{layer}\"][data-channel=\"7\"]"
            ));
            let shown = parts(session, |place| place[0] == layer && place[1] == 7);
            let place = numbers(&shown["place"]);
            let place = CellPlace {
                layer: place[0] as u8,
                channel: place[1] as u16,
                row: place[2] as u16,
                column: place[3] as u16,
            };
            let what = format!("{model}, {place:?}: {shown:#}");
            let close = |a: f64, b: f64| (a - b).abs() < 1e-3 * (1.0 + b.abs());
            let value = shown["value"].as_f64().expect("a value");
            match classifier.cell(&sample, place).expect("such a value") {
                Cell::Sum(expected) => {
                    assert!(close(value, expected.value.into()), "{what}");
                    let total = sum(&shown["total"]);
                    assert!(close(total, expected.sum.into()), "{what}");
                    // What is shown adds up to it.
                    assert!(close(sum(&shown["parts"]), total), "{what}");
                    let mut now = total;
                    if expected.has_relu {
                        now = now.max(0.0);
                        assert!(close(sum(&shown["relu"]), now), "{what}");
                    }
                    if expected.affine.is_some() {
                        now = sum(&shown["affine"]);
                    }
                    assert!(close(now, value), "{what}");
                    assert_windows(&shown, &what);
                    if model != ModelId::Mlp && layer < 6 {
                        let listed = shown["products"].as_array().map_or(0, Vec::len);
                        assert_eq!(listed, expected.windows.len(), "{what}");
                    }
                }
                Cell::Largest { inputs, .. } => {
                    let four = numbers(&shown["four"]);
                    assert_eq!(four.len(), inputs.len(), "{what}");
                    assert!(close(four.into_iter().fold(f64::MIN, f64::max), value));
                }
                Cell::Mean { inputs, .. } => {
                    let four = numbers(&shown["four"]);
                    assert_eq!(four.len(), inputs.len(), "{what}");
                    assert!(close(four.iter().sum::<f64>() / four.len() as f64, value));
                }
                Cell::Pixel { .. } => unreachable!("no layer is the image"),
            }
        }
    }
    // The logits lead to the prediction.
    assert_probabilities(session, ModelId::Mlp, &golden);
}

/// In each window, each input times its weight is the product, and the products add up to the window's part.
fn assert_windows(shown: &Value, what: &str) {
    let windows = shown["products"].as_array().expect("a list");
    for (i, products) in windows.iter().enumerate() {
        let products = numbers(products);
        if products.is_empty() {
            // Shown as pictures.
            continue;
        }
        let inputs = numbers(&shown["inputs"][i]);
        let weights = numbers(&shown["weights"][i]);
        assert_eq!(
            (products.len(), inputs.len(), weights.len()),
            (9, 9, 9),
            "{what}"
        );
        for ((input, weight), product) in inputs.iter().zip(&weights).zip(&products) {
            assert!((input * weight - product).abs() < 1e-4, "{what}");
        }
        let part = shown["parts"][i].as_f64().expect("a part for each window");
        assert!((products.iter().sum::<f64>() - part).abs() < 1e-3, "{what}");
    }
}

/// The softmax's classes and probabilities are those of the native prediction.
fn assert_probabilities(session: &Session, model: ModelId, golden: &ReferenceImage) {
    let rows = session.browser.run(
        "return [...document.querySelectorAll('[data-testid=\"softmax-row\"]')].map(row =>
             [row.dataset.label, Number(row.dataset.probability), Number(row.dataset.score)]);",
        vec![],
    );
    let mut classifier = native(model);
    let sample = Sample::new(golden.image.clone());
    let expected = classifier.classifier().classify(&sample).probabilities;
    let scores = classifier.classifier().scores(&sample);
    assert_eq!(rows.as_array().map(Vec::len), Some(expected.len()));
    for (i, class) in Garment::ALL.into_iter().enumerate() {
        assert_eq!(rows[i][0], class.label());
        for (at, expected) in [(1, expected[i]), (2, scores[i])] {
            let shown = rows[i][at].as_f64().expect("a number");
            let apart = (shown - f64::from(expected)).abs();
            assert!(apart < 1e-3, "{model}, {class}: {rows:#}, not {expected}");
        }
    }
}

fn keyboard(session: &Session) {
    let (page, _) = open_with(session, Garment::Bag);
    choose(session, &page, ModelId::Cnn);
    tab_to(&page, "inside-model");
    // The image is the first map, and the first channels of each layer follow.
    tab_to(&page, "feature-map");
    tab_to(&page, "feature-map");
    let focus = "const it = document.activeElement;
        return [it.dataset.testid ?? '', Number(it.dataset.layer), Number(it.dataset.channel)];";
    let start = session.browser.run(focus, vec![]);
    assert_eq!((&start[0], &start[1]), (&json!("feature-map"), &json!(1)));
    let rows = 8;
    let first = start[2].as_u64().expect("a channel");
    // Away from the edges, where the arrow keys lead nowhere.
    let back =
        "const it = document.querySelector('[data-layer=\"1\"][data-channel=\"0\"]'); it.focus();";
    session.browser.run(back, vec![]);
    assert!(first < 32);
    session.browser.press(DOWN);
    let below = session.browser.run(focus, vec![]);
    assert_eq!(below, json!(["feature-map", 1, 1]));
    session.browser.press(RIGHT);
    let right = session.browser.run(focus, vec![]);
    assert_eq!(right, json!(["feature-map", 1, 1 + rows]));
    session.browser.press(ENTER);
    let chosen = parts(session, |place| place[0] == 1 && place[1] == 1 + rows);
    let pressed = "return [...document.querySelectorAll('[data-testid=\"feature-map\"][aria-pressed=\"true\"]')]
        .map(e => [Number(e.dataset.layer), Number(e.dataset.channel)]);";
    assert_eq!(session.browser.run(pressed, vec![]), json!([[1, 1 + rows]]));
    // On to the enlarged map, whose values the arrow keys choose.
    tab_to(&page, "large-map");
    let before = numbers(&chosen["place"]);
    let (key, at) = if before[3] < 24.0 {
        (RIGHT, [before[2], before[3] + 1.0])
    } else {
        ('\u{e012}', [before[2], before[3] - 1.0])
    };
    session.browser.press(key);
    let moved = parts(session, |place| numbers(place)[2..] == at);
    let text = moved["text"].as_str().unwrap_or_default();
    let place = format!("Row {}, column {}:", at[0] + 1.0, at[1] + 1.0);
    assert!(text.contains(&place), "{place} {text}");
    assert!(text.contains("Weights") && text.contains("Bias"), "{text}");
}

fn replaced_image(session: &Session) {
    let page = session.page();
    open(&page);
    choose(session, &page, ModelId::Resnet);
    let before = page.snapshot();
    // The second image comes while the layers of the first one are being computed.
    session.browser.run(
        "const inside = document.querySelector('[data-testid=\"inside\"]');
         window.seenImages = [];
         new MutationObserver(() => seenImages.push(Number(inside.dataset.picture)))
             .observe(inside, {attributes: true, attributeFilter: ['data-picture']});
         const [first, second] = ['Bag', 'Trouser'].map(label =>
             document.querySelector(`[data-testid=\"gallery-item\"][data-label=\"${label}\"]`));
         first.click();
         return new Promise(resolve => setTimeout(() => { second.click(); resolve(); }, 0));",
        vec![],
    );
    page.wait("the second image", TIMEOUT, |now: &Snapshot| {
        now.is_ready() && now.vote.image >= before.vote.image + 2
    });
    choose(session, &page, ModelId::Resnet);
    let seen = session.browser.run("return window.seenImages;", vec![]);
    let last = page.snapshot().vote.image;
    assert_eq!(last, before.vote.image + 2);
    assert_eq!(seen, json!([last]), "the first image's layers were shown");
    let best = page.query("softmax", "return it.querySelector('.best').dataset.label;");
    assert_eq!(best, page.snapshot().row(ModelId::Resnet).label);
}

fn classical(session: &Session) {
    let (page, golden) = open_with(session, Garment::Dress);
    let sample = Sample::new(golden.image.clone());
    for model in ModelId::CLASSICAL {
        choose(session, &page, model);
        assert_probabilities(session, model, &golden);
        let grids = session.browser.run(
            "return [...document.querySelectorAll('[data-testid=\"gradients\"]')].map(figure =>
                 [Number(figure.dataset.cell), figure.querySelector('path').getAttribute('d').length > 200,
                  figure.querySelector('svg').getAttribute('aria-label').includes('The strongest: edge in rows')]);",
            vec![],
        );
        assert_eq!(grids, json!(CELLS.map(|cell| json!([cell, true, true]))));
        let score = page.query(
            "linear-score",
            "const numbers = hook => [...it.querySelectorAll(`[data-testid=\"${hook}\"]`)].map(e => Number(e.dataset.value));
             return {label: it.dataset.label, parts: numbers('cell-part'), total: numbers('cell-total')};",
        );
        assert_eq!(score.is_null(), model != ModelId::Logistic, "{model}");
        if !score.is_null() {
            let total = sum(&score["total"]);
            assert!((sum(&score["parts"]) - total).abs() < 1e-3, "{score:#}");
            let scores = native(model).classifier().scores(&sample);
            let expected = f64::from(scores[Garment::Dress.index()]);
            assert!((total - expected).abs() < 1e-3, "{score:#}, {expected}");
            assert_eq!(score["label"], Garment::Dress.label());
        }
    }
}

fn phone(session: &Session) {
    session.browser.cdp(
        "Emulation.setDeviceMetricsOverride",
        json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true}),
    );
    let page = session.page();
    open(&page);
    let mut wide = Vec::new();
    for model in [ModelId::Cnn, ModelId::Mlp, ModelId::Logistic] {
        choose(session, &page, model);
        if model.is_deep() {
            parts(session, |_| true);
        }
        let found = session.browser.run(
            "const strip = document.querySelector('[data-testid=\"layer-strip\"]');
             const outside = [...document.querySelectorAll('.inside *')].filter(e => !e.closest('.layer-strip > *')
                 && !e.closest('svg') && !e.closest('.visually-hidden') && e.getBoundingClientRect().right > innerWidth + 1);
             return {page: document.scrollingElement.scrollWidth, scrolls: strip ? strip.scrollWidth > strip.clientWidth : true,
                 outside: outside.slice(0, 5).map(e => e.outerHTML.slice(0, 80))};",
            vec![],
        );
        wide.push((model, found));
    }
    session
        .browser
        .cdp("Emulation.clearDeviceMetricsOverride", json!({}));
    for (model, found) in wide {
        let fits = json!({"page": 390, "scrolls": true, "outside": []});
        assert_eq!(found, fits, "{model}");
    }
}

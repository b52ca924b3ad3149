//! The engine as an ES module: its example page, its results beside those of the page's worker and of native code, its errors.

use std::process::Command;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use photo::{Edits, Pipeline};
use protocol::{Pixels, Reply, Request};
use serde_json::{Value, json};
use shared::image::{PIXELS, RgbaImage};
use shared::model::{Answer, WeightsFile, photo_network};
use shared::{Garment, Grey28, LoadedModels, ModelId, Prediction, Sample};
use tests::image_files;
use tests::reference::weights_bytes;
use tests::site::Fault;
use tests::synthetic_photos::SCENES;
use tests::worker::Worker;

use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "the_example_of_the_engine_module_classifies_and_explains",
        example,
    ),
    Check::new(
        Cpu,
        "the_engine_module_predicts_the_same_bits_as_the_page_and_native_code",
        same_predictions,
    ),
    Check::new(
        Cpu,
        "the_engine_module_answers_photos_as_native_code_does",
        same_photos,
    ),
    Check::new(
        Cpu,
        "the_engine_module_explains_as_the_page_does",
        same_heat_maps,
    ),
    Check::new(
        Cpu,
        "the_engine_module_runs_in_a_worker_and_in_node",
        elsewhere,
    ),
    Check {
        expected_errors: &["404"],
        ..Check::new(Cpu, "the_engine_module_s_errors_have_a_code", errors)
    },
];

/// Imports the module as `Haberdash`, for scripts of a page of the site. `binary` reads base64.
const IMPORT: &str = "
    const { Haberdash, HaberdashError } = await import(new URL('engine/haberdash.js', location.href));
    const binary = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const plain = value => JSON.parse(JSON.stringify(value, (_, part) => ArrayBuffer.isView(part) ? [...part] : part));";

fn run(session: &Session, script: &str, arguments: Vec<Value>) -> Value {
    session.browser.open(&session.site.blank());
    let script = format!("{IMPORT} {script}");
    let result = session.browser.run_async(&script, arguments);
    result.unwrap_or_else(|e| panic!("the module failed: {e}"))
}

/// The shipped weights, loaded natively.
fn native_models() -> LoadedModels {
    let mut models = LoadedModels::default();
    for file in WeightsFile::all() {
        let loaded = models.load(file, &weights_bytes(file.name()));
        loaded.expect("the shipped weights fit");
    }
    models
}

fn native_predictions(models: &mut LoadedModels, sample: &Sample) -> Vec<Prediction> {
    let classify = |model| {
        let classifier = models.classifier(model).expect("all models are loaded");
        classifier.classifier().classify(sample)
    };
    ModelId::ALL.map(classify).into()
}

/// JSON writes the shortest digits that give the same number, so the bits are those of the module.
fn floats(values: &Value) -> Vec<f32> {
    let values = values.as_array().expect("an array");
    let number = |value: &Value| value.as_f64().expect("a number") as f32;
    values.iter().map(number).collect()
}

fn assert_predictions(found: &Value, expected: &[Prediction]) {
    let found = found.as_array().expect("predictions");
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found["model"], expected.model.name());
        assert_eq!(
            floats(&found["probabilities"]),
            expected.probabilities,
            "{}",
            expected.model
        );
        assert_eq!(found["label"], expected.garment().label());
        assert_eq!(
            // serde_json's reading of a number can be off in the last bit of an f64.
            found["probability"].as_f64().map(|p| p as f32),
            Some(expected.confidence())
        );
    }
}

fn example(session: &Session) {
    let browser = &session.browser;
    browser.open(&format!(
        "{}engine/examples/classify.html",
        session.site.url()
    ));
    let wait = |text: &str| {
        let script = "return document.querySelector('[role=status]').textContent;";
        let found = browser.wait(script, Duration::from_secs(30), |status| {
            status.as_str().is_some_and(|status| status.contains(text))
        });
        let found = found.unwrap_or_else(|status| panic!("instead of \"{text}\": {status}"));
        found.as_str().expect("a status").to_owned()
    };
    wait("Choose an image");
    let golden = session.clear_example(Garment::Bag);
    browser.choose("input[type=file]", &[image_files::png(&golden.image)]);
    let status = wait("cnn: ");
    assert!(status.starts_with("Bag. "), "{status}");
    for model in [ModelId::Cnn, ModelId::Resnet] {
        let (class, confidence) = session.expected(model, &golden);
        let expected = format!("{model}: {class} ({})", f64::from(confidence));
        assert!(status.contains(&expected), "no \"{expected}\": {status}");
    }
    let map = browser.run(
        "const canvas = document.querySelector('canvas');
         const { data } = canvas.getContext('2d').getImageData(0, 0, 280, 280);
         return [canvas.ariaLabel, new Set(new Uint32Array(data.buffer)).size];",
        vec![],
    );
    assert_eq!(map[0], "Evidence for Bag");
    assert!(map[1].as_u64() > Some(100), "{map}");
    let blank = Grey28::new([0; PIXELS]);
    browser.choose("input[type=file]", &[image_files::png(&blank)]);
    wait("Nothing stands out");
}

fn same_predictions(session: &Session) {
    let mut models = native_models();
    let images = &session.reference.images;
    let encoded: Vec<String> = images
        .iter()
        .map(|image| STANDARD.encode(image.pixels()))
        .collect();
    let found = run(
        session,
        "const engine = await Haberdash.load();
         const results = args[0].map(image => plain(engine.classify(binary(image))));
         const info = plain([engine.models, engine.labels]);
         engine.dispose();
         return [results, info];",
        vec![json!(encoded)],
    );
    assert_eq!(found[1][0], json!(ModelId::ALL.map(ModelId::name)));
    assert_eq!(found[1][1], json!(Garment::ALL.map(Garment::label)));
    for (image, found) in images.iter().zip(found[0].as_array().expect("results")) {
        let sample = Sample::new(image.clone());
        let expected = native_predictions(&mut models, &sample);
        assert_predictions(&found["predictions"], &expected);
        let vote = models.ensemble().expect("a vote").combine(&expected);
        let vote = vote.expect("predictions");
        assert_eq!(floats(&found["vote"]["probabilities"]), vote);
        let is_known = models.novelty().expect("a detector").is_known(&sample);
        let answer = Answer::from_vote(&vote, is_known);
        assert_eq!(found["known"], is_known);
        assert_eq!(found["answer"]["known"], is_known);
        assert_eq!(found["answer"]["label"], answer.class.label());
        assert_eq!(
            (&found["route"], &found["photo"]),
            (&json!("as-is"), &Value::Null)
        );
        assert_eq!(found["image"], json!(image.pixels().as_slice()));
    }
    // The page's engine, for some of them.
    let worker = Worker::start(
        &session.browser,
        &session.site,
        "cpu-worker.js",
        &ModelId::ALL,
    );
    for (image, found) in images
        .iter()
        .zip(found[0].as_array().expect("results"))
        .step_by(10)
    {
        let requests = ModelId::ALL.map(|model| Request::Classify {
            model,
            grey: Pixels::from(image),
        });
        let expected = worker
            .request(&requests)
            .into_iter()
            .map(|reply| match reply {
                Reply::Prediction(timed) => Prediction::from(&timed),
                other => panic!("instead of a prediction: {other:?}"),
            });
        assert_predictions(&found["predictions"], &expected.collect::<Vec<_>>());
    }
}

/// What native code says of a photo, in the shape of the module's result.
fn native_answer(models: &mut LoadedModels, photo: &RgbaImage) -> (Value, Vec<Prediction>, Answer) {
    let pipeline = Pipeline::new(photo).expect("a photo");
    let prepared = pipeline.prepare(&Edits::default()).expect("a garment");
    let square = pipeline.square(&Edits::default(), photo_network::SIDE);
    let network = models.photo_network().expect("the photo network");
    let photo = network.classify(&square);
    let sample = Sample::new(prepared.grey.clone());
    let predictions = native_predictions(models, &sample);
    let vote = models.ensemble().expect("a vote").combine(&predictions);
    let is_known = models.novelty().expect("a detector").is_known(&sample);
    let vote = vote.expect("predictions");
    let answer = Answer::from_photo(&vote, is_known, &photo, prepared.is_plain);
    let image = json!(prepared.grey.pixels().as_slice());
    (
        json!({"image": image, "photo": photo.map(f64::from)}),
        predictions,
        answer,
    )
}

fn same_photos(session: &Session) {
    let mut models = native_models();
    // One in a room, and one that is cut out.
    for scene in [&SCENES[0], &SCENES[11]] {
        let photo = scene.photo();
        let found = run(
            session,
            "const engine = await Haberdash.load();
             const [width, height, pixels] = args;
             const result = plain(engine.classify(new ImageData(new Uint8ClampedArray(binary(pixels)), width, height)));
             engine.dispose();
             return result;",
            vec![
                json!(photo.width()),
                json!(photo.height()),
                json!(STANDARD.encode(photo.rgba())),
            ],
        );
        let (expected, predictions, answer) = native_answer(&mut models, &photo);
        assert_eq!(found["image"], expected["image"], "{}", scene.name);
        assert_predictions(&found["predictions"], &predictions);
        let photo = &found["photo"]["probabilities"];
        assert_eq!(floats(photo), floats(&expected["photo"]));
        assert_eq!(found["answer"]["label"], answer.class.label());
        assert_eq!(found["answer"]["known"], answer.is_known);
        let probabilities = floats(&found["answer"]["probabilities"]);
        assert_eq!(probabilities, answer.probabilities);
    }
}

fn same_heat_maps(session: &Session) {
    let golden = session.clear_example(Garment::Sneaker);
    let models = [ModelId::Cnn, ModelId::Mlp, ModelId::Logistic];
    let found = run(
        session,
        "const engine = await Haberdash.load({ models: args[1] });
         const image = binary(args[0]);
         return args[1].map(model => {
             const bag = plain(engine.explain(image, { model, label: 'Bag', overlaySide: 56 }));
             return { bag, own: engine.explain(image, { model }).label };
         });",
        vec![
            json!(STANDARD.encode(golden.image.pixels())),
            json!(models.map(ModelId::name)),
        ],
    );
    let worker = Worker::start(&session.browser, &session.site, "cpu-worker.js", &models);
    for (model, found) in models.into_iter().zip(found.as_array().expect("maps")) {
        let cases = [(golden.image.clone(), Garment::Bag)];
        let (_, expected) = worker.scores_and_maps(model, &cases).remove(0);
        let bag = &found["bag"];
        assert_eq!(floats(&bag["values"]), expected, "{model}");
        assert!(expected.iter().any(|&v| v > 0.0), "{model}");
        let side = bag["side"].as_u64().expect("a side") as usize;
        assert_eq!(side * side, expected.len());
        assert_eq!(
            (&bag["label"], &found["own"]),
            (&json!("Bag"), &json!("Sneaker"))
        );
        let method = if model == ModelId::Cnn {
            "grad-cam"
        } else {
            "occlusion"
        };
        assert_eq!(bag["method"], method);
        assert_eq!(bag["overlay"]["width"], 56);
        let pixels = bag["overlay"]["data"].as_array().expect("pixels");
        assert_eq!(pixels.len(), 56 * 56 * 4);
    }
}

/// Classifies the image `pixels` with the CNN, and gives its probabilities.
const ONE_PREDICTION: &str = "
    const engine = await Haberdash.load({ models: ['cnn'] });
    const found = JSON.stringify([...engine.classify(Uint8Array.from(pixels)).predictions[0].probabilities]);";

fn elsewhere(session: &Session) {
    let golden = session.clear_example(Garment::Dress);
    let sample = Sample::new(golden.image.clone());
    let mut models = native_models();
    let expected = native_predictions(&mut models, &sample)[ModelId::Cnn as usize].probabilities;
    let pixels = json!(golden.image.pixels().as_slice());

    session.browser.open(&session.site.blank());
    let in_worker = session.browser.run_async(
        "const script = `import { Haberdash } from '${new URL('engine/haberdash.js', location.href)}';
             const pixels = ${JSON.stringify(args[0])}; ${args[1]} postMessage(found);`;
         const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), { type: 'module' });
         return await new Promise((resolve, reject) => {
             worker.onmessage = ({ data }) => resolve(JSON.parse(data));
             worker.onerror = event => reject(new Error(event.message));
         });",
        vec![pixels.clone(), json!(ONE_PREDICTION)],
    );
    let in_worker = in_worker.unwrap_or_else(|e| panic!("in a worker: {e}"));
    assert_eq!(floats(&in_worker), expected);

    let module = session.site.folder().join("engine/haberdash.js");
    let script = format!(
        "import {{ Haberdash }} from {};
         const pixels = {pixels}; {ONE_PREDICTION} console.log(found);",
        json!(module.canonicalize().expect("the module is in the site"))
    );
    let node = Command::new("node")
        .args(["--input-type=module", "--eval", &script])
        .output()
        .expect("Node.js runs: install it, or run `cargo xtask test`");
    let errors = String::from_utf8_lossy(&node.stderr);
    let in_node = serde_json::from_slice(&node.stdout);
    let in_node: Value = in_node.unwrap_or_else(|_| panic!("in Node.js: {errors}"));
    assert_eq!(floats(&in_node), expected);
}

/// Runs what must fail, and gives the errors' codes and messages.
const FAILURES: &str = "
    const engine = await Haberdash.load({ models: ['mlp'] });
    const page = await (await fetch('engine/weights.json')).json();
    const url = name => new URL(page[name], new URL('engine/', location.href)).href;
    const greys = new Uint8Array(784);
    const attempts = {
        input: [
            () => engine.classify(new Uint8Array(783)),
            () => engine.classify('picture'),
            () => engine.classify(null),
            () => engine.classify({ width: 20, height: 20, data: new Uint8Array(20 * 20 * 3) }),
            () => engine.classify({ width: 20, height: 20, data: new Float32Array(20 * 20 * 4) }),
            () => engine.classify({ width: -1, height: 20, data: greys }),
            () => engine.explain(greys),
            () => engine.explain(greys, { model: 'vote' }),
            () => engine.explain(greys, { model: 'mlp', label: 'Hat' }),
            () => engine.explain(greys, { model: 'mlp', overlaySide: 1e9 }),
            () => Haberdash.load({ models: [] }),
            () => Haberdash.load({ models: ['tree'] }),
            () => Haberdash.load({ weights: { tree: url('mlp') } }),
            () => Haberdash.load({ weights: { mlp: 'http://' } }),
            () => new Haberdash(),
        ],
        image: [
            () => engine.classify(new ImageData(7, 90)),
            () => engine.classify(new ImageData(90, 90)),
            () => engine.classify({ width: 4294967295, height: 4294967295, data: greys }),
        ],
        weights: [
            () => Haberdash.load({ weights: { mlp: url('logistic') } }),
            () => Haberdash.load({ weights: { mlp: 'engine/haberdash.js' } }),
            () => Haberdash.load({ models: ['cnn'] }),
            () => Haberdash.load({ models: ['svm'] }),
        ],
        download: [
            () => Haberdash.load({ models: ['resnet'] }),
            () => Haberdash.load({ weights: { mlp: 'engine/nowhere.hbd' } }),
        ],
        'not-loaded': [() => engine.explain(greys, { model: 'cnn' })],
    };
    const outcome = async attempt => {
        try { await attempt(); return ['no error']; } catch (error) {
            return [error instanceof HaberdashError && error instanceof Error ? error.code : String(error), error.message];
        }
    };
    const found = [];
    for (const [code, list] of Object.entries(attempts)) {
        for (const attempt of list) found.push([code, String(attempt), ...(await outcome(attempt))]);
    }
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    const aborted = await Haberdash.load({ signal: controller.signal }).catch(error => error.message);
    // It still answers.
    const label = engine.classify(binary(args[0])).predictions[0].label;
    const none = engine.classify(greys);
    engine.dispose();
    engine.dispose();
    for (const attempt of [() => engine.classify(greys), () => engine.explain(greys, { model: 'mlp' }), () => engine.models]) {
        found.push(['disposed', String(attempt), ...(await outcome(attempt))]);
    }
    return { found, aborted, label, missing: [none.vote, none.known, none.photo, none.answer] };";

fn errors(session: &Session) {
    session.site.inject_fault("weights/cnn-", Fault::Altered);
    session.site.inject_fault("weights/svm-", Fault::Truncated);
    session.site.inject_fault("weights/resnet-", Fault::Missing);
    session.site.inject_fault("nowhere.hbd", Fault::Missing);
    let golden = session.clear_example(Garment::Trouser);
    let image = json!(STANDARD.encode(golden.image.pixels()));
    let result = run(session, FAILURES, vec![image]);
    let found = result["found"].as_array().expect("outcomes");
    assert_eq!(found.len(), 28);
    for outcome in found {
        let text = |i: usize| outcome[i].as_str().unwrap_or_default();
        assert_eq!(text(2), text(0), "{outcome}");
        let message = text(3);
        assert!(message.contains(": ") && message.len() > 30, "{outcome}");
    }
    assert_eq!(result["aborted"], "enough");
    assert_eq!(result["label"], "Trouser");
    assert_eq!(result["missing"], json!([null, null, null, null]));

    // The wasm of another build, as after an update that arrived in part; a retry works.
    session.site.clear_faults();
    session
        .site
        .inject_fault("haberdash_bg.wasm", Fault::Truncated);
    session.browser.open(&session.site.blank());
    let script = format!(
        "{IMPORT} return await Haberdash.load({{ models: ['mlp'] }}).then(engine => engine.models[0], error => error.code);"
    );
    let attempt = || session.browser.run_async(&script, vec![]);
    assert_eq!(attempt().expect("an error's code"), "engine");
    session.site.clear_faults();
    assert_eq!(attempt().expect("a model"), "mlp");
}

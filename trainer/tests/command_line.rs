//! The trainer as a user meets it: the binary, on the committed weights and on real test pictures.
// All of this is test code, also what stands outside of `#[test]` functions.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use shared::ModelId;
use tempfile::TempDir;
use trainer::data::source;

/// The repository's root, where the binary finds `weights/`.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn trainer(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trainer"))
        .args(arguments)
        .current_dir(ROOT)
        .output()
        .unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect()
}

/// The first test picture, an ankle boot, as a PNG.
fn boot(folder: &TempDir) -> String {
    let data = source::load(None).unwrap();
    let pixels = data.test.images[0].pixels().to_vec();
    let path = folder.path().join("boot.png");
    let picture = image::GrayImage::from_raw(28, 28, pixels).unwrap();
    picture.save(&path).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn a_prediction_is_one_object_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let boot = boot(&folder);
    let output = trainer(&["predict", "--json", &boot]);
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    let models: Vec<&str> = lines.iter().map(|l| l["model"].as_str().unwrap()).collect();
    let seven = ModelId::ALL.map(ModelId::name);
    assert_eq!(models, [&seven[..], &["vote"]].concat());
    for line in &lines {
        assert_eq!(line["file"], boot.as_str());
        assert_eq!(line["label"], "Ankle boot");
        let p: Vec<f64> = line["probabilities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p.as_f64().unwrap())
            .collect();
        assert_eq!(p.len(), 10);
        assert_eq!(line["known"], true);
        assert!((p.iter().sum::<f64>() - 1.0).abs() < 1e-5);
        assert_eq!(line["confidence"].as_f64().unwrap(), p[9]);
        assert!(line["micros"].as_u64().is_some());
        let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
        let wanted = [
            "file",
            "model",
            "label",
            "confidence",
            "known",
            "probabilities",
            "micros",
        ];
        assert_eq!(keys, wanted);
    }
}

#[test]
fn a_bad_file_gets_an_error_and_the_others_an_answer() {
    let folder = tempfile::tempdir().unwrap();
    let boot = boot(&folder);
    let text = folder.path().join("text.png");
    fs::write(&text, "not a picture").unwrap();
    let (text, nowhere) = (text.to_str().unwrap(), "nowhere.png");
    let output = trainer(&[
        "predict", "--json", "--model", "resnet", text, nowhere, &boot,
    ]);
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    assert_eq!(lines.len(), 3);
    for (line, file) in lines.iter().zip([text, nowhere]) {
        assert_eq!(line["file"], file);
        assert!(line["error"].as_str().unwrap().len() > 20, "{line}");
    }
    assert_eq!(lines[2]["label"], "Ankle boot");
}

#[test]
fn every_answer_s_reason_is_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let boot = boot(&folder);
    let out = folder.path().join("why.png");
    let output = trainer(&["predict", "--gradcam", out.to_str().unwrap(), &boot]);
    assert!(output.status.success(), "{output:?}");
    let sheet = image::open(&out).unwrap().to_rgb8();
    // Four pictures of 224 pixels and five gaps of 8; seven models.
    assert_eq!(sheet.dimensions(), (936, 8 + 7 * 232));
    // The hottest place of the ResNet's heat map is red, the coldest blue; the CNN's, above it, may be zero everywhere.
    let heat: Vec<[u8; 3]> = (472..696)
        .flat_map(|x| (240..464).map(move |y| (x, y)))
        .map(|(x, y)| sheet.get_pixel(x, y).0)
        .collect();
    assert!(heat.iter().any(|p| p[0] > 100 && p[2] < 60));
    assert!(heat.iter().any(|p| p[2] > 60 && p[0] < 80));
}

#[test]
fn weights_that_disagree_with_the_manifest_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(ROOT).join("weights"), folder.path());
    let path = folder.path().to_str().unwrap();
    let confirm = || {
        let limit = ["--limit", "50", "--model", "resnet", "--weights", path];
        trainer(&[&["evaluate"], limit.as_slice()].concat())
    };
    assert!(confirm().status.success(), "{:?}", confirm());

    let manifest = folder.path().join("manifest.json");
    let honest = fs::read_to_string(&manifest).unwrap();
    fs::write(
        &manifest,
        honest.replace("\"sha256\": \"", "\"sha256\": \"0"),
    )
    .unwrap();
    let output = confirm();
    assert_eq!(output.status.code(), Some(1));
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert!(sentence.contains("resnet's SHA-256 is"), "{sentence}");
    fs::write(&manifest, honest).unwrap();

    let weights = folder.path().join("resnet.hbd");
    let mut bytes = fs::read(&weights).unwrap();
    bytes[5000] ^= 1;
    fs::write(&weights, &bytes).unwrap();
    let sentence = String::from_utf8(confirm().stderr).unwrap();
    assert!(sentence.contains("damaged"), "{sentence}");
    // Without its metrics a model is out of date, not a dead end.
    fs::remove_file(folder.path().join("metrics/resnet.json")).unwrap();
    let sentence = String::from_utf8(confirm().stderr).unwrap();
    assert!(sentence.contains("cargo run -p trainer"), "{sentence}");
    fs::remove_file(&weights).unwrap();
    let sentence = String::from_utf8(confirm().stderr).unwrap();
    assert!(sentence.contains("cargo run -p trainer"), "{sentence}");
}

#[test]
fn a_vote_that_was_learned_with_other_weights_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(ROOT).join("weights"), folder.path());
    let manifest = folder.path().join("manifest.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    json["vote"]["members"]["svm"] = "another".into();
    fs::write(&manifest, json.to_string()).unwrap();
    let path = folder.path().to_str().unwrap();
    let output = trainer(&["evaluate", "--limit", "20", "--weights", path]);
    assert_eq!(output.status.code(), Some(1));
    let lines = String::from_utf8(output.stdout).unwrap();
    assert_eq!(lines.lines().count(), ModelId::ALL.len(), "{lines}");
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert!(sentence.contains("vote's member svm is"), "{sentence}");
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_model_that_is_none_is_refused_with_the_names_of_those_there_are() {
    let output = trainer(&["--model", "transformer"]);
    assert_eq!(output.status.code(), Some(2));
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert!(
        sentence.contains("cnn, resnet, mlp, svm, forest, knn, logistic"),
        "{sentence}"
    );
}

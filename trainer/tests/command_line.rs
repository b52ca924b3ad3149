//! Tests of the command line, with the committed weights and real test images.
// Clippy does not recognise helper functions as test code.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use shared::ModelId;
use tempfile::TempDir;
use trainer::data::source;

/// The repository's root, which contains `weights/`.
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

/// The first test image, an ankle boot, as a PNG.
fn boot(folder: &TempDir) -> String {
    let data = source::load(None).unwrap();
    let pixels = data.test.images[0].pixels().to_vec();
    let path = folder.path().join("boot.png");
    let image = image::GrayImage::from_raw(28, 28, pixels).unwrap();
    image.save(&path).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn predict_prints_one_object_per_line() {
    let folder = tempfile::tempdir().unwrap();
    let boot = boot(&folder);
    let output = trainer(&["predict", "--json", &boot]);
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    let models: Vec<&str> = lines.iter().map(|l| l["model"].as_str().unwrap()).collect();
    let seven = ModelId::ALL.map(ModelId::name);
    // The image is no photo, so the photo network has nothing to say.
    assert_eq!(models, [&seven[..], &["vote", "answer"]].concat());
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
        let expected = [
            "file",
            "model",
            "label",
            "confidence",
            "known",
            "probabilities",
            "micros",
        ];
        assert_eq!(keys, expected);
    }
}

#[test]
fn predict_asks_the_photo_network_about_photos() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("photo.png");
    // A dark garment without a texture on a coloured, grainy floor.
    let photo = image::RgbImage::from_fn(240, 300, |x, y| {
        let inside = (60..260).contains(&y) && x.abs_diff(120) < 30 + y / 8;
        let grain = (x * 7 + y * 13) as u8 % 40;
        image::Rgb(if inside {
            [30, 40, 90]
        } else {
            [170 + grain, 130 + grain, 70]
        })
    });
    photo.save(&path).unwrap();
    let output = trainer(&["predict", "--json", path.to_str().unwrap()]);
    assert!(output.status.success(), "{output:?}");
    let lines = lines(&output);
    let models: Vec<&str> = lines.iter().map(|l| l["model"].as_str().unwrap()).collect();
    assert_eq!(models[7..], ["vote", "photo", "answer"]);
    let numbers = |value: &Value| -> Vec<f64> {
        let list = value.as_array().unwrap().iter();
        list.map(|p| p.as_f64().unwrap()).collect()
    };
    let photo = &lines[8];
    let others = photo["others"].as_object().unwrap();
    let names: Vec<&str> = others.keys().map(String::as_str).collect();
    assert_eq!(names, ["Hat", "Shorts", "Skirt", "Something else"]);
    let garments: f64 = numbers(&photo["probabilities"]).iter().sum();
    let rest: f64 = others.values().map(|p| p.as_f64().unwrap()).sum();
    assert!((garments + rest - 1.0).abs() < 1e-5, "{garments} {rest}");
    let answer = &lines[9];
    assert!(answer["others"].is_null());
    assert!((numbers(&answer["probabilities"]).iter().sum::<f64>() - 1.0).abs() < 1e-5);
    // Only the photo network and the answer may differ from the novelty detector's opinion.
    assert!(
        lines[..8]
            .iter()
            .all(|line| line["known"] == lines[0]["known"])
    );
}

#[test]
fn predict_reads_28x28_images_as_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let boot = boot(&folder);
    let data = source::load(None).unwrap();
    let greys: Vec<&[u8]> = (data.test.images[..3].iter())
        .map(|image| &image.pixels()[..])
        .collect();
    let idx = [&fashion_mnist::image_header(3)[..], &greys.concat()].concat();
    let rows: Vec<String> = greys
        .iter()
        .map(|row| row.iter().map(u8::to_string).collect::<Vec<_>>().join(";"))
        .collect();
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (28, 28, 1), }";
    let mut npy = b"\x93NUMPY\x01\0".to_vec();
    npy.extend((header.len() as u16).to_le_bytes());
    npy.extend(header.as_bytes());
    npy.extend(
        greys[0]
            .iter()
            .flat_map(|v| (f32::from(*v) / 255.0).to_le_bytes()),
    );

    let predict = |file: &str| {
        let output = trainer(&["predict", "--json", "--model", "resnet", file]);
        assert!(output.status.success(), "{output:?}");
        lines(&output)
    };
    let expected = predict(&boot);
    for (name, bytes, images) in [
        ("images-idx3-ubyte", idx, 3),
        ("rows.csv", rows.join("\n").into_bytes(), 3),
        ("boot.npy", npy, 1),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let path = path.to_str().unwrap();
        let found = predict(path);
        let files: Vec<&str> = found.iter().map(|l| l["file"].as_str().unwrap()).collect();
        let expected_files: Vec<String> = match images {
            1 => vec![path.to_string()],
            _ => (1..=images).map(|i| format!("{path}#{i}")).collect(),
        };
        assert_eq!(files, expected_files);
        assert_eq!(found[0]["probabilities"], expected[0]["probabilities"]);
    }
}

#[test]
fn predict_reports_bad_files_and_classifies_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let boot = boot(&folder);
    let text = folder.path().join("text.png");
    fs::write(&text, "not an image").unwrap();
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
fn heat_maps_have_a_row_per_prediction() {
    let folder = tempfile::tempdir().unwrap();
    let boot = boot(&folder);
    let out = folder.path().join("why.png");
    let output = trainer(&["predict", "--gradcam", out.to_str().unwrap(), &boot]);
    assert!(output.status.success(), "{output:?}");
    let sheet = image::open(&out).unwrap().to_rgb8();
    // Four panels of 224 pixels and five gaps of 8; seven models, each with a label of 22.
    assert_eq!(sheet.dimensions(), (936, 8 + 7 * 254));
    let ink = |x: std::ops::Range<u32>, y: std::ops::Range<u32>| {
        let mut pixels = x.flat_map(|x| y.clone().map(move |y| (x, y)));
        pixels.any(|(x, y)| sheet.get_pixel(x, y).0 == [0; 3])
    };
    // The model's name, and the end of the class and of the path.
    assert!(ink(8..44, 8..24) && ink(300..400, 8..24));
    assert!(!ink(0..936, 0..8) && !ink(0..936, 24..30));
    // The maximum of the ResNet's heat map is red, the minimum blue. The CNN's, above it, may be zero everywhere.
    let heat: Vec<[u8; 3]> = (472..696)
        .flat_map(|x| (284..508).map(move |y| (x, y)))
        .map(|(x, y)| sheet.get_pixel(x, y).0)
        .collect();
    assert!(heat.iter().any(|p| p[0] > 100 && p[2] < 60));
    assert!(heat.iter().any(|p| p[2] > 60 && p[0] < 80));
}

#[test]
fn heat_maps_replace_no_image() {
    let folder = tempfile::tempdir().unwrap();
    let boot = boot(&folder);
    let before = fs::read(&boot).unwrap();
    let why = |out: &Path| {
        // Without weights: the name is checked before anything else.
        let out = out.to_str().unwrap();
        let arguments = ["predict", "--weights", "nowhere", "--gradcam", out];
        let all = ["--recursive", folder.path().to_str().unwrap()];
        let output = trainer(&[&arguments, all.as_slice()].concat());
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(why(Path::new(&boot)).contains("one of the images"));
    assert!(why(&folder.path().join("../").join(&boot)).contains("one of the images"));
    assert!(why(&folder.path().join("new/why.png")).contains("check the folder"));
    assert!(why(folder.path()).contains("not a regular file"));
    assert!(why(&folder.path().join("why.png")).contains("nowhere"));
    assert_eq!(fs::read(&boot).unwrap(), before);
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "an unfinished file is left");
}

/// Runs the trainer with the ResNet alone, and with changes to how it is run.
fn predict_with(arguments: &[&str], change: impl FnOnce(&mut Command)) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.args(["predict", "--model", "resnet"]);
    command.args(arguments).current_dir(ROOT);
    change(&mut command);
    command.output().unwrap()
}

#[cfg(unix)]
#[test]
fn output_that_cannot_be_written_is_no_panic() {
    use std::process::Stdio;
    let folder = tempfile::tempdir().unwrap();
    let boot = boot(&folder);
    let full = || Stdio::from(fs::File::options().write(true).open("/dev/full").unwrap());
    for options in [&["--json"][..], &[]] {
        let arguments = [options, &[boot.as_str(), "nowhere.png"]].concat();
        let output = predict_with(&arguments, |command| {
            command.stdout(full());
        });
        let sentence = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{sentence}");
        assert!(sentence.contains("could not be written"), "{sentence}");
        assert_eq!(sentence.lines().count(), 1, "{sentence}");

        let output = predict_with(&arguments, |command| {
            command.stderr(full());
        });
        assert_eq!(output.status.code(), Some(1));

        let without_reader = |arguments: &[&str]| {
            let output = predict_with(arguments, |command| {
                let (closed, stdout) = std::io::pipe().unwrap();
                drop(closed);
                command.stdout(stdout);
            });
            assert_eq!(output.status.code(), Some(0));
            assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
        };
        without_reader(&[options, &[boot.as_str()]].concat());
        // The heat maps are written all the same.
        let why = folder.path().join("why.png");
        without_reader(&[options, &["--gradcam", why.to_str().unwrap(), &boot]].concat());
        fs::remove_file(why).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (pipe, sparse) = (
        folder.path().join("pipe.png"),
        folder.path().join("sparse.png"),
    );
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    fs::File::create(&sparse)
        .unwrap()
        .set_len(20 << 30)
        .unwrap();
    let paths = [
        "/dev/zero",
        pipe.to_str().unwrap(),
        sparse.to_str().unwrap(),
        "trainer",
    ];
    let parts = ["regular file", "regular file", "21475 MB", "--recursive"];
    let output = predict_with(&[&["--json"], paths.as_slice()].concat(), |_| {});
    assert_eq!(output.status.code(), Some(1));
    let lines = lines(&output);
    assert_eq!(lines.len(), 4);
    for ((line, path), part) in lines.iter().zip(paths).zip(parts) {
        assert_eq!(line["file"], path);
        assert!(line["error"].as_str().unwrap().contains(part), "{line}");
    }
}

#[test]
fn a_dash_is_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let boot = boot(&folder);
    let output = predict_with(&["--json", "-"], |command| {
        command.stdin(fs::File::open(&boot).unwrap());
    });
    let lines = lines(&output);
    assert_eq!(
        (&lines[0]["file"], &lines[0]["label"]),
        (&"-".into(), &"Ankle boot".into())
    );
}

#[test]
fn folders_are_classified_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let boot = boot(&folder);
    let inner = folder.path().join("a");
    fs::create_dir_all(&inner).unwrap();
    for name in ["2.png", "1.png", "._1.png", "notes.txt"] {
        fs::copy(&boot, inner.join(name)).unwrap();
    }
    let root = folder.path().to_str().unwrap();
    let output = predict_with(&["--json", "--recursive", root], |_| {});
    assert!(output.status.success(), "{output:?}");
    let names = ["a/1.png", "a/2.png", "boot.png"].map(|name| folder.path().join(name));
    let lines = lines(&output);
    let files: Vec<_> = lines
        .iter()
        .map(|l| Path::new(l["file"].as_str().unwrap()))
        .collect();
    assert_eq!(files, names);
    let empty = tempfile::tempdir().unwrap();
    let output = predict_with(&["--recursive", empty.path().to_str().unwrap()], |_| {});
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("no images")
    );
}

#[cfg(unix)]
#[test]
fn control_characters_in_names_are_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let name = folder.path().join("a\n\x1b[2J.png");
    fs::copy(boot(&folder), &name).unwrap();
    let output = predict_with(&[name.to_str().unwrap(), "b\r.png"], |_| {});
    let (out, err) = (
        String::from_utf8(output.stdout),
        String::from_utf8(output.stderr),
    );
    assert!(out.unwrap().contains("a\\n\\u{1b}[2J.png\n"));
    assert!(err.unwrap().starts_with("b\\r.png\n"));
    let output = predict_with(&["--json", name.to_str().unwrap()], |_| {});
    assert_eq!(lines(&output)[0]["file"], name.to_str().unwrap());
}

#[test]
fn weights_are_found_above_the_current_folder() {
    let folder = tempfile::tempdir().unwrap();
    let boot = boot(&folder);
    let output = predict_with(&[&boot], |command| {
        command.current_dir(Path::new(ROOT).join("trainer/src"));
    });
    assert!(output.status.success(), "{output:?}");
    let output = predict_with(&[&boot], |command| {
        command.current_dir(folder.path());
    });
    let sentence = String::from_utf8(output.stderr).unwrap();
    let expected = fs::canonicalize(folder.path()).unwrap().join("weights");
    assert!(sentence.contains(expected.to_str().unwrap()), "{sentence}");
}

#[test]
fn without_a_terminal_nothing_is_trained_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    let output = command.current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert!(sentence.contains("--force"), "{sentence}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let help = String::from_utf8(trainer(&["predict", "--help"]).stdout).unwrap();
    assert!(help.contains("Exit codes"), "{help}");
}

#[test]
fn evaluate_rejects_weights_that_differ_from_the_manifest() {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(ROOT).join("weights"), folder.path());
    let path = folder.path().to_str().unwrap();
    let evaluate = || {
        let limit = ["--limit", "50", "--model", "resnet", "--weights", path];
        trainer(&[&["evaluate"], limit.as_slice()].concat())
    };
    assert!(evaluate().status.success(), "{:?}", evaluate());

    let manifest = folder.path().join("manifest.json");
    let original = fs::read_to_string(&manifest).unwrap();
    fs::write(
        &manifest,
        original.replace("\"sha256\": \"", "\"sha256\": \"0"),
    )
    .unwrap();
    let output = evaluate();
    assert_eq!(output.status.code(), Some(1));
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert!(sentence.contains("resnet's SHA-256 is"), "{sentence}");
    fs::write(&manifest, original).unwrap();

    let weights = folder.path().join("resnet.hbd");
    let mut bytes = fs::read(&weights).unwrap();
    bytes[5000] ^= 1;
    fs::write(&weights, &bytes).unwrap();
    let sentence = String::from_utf8(evaluate().stderr).unwrap();
    assert!(sentence.contains("damaged"), "{sentence}");
    // For missing files, the error names the command that creates them.
    fs::remove_file(folder.path().join("metrics/resnet.json")).unwrap();
    let sentence = String::from_utf8(evaluate().stderr).unwrap();
    assert!(sentence.contains("cargo run -p trainer"), "{sentence}");
    fs::remove_file(&weights).unwrap();
    let sentence = String::from_utf8(evaluate().stderr).unwrap();
    assert!(sentence.contains("cargo run -p trainer"), "{sentence}");
}

#[test]
fn evaluate_rejects_an_ensemble_of_other_weights() {
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
fn an_unknown_model_is_rejected_with_the_list_of_models() {
    let output = trainer(&["--model", "transformer"]);
    assert_eq!(output.status.code(), Some(2));
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert!(
        sentence.contains("cnn, resnet, mlp, svm, forest, knn, logistic"),
        "{sentence}"
    );
}

#[test]
fn where_nothing_is_to_be_trained_it_says_what_to_do_next() {
    let output = trainer(&[]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    for next in ["predict IMAGE", "--seed", "--force"] {
        assert!(text.contains(next), "{next} is missing: {text}");
    }
}

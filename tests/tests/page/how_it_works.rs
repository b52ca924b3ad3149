//! The page "How it works": its numbers, its policy and styles, and that it needs no network on a later visit.

use serde_json::{Value, json};
use shared::ModelId;
use shared::artifact::Storage;
use tests::reference::{weights, weights_folder};

use crate::session::{Check, Session, Stage::Cpu};

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "how_it_works_has_the_numbers_of_the_trained_models",
        numbers,
    ),
    Check::new(
        Cpu,
        "how_it_works_has_the_page_s_policy_and_styles_and_links_back",
        styles,
    ),
];

fn open(session: &Session) {
    let address = format!("{}how-it-works.html", session.site.url());
    session.browser.open(&address);
}

fn numbers(session: &Session) {
    open(session);
    let text = session
        .browser
        .run("return document.querySelector('main').innerText;", vec![]);
    let text = text.as_str().unwrap_or_default();
    let manifest = std::fs::read_to_string(weights_folder().join("manifest.json"));
    let manifest: Value = serde_json::from_str(&manifest.expect("a manifest")).expect("JSON");
    let percent = |value: &Value| format!("{:.2}%", value.as_f64().expect("a share") * 100.0);
    let models = manifest["models"].as_array().expect("models");
    let accuracies = models
        .iter()
        .map(|model| percent(&model["test"]["accuracy"]));
    let others = [
        percent(&manifest["vote"]["test"]["accuracy"]),
        percent(&manifest["vote"]["test"]["calibration_error"]),
        format!(
            "{:.2}",
            models[0]["temperature"].as_f64().expect("a temperature")
        ),
    ];
    for number in accuracies.chain(others) {
        assert!(text.contains(&number), "the page lacks {number}: {text}");
    }
    assert!(!text.contains("{{"), "{text}");
    // The template itself states how many bits a weight of a network has.
    assert!(text.contains("rounded to 8 bits"), "{text}");
    for model in ModelId::DEEP {
        let tensors = weights(model).tensors;
        let largest = tensors.iter().max_by_key(|tensor| tensor.values.len());
        assert_eq!(largest.expect("a tensor").storage, Storage::I8, "{model}");
    }
}

fn styles(session: &Session) {
    open(session);
    let seen = session.browser.run(
        "const colour = getComputedStyle(document.body).backgroundColor;
         const links = [...document.querySelectorAll('a')].map(a => a.getAttribute('href'));
         const anchors = links.filter(href => href.startsWith('#'));
         return {
             policy: document.querySelector('meta[http-equiv=\"Content-Security-Policy\"]').content.includes(\"style-src 'self'\"),
             styled: colour === 'rgb(246, 242, 234)' && getComputedStyle(document.querySelector('.contents ul')).listStyleType === 'none',
             back: links.includes('./'),
             anchors: anchors.length > 8 && anchors.every(href => document.getElementById(href.slice(1))),
             papers: links.filter(href => /arxiv|doi/.test(href)).length > 12,
             title: document.title,
         };",
        vec![],
    );
    assert_eq!(
        seen,
        json!({"policy": true, "styled": true, "back": true, "anchors": true, "papers": true, "title": "How Haberdash works"})
    );
    session
        .browser
        .run("document.querySelector('.logo a').click();", vec![]);
    let back = session.browser.wait(
        "return document.querySelector('[data-testid=\"headline\"]') !== null;",
        std::time::Duration::from_secs(30),
        |there| there == &json!(true),
    );
    assert!(back.is_ok(), "the link does not lead back to the page");
}

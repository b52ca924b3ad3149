//! Seven rows and a vote: what is on its way, who disagrees, and what becomes of the vote when one is missing.

use std::time::Duration;

use serde_json::json;
use shared::model::{NoveltyDetector, novelty};
use shared::{Grey28, ModelId, Sample};
use tests::image_files;
use tests::page::{Page, START_IMAGE, Snapshot};
use tests::reference;
use tests::site::Fault;

use crate::errors::assert_is_message;
use crate::session::{Check, ReferenceImage, Session, Stage::Cpu};
use crate::upload::assert_matches_reference;

/// A tenth of a percent is what the page shows.
const CONFIDENCE: f32 = 2e-3;
const TIMEOUT: Duration = Duration::from_secs(30);
/// Loaded one after the other, in this order.
const LARGE: [ModelId; 3] = [ModelId::Forest, ModelId::Svm, ModelId::Knn];

pub const CHECKS: &[Check] = &[
    Check::new(
        Cpu,
        "while_large_models_are_on_their_way_the_others_answer_and_vote",
        on_their_way,
    ),
    Check::new(
        Cpu,
        "who_disagrees_with_the_vote_is_marked_and_named",
        dissent,
    ),
    Check {
        expected_errors: &["404"],
        ..Check::new(Cpu, "without_one_model_six_answer_and_vote", six)
    },
    Check {
        expected_errors: &["404"],
        ..Check::new(Cpu, "without_the_vote_all_seven_answer", no_vote)
    },
    Check::new(
        Cpu,
        "where_data_is_saved_large_models_wait_to_be_asked_for",
        saved_data,
    ),
    Check::new(Cpu, "a_row_opens_to_its_ten_bars", disclosure),
    Check::new(Cpu, "what_is_none_of_the_ten_is_not_known", strangers),
    Check {
        expected_errors: &["404"],
        ..Check::new(
            Cpu,
            "without_the_check_for_other_things_all_answer",
            no_novelty,
        )
    },
];

fn on_their_way(session: &Session) {
    for model in LARGE {
        let file = format!("weights/{model}-");
        session.site.inject_fault(&file, Fault::Stalled);
    }
    let page = Page::open_without_waiting(&session.browser, &session.site);
    let early = [
        ModelId::Cnn,
        ModelId::Resnet,
        ModelId::Mlp,
        ModelId::Logistic,
    ];
    let at = |now: &Snapshot, model| now.row(model).state.clone();
    page.wait(
        "the small models, and half of a large one",
        TIMEOUT,
        |now| {
            now.models.len() == 7
                && early.iter().all(|m| at(now, *m) == "ready")
                && now.row(ModelId::Forest).progress.is_some_and(|p| p > 0.2)
        },
    );
    let golden = session.disputed_example();
    page.choose(&[image_files::png(&golden.image)]);
    let shown = page.wait("four answers and their vote", TIMEOUT, |now| {
        now.vote.answered == 4
            && now.vote.image > START_IMAGE
            && early.iter().all(|m| now.row(*m).image > START_IMAGE)
    });
    assert_eq!(at(&shown, ModelId::Forest), "loading");
    assert_eq!(at(&shown, ModelId::Svm), "waiting");
    assert_eq!(at(&shown, ModelId::Knn), "waiting");
    assert!(shown.row(ModelId::Forest).progress < Some(0.8), "{shown:?}");
    assert_ne!(shown.vote.state, "ready");
    assert!(
        shown
            .vote
            .text
            .contains("Four of seven models have answered so far"),
        "{}",
        shown.vote.text
    );
    votes_as_natively(session, &golden, &shown, &early);
    contributes_as_natively(session, &golden, &shown, &early);

    session.site.clear_faults();
    let shown = page.wait("all seven answers", TIMEOUT, |now| {
        now.is_ready() && now.vote.answered == 7
    });
    assert_matches_reference(session, &golden, &shown, 1e-3);
    assert!(!shown.vote.text.contains("so far"), "{}", shown.vote.text);
}

fn dissent(session: &Session) {
    let page = session.page();
    let golden = session.disputed_example();
    let shown = page.show(&image_files::png(&golden.image));
    votes_as_natively(session, &golden, &shown, &ModelId::ALL);
    let (vote, _) = session.expected_ensemble(&golden, &ModelId::ALL);
    let mut agree = 0;
    for model in ModelId::ALL {
        let (class, _) = session.expected(model, &golden);
        let row = shown.row(model);
        assert_eq!(row.dissents, class != vote, "{row:?}");
        assert_eq!(
            row.text.contains("differs from the vote"),
            class != vote,
            "{row:?}"
        );
        agree += usize::from(class == vote);
    }
    assert!(agree < 7, "nobody disagrees, which proves nothing");
    assert_eq!(shown.vote.agree, agree);
    counts_models(&shown, agree, 7);
    contributes_as_natively(session, &golden, &shown, &ModelId::ALL);
    for bar in &shown.contributions {
        // What the model chose itself is beside its bar.
        let (class, _) = session.expected(bar.model, &golden);
        assert!(bar.text.contains(class.label()), "{bar:?}");
    }
    let clear = session.clear_example(shared::Garment::Bag);
    let shown = page.show(&image_files::png(&clear.image));
    assert_eq!(shown.vote.agree, 7);
    assert!(shown.models.iter().all(|row| !row.dissents));
    counts_models(&shown, 7, 7);
    // Nobody is against it.
    contributes_as_natively(session, &clear, &shown, &ModelId::ALL);
    assert!(shown.contributions.iter().all(|bar| bar.value >= 0.0));
}

/// The card says in words how many models chose the vote's class.
fn counts_models(shown: &Snapshot, agree: usize, answered: usize) {
    const WORDS: [&str; 8] = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven"];
    let (text, label) = (&shown.vote.text, &shown.vote.label);
    let all = WORDS[answered].to_lowercase();
    let expected = match agree {
        0 => "No single model put it first, but together they do.".to_owned(),
        1 => format!(" chose {label}, but the {all} models together put it first."),
        n if n == answered => format!("All {all} models chose {label}."),
        n => format!("{} of {all} models chose {label}", WORDS[n]),
    };
    assert!(text.contains(&expected), "\"{expected}\" is not in {text}");
    for nobody in ["0 of", "No of", "no models"] {
        assert!(!text.contains(nobody), "{text}");
    }
}

/// There is a bar for each of the models, as long as natively, and the headline agrees with the card.
fn contributes_as_natively(
    session: &Session,
    golden: &ReferenceImage,
    shown: &Snapshot,
    voters: &[ModelId],
) {
    let expected = session.expected_contributions(golden, voters);
    assert_eq!(shown.contributions.len(), voters.len(), "{shown:?}");
    for (model, expected) in voters.iter().zip(expected) {
        let bar = shown.contributions.iter().find(|c| c.model == *model);
        let bar = bar.unwrap_or_else(|| panic!("no bar for {model}"));
        // A logarithm of a small probability magnifies its rounding.
        assert!((bar.value - expected).abs() < 0.02, "{bar:?} {expected}");
    }
    assert_eq!(shown.headline.label, shown.vote.label);
}

fn six(session: &Session) {
    for fault in [Fault::Altered, Fault::Missing] {
        session.site.inject_fault("weights/knn-", fault);
        let page = Page::open_without_waiting(&session.browser, &session.site);
        let others: Vec<ModelId> = ModelId::ALL
            .into_iter()
            .filter(|m| *m != ModelId::Knn)
            .collect();
        let shown = page.wait("six models and a sentence", TIMEOUT, |now| {
            now.models.len() == 7
                && others.iter().all(|m| now.row(*m).state == "ready")
                && now.row(ModelId::Knn).state == "error"
        });
        assert_is_message(&shown.error);
        assert!(
            shown.error.contains(ModelId::Knn.title()),
            "{}",
            shown.error
        );
        let golden = session.disputed_example();
        page.choose(&[image_files::png(&golden.image)]);
        let shown = page.wait("a vote of six", TIMEOUT, |now| {
            now.vote.answered == 6 && now.vote.state == "ready" && now.vote.image > START_IMAGE
        });
        votes_as_natively(session, &golden, &shown, &others);
        contributes_as_natively(session, &golden, &shown, &others);
        counts_models(&shown, shown.vote.agree, 6);

        // Tried again, it joins.
        session.site.clear_faults();
        page.click("[data-model=\"knn\"] [data-testid=\"retry\"]");
        let shown = page.wait("a vote of seven", TIMEOUT, |now| {
            now.vote.answered == 7 && now.is_ready()
        });
        assert_matches_reference(session, &golden, &shown, 1e-3);
    }
}

fn no_vote(session: &Session) {
    session.site.inject_fault("weights/vote-", Fault::Missing);
    let page = Page::open_without_waiting(&session.browser, &session.site);
    let ready =
        |now: &Snapshot| now.models.len() == 7 && now.models.iter().all(|m| m.state == "ready");
    let shown = page.wait("all models and no vote", TIMEOUT, |now| {
        ready(now) && now.vote.state == "error"
    });
    assert_is_message(&shown.error);
    let golden = session.disputed_example();
    page.choose(&[image_files::png(&golden.image)]);
    let shown = page.wait("seven answers", TIMEOUT, |now| {
        ready(now) && now.models.iter().all(|m| m.image > START_IMAGE)
    });
    for model in ModelId::ALL {
        let (class, _) = session.expected(model, &golden);
        assert_eq!(shown.row(model).label, class.label());
    }
    session.site.clear_faults();
    page.click("[data-testid=\"retry-vote\"]");
    let shown = page.wait("the vote", TIMEOUT, |now| {
        now.vote.state == "ready" && now.vote.answered == 7
    });
    assert_matches_reference(session, &golden, &shown, 1e-3);
}

fn saved_data(session: &Session) {
    let script = session
        .browser
        .on_new_pages("Object.defineProperty(navigator, 'connection', {value: {saveData: true}});");
    let page = Page::open_without_waiting(&session.browser, &session.site);
    session.browser.forget(&script);
    let golden = session.clear_example(shared::Garment::Bag);
    page.wait("the small models", TIMEOUT, |now| {
        now.models.len() == 7
            && ModelId::ALL.iter().all(|m| {
                let wanted = if LARGE.contains(m) {
                    "deferred"
                } else {
                    "ready"
                };
                now.row(*m).state == wanted
            })
    });
    page.choose(&[image_files::png(&golden.image)]);
    page.wait("a vote of four", TIMEOUT, |now| {
        now.vote.answered == 4 && now.vote.image > START_IMAGE
    });
    page.click("[data-model=\"svm\"] [data-testid=\"load\"]");
    let shown = page.wait("the SVM's answer", TIMEOUT, |now| now.vote.answered == 5);
    assert_eq!(shown.row(ModelId::Svm).label, golden.class.label());
    assert_eq!(shown.row(ModelId::Knn).state, "deferred");
}

fn disclosure(session: &Session) {
    let page = session.page();
    page.show(&image_files::png(
        &session.clear_example(shared::Garment::Coat).image,
    ));
    let state = "const row = document.querySelector('[data-testid=\"model\"][data-model=\"forest\"]');
        const button = row.querySelector('[data-testid=\"details\"]');
        const bars = document.getElementById(button.getAttribute('aria-controls'));
        const shown = [...bars.querySelectorAll('.bars li')].filter(li => li.checkVisibility());
        return [button.getAttribute('aria-expanded'), shown.length,
            shown.reduce((sum, li) => sum + parseFloat(li.querySelector('.number').innerText), 0)];";
    let press =
        "document.querySelector('[data-model=\"forest\"] [data-testid=\"details\"]').focus();";
    assert_eq!(session.browser.run(state, vec![])[0], "false");
    assert_eq!(session.browser.run(state, vec![])[1], 0);
    session.browser.run(press, vec![]);
    // As a keyboard would.
    session.browser.press('\u{e007}');
    let open = session.browser.run(state, vec![]);
    assert_eq!((&open[0], &open[1]), (&json!("true"), &json!(10)), "{open}");
    let sum = open[2].as_f64().unwrap_or_default();
    assert!(
        (sum - 100.0).abs() < 0.6,
        "ten probabilities sum to {sum} percent"
    );
    session.browser.press('\u{e007}');
    assert_eq!(session.browser.run(state, vec![])[1], 0);
}

fn votes_as_natively(
    session: &Session,
    golden: &ReferenceImage,
    shown: &Snapshot,
    voters: &[ModelId],
) {
    let (class, confidence) = session.expected_ensemble(golden, voters);
    assert_eq!(shown.vote.label, class.label(), "{:?}", shown.vote);
    assert!(
        (shown.vote.confidence - confidence).abs() <= CONFIDENCE,
        "the vote is {} sure on the page and {confidence} natively",
        shown.vote.confidence
    );
}

/// Random dots, as no garment has them.
pub fn dots() -> Grey28 {
    Grey28::new(core::array::from_fn(|i| {
        ((i as u32).wrapping_mul(0x9e37_79b1) >> 13) as u8
    }))
}

fn strangers(session: &Session) {
    let page = Page::open(&session.browser, &session.site);
    let mut before = page.snapshot();
    for (image, known) in [(&known(session), "true"), (&dots(), "false")] {
        page.choose(&[image_files::png(image)]);
        let shown = page.wait(
            "seven answers that say whether it is known",
            TIMEOUT,
            |now| now.answered_since(&before) && now.vote.known == known,
        );
        is_told_once(&shown, known);
        let advice = page.query("advice", "return it.innerText;");
        let advises = advice.as_str().is_some_and(|a| !a.is_empty());
        assert_eq!(advises, known == "false", "{advice}");
        // The bar of a guess has a pattern in place of a colour.
        let pattern = page.query(
            "vote",
            "return getComputedStyle(it.querySelector('.confidence .track span')).backgroundImage;",
        );
        let is_hatched = pattern.as_str().is_some_and(|p| p.contains("gradient"));
        assert_eq!(is_hatched, known == "false", "{pattern}");
        before = shown;
    }
}

/// Headline, card and rows agree on whether the image is known, and on its class.
pub fn is_told_once(shown: &Snapshot, known: &str) {
    let label = &shown.vote.label;
    assert_eq!(shown.vote.known, known);
    assert_eq!(
        (&shown.headline.known[..], &shown.headline.label),
        (known, label)
    );
    let closest = format!("Not sure. Closest: {label}");
    for text in [&shown.headline.text, &shown.vote.text] {
        assert_eq!(text.contains(&closest), known == "false", "{text}");
    }
    if known == "true" {
        assert_eq!(shown.headline.text, *label);
    }
    for row in &shown.models {
        assert_eq!(row.known, known, "{row:?}");
        let closest = format!("Closest: {}", row.label);
        assert_eq!(row.text.contains(&closest), known == "false", "{row:?}");
    }
}

/// One of the reference's images that the detector knows natively.
fn known(session: &Session) -> Grey28 {
    let novelty =
        NoveltyDetector::new(&reference::artifact(novelty::NAME)).expect("weights that fit");
    let mut images = (0..session.reference.images.len()).map(|i| session.reference_image(i).image);
    let known = images.find(|image| novelty.is_known(&Sample::new(image.clone())));
    known.expect("a reference image that is known")
}

fn no_novelty(session: &Session) {
    session
        .site
        .inject_fault("weights/novelty-", Fault::Missing);
    let page = Page::open(&session.browser, &session.site);
    let shown = page.wait("why other things cannot be told", TIMEOUT, |now| {
        !now.error.is_empty()
    });
    assert_is_message(&shown.error);
    let what = "The weights of the novelty detector";
    assert!(shown.error.contains(what), "{}", shown.error);
    page.choose(&[image_files::png(&dots())]);
    let shown = page.wait("seven answers all the same", TIMEOUT, |now| {
        now.answered_since(&shown)
    });
    assert!(shown.models.iter().all(|m| m.known.is_empty()), "{shown:?}");
}

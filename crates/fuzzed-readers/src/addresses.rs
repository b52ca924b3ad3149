//! Fuzz target: texts as the page's address, as a quiz code, as the query of an embedded page, and as an image in the browser's history.

use page_address::{Address, Embedding, HistoryImage, QuizCode};
use protocol::Method;
use shared::{Garment, Grey28, ModelId};

use crate::seed::Seed;

pub fn read(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (address, problems) = Address::parse(&text);
    assert!(problems.len() <= 6, "{problems:?}");
    for problem in &problems {
        let sentence = problem.to_string();
        assert!(
            sentence.ends_with('.') && sentence.len() < 300,
            "{sentence}"
        );
    }
    // What was understood is written in full, and nothing else.
    let again = Address::parse(&address.fragment());
    assert_eq!(again, (address, Vec::new()));

    if let Some(code) = QuizCode::parse(&text) {
        assert_eq!(QuizCode::parse(&code.to_string()), Some(code));
        assert!(code.number() < QuizCode::COUNT);
    }
    if let Some((embedding, _)) = Embedding::parse(&text) {
        assert!(!embedding.panels.is_empty());
    }
    if let Some(image) = HistoryImage::parse(&text) {
        assert_eq!(HistoryImage::parse(&image.text()), Some(image));
    }
}

pub fn seeds() -> Vec<Seed> {
    let image = Grey28::new(core::array::from_fn(|i| (i % 251) as u8));
    let history = HistoryImage {
        key: "1700000000.3".into(),
        name: "coat.jpg".into(),
        grey: image.clone(),
    };
    let address = Address {
        image: Some(page_address::AddressImage::Pixels(image)),
        model: Some(ModelId::Knn),
        class: Some(Garment::Shirt),
        method: Some(Method::Occlusion),
        section: page_address::Section::new("compare"),
        quiz: QuizCode::parse("7KX2M"),
    };
    vec![
        Seed::new("anchor", "compare"),
        Seed::new("test", "test=36&model=knn&class=shirt"),
        Seed::new("percent", "te%73t=3%36&class=T-shirt%2Ftop"),
        Seed::new("quiz", "quiz=7KX2M"),
        Seed::new("code", "7KX2M"),
        Seed::new("pixels", address.fragment()),
        Seed::new("embedding", "embed=1&panels=image,models%2Ccompare"),
        Seed::new("history", history.text()),
        Seed::new("many_parts", "a=1&".repeat(1000)),
        Seed::new("long", "%25".repeat(20_000)),
    ]
}

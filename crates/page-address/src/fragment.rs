//! The fragment of the page's address: `#test=36&model=knn&class=shirt`.

use protocol::{Method, TEST_SET_SIZE};
use shared::{Garment, Grey28, ModelId};

use super::base64url::{decode_image, encode_image};
use super::names::{Key, class_name, class_of_name};
use super::percent;
use super::problem::Problem;
use super::quiz_code::QuizCode;

/// Bytes of the longest fragment that is read: pixels, and every other part at its longest.
const MAX_LENGTH: usize = 4096;
/// Characters of the longest name of a section, and of an unknown part that a sentence names.
const MAX_NAME: usize = 40;

/// What the fragment asks for. A part that is not there is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    pub image: Option<AddressImage>,
    /// The model that is explained.
    pub model: Option<ModelId>,
    /// The class that is explained.
    pub class: Option<Garment>,
    /// The method of the explanation.
    pub method: Option<Method>,
    pub section: Option<Section>,
    /// The quiz that is offered.
    pub quiz: Option<QuizCode>,
}

/// The image that an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressImage {
    /// An image of the test set, by its number from 0 on.
    Test(u16),
    /// These pixels, as they are.
    Pixels(Grey28),
}

/// A section of the page by the `id` of its element, or by a name of [`ALIASES`](Section::ALIASES).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section(String);

impl Section {
    /// Names for sections beside the ids of their elements.
    const ALIASES: [(&'static str, &'static str); 4] = [
        ("image", "picture"),
        ("models", "verdicts"),
        ("predictions", "verdicts"),
        ("explanation", "reasons"),
    ];

    /// The section of this name, which has at most 40 letters, digits, hyphens and underscores.
    pub fn new(name: &str) -> Option<Self> {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        let is_name = !name.is_empty() && name.len() <= MAX_NAME && name.bytes().all(is_plain);
        is_name.then(|| Self(name.to_owned()))
    }

    /// The `id` that the section's element would have.
    pub fn element_id(&self) -> &str {
        let alias = Self::ALIASES.iter().find(|(name, _)| *name == self.0);
        alias.map_or(&self.0, |(_, id)| id)
    }
}

impl Address {
    /// Reads a fragment without its `#`, and what is wrong with it, each once.
    pub fn parse(fragment: &str) -> (Self, Vec<Problem>) {
        let mut reading = Reading::default();
        if fragment.len() > MAX_LENGTH {
            return (Self::default(), vec![Problem::TooLong]);
        }
        // A plain anchor, such as #compare.
        if !fragment.contains(['=', '&']) {
            if let Some(section) = percent::decode(fragment).and_then(|name| Section::new(&name)) {
                reading.address.section = Some(section);
            } else if !fragment.is_empty() {
                reading.add(Problem::NoSuchSection);
            }
            return reading.finish();
        }
        for part in fragment.split('&').filter(|part| !part.is_empty()) {
            reading.read(part);
        }
        reading.finish()
    }

    /// The fragment without its `#`; [`parse`](Self::parse) reads the same address from it.
    pub fn fragment(&self) -> String {
        let parts = Key::ALL.into_iter().filter_map(|key| {
            let value = self.value(key)?;
            Some(format!("{}={value}", key.name()))
        });
        parts.collect::<Vec<_>>().join("&")
    }

    /// Whether it asks for nothing but a section, as a plain anchor does, or for nothing but a quiz.
    pub fn is_only_section(&self) -> bool {
        let (section, quiz) = (self.section.clone(), self.quiz);
        (section.is_some() || quiz.is_some())
            && *self
                == Self {
                    section,
                    quiz,
                    ..Self::default()
                }
    }

    fn value(&self, key: Key) -> Option<String> {
        match (key, &self.image) {
            (Key::Test, Some(AddressImage::Test(number))) => Some(number.to_string()),
            (Key::Pixels, Some(AddressImage::Pixels(image))) => Some(encode_image(image)),
            (Key::Test | Key::Pixels, _) => None,
            (Key::Model, _) => self.model.map(|model| model.name().to_owned()),
            (Key::Class, _) => self.class.map(class_name),
            (Key::Method, _) => self.method.map(|method| method.name().to_owned()),
            (Key::Section, _) => self.section.as_ref().map(|section| section.0.clone()),
            (Key::Quiz, _) => self.quiz.map(|quiz| quiz.to_string()),
        }
    }

    /// Sets a part; `None` if it cannot have the value.
    fn set(&mut self, key: Key, value: &str) -> Option<()> {
        match key {
            Key::Test => self.image = Some(AddressImage::Test(test_number(value)?)),
            Key::Pixels => self.image = Some(AddressImage::Pixels(decode_image(value)?)),
            Key::Model => self.model = Some(ModelId::from_name(&value.to_ascii_lowercase())?),
            Key::Class => self.class = Some(class_of_name(value)?),
            Key::Method => self.method = Some(Method::from_name(&value.to_ascii_lowercase())?),
            Key::Section => self.section = Some(Section::new(value)?),
            Key::Quiz => self.quiz = Some(QuizCode::parse(value)?),
        }
        Some(())
    }
}

/// An address while its parts are read.
#[derive(Default)]
struct Reading {
    address: Address,
    problems: Vec<Problem>,
    seen: Vec<Key>,
    /// The pixels, until it is known whether there is a test image as well.
    pixels: Option<Grey28>,
}

impl Reading {
    fn read(&mut self, part: &str) {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let known = |key: &Key| percent::decode(name).is_some_and(|name| name == key.name());
        let Some(key) = Key::ALL.into_iter().find(known) else {
            let is_plain = !name.is_empty()
                && name.len() <= MAX_NAME
                && name.bytes().all(|b| b.is_ascii_alphanumeric());
            return self.add(Problem::UnknownPart(is_plain.then(|| name.to_owned())));
        };
        if self.seen.contains(&key) {
            return self.add(Problem::Repeated(key));
        }
        self.seen.push(key);
        let mut part = Address::default();
        let value = percent::decode(value);
        let Some(()) = value.and_then(|value| part.set(key, &value)) else {
            return self.add(Problem::Value(key));
        };
        match part.image {
            Some(AddressImage::Pixels(pixels)) => self.pixels = Some(pixels),
            test => self.address.image = test.or(self.address.image.take()),
        }
        let all = &mut self.address;
        all.model = part.model.or(all.model);
        all.class = part.class.or(all.class);
        all.method = part.method.or(all.method);
        all.section = part.section.or(all.section.take());
        all.quiz = part.quiz.or(all.quiz);
    }

    /// Adds a problem, each once and no more than a visitor would read.
    fn add(&mut self, problem: Problem) {
        const MOST: usize = 5;
        if !self.problems.contains(&problem) && self.problems.len() < MOST {
            self.problems.push(problem);
        }
    }

    fn finish(mut self) -> (Address, Vec<Problem>) {
        if let Some(pixels) = self.pixels.take() {
            if self.address.image.is_some() {
                self.add(Problem::TwoImages);
            } else {
                self.address.image = Some(AddressImage::Pixels(pixels));
            }
        }
        (self.address, self.problems)
    }
}

/// A number of the test set, in plain digits.
fn test_number(text: &str) -> Option<u16> {
    let is_number = text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    let number: u16 = text.parse().ok().filter(|_| is_number)?;
    (usize::from(number) < TEST_SET_SIZE).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use shared::image::PIXELS;

    fn read(fragment: &str) -> Address {
        let (address, problems) = Address::parse(fragment);
        assert_eq!(problems, [], "{fragment}");
        address
    }

    fn problems(fragment: &str) -> Vec<Problem> {
        let (_, problems) = Address::parse(fragment);
        for problem in &problems {
            let sentence = problem.to_string();
            assert!(sentence.ends_with('.'), "{sentence}");
        }
        problems
    }

    #[test]
    fn reads_the_parts_in_any_order() {
        let expected = Address {
            image: Some(AddressImage::Test(36)),
            model: Some(ModelId::Knn),
            class: Some(Garment::Shirt),
            ..Address::default()
        };
        assert_eq!(read("test=36&model=knn&class=shirt"), expected);
        assert_eq!(read("class=Shirt&&test=36&model=KNN&"), expected);
        assert_eq!(read("te%73t=3%36&model=knn&class=shirt"), expected);
        let class = |fragment| read(fragment).class;
        assert_eq!(class("class=ankle-boot"), Some(Garment::AnkleBoot));
        assert_eq!(class("class=T-shirt%2Ftop"), Some(Garment::TShirt));
        assert_eq!(read(""), Address::default());
    }

    #[test]
    fn a_plain_anchor_is_a_section() {
        let address = read("compare");
        assert!(address.is_only_section());
        assert_eq!(address.fragment(), "section=compare");
        assert_eq!(address, read("section=compare"));
        let id = |fragment| read(fragment).section.unwrap().element_id().to_owned();
        assert_eq!(id("explanation"), "reasons");
        assert_eq!(id("section=reasons"), "reasons");
        assert!(!read("test=1&section=compare").is_only_section());
    }

    #[test]
    fn a_quiz_is_read_by_its_code() {
        let address = read("quiz=7kx2m");
        assert_eq!(address.quiz, QuizCode::parse("7KX2M"));
        assert_eq!(address.fragment(), "quiz=7KX2M");
        assert!(address.is_only_section());
        assert!(!read("quiz=7KX2M&test=36").is_only_section());
    }

    #[test]
    fn what_is_wrong_is_ignored_with_a_sentence() {
        use Problem::{NoSuchSection, Repeated, TooLong, TwoImages, UnknownPart, Value};
        for (fragment, expected) in [
            ("test=10000", Value(Key::Test)),
            ("test=99999999", Value(Key::Test)),
            ("test=-1", Value(Key::Test)),
            ("test=+36", Value(Key::Test)),
            ("test=%2B36", Value(Key::Test)),
            ("test=000036", Value(Key::Test)),
            ("test=", Value(Key::Test)),
            ("test=\u{0663}", Value(Key::Test)),
            ("test=%", Value(Key::Test)),
            ("model=transformer", Value(Key::Model)),
            ("class=hat", Value(Key::Class)),
            ("method=magic", Value(Key::Method)),
            ("pixels=AAAA", Value(Key::Pixels)),
            ("section=%3Cscript%3E", Value(Key::Section)),
            ("quiz=7KX2", Value(Key::Quiz)),
            ("quiz=7KX2MM", Value(Key::Quiz)),
            ("quiz=%3Cscri", Value(Key::Quiz)),
            ("<script>", NoSuchSection),
            ("hat=1", UnknownPart(Some("hat".into()))),
            ("\u{202e}=1", UnknownPart(None)),
            ("=", UnknownPart(None)),
        ] {
            assert_eq!(problems(fragment), [expected], "{fragment}");
            assert_eq!(Address::parse(fragment).0, Address::default(), "{fragment}");
        }
        assert_eq!(problems("test=1&test=2"), [Repeated(Key::Test)]);
        assert_eq!(problems(&"a".repeat(MAX_LENGTH + 1)), [TooLong]);
        let pixels = encode_image(&Grey28::new([1; PIXELS]));
        for both in [
            format!("pixels={pixels}&test=5"),
            format!("test=5&pixels={pixels}"),
        ] {
            assert_eq!(problems(&both), [TwoImages]);
            let (address, _) = Address::parse(&both);
            assert_eq!(address.image, Some(AddressImage::Test(5)));
        }
        // The rest is used.
        let (address, _) = Address::parse("test=99999999&model=svm&x=1");
        assert_eq!(address.fragment(), "model=svm");
    }

    #[test]
    fn no_number_of_problems_fills_the_page() {
        let names = (0..500).map(|i| format!("a{i}=1"));
        let fragment = names.collect::<Vec<_>>().join("&");
        assert_eq!(problems(&fragment).len(), 5);
    }

    fn addresses() -> impl Strategy<Value = Address> {
        let test = (0..TEST_SET_SIZE as u16).prop_map(AddressImage::Test);
        let pixels = prop::collection::vec(any::<u8>(), PIXELS).prop_map(|pixels| {
            AddressImage::Pixels(Grey28::from_slice(&pixels).expect("784 pixels"))
        });
        let section = "[A-Za-z0-9_-]{1,40}".prop_map(|name| Section::new(&name).expect("a name"));
        (
            prop::option::of(prop_oneof![test, pixels]),
            prop::option::of(prop::sample::select(ModelId::ALL.to_vec())),
            prop::option::of(prop::sample::select(Garment::ALL.to_vec())),
            prop::option::of(prop::sample::select(Method::ALL.to_vec())),
            prop::option::of(section),
            prop::option::of((0..QuizCode::COUNT).prop_map(QuizCode::new)),
        )
            .prop_map(|(image, model, class, method, section, quiz)| Address {
                image,
                model,
                class,
                method,
                section,
                quiz,
            })
    }

    /// Texts that look like fragments, so that more than the first check is reached.
    const LIKE_FRAGMENTS: &str = "((test|model|class|method|section|quiz|pixels|[a-z%\u{e9}]{0,3})=?([0-9]{0,6}|knn|shirt|compare|%[0-9a-g]{0,2}|.{0,5})&?){0,8}";

    proptest! {
        #[test]
        fn an_address_that_was_written_is_read(address in addresses()) {
            let fragment = address.fragment();
            prop_assert!(fragment.len() <= MAX_LENGTH);
            prop_assert_eq!(Address::parse(&fragment), (address, Vec::new()));
        }

        #[test]
        fn random_bytes_are_an_address_or_a_sentence(bytes in prop::collection::vec(any::<u8>(), 0..5000)) {
            check(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn what_looks_like_a_fragment_is_an_address_or_a_sentence(fragment in LIKE_FRAGMENTS) {
            check(&fragment);
        }
    }

    fn check(fragment: &str) {
        let (address, problems) = Address::parse(fragment);
        assert!(problems.len() <= 6, "{problems:?}");
        for problem in &problems {
            assert!(problem.to_string().len() < 300, "{problem}");
        }
        // What was understood is written in full, and nothing else.
        let again = Address::parse(&address.fragment());
        assert_eq!(again, (address, Vec::new()), "{fragment}");
    }
}

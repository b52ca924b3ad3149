//! Advice about a doubtful image: its likely cause, and what to do about it.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};

/// What is known about an image, besides the predictions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Findings {
    /// Whether the novelty detector accepts the image.
    pub is_known: bool,
    /// Degrees, clockwise, by which the image can be rotated so that the novelty detector accepts it.
    pub rotation: Option<u16>,
    /// How many objects were found in the photo; 0 if the photo shows one.
    pub objects: usize,
    /// Whether the photo's edge cuts the garment off.
    pub is_cut_off: bool,
    /// Whether the colours of garment and background are too similar, so that the garment's mask is a guess.
    pub is_poor: bool,
    /// Whether most of the garment is white.
    pub is_white: bool,
    /// Whether the contrast of the garment was stretched.
    pub is_stretched: bool,
    /// Whether the image was used as it is, and its edges are light.
    pub has_light_edges: bool,
}

impl Default for Findings {
    /// Nothing that needs advice.
    fn default() -> Self {
        Self {
            is_known: true,
            rotation: None,
            objects: 0,
            is_cut_off: false,
            is_poor: false,
            is_white: false,
            is_stretched: false,
            has_light_edges: false,
        }
    }
}

/// The likely cause of a doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// The photo shows this many objects.
    Objects(usize),
    CutOff,
    LightBackground,
    /// It looks like clothes if it is rotated by these degrees.
    Rotated(u16),
    White {
        is_stretched: bool,
    },
    Poor,
    /// No cause was found.
    General,
}

/// Who reads the advice. Each has other means to follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A visitor of the page. Buttons follow the sentences about several objects and about rotation.
    Visitor,
    /// A user of the command line.
    CommandLine,
}

impl Advice {
    /// The most specific advice; `None` if there is nothing to improve.
    pub fn from_findings(findings: &Findings) -> Option<Self> {
        let doubts = [
            // The objects, the edge and the rotation of a mask that is a guess say nothing.
            (findings.objects > 1 && !findings.is_poor).then_some(Self::Objects(findings.objects)),
            (findings.is_cut_off && !findings.is_poor).then_some(Self::CutOff),
            (!findings.is_known && findings.has_light_edges).then_some(Self::LightBackground),
            findings
                .rotation
                .filter(|_| !findings.is_known && !findings.is_poor)
                .map(Self::Rotated),
            findings.is_white.then_some(Self::White {
                is_stretched: findings.is_stretched,
            }),
            findings.is_poor.then_some(Self::Poor),
            (!findings.is_known).then_some(Self::General),
        ];
        doubts.into_iter().flatten().next()
    }

    /// The advice in words: the cause, and what the reader can do.
    pub fn text(self, reader: Reader) -> String {
        match (self, reader) {
            (Self::Objects(count), Reader::Visitor) => {
                format!("{} objects were found. Choose one:", capitalised(count))
            }
            (Self::Objects(count), Reader::CommandLine) => format!(
                "{} objects were found: crop the photo to one of them.",
                capitalised(count)
            ),
            (Self::CutOff, _) => {
                "The garment is cut off at the edge of the photo: choose a photo that shows all of it."
                    .into()
            }
            (Self::LightBackground, Reader::Visitor) => {
                "The background is light, and in the data set it is black: press \"Invert\".".into()
            }
            (Self::LightBackground, Reader::CommandLine) => {
                "The background is light, and in the data set it is black: invert the image.".into()
            }
            (Self::Rotated(degrees), Reader::Visitor) => {
                format!("Rotated by {degrees} degrees it looks like clothes.")
            }
            (Self::Rotated(degrees), Reader::CommandLine) => {
                format!("Rotated by {degrees} degrees it looks like clothes: rotate the photo.")
            }
            (Self::White { is_stretched }, reader) => white(is_stretched, reader).into(),
            (Self::Poor, Reader::Visitor) => {
                "The garment and its background look alike: crop the photo to the garment, or paint over it below."
                    .into()
            }
            (Self::Poor, Reader::CommandLine) => {
                "The garment and its background look alike: crop the photo to the garment.".into()
            }
            (Self::General, _) => {
                "It may be none of the ten classes: choose a photo of one garment, upright, on a plain background. Shoes: the data set shows one shoe from the side."
                    .into()
            }
        }
    }
}

/// Advice about a white garment, whose contrast may have been stretched.
const fn white(is_stretched: bool, reader: Reader) -> &'static str {
    match (reader, is_stretched) {
        (Reader::Visitor, true) => {
            "The garment is white, and Fashion-MNIST has hardly any white garments: its contrast was stretched, and the predictions are less reliable. It may help to set the grey levels below to \"Not inverted\"."
        }
        (Reader::Visitor, false) => {
            "The garment is white, and Fashion-MNIST has hardly any white garments: the predictions are less reliable. It may help to set the grey levels below to \"Not inverted\"."
        }
        (Reader::CommandLine, true) => {
            "The garment is white, and Fashion-MNIST has hardly any white garments: its contrast was stretched, and the predictions are less reliable."
        }
        (Reader::CommandLine, false) => {
            "The garment is white, and Fashion-MNIST has hardly any white garments: the predictions are less reliable."
        }
    }
}

/// A number as it is written in a sentence: a word up to twelve, digits above.
pub fn in_words(number: usize) -> Cow<'static, str> {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    match WORDS.get(number) {
        Some(word) => Cow::Borrowed(word),
        None => Cow::Owned(number.to_string()),
    }
}

/// [`in_words`] at the beginning of a sentence.
pub fn capitalised(number: usize) -> String {
    let mut word = in_words(number).into_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything at once.
    fn all() -> Findings {
        Findings {
            is_known: false,
            rotation: Some(90),
            objects: 2,
            is_cut_off: true,
            is_poor: false,
            is_white: true,
            is_stretched: true,
            has_light_edges: true,
        }
    }

    #[test]
    fn the_most_specific_cause_is_named() {
        let mut findings = all();
        let mut expect = |advice, change: fn(&mut Findings)| {
            assert_eq!(Advice::from_findings(&findings), advice);
            change(&mut findings);
        };
        expect(Some(Advice::Objects(2)), |f| f.objects = 0);
        expect(Some(Advice::CutOff), |f| f.is_cut_off = false);
        expect(Some(Advice::LightBackground), |f| f.has_light_edges = false);
        expect(Some(Advice::Rotated(90)), |f| f.rotation = None);
        let is_stretched = true;
        expect(Some(Advice::White { is_stretched }), |f| {
            f.is_white = false;
            f.is_poor = true;
        });
        expect(Some(Advice::Poor), |f| f.is_poor = false);
        expect(Some(Advice::General), |f| f.is_known = true);
        expect(None, |_| {});
    }

    #[test]
    fn a_known_image_needs_no_rotation_and_no_inversion() {
        let known = Findings {
            is_known: true,
            objects: 0,
            is_cut_off: false,
            is_white: false,
            ..all()
        };
        assert_eq!(Advice::from_findings(&known), None);
    }

    #[test]
    fn a_mask_that_is_a_guess_is_not_called_cut_off() {
        let findings = Findings {
            is_cut_off: true,
            is_poor: true,
            ..Findings::default()
        };
        assert_eq!(Advice::from_findings(&findings), Some(Advice::Poor));
    }

    #[test]
    fn several_objects_are_counted_in_words() {
        for (count, start) in [(2, "Two objects"), (3, "Three objects"), (20, "20 objects")] {
            let advice = Advice::Objects(count);
            let text = advice.text(Reader::Visitor);
            assert_eq!(text, format!("{start} were found. Choose one:"));
            assert!(advice.text(Reader::CommandLine).starts_with(start));
        }
    }

    #[test]
    fn every_advice_is_a_sentence_for_both_readers() {
        for advice in [
            Advice::CutOff,
            Advice::LightBackground,
            Advice::Rotated(180),
            Advice::White { is_stretched: true },
            Advice::White {
                is_stretched: false,
            },
            Advice::Poor,
            Advice::General,
        ] {
            for reader in [Reader::Visitor, Reader::CommandLine] {
                let text = advice.text(reader);
                assert!(text.ends_with('.') && text.len() < 300, "{text}");
            }
            // There is nothing below a line of the terminal.
            assert!(!advice.text(Reader::CommandLine).contains("below"));
        }
    }
}

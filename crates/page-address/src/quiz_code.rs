//! The code of a quiz: five digits and letters that stand for a number, from which the quiz's images are chosen.
//!
//! It is written in Crockford's base 32 (<https://www.crockford.com/base32.html>), which has no letter that is easily taken for a digit, so
//! that a code can be read from a blackboard.

use std::fmt;

const DIGITS: &[u8; BASE as usize] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BASE: u32 = 32;
const LENGTH: u32 = 5;

/// A quiz of the test set. `Display` is its code, such as `7KX2M`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuizCode(u32);

impl QuizCode {
    /// How many codes there are.
    pub const COUNT: u32 = BASE.pow(LENGTH);

    /// The code that stands for this number, of which only the remainder of [`COUNT`](Self::COUNT) is used.
    pub const fn new(number: u32) -> Self {
        Self(number % Self::COUNT)
    }

    /// The number that the code stands for.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Reads a code, in capital or small letters; O is read as 0, I and L as 1. `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != LENGTH as usize {
            return None;
        }
        let mut number = 0;
        for letter in text.bytes() {
            let digit = match letter.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            };
            let value = DIGITS.iter().position(|d| *d == digit)?;
            number = number * BASE + value as u32;
        }
        Some(Self(number))
    }
}

impl fmt::Display for QuizCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in (0..LENGTH).rev() {
            let digit = self.0 / BASE.pow(place) % BASE;
            write!(f, "{}", char::from(DIGITS[digit as usize]))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_a_number_of_base_32() {
        // ((((7 * 32 + 19) * 32 + 29) * 32) + 2) * 32 + 20
        assert_eq!(
            QuizCode::parse("7KX2M").map(QuizCode::number),
            Some(7_992_404)
        );
        assert_eq!(QuizCode::new(7_992_404).to_string(), "7KX2M");
        assert_eq!(QuizCode::new(0).to_string(), "00000");
        assert_eq!(QuizCode::new(QuizCode::COUNT - 1).to_string(), "ZZZZZ");
        assert_eq!(QuizCode::new(u32::MAX).to_string(), "ZZZZZ");
    }

    #[test]
    fn what_is_easily_confused_is_understood() {
        assert_eq!(QuizCode::parse("7kx2m"), QuizCode::parse("7KX2M"));
        assert_eq!(QuizCode::parse("oOiIl"), QuizCode::parse("00111"));
        assert_eq!(QuizCode::parse("L0000"), QuizCode::parse("10000"));
    }

    #[test]
    fn other_texts_are_no_codes() {
        for text in [
            "",
            "7KX2",
            "7KX2MM",
            "7KX2U",
            "7KX2-",
            "7KX2 ",
            "-7KX2",
            "\u{661}KX2",
            "\u{e9}KX2",
            "<scri",
        ] {
            assert_eq!(QuizCode::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_read_from_its_code(number in 0..QuizCode::COUNT) {
            let code = QuizCode::new(number);
            prop_assert_eq!(QuizCode::parse(&code.to_string()), Some(code));
            prop_assert_eq!(code.number(), number);
        }

        #[test]
        fn no_text_panics(text in ".{0,6}") {
            if let Some(code) = QuizCode::parse(&text) {
                prop_assert!(code.number() < QuizCode::COUNT);
            }
        }
    }
}

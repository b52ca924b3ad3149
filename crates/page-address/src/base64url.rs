//! A 28x28 image as text for an address: base64url (RFC 4648, section 5) without padding.

use shared::Grey28;
use shared::image::PIXELS;

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Digits of an image: each has six bits.
const LENGTH: usize = (PIXELS * 8).div_ceil(6);

/// The image's 784 bytes as 1046 digits.
pub fn encode_image(image: &Grey28) -> String {
    let mut text = String::with_capacity(LENGTH);
    for bytes in image.pixels().chunks(3) {
        let mut word = [0; 4];
        word[1..=bytes.len()].copy_from_slice(bytes);
        let word = u32::from_be_bytes(word);
        for i in 0..=bytes.len() {
            text.push(char::from(DIGITS[(word >> (18 - 6 * i) & 63) as usize]));
        }
    }
    text
}

/// The image of such a text, with or without padding; `None` unless it holds exactly 784 bytes.
pub fn decode_image(text: &str) -> Option<Grey28> {
    let text = text.trim_end_matches('=');
    if text.len() != LENGTH {
        return None;
    }
    let mut pixels = Vec::with_capacity(PIXELS);
    for digits in text.as_bytes().chunks(4) {
        let mut word = 0;
        for (i, digit) in digits.iter().enumerate() {
            let value = DIGITS.iter().position(|d| d == digit)?;
            word |= (value as u32) << (18 - 6 * i);
        }
        let bytes = word.to_be_bytes();
        let (used, unused) = bytes[1..].split_at(digits.len() - 1);
        // The last digit has bits that belong to no byte.
        if unused.iter().any(|b| *b != 0) {
            return None;
        }
        pixels.extend(used);
    }
    Grey28::from_slice(&pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn encodes_as_the_standard_says() {
        let mut pixels = [0; PIXELS];
        pixels[..6].copy_from_slice(&[0x14, 0xfb, 0x9c, 0x03, 0xd9, 0x7e]);
        pixels[PIXELS - 1] = 0xff;
        let text = encode_image(&Grey28::new(pixels));
        assert_eq!(text.len(), 1046);
        // The first six bytes are an example of RFC 4648, section 9.
        assert!(text.starts_with("FPucA9l-AAAA"), "{text}");
        assert!(text.ends_with("AAAA_w"), "{text}");
    }

    #[test]
    fn rejects_other_lengths_and_other_digits() {
        let text = encode_image(&Grey28::new([200; PIXELS]));
        assert!(decode_image(&format!("{text}==")).is_some());
        assert!(decode_image(&text[1..]).is_none());
        assert!(decode_image(&format!("{text}A")).is_none());
        for bad in ["+", "/", "=", " ", "\u{1f45a}"] {
            let mut damaged = text.clone();
            damaged.replace_range(7..7 + bad.len(), bad);
            assert!(decode_image(&damaged).is_none(), "{bad}");
        }
        // The same bytes, with a bit that belongs to none.
        let forged = format!("{}B", &text[..LENGTH - 1]);
        assert!(decode_image(&forged).is_none());
    }

    proptest! {
        #[test]
        fn every_image_is_decoded_again(pixels in prop::collection::vec(any::<u8>(), PIXELS)) {
            let image = Grey28::from_slice(&pixels).unwrap();
            prop_assert_eq!(decode_image(&encode_image(&image)), Some(image));
        }

        #[test]
        fn no_text_of_the_right_length_panics(text in "[A-Za-z0-9_-]{1045}[A-Za-z0-9_=%-]") {
            if let Some(image) = decode_image(&text) {
                prop_assert_eq!(encode_image(&image), text.trim_end_matches('='));
            }
        }
    }
}

//! The image that the page opens with: a test image about which the models disagree, which the build writes into the page.

use leptos::prelude::*;
use shared::image::PIXELS;
use shared::{Garment, Grey28};
use wasm_bindgen::JsValue;

use crate::json::{field, number};

/// A test image with its number in the test set.
pub struct StartImage {
    pub number: u16,
    pub grey: Grey28,
    pub garment: Garment,
}

/// The image in `<meta name="haberdash-start">`; `None` if it is missing or malformed.
pub fn start_image() -> Option<StartImage> {
    let meta = document().query_selector("meta[name=haberdash-start]");
    let content = meta.ok()??.get_attribute("content")?;
    let start: JsValue = js_sys::JSON::parse(&content).ok()?;
    let label = field(&start, "label")?.as_string()?;
    let pixels = field(&start, "pixels")?.as_string()?;
    Some(StartImage {
        number: number(&start, "index")? as u16,
        grey: from_hexadecimal(&pixels)?,
        garment: Garment::from_label(&label)?,
    })
}

/// An image from two hexadecimal digits for each pixel.
fn from_hexadecimal(text: &str) -> Option<Grey28> {
    let (digits, rest) = text.as_bytes().as_chunks::<2>();
    let mut pixels = [0; PIXELS];
    if digits.len() != PIXELS || !rest.is_empty() {
        return None;
    }
    for (pixel, digits) in pixels.iter_mut().zip(digits) {
        let value = |digit: u8| char::from(digit).to_digit(16);
        *pixel = (value(digits[0])? * 16 + value(digits[1])?) as u8;
    }
    Some(Grey28::new(pixels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_two_digits_for_each_pixel() {
        let mut text = "00".repeat(PIXELS - 1) + "fA";
        let image = from_hexadecimal(&text).unwrap();
        assert_eq!(image.pixels()[PIXELS - 2..], [0, 0xfa]);
        text.push('0');
        assert!(from_hexadecimal(&text).is_none());
        assert!(from_hexadecimal("").is_none());
        assert!(from_hexadecimal(&"0g".repeat(PIXELS)).is_none());
        assert!(from_hexadecimal(&"é".repeat(PIXELS)).is_none());
    }
}

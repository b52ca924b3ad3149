//! A visitor's own image as the browser's history keeps it, which is not part of the address and never leaves the browser.
//!
//! With it, Back and a reload show the image again although the address does not hold it.

use shared::Grey28;

use super::base64url::{decode_image, encode_image};

/// Characters of the longest name of a file that is kept.
const MAX_NAME: usize = 200;

/// The 28x28 input of the visitor's image, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryImage {
    /// Tells the images apart, also those of other visits to the page.
    pub key: String,
    /// The file's name.
    pub name: String,
    pub grey: Grey28,
}

impl HistoryImage {
    /// The text for the history.
    pub fn text(&self) -> String {
        let name = kept_name(&self.name);
        format!("{}\n{}\n{name}", self.key, encode_image(&self.grey))
    }

    /// Reads such a text; `None` if it is another one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.splitn(3, '\n');
        let (key, pixels, name) = (lines.next()?, lines.next()?, lines.next()?);
        Some(Self {
            key: key.to_owned(),
            name: kept_name(name),
            grey: decode_image(pixels)?,
        })
    }
}

/// The start of a file's name, on one line.
fn kept_name(name: &str) -> String {
    let name: String = name.chars().take(MAX_NAME).collect();
    name.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_read_from_its_text() {
        let image = HistoryImage {
            key: "1700000000.3".into(),
            name: "my\ncoat.jpg".into(),
            grey: Grey28::new([77; 784]),
        };
        // A text that the page has not written.
        let other = HistoryImage::parse(&(image.text() + "\n2"));
        assert_eq!(other.unwrap().name, "my coat.jpg 2");
        let read = HistoryImage::parse(&image.text());
        assert_eq!(read.as_ref().map(|r| r.name.as_str()), Some("my coat.jpg"));
        assert_eq!(read.map(|r| (r.key, r.grey)), Some((image.key, image.grey)));
        for other in ["", "a\nb", "a\nAAAA\nc", "\u{0}\n\n"] {
            assert_eq!(HistoryImage::parse(other), None);
        }
    }
}

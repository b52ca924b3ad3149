//! Detection of a file's format by its first bytes; file names are not used.

use super::error::PhotoError;

/// The formats that `decode` supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
    WebP,
    Bmp,
    Gif,
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
        }
    }

    /// Detects the format of a file.
    ///
    /// # Errors
    /// Any other kind of file; the error names it where it is recognised.
    pub fn detect(bytes: &[u8]) -> Result<Self, PhotoError> {
        match bytes {
            [] => Err(PhotoError::EmptyFile),
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Ok(Self::Png),
            [
                b'R',
                b'I',
                b'F',
                b'F',
                _,
                _,
                _,
                _,
                b'W',
                b'E',
                b'B',
                b'P',
                ..,
            ] => Ok(Self::WebP),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Self::Gif),
            _ if is_bmp(bytes) => Ok(Self::Bmp),
            _ => Err(unsupported(bytes)),
        }
    }
}

/// Texts may begin with `BM`, too: the size of the second header tells them apart.
fn is_bmp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"BM")
        && matches!(
            bytes.get(14..18),
            Some(&[12 | 16 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])
        )
}

/// The error that names an unsupported kind of file.
fn unsupported(bytes: &[u8]) -> PhotoError {
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', brands @ ..] => iso_media(bytes, brands),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => {
            PhotoError::UnsupportedFormat("a TIFF or raw camera picture")
        }
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => {
            PhotoError::UnsupportedFormat("a JPEG XL picture")
        }
        [b'8', b'B', b'P', b'S', ..] => PhotoError::UnsupportedFormat("a Photoshop document"),
        [b'%', b'P', b'D', b'F', ..] => PhotoError::UnsupportedFormat("a PDF document"),
        _ => match text(bytes) {
            Some(text) if is_svg(text) => PhotoError::UnsupportedFormat("an SVG drawing"),
            Some(_) => PhotoError::NotAnImage("a text file"),
            None => PhotoError::UnknownFormat,
        },
    }
}

/// ISO base media files: HEIC, AVIF and most videos, told apart by the brands in their `ftyp` box.
fn iso_media(bytes: &[u8], brands: &[u8]) -> PhotoError {
    let length = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
    let brands = &brands[..length.saturating_sub(8).min(brands.len()).min(256)];
    let has = |wanted: &[&[u8; 4]]| {
        brands
            .chunks_exact(4)
            .any(|brand| wanted.iter().any(|wanted| wanted.as_slice() == brand))
    };
    if has(&[b"avif", b"avis"]) {
        PhotoError::UnsupportedFormat("an AVIF picture")
    } else if has(&[
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
    ]) {
        PhotoError::UnsupportedFormat("a HEIC picture")
    } else {
        PhotoError::NotAnImage("a video")
    }
}

/// The first 4096 bytes as text; `None` where there are bytes that do not occur in texts.
fn text(bytes: &[u8]) -> Option<&str> {
    let start = &bytes[..bytes.len().min(4096)];
    // A byte order mark of UTF-16, whose content is not needed.
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Some("");
    }
    let text = match core::str::from_utf8(start) {
        Ok(text) => text,
        // The cut at 4096 may have split a character.
        Err(error) if error.error_len().is_none() => {
            core::str::from_utf8(&start[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let printable = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\x0c' | '\x1b');
    (!text.is_empty() && text.chars().all(printable)).then_some(text)
}

fn is_svg(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with("<svg")
        || (text.starts_with(['<']) && !text.starts_with("<html") && text.contains("<svg"))
}

#[cfg(test)]
mod tests {
    use alloc::{string::ToString, vec::Vec};

    use super::*;

    #[test]
    fn detects_the_five_supported_formats() {
        let mut bitmap = [0; 18];
        bitmap[..2].copy_from_slice(b"BM");
        bitmap[14] = 40;
        let starts: [(&[u8], Format); 5] = [
            (b"\xff\xd8\xff\xe0", Format::Jpeg),
            (b"\x89PNG\r\n\x1a\n", Format::Png),
            (b"RIFF\0\0\0\0WEBPVP8 ", Format::WebP),
            (&bitmap, Format::Bmp),
            (b"GIF89a", Format::Gif),
        ];
        for (bytes, format) in starts {
            assert_eq!(Format::detect(bytes), Ok(format));
        }
    }

    #[test]
    fn names_other_kinds_of_files() {
        let named: [(&[u8], &str); 14] = [
            (b"", "empty"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
            (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "AVIF"),
            (b"\0\0\0\x1cftypmif1\0\0\0\0avifmif1miaf", "AVIF"),
            (b"\0\0\0\x14ftypisom\0\0\0\0mp42", "video"),
            (b"II*\0\x08\0\0\0", "TIFF"),
            (b"MM\0*\0\0\0\x08", "TIFF"),
            (b"%PDF-1.7\n", "PDF"),
            (b"\xff\x0a\xfa\x7f", "JPEG XL"),
            (
                b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>",
                "SVG",
            ),
            ("\u{feff} <svg viewBox='0 0 1 1'>".as_bytes(), "SVG"),
            ("BMW, Größe und Farbe".as_bytes(), "text"),
            (b"\x01\x02\x03\xff", "unknown kind"),
        ];
        for (bytes, name) in named {
            let result = Format::detect(bytes).map_err(|error| error.to_string());
            assert!(
                result.as_ref().is_err_and(|error| error.contains(name)),
                "{name}: {result:?}"
            );
        }
    }

    #[test]
    fn a_text_may_be_cut_off_within_a_character() {
        let mut long: Vec<u8> = b"x".repeat(4095);
        long.extend("ß and more".as_bytes());
        assert_eq!(
            Format::detect(&long),
            Err(PhotoError::NotAnImage("a text file"))
        );
    }
}

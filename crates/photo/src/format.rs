//! Detection of a file's format by its first bytes; file names are not used.

use codecs::{GZIP_SIGNATURE, NPY_SIGNATURE, is_image_csv};

use super::error::PhotoError;

/// The brands of HEIC files and of its relatives (ISO/IEC 23008-12).
const HEIC_BRANDS: [&[u8; 4]; 8] = [
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
];

/// The formats that `decode` supports: pictures, then 28x28 images as numbers, then what may hold one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Jpeg,
    Png,
    WebP,
    Bmp,
    Gif,
    Npy,
    Idx,
    Csv,
    Gzip,
}

/// Formats of pictures that are recognised, and decoded only by some browsers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BrowserFormat {
    Avif,
    Heic,
    Tiff,
    JpegXl,
    Jpeg2000,
    Icon,
}

impl BrowserFormat {
    fn detect(bytes: &[u8]) -> Option<Self> {
        Some(match bytes {
            [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Self::Tiff,
            [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Self::JpegXl,
            [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => {
                Self::Jpeg2000
            }
            // An icon or a cursor, and how many pictures it holds.
            [0, 0, 1 | 2, 0, 1..=64, 0, ..] => Self::Icon,
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => {
                if has_brand(bytes, &[b"avif", b"avis"]) {
                    Self::Avif
                } else if has_brand(bytes, &HEIC_BRANDS) {
                    Self::Heic
                } else {
                    return None;
                }
            }
            _ => return None,
        })
    }

    /// With its article.
    fn name(self) -> &'static str {
        match self {
            Self::Avif => "an AVIF image",
            Self::Heic => "a HEIC image",
            Self::Tiff => "a TIFF or raw camera image",
            Self::JpegXl => "a JPEG XL image",
            Self::Jpeg2000 => "a JPEG 2000 image",
            Self::Icon => "an icon (ICO)",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Avif => "image/avif",
            Self::Heic => "image/heic",
            Self::Tiff => "image/tiff",
            Self::JpegXl => "image/jxl",
            Self::Jpeg2000 => "image/jp2",
            Self::Icon => "image/x-icon",
        }
    }
}

/// The media type of a file that is not decoded here, and that the browser may be able to decode.
pub fn browser_media_type(bytes: &[u8]) -> Option<&'static str> {
    BrowserFormat::detect(bytes).map(BrowserFormat::media_type)
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Gif => "GIF",
            Self::Npy => "npy",
            Self::Idx => "IDX",
            Self::Csv => "CSV",
            Self::Gzip => "gzip",
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
            // Images or labels, of unsigned bytes.
            [0, 0, 8, 1 | 3, ..] => Ok(Self::Idx),
            _ if bytes.starts_with(NPY_SIGNATURE) => Ok(Self::Npy),
            _ if bytes.starts_with(&GZIP_SIGNATURE) => Ok(Self::Gzip),
            _ if is_bmp(bytes) => Ok(Self::Bmp),
            _ if text(bytes).is_some() && is_image_csv(bytes) => Ok(Self::Csv),
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
    if let Some(format) = BrowserFormat::detect(bytes) {
        return PhotoError::UnsupportedFormat(format.name());
    }
    match bytes {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => PhotoError::NotAnImage("a video"),
        [b'8', b'B', b'P', b'S', ..] => PhotoError::UnsupportedFormat("a Photoshop document"),
        [b'%', b'P', b'D', b'F', ..] => PhotoError::UnsupportedFormat("a PDF document"),
        [b'P', b'K', 3, 4, ..] => PhotoError::NotAnImage("a ZIP archive or npz file"),
        _ => match text(bytes) {
            Some(text) if is_svg(text) => PhotoError::UnsupportedFormat("an SVG drawing"),
            Some(_) => PhotoError::NotAnImage("a text file"),
            None => PhotoError::UnknownFormat,
        },
    }
}

/// Whether the `ftyp` box of an ISO base media file (HEIC, AVIF and most videos) has one of these brands.
fn has_brand(bytes: &[u8], wanted: &[&[u8; 4]]) -> bool {
    let Some((&[l0, l1, l2, l3, _, _, _, _], brands)) = bytes.split_first_chunk() else {
        return false;
    };
    let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
    let brands = &brands[..length.saturating_sub(8).min(brands.len()).min(256)];
    let mut brands = brands.as_chunks::<4>().0.iter();
    brands.any(|brand| wanted.contains(&brand))
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
    fn detects_the_supported_formats() {
        let mut bitmap = [0; 18];
        bitmap[..2].copy_from_slice(b"BM");
        bitmap[14] = 40;
        let row = ["7"; 784].join(",");
        let starts: [(&[u8], Format); 9] = [
            (b"\xff\xd8\xff\xe0", Format::Jpeg),
            (b"\x89PNG\r\n\x1a\n", Format::Png),
            (b"RIFF\0\0\0\0WEBPVP8 ", Format::WebP),
            (&bitmap, Format::Bmp),
            (b"GIF89a", Format::Gif),
            (b"\x93NUMPY\x01\0", Format::Npy),
            (b"\0\0\x08\x03\0\0\0\x01", Format::Idx),
            (row.as_bytes(), Format::Csv),
            (b"\x1f\x8b\x08\0", Format::Gzip),
        ];
        for (bytes, format) in starts {
            assert_eq!(Format::detect(bytes), Ok(format));
        }
    }

    #[test]
    fn names_other_kinds_of_files() {
        let named: [(&[u8], &str); 18] = [
            (b"", "empty"),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
            (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "AVIF"),
            (b"\0\0\0\x1cftypmif1\0\0\0\0avifmif1miaf", "AVIF"),
            (b"\0\0\0\x14ftypisom\0\0\0\0mp42", "video"),
            (b"II*\0\x08\0\0\0", "TIFF"),
            (b"MM\0*\0\0\0\x08", "TIFF"),
            (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
            (b"\xff\x4f\xff\x51\0\x2f", "JPEG 2000"),
            (b"\0\0\x01\0\x01\0\x20\x20", "ICO"),
            (b"PK\x03\x04\x14\0", "npz"),
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
    fn pictures_that_browsers_may_decode_have_a_media_type() {
        let avif = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf";
        assert_eq!(browser_media_type(avif), Some("image/avif"));
        for other in [
            b"\x89PNG\r\n\x1a\n".as_slice(),
            b"\0\0\0\x14ftypisom\0\0\0\0mp42",
            b"<svg/>",
        ] {
            assert_eq!(browser_media_type(other), None);
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

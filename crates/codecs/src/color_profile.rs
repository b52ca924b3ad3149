//! Colour profiles in image files: whether the colours are other ones than sRGB's, which the decoders take them for.

use crate::jpeg::markers::{START_OF_SCAN, Segments};
use crate::webp::riff_chunk;

/// Tags are looked for in so many bytes of a profile. Those with tables can have megabytes.
const MAX_PROFILE: usize = 64 << 10;
/// The red, green and blue primaries of sRGB in a profile's tags: XYZ relative to D50.
/// Source: ICC, "How to interpret the sRGB color space"; IEC 61966-2-1.
const PRIMARIES: [(&[u8; 4], [f32; 3]); 3] = [
    (b"rXYZ", [0.4360, 0.2225, 0.0139]),
    (b"gXYZ", [0.3851, 0.7169, 0.0971]),
    (b"bXYZ", [0.1431, 0.0606, 0.7141]),
];
/// Writers round the primaries differently.
const TOLERANCE: f32 = 0.01;

/// Whether an image file has a colour profile other than sRGB. Grey profiles do not count: they differ in contrast only.
pub fn has_other_profile(file: &[u8]) -> bool {
    let profile = match file {
        [0xff, 0xd8, ..] => jpeg_profile(file),
        [0x89, b'P', b'N', b'G', ..] => return png_profile(file).is_some_and(|p| is_other(&p)),
        [b'R', b'I', b'F', b'F', ..] => riff_chunk(file, b"ICCP"),
        _ => None,
    };
    profile.is_some_and(is_other)
}

/// The first part of a JPEG file's profile, which holds the tags that matter.
fn jpeg_profile(file: &[u8]) -> Option<&[u8]> {
    Segments::new(file)
        .take_while(|segment| segment.marker != START_OF_SCAN)
        .filter(|segment| segment.marker == 0xe2)
        // The number of the part, and how many there are.
        .find_map(|segment| segment.data.strip_prefix(b"ICC_PROFILE\0\x01")?.get(1..))
}

/// The unpacked start of a PNG file's profile.
fn png_profile(file: &[u8]) -> Option<Vec<u8>> {
    let mut rest = file.get(8..)?;
    while let Some((&[l0, l1, l2, l3, n0, n1, n2, n3], data)) = rest.split_first_chunk() {
        let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
        let chunk = data.get(..length)?;
        match &[n0, n1, n2, n3] {
            b"iCCP" => {
                // A name closed by a zero, and the method of compression.
                let name = chunk.iter().position(|byte| *byte == 0)?;
                return unpacked_start(chunk.get(name + 2..)?);
            }
            b"IDAT" | b"sRGB" => return None,
            _ => rest = data.get(length.checked_add(4)?..)?,
        }
    }
    None
}

fn unpacked_start(packed: &[u8]) -> Option<Vec<u8>> {
    use fdeflate::BoundedDecompressionError::OutputTooLarge;
    match fdeflate::decompress_to_vec_bounded(packed, MAX_PROFILE) {
        Ok(profile) => Some(profile),
        Err(OutputTooLarge { partial_output }) => Some(partial_output),
        Err(_) => None,
    }
}

/// Whether a profile is another one than sRGB. Source: ICC.1:2022, sections 7.2 and 7.3.
fn is_other(profile: &[u8]) -> bool {
    let profile = &profile[..profile.len().min(MAX_PROFILE)];
    if profile.get(36..40) != Some(b"acsp") {
        // Not a profile: browsers ignore it.
        return false;
    }
    match profile.get(16..20) {
        Some(b"GRAY") => false,
        Some(b"RGB ") => {
            let found = PRIMARIES.map(|(name, srgb)| Some((primary(profile, name)?, srgb)));
            let found: Option<Vec<_>> = found.into_iter().collect();
            match found {
                Some(primaries) => !primaries.iter().all(|(xyz, srgb)| {
                    let mut pairs = xyz.iter().zip(srgb);
                    pairs.all(|(a, b)| (a - b).abs() <= TOLERANCE)
                }),
                // A profile of tables: only its name tells.
                None => !names_srgb(profile),
            }
        }
        _ => true,
    }
}

/// A tag of the type XYZ: three numbers in units of 1/65536.
fn primary(profile: &[u8], name: &[u8; 4]) -> Option<[f32; 3]> {
    let count = u32::from_be_bytes(*profile.get(128..)?.first_chunk()?) as usize;
    let tags = profile.get(132..)?.as_chunks::<12>().0;
    let tag = tags.iter().take(count).find(|tag| tag.starts_with(name))?;
    let offset = u32::from_be_bytes([tag[4], tag[5], tag[6], tag[7]]) as usize;
    // A type and four bytes without meaning.
    let numbers: &[u8; 12] = profile.get(offset.checked_add(8)?..)?.first_chunk()?;
    let number = |i: usize| {
        let word = [
            numbers[4 * i],
            numbers[4 * i + 1],
            numbers[4 * i + 2],
            numbers[4 * i + 3],
        ];
        i32::from_be_bytes(word) as f32 / 65536.0
    };
    Some([number(0), number(1), number(2)])
}

/// Whether `sRGB` stands in the profile, in ASCII or UTF-16.
fn names_srgb(profile: &[u8]) -> bool {
    let is_named = |name: &[u8]| profile.windows(name.len()).any(|window| window == name);
    is_named(b"sRGB") || is_named(b"s\0R\0G\0B")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A profile of three primaries.
    fn profile(space: &[u8; 4], primaries: [[f32; 3]; 3]) -> Vec<u8> {
        let mut profile = vec![0; 128];
        profile[16..20].copy_from_slice(space);
        profile[36..40].copy_from_slice(b"acsp");
        profile.extend(3u32.to_be_bytes());
        for (i, (name, _)) in PRIMARIES.iter().enumerate() {
            profile.extend(*name);
            profile.extend((168 + 20 * i as u32).to_be_bytes());
            profile.extend(20u32.to_be_bytes());
        }
        for primary in primaries {
            profile.extend(b"XYZ \0\0\0\0");
            for number in primary {
                profile.extend(((number * 65536.0) as i32).to_be_bytes());
            }
        }
        profile
    }

    const SRGB: [[f32; 3]; 3] = [
        [0.4361, 0.2225, 0.0139],
        [0.3851, 0.7169, 0.0971],
        [0.1431, 0.0606, 0.7139],
    ];
    /// Display P3, as phones write it.
    const P3: [[f32; 3]; 3] = [
        [0.5151, 0.2412, -0.0011],
        [0.2920, 0.6922, 0.0419],
        [0.1572, 0.0666, 0.7841],
    ];

    fn jpeg(profile: &[u8]) -> Vec<u8> {
        let length = (profile.len() + 16) as u16;
        [
            [0xff, 0xd8, 0xff, 0xe2].as_slice(),
            &length.to_be_bytes(),
            b"ICC_PROFILE\0\x01\x01",
            profile,
        ]
        .concat()
    }

    #[test]
    fn only_other_profiles_are_reported() {
        assert!(!has_other_profile(&jpeg(&profile(b"RGB ", SRGB))));
        assert!(has_other_profile(&jpeg(&profile(b"RGB ", P3))));
        assert!(!has_other_profile(&jpeg(&profile(b"GRAY", P3))));
        assert!(has_other_profile(&jpeg(&profile(b"CMYK", P3))));
        assert!(!has_other_profile(&jpeg(b"not a profile")));
        assert!(!has_other_profile(b"\xff\xd8\xff\xd9"));
    }

    #[test]
    fn the_profiles_of_png_and_webp_are_found() {
        let p3 = profile(b"RGB ", P3);
        let chunk = [b"ICCP".as_slice(), &(p3.len() as u32).to_le_bytes(), &p3].concat();
        let webp = [b"RIFF\0\0\0\0WEBP".as_slice(), &chunk].concat();
        assert!(has_other_profile(&webp));
        let packed = fdeflate::compress_to_vec(&p3);
        let chunk = [b"P3\0\0".as_slice(), &packed].concat();
        let length = (chunk.len() as u32).to_be_bytes();
        let png = |before: &[u8]| {
            [
                b"\x89PNG\r\n\x1a\n".as_slice(),
                before,
                &length,
                b"iCCP",
                &chunk,
                &[0; 4],
            ]
            .concat()
        };
        assert!(has_other_profile(&png(b"")));
        assert!(!has_other_profile(&png(b"\0\0\0\x01sRGB\0\0\0\0\0")));
    }

    #[test]
    fn damaged_profiles_do_not_panic() {
        let whole = profile(b"RGB ", P3);
        for length in 0..whole.len() {
            has_other_profile(&jpeg(&whole[..length]));
        }
        let mut forged = whole;
        forged[128..144].fill(0xff);
        has_other_profile(&jpeg(&forged));
    }
}

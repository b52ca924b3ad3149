//! Which way up a photo was taken: EXIF's orientation, and how to walk through the pixels accordingly.

/// The TIFF tag of the orientation (Exif 2.32, 0x0112).
const TAG: u32 = 0x112;
/// The TIFF type of 16 bits.
const SHORT: u32 = 3;

/// EXIF's number, 1 to 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Orientation(u8);

/// The upright picture's pixels among the stored ones.
pub struct Walk {
    /// Where its first one lies.
    pub start: isize,
    /// How far to go for the next to the right, and the next below.
    pub right: isize,
    pub down: isize,
    /// Its width and height.
    pub size: [u32; 2],
}

impl Orientation {
    pub const UPRIGHT: Self = Self(1);

    /// The orientation that EXIF data name; without one, or in damaged data, as it is. Some writers put JPEG's prefix
    /// before the data in other formats, too.
    pub fn of_exif(data: &[u8]) -> Self {
        let block = data.strip_prefix(b"Exif\0\0").unwrap_or(data);
        match named(block) {
            Some(number @ 1..=8) => Self(number as u8),
            _ => Self::UPRIGHT,
        }
    }

    /// How to walk through the pixels of a stored picture of this size.
    pub fn walk(self, width: u32, height: u32) -> Walk {
        let (w, h) = (width as isize, height as isize);
        // Source: Exif 2.32, tag 0x0112 ("row 0 is the visual ..., column 0 is the visual ...").
        let (start, right, down) = match self.0 {
            2 => (w - 1, -1, w),
            3 => (w * h - 1, -1, -w),
            4 => (w * (h - 1), 1, -w),
            5 => (0, w, 1),
            6 => (w * (h - 1), -w, 1),
            7 => (w * h - 1, -w, -1),
            8 => (w - 1, w, -1),
            _ => (0, 1, w),
        };
        let size = match self.0 {
            5..=8 => [height, width],
            _ => [width, height],
        };
        Walk {
            start,
            right,
            down,
            size,
        }
    }
}

/// The orientation's number in the first directory of a TIFF block.
fn named(block: &[u8]) -> Option<u16> {
    let is_big = match block.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let number = |bytes: &[u8]| {
        let add = |sum: u32, byte: &u8| sum << 8 | u32::from(*byte);
        match is_big {
            true => bytes.iter().fold(0, add),
            false => bytes.iter().rev().fold(0, add),
        }
    };
    let directory = block.get(number(block.get(4..8)?) as usize..)?;
    let (count, entries) = directory.split_first_chunk::<2>()?;
    // Twelve bytes each: tag, type, count, value. A short has type 3.
    let mut entries = entries.chunks_exact(12).take(number(count) as usize);
    let entry = entries.find(|e| [&e[..2], &e[2..4], &e[4..8]].map(number) == [TAG, SHORT, 1])?;
    Some(number(&entry[8..10]) as u16)
}

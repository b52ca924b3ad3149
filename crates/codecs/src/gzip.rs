//! Gzip reader (RFC 1952), with the decompressor that PNG uses.

use fdeflate::Decompressor;

/// The first bytes of every gzip file that is compressed by deflate.
pub const SIGNATURE: [u8; 3] = [0x1f, 0x8b, 8];
/// Bytes before the optional fields.
const HEADER: usize = 10;
/// The checksum and the length of the unpacked data, after the compressed data.
const TRAILER: usize = 8;
/// What deflate data are preceded by in zlib's format, which the decompressor reads.
const ZLIB_HEADER: [u8; 2] = [0x78, 0x01];

/// Why a gzip file cannot be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GzipError {
    /// The unpacked data are longer than the limit.
    TooLarge,
    /// The file is cut off, damaged, or not one gzip member.
    Damaged,
}

/// Unpacks a gzip file of one member; at most `max` bytes are allocated.
///
/// # Errors
/// The file is damaged or cut off, or unpacked it is larger.
pub fn unpack(file: &[u8], max: usize) -> Result<Vec<u8>, GzipError> {
    let start = header_len(file).ok_or(GzipError::Damaged)?;
    let end = file.len().checked_sub(TRAILER);
    let packed = end.and_then(|end| file.get(start..end));
    let trailer = file.last_chunk::<TRAILER>();
    let (Some(packed), Some(&[c0, c1, c2, c3, l0, l1, l2, l3])) = (packed, trailer) else {
        return Err(GzipError::Damaged);
    };
    let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    if length > max {
        return Err(GzipError::TooLarge);
    }
    // Deflate cannot shrink data to less: a forged length is found before it is allocated.
    if length / 1032 > packed.len() {
        return Err(GzipError::Damaged);
    }
    let mut unpacked = vec![0; length];
    let mut decompressor = Decompressor::new();
    // Gzip has another checksum.
    decompressor.ignore_adler32();
    let mut position = 0;
    for mut part in [&ZLIB_HEADER, packed, &[0; 4]] {
        loop {
            let (read, written) = decompressor
                .read(part, &mut unpacked, position, false)
                .map_err(|_| GzipError::Damaged)?;
            part = &part[read..];
            position += written;
            if decompressor.is_done() || (read == 0 && written == 0) {
                break;
            }
        }
    }
    let checksum = u32::from_le_bytes([c0, c1, c2, c3]);
    let is_whole = decompressor.is_done() && position == length;
    if is_whole && crc32fast::hash(&unpacked) == checksum {
        Ok(unpacked)
    } else {
        Err(GzipError::Damaged)
    }
}

/// The length of the header with its optional fields.
fn header_len(file: &[u8]) -> Option<usize> {
    let flags = *file.strip_prefix(&SIGNATURE)?.first()?;
    let mut length = HEADER;
    if flags & 4 != 0 {
        let extra = file.get(length..)?.first_chunk::<2>()?;
        length += 2 + usize::from(u16::from_le_bytes(*extra));
    }
    // The file's name and a comment, each closed by a zero.
    for flag in [8, 16] {
        if flags & flag != 0 {
            length += file.get(length..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        length += 2;
    }
    Some(length)
}

//! The memory that the Huffman tables of a lossless WebP image take, as its header tells.
//!
//! Each block of pixels may have tables of its own. So a small file can ask for gigabytes, whatever the size of its image.
//! Source: WebP Lossless Bitstream Specification, sections 3 to 5 and 6.2.

use crate::error::DecodeError;

/// The alphabets of a group: green, lengths and colour cache; red; blue; alpha; distances.
const ALPHABETS: [usize; 5] = [256 + 24, 256, 256, 256, 40];
/// The order in which the lengths of the code lengths' own codes are stored.
const LENGTH_ORDER: [usize; 19] = [
    17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
];
const MAX_CODE_BITS: u32 = 15;
/// The decoder's tables have this many bits at most, with 4 bytes an entry; it stores longer codes as trees.
const MAX_TABLE_BITS: usize = 10;
/// Bytes of a tree for each long code, and of a group: a list of groups is copied as it grows.
const BYTES_OF_LONG_CODE: usize = 32;
const BYTES_OF_GROUP: usize = 3 * 280;

/// Distances up to 120 mean pixels close by: for each, the rows above in the upper half, and 8 less the columns to the left.
#[rustfmt::skip]
const NEAR: [u8; 120] = [
    0x18, 0x07, 0x17, 0x19, 0x28, 0x06, 0x27, 0x29, 0x16, 0x1a, 0x26, 0x2a,
    0x38, 0x05, 0x37, 0x39, 0x15, 0x1b, 0x36, 0x3a, 0x25, 0x2b, 0x48, 0x04,
    0x47, 0x49, 0x14, 0x1c, 0x35, 0x3b, 0x46, 0x4a, 0x24, 0x2c, 0x58, 0x45,
    0x4b, 0x34, 0x3c, 0x03, 0x57, 0x59, 0x13, 0x1d, 0x56, 0x5a, 0x23, 0x2d,
    0x44, 0x4c, 0x55, 0x5b, 0x33, 0x3d, 0x68, 0x02, 0x67, 0x69, 0x12, 0x1e,
    0x66, 0x6a, 0x22, 0x2e, 0x54, 0x5c, 0x43, 0x4d, 0x65, 0x6b, 0x32, 0x3e,
    0x78, 0x01, 0x77, 0x79, 0x53, 0x5d, 0x11, 0x1f, 0x64, 0x6c, 0x42, 0x4e,
    0x76, 0x7a, 0x21, 0x2f, 0x75, 0x7b, 0x31, 0x3f, 0x63, 0x6d, 0x52, 0x5e,
    0x00, 0x74, 0x7c, 0x41, 0x4f, 0x10, 0x20, 0x62, 0x6e, 0x30, 0x73, 0x7d,
    0x51, 0x5f, 0x40, 0x72, 0x7e, 0x61, 0x6f, 0x50, 0x71, 0x7f, 0x60, 0x70,
];

/// Refuses an image whose tables take more than `limit` bytes.
///
/// `data` is a stream without its header, which has the size.
///
/// # Errors
/// They do, or the data are damaged before the image's pixels.
pub fn check_tables(data: &[u8], width: u32, height: u32, limit: usize) -> Result<(), DecodeError> {
    let mut stream = Stream {
        data,
        position: 0,
        buffer: 0,
        count: 0,
    };
    let width = stream.transforms(width, height)?;
    let cache_bits = stream.cache_bits()?;
    let mut groups = 1;
    if stream.bits(1)? == 1 {
        let block = stream.bits(3)? + 2;
        let image = stream.image(width.div_ceil(1 << block), height.div_ceil(1 << block))?;
        // Red and green are a group's number.
        let numbers = image.iter().map(|argb| (argb >> 8) as u16);
        groups = usize::from(numbers.max().unwrap_or(0)) + 1;
    }
    let mut bytes = 0;
    for _ in 0..groups {
        bytes += BYTES_OF_GROUP;
        for alphabet in alphabets(cache_bits) {
            bytes += stream.code(alphabet)?.table_bytes();
        }
        if bytes > limit {
            return Err(DecodeError::TooComplex);
        }
    }
    Ok(())
}

fn alphabets(cache_bits: u32) -> [usize; 5] {
    let mut alphabets = ALPHABETS;
    if cache_bits > 0 {
        alphabets[0] += 1 << cache_bits;
    }
    alphabets
}

/// The lengths of the symbols' codes.
struct Code(Vec<u8>);

impl Code {
    fn table_bytes(&self) -> usize {
        let lengths = || self.0.iter().map(|length| usize::from(*length));
        match lengths().filter(|length| *length > 0).count() {
            0 | 1 => 0,
            _ => {
                let longest = lengths().max().unwrap_or(0);
                let long = lengths().filter(|length| *length > MAX_TABLE_BITS);
                (4 << longest.min(MAX_TABLE_BITS)) + BYTES_OF_LONG_CODE * long.count()
            }
        }
    }

    /// A table for decoding.
    fn table(&self) -> Result<Table, DecodeError> {
        let used = || self.0.iter().enumerate().filter(|(_, length)| **length > 0);
        let bits = used().map(|(_, length)| u32::from(*length)).max();
        let bits = bits.ok_or(DecodeError::Damaged)?;
        if used().count() == 1 {
            let symbol = used().next().map_or(0, |(symbol, _)| symbol as u16);
            return Ok(Table {
                bits: 0,
                entries: vec![(symbol, 0)],
            });
        }
        let mut entries = vec![(0, 0); 1 << bits];
        let mut code = 0;
        for length in 1..=bits {
            for (symbol, _) in used().filter(|(_, of_symbol)| u32::from(**of_symbol) == length) {
                if code >> length > 0 {
                    return Err(DecodeError::Damaged);
                }
                // The first bit of a code is the lowest of a number.
                let first = (code as u32).reverse_bits() >> (32 - length);
                for entry in entries.iter_mut().skip(first as usize).step_by(1 << length) {
                    *entry = (symbol as u16, length as u8);
                }
                code += 1;
            }
            code <<= 1;
        }
        // A code that could be shorter is damaged, so every entry is filled.
        match code == 2usize << bits {
            true => Ok(Table { bits, entries }),
            false => Err(DecodeError::Damaged),
        }
    }
}

/// For the next bits: a symbol and the length of its code.
struct Table {
    bits: u32,
    entries: Vec<(u16, u8)>,
}

/// The bits of a stream, from the lowest of each byte on.
struct Stream<'a> {
    data: &'a [u8],
    position: usize,
    buffer: u64,
    count: u32,
}

impl Stream<'_> {
    fn fill(&mut self) {
        while self.count <= 56
            && let Some(byte) = self.data.get(self.position)
        {
            self.buffer |= u64::from(*byte) << self.count;
            self.count += 8;
            self.position += 1;
        }
    }

    fn drop(&mut self, bits: u32) -> Result<(), DecodeError> {
        self.count = self.count.checked_sub(bits).ok_or(DecodeError::Truncated)?;
        self.buffer >>= bits;
        Ok(())
    }

    /// A number of at most 32 bits.
    fn bits(&mut self, bits: u32) -> Result<u32, DecodeError> {
        if self.count < bits {
            self.fill();
        }
        let number = (self.buffer & ((1 << bits) - 1)) as u32;
        self.drop(bits)?;
        Ok(number)
    }

    fn symbol(&mut self, table: &Table) -> Result<u16, DecodeError> {
        if self.count < MAX_CODE_BITS {
            self.fill();
        }
        let next = self.buffer & ((1 << table.bits) - 1);
        let (symbol, length) = table.entries[next as usize];
        self.drop(length.into())?;
        Ok(symbol)
    }

    /// Passes over the transforms. Returns the width of the image before them.
    fn transforms(&mut self, width: u32, height: u32) -> Result<u32, DecodeError> {
        let mut packed_width = width;
        let mut seen = [false; 4];
        while self.bits(1)? == 1 {
            let kind = self.bits(2)?;
            if std::mem::replace(&mut seen[kind as usize], true) {
                return Err(DecodeError::Damaged);
            }
            match kind {
                // Predictors, and differences of colours.
                0 | 1 => {
                    let block = self.bits(3)? + 2;
                    let columns = packed_width.div_ceil(1 << block);
                    self.image(columns, height.div_ceil(1 << block))?;
                }
                // Green is subtracted.
                2 => {}
                // A palette, of which a pixel may hold several indices.
                _ => {
                    let colours = self.bits(8)? + 1;
                    self.image(colours, 1)?;
                    let in_pixel = match colours {
                        1..=2 => 8,
                        3..=4 => 4,
                        5..=16 => 2,
                        _ => 1,
                    };
                    packed_width = packed_width.div_ceil(in_pixel);
                }
            }
        }
        Ok(packed_width)
    }

    /// The size of the colour cache; 0 for none.
    fn cache_bits(&mut self) -> Result<u32, DecodeError> {
        if self.bits(1)? == 0 {
            return Ok(0);
        }
        match self.bits(4)? {
            bits @ 1..=11 => Ok(bits),
            _ => Err(DecodeError::Damaged),
        }
    }

    /// One of the code lengths of a group.
    fn code(&mut self, alphabet: usize) -> Result<Code, DecodeError> {
        let mut lengths = vec![0; alphabet];
        if self.bits(1)? == 1 {
            let is_double = self.bits(1)? == 1;
            let first_bits = 1 + 7 * self.bits(1)?;
            let first = self.bits(first_bits)?;
            let second = if is_double { self.bits(8)? } else { first };
            for symbol in [first, second] {
                *lengths
                    .get_mut(symbol as usize)
                    .ok_or(DecodeError::Damaged)? = 1;
            }
            return Ok(Code(lengths));
        }
        let mut own_lengths = [0; LENGTH_ORDER.len()];
        let count = 4 + self.bits(4)? as usize;
        for &index in LENGTH_ORDER.iter().take(count) {
            own_lengths[index] = self.bits(3)? as u8;
        }
        let table = Code(own_lengths.into()).table()?;
        let mut left = alphabet;
        if self.bits(1)? == 1 {
            let bits = 2 + 2 * self.bits(3)?;
            left = 2 + self.bits(bits)? as usize;
            if left > alphabet {
                return Err(DecodeError::Damaged);
            }
        }
        let mut before = 8;
        let mut symbol = 0;
        while symbol < alphabet && left > 0 {
            left -= 1;
            let (length, repeats) = match self.symbol(&table)? {
                length @ 0..16 => (length as u8, 1),
                16 => (before, 3 + self.bits(2)?),
                17 => (0, 3 + self.bits(3)?),
                _ => (0, 11 + self.bits(7)?),
            };
            if length > 0 {
                before = length;
            }
            let end = symbol + repeats as usize;
            let repeated = lengths.get_mut(symbol..end);
            repeated.ok_or(DecodeError::Damaged)?.fill(length);
            symbol = end;
        }
        Ok(Code(lengths))
    }

    /// The pixels of an image within the header, as ARGB.
    fn image(&mut self, width: u32, height: u32) -> Result<Vec<u32>, DecodeError> {
        let cache_bits = self.cache_bits()?;
        let mut cache = vec![0u32; 1 << cache_bits];
        let mut tables = Vec::new();
        for alphabet in alphabets(cache_bits) {
            tables.push(self.code(alphabet)?.table()?);
        }
        let [green, red, blue, alpha, distances] = tables.as_slice() else {
            return Err(DecodeError::Damaged);
        };
        let pixels = width as usize * height as usize;
        let mut image: Vec<u32> = Vec::with_capacity(pixels);
        while image.len() < pixels {
            let start = image.len();
            match self.symbol(green)? {
                green @ 0..256 => {
                    let red = self.symbol(red)?;
                    let blue = self.symbol(blue)?;
                    let alpha = self.symbol(alpha)?;
                    let argb = [alpha, red, green, blue].map(|value| value as u8);
                    image.push(u32::from_be_bytes(argb));
                }
                symbol @ 256..280 => {
                    let length = self.prefixed(symbol - 256)?;
                    let symbol = self.symbol(distances)?;
                    let distance = self.prefixed(symbol)?;
                    let distance = distance_in_pixels(distance, width as usize);
                    if distance > start || length > pixels - start {
                        return Err(DecodeError::Damaged);
                    }
                    for _ in 0..length {
                        image.push(image[image.len() - distance]);
                    }
                }
                symbol => {
                    let cached = cache.get(usize::from(symbol) - 280);
                    image.push(*cached.ok_or(DecodeError::Damaged)?);
                }
            }
            if cache_bits > 0 {
                for &argb in &image[start..] {
                    let hash = argb.wrapping_mul(0x1e35_a7bd) >> (32 - cache_bits);
                    cache[hash as usize] = argb;
                }
            }
        }
        Ok(image)
    }

    /// A length or a distance from its prefix.
    fn prefixed(&mut self, prefix: u16) -> Result<usize, DecodeError> {
        let prefix = u32::from(prefix);
        if prefix < 4 {
            return Ok(prefix as usize + 1);
        }
        let extra = (prefix - 2) / 2;
        let start = (2 + prefix % 2) << extra;
        Ok((start + self.bits(extra)?) as usize + 1)
    }
}

fn distance_in_pixels(distance: usize, width: usize) -> usize {
    match NEAR.get(distance - 1) {
        Some(&near) => {
            let rows = usize::from(near >> 4);
            (rows * width + 8)
                .saturating_sub(usize::from(near & 15))
                .max(1)
        }
        None => distance - NEAR.len(),
    }
}

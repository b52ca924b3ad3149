//! The bits of a scan, and its Huffman codes (ITU-T T.81, annexes C and F).

/// Why a scan cannot be read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The data end, or a marker follows.
    End,
    /// A code that no table has, or a value that no encoder writes.
    Code,
    /// A table is missing or cannot be used.
    Table,
}

/// Codes of at most so many bits are looked up at once.
const LOOKUP_BITS: u32 = 9;
const MAX_CODE_BITS: u32 = 16;

/// The bits of a scan. Nothing is read beyond its end or a marker.
pub struct Bits<'a> {
    data: &'a [u8],
    /// The next byte that is not in `buffer`.
    position: usize,
    /// The next bits, from the highest on. Those beyond `count` are not to be used.
    buffer: u64,
    count: u32,
}

impl<'a> Bits<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            position: 0,
            buffer: 0,
            count: 0,
        }
    }

    /// Fills the buffer to more than 56 bits, as far as there are any.
    fn fill(&mut self) {
        if let Some(&word) = self.data.get(self.position..).and_then(|d| d.first_chunk()) {
            let word = u64::from_be_bytes(word);
            let has_marker_byte = {
                // A byte of `!word` is 0 (Mycroft's test).
                let inverted = !word;
                inverted.wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 != 0
            };
            if !has_marker_byte {
                self.buffer |= word >> self.count;
                let bytes = (63 - self.count) / 8;
                self.position += bytes as usize;
                self.count += bytes * 8;
                return;
            }
        }
        while self.count <= 56 {
            let Some(&byte) = self.data.get(self.position) else {
                return;
            };
            if byte == 0xff {
                // A zero is stuffed behind it, unless it begins a marker.
                if self.data.get(self.position + 1) != Some(&0) {
                    return;
                }
                self.position += 1;
            }
            self.position += 1;
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The next bits, at most 16, with zeros where there are no more.
    fn peek(&self, bits: u32) -> usize {
        (self.buffer >> (64 - bits)) as usize
    }

    fn drop(&mut self, bits: u32) -> Result<(), Flaw> {
        self.count = self.count.checked_sub(bits).ok_or(Flaw::End)?;
        self.buffer <<= bits;
        Ok(())
    }

    /// A number of at most 16 bits.
    pub fn number(&mut self, bits: u32) -> Result<usize, Flaw> {
        if bits == 0 {
            return Ok(0);
        }
        if self.count < bits {
            self.fill();
        }
        let number = self.peek(bits);
        self.drop(bits)?;
        Ok(number)
    }

    /// Passes over at most 64 bits.
    pub fn skip(&mut self, bits: u32) -> Result<(), Flaw> {
        if bits > 32 {
            self.skip(32)?;
            return self.skip(bits - 32);
        }
        if self.count < bits {
            self.fill();
        }
        self.drop(bits)
    }

    /// Continues behind the next restart marker. Returns whether it has this number and follows at once.
    ///
    /// # Errors
    /// There is none.
    pub fn restart(&mut self, number: usize) -> Result<bool, Flaw> {
        let mut is_next = self.count < 8;
        (self.buffer, self.count) = (0, 0);
        loop {
            match self.data.get(self.position..) {
                Some(&[0xff, marker @ 0xd0..=0xd7, ..]) => {
                    self.position += 2;
                    return Ok(is_next && usize::from(marker & 7) == number % 8);
                }
                // Any number of fill bytes may precede a marker.
                Some([0xff, 0xff, ..]) => {}
                Some([_, ..]) => is_next = false,
                _ => return Err(Flaw::End),
            }
            self.position += 1;
        }
    }

    /// The position behind the last byte of which bits were read.
    pub fn position(&self) -> usize {
        let mut position = self.position;
        for _ in 0..self.count / 8 {
            position -= match &self.data[..position] {
                [.., 0xff, 0] => 2,
                _ => 1,
            };
        }
        position
    }
}

/// A Huffman table for decoding.
pub struct HuffmanTable {
    /// For the next bits: 256 times the length of the code that they begin with, and its symbol; 0 if it is longer.
    lookup: [u16; 1 << LOOKUP_BITS],
    /// For each length from 1: the first code beyond those of this length, and what to add to a code for its symbol's index.
    ends: [u32; MAX_CODE_BITS as usize],
    offsets: [i32; MAX_CODE_BITS as usize],
    symbols: Vec<u8>,
}

impl HuffmanTable {
    /// A table as in the file: the number of codes of each length, and their symbols. `None` if there are too many codes.
    ///
    /// The codes of a length are consecutive, and follow those of the length before.
    pub fn new(counts: &[u8; MAX_CODE_BITS as usize], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            lookup: [0; 1 << LOOKUP_BITS],
            ends: [0; MAX_CODE_BITS as usize],
            offsets: [0; MAX_CODE_BITS as usize],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0u32, 0u32);
        for (length, &count) in (1u32..).zip(counts) {
            let of_length = length as usize - 1;
            table.offsets[of_length] = index as i32 - code as i32;
            for _ in 0..count {
                if code >= 1 << length {
                    return None;
                }
                if length <= LOOKUP_BITS {
                    let symbol = *symbols.get(index as usize)?;
                    let shift = LOOKUP_BITS - length;
                    let first = (code << shift) as usize;
                    table.lookup[first..first + (1 << shift)]
                        .fill((length as u16) << 8 | u16::from(symbol));
                }
                code += 1;
                index += 1;
            }
            table.ends[of_length] = code;
            code <<= 1;
        }
        Some(table)
    }

    /// The next symbol.
    #[inline]
    pub fn symbol(&self, bits: &mut Bits) -> Result<u8, Flaw> {
        if bits.count < MAX_CODE_BITS {
            bits.fill();
        }
        let entry = self.lookup[bits.peek(LOOKUP_BITS)];
        if entry != 0 {
            bits.drop(u32::from(entry >> 8))?;
            return Ok(entry as u8);
        }
        self.long_symbol(bits)
    }

    /// The next symbol, without the number behind it, whose size is the symbol's lower half.
    #[inline]
    pub fn symbol_of_number(&self, bits: &mut Bits) -> Result<u8, Flaw> {
        if bits.count < 2 * MAX_CODE_BITS {
            bits.fill();
        }
        let entry = self.lookup[bits.peek(LOOKUP_BITS)];
        if entry != 0 {
            bits.drop(u32::from((entry >> 8) + (entry & 15)))?;
            return Ok(entry as u8);
        }
        let symbol = self.long_symbol(bits)?;
        bits.skip(u32::from(symbol & 15))?;
        Ok(symbol)
    }

    /// A symbol whose code is longer than what is looked up.
    #[cold]
    fn long_symbol(&self, bits: &mut Bits) -> Result<u8, Flaw> {
        for length in LOOKUP_BITS + 1..=MAX_CODE_BITS {
            let code = bits.peek(length) as u32;
            if code < self.ends[length as usize - 1] {
                bits.drop(length)?;
                let index = code as i32 + self.offsets[length as usize - 1];
                return self.symbols.get(index as usize).copied().ok_or(Flaw::Code);
            }
        }
        Err(if bits.count < MAX_CODE_BITS {
            Flaw::End
        } else {
            Flaw::Code
        })
    }
}

/// The tables that are valid at a place of the file.
#[derive(Default)]
pub struct HuffmanTables {
    dc: [Option<HuffmanTable>; 4],
    ac: [Option<HuffmanTable>; 4],
}

impl HuffmanTables {
    /// Replaces the tables of a segment.
    pub fn update(&mut self, mut data: &[u8]) -> Result<(), Flaw> {
        while let Some((&[class_and_index, ref counts @ ..], rest)) = data.split_first_chunk::<17>()
        {
            let length = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(length).ok_or(Flaw::Table)?;
            let tables = match class_and_index >> 4 {
                0 => &mut self.dc,
                _ => &mut self.ac,
            };
            let table = tables.get_mut(usize::from(class_and_index & 15));
            *table.ok_or(Flaw::Table)? =
                Some(HuffmanTable::new(counts, symbols).ok_or(Flaw::Table)?);
            data = rest;
        }
        Ok(())
    }

    pub fn dc(&self, index: usize) -> Result<&HuffmanTable, Flaw> {
        self.dc
            .get(index)
            .and_then(Option::as_ref)
            .ok_or(Flaw::Table)
    }

    pub fn ac(&self, index: usize) -> Result<&HuffmanTable, Flaw> {
        self.ac
            .get(index)
            .and_then(Option::as_ref)
            .ok_or(Flaw::Table)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_end_with_the_data_and_pass_over_stuffed_zeros() {
        let data = [
            0b1010_0101,
            0xff,
            0,
            0x12,
            0x34,
            0x56,
            0x78,
            0x9a,
            0xff,
            0,
            0xbc,
        ];
        let mut bits = Bits::new(&data);
        let numbers = [(4, 0b1010), (8, 0b0101_1111), (4, 0b1111), (16, 0x1234)];
        for (length, expected) in numbers {
            assert_eq!(bits.number(length), Ok(expected));
        }
        assert_eq!(bits.position(), 5);
        assert_eq!(bits.skip(24), Ok(()));
        assert_eq!(bits.number(8), Ok(0xff));
        assert_eq!(bits.position(), 10);
        assert_eq!(bits.number(9), Err(Flaw::End));
        assert_eq!(bits.number(8), Ok(0xbc));
        assert_eq!(bits.number(1), Err(Flaw::End));
    }

    #[test]
    fn codes_of_every_length_are_read() {
        // One code of each length: 0, 10, 110 and so on.
        let table = HuffmanTable::new(&[1; 16], &(0..16).collect::<Vec<_>>()).unwrap();
        let mut ones = 0u128;
        let mut length = 0;
        for code in [0u32, 3, 8, 9, 15, 1] {
            ones = (ones << (code + 1)) | (((1 << code) - 1) << 1);
            length += code + 1;
        }
        let bytes: Vec<u8> = (ones << (128 - length))
            .to_be_bytes()
            .iter()
            .flat_map(|byte| {
                if *byte == 0xff {
                    vec![0xff, 0]
                } else {
                    vec![*byte]
                }
            })
            .collect();
        let mut bits = Bits::new(&bytes);
        for expected in [0, 3, 8, 9, 15, 1] {
            assert_eq!(table.symbol(&mut bits), Ok(expected));
        }
        let none = [0xff, 0, 0xff, 0, 0xff, 0];
        assert_eq!(table.symbol(&mut Bits::new(&none)), Err(Flaw::Code));
        assert_eq!(table.symbol(&mut Bits::new(&[0xff, 0])), Err(Flaw::End));
        assert!(HuffmanTable::new(&[3; 16], &[0; 48]).is_none());
    }

    #[test]
    fn reading_continues_at_a_restart_marker() {
        let data = [
            0x11, 0xff, 0xff, 0xd3, 0x22, 0x33, 0xff, 0xd4, 0xff, 0xd6, 0x44,
        ];
        let mut bits = Bits::new(&data);
        assert_eq!(bits.number(5), Ok(2));
        assert_eq!(bits.restart(3), Ok(true));
        assert_eq!(bits.number(8), Ok(0x22));
        // A byte is left; then the number is another one.
        assert_eq!(bits.restart(4), Ok(false));
        assert_eq!(bits.restart(5), Ok(false));
        assert_eq!(bits.number(8), Ok(0x44));
        assert_eq!(bits.restart(7), Err(Flaw::End));
    }
}

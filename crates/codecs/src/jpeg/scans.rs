//! Reads the Huffman codes of a JPEG's scans without decoding them: which are complete, and how much work they are.
//!
//! The decoder puts zeros or grey in place of what is missing, reports nothing, and takes as long as for a whole image.

use super::huffman::{Bits, Flaw, HuffmanTable, HuffmanTables};
use super::markers::{
    APP0, APP14, END_OF_IMAGE, Frame, HUFFMAN_TABLES, QUANTISATION_TABLES, RESTART_INTERVAL,
    START_OF_SCAN, Scan, Segment, Segments, is_frame_header,
};
use crate::error::DecodeError;

/// The most work for all scans of a file. A photo of 50 million pixels without subsampling, in the ten scans that encoders
/// write, has 520 million. A unit takes the decoder about a nanosecond.
const MAX_WORK: u64 = 600_000_000;
/// The work of passing over a block without its coefficients, and of fetching them.
const WORK_OF_BLOCK: u64 = 4;
const WORK_OF_FETCH: u64 = 40;
/// More bytes of tables are refused: a Huffman table of 20 bytes takes the decoder a microsecond.
const MAX_TABLE_BYTES: usize = 1 << 20;
/// So many bytes behind a scan's last code are no sign of damage.
const PADDING: usize = 8;
/// The largest sizes at 8 bits a sample, of a difference of first coefficients and of another coefficient.
const MAX_DC_SIZE: u8 = 11;
const MAX_AC_SIZE: u8 = 10;
/// Twice the largest first coefficient: some encoders exceed it slightly.
const MAX_DC: i32 = 2048;

/// The part of a file that is decoded.
pub struct Scans {
    /// A file of the segments that the decoder needs, and of the scans that it can use.
    pub file: Vec<u8>,
    /// Whether image data are missing or damaged.
    pub is_damaged: bool,
}

impl Scans {
    /// Reads the scans of a file. Where its end marker is missing, bytes may follow the last scan.
    ///
    /// # Errors
    /// Most of the image is missing, or decoding would take too long.
    pub fn read(file: &[u8], frame: &Frame, has_end: bool) -> Result<Self, DecodeError> {
        // Without an end marker, what looks like a segment may be a part of what follows the image.
        let unreadable = match has_end {
            true => DecodeError::Damaged,
            false => DecodeError::Truncated,
        };
        let mut pieces: Vec<&[u8]> = vec![&[0xff, 0xd8]];
        let mut has_frame = false;
        let mut tables = HuffmanTables::default();
        let mut table_bytes = 0;
        let mut restart_interval = 0;
        let mut progress = Progress::new(frame);
        let mut work = 0;
        let mut is_damaged = false;
        for segment in Segments::new(file) {
            if matches!(segment.marker, HUFFMAN_TABLES | QUANTISATION_TABLES) {
                table_bytes += segment.bytes.len();
                if table_bytes > MAX_TABLE_BYTES {
                    return Err(DecodeError::TooComplex);
                }
            }
            match segment.marker {
                HUFFMAN_TABLES => {
                    let updated = tables.update(segment.data);
                    updated.map_err(|_| unreadable)?;
                }
                RESTART_INTERVAL => {
                    let interval = segment.data.try_into().map_err(|_| unreadable)?;
                    restart_interval = usize::from(u16::from_be_bytes(interval));
                }
                QUANTISATION_TABLES | APP0 | APP14 => {}
                START_OF_SCAN => {
                    let scan = Scan::parse(frame, segment.data).ok_or(unreadable)?;
                    // Behind damage in a progressive file only the means count: without the others the image is coarser.
                    let is_needless = match frame.is_progressive() {
                        true => is_damaged && (!scan.has_means(frame) || progress.has_means()),
                        false => progress.has_all_of(&scan),
                    };
                    if is_needless {
                        continue;
                    }
                    work += work_of(frame, &scan);
                    if work > MAX_WORK {
                        return Err(DecodeError::TooComplex);
                    }
                    let mut reader =
                        ScanReader::new(frame, &scan, &tables, &mut progress, &segment);
                    let units = reader.units();
                    let read = reader.read(restart_interval);
                    let (position, rest) = (reader.bits.position(), reader.rest());
                    match read.flaw {
                        None => {
                            is_damaged |= has_end && rest > PADDING;
                            pieces.extend([segment.bytes, &segment.scan[..position]]);
                            progress.record(frame, &scan);
                        }
                        // Frames of videos have no tables: the decoder knows which are meant.
                        Some(Flaw::Table) if !frame.is_progressive() => {
                            pieces.extend([segment.bytes, segment.scan]);
                            progress.record(frame, &scan);
                        }
                        Some(Flaw::Table) => return Err(unreadable),
                        Some(flaw) => {
                            is_damaged = true;
                            if scan.has_means(frame) {
                                if flaw == Flaw::End && read.units < units / 2 {
                                    return Err(DecodeError::Truncated);
                                }
                                pieces.extend([segment.bytes, segment.scan]);
                                progress.record(frame, &scan);
                            }
                        }
                    }
                    if !frame.is_progressive() && progress.is_complete() {
                        break;
                    }
                    continue;
                }
                marker if is_frame_header(marker) && !has_frame => has_frame = true,
                _ => continue,
            }
            pieces.push(segment.bytes);
        }
        if !progress.has_means() || (!has_end && (is_damaged || !progress.is_complete())) {
            return Err(DecodeError::Truncated);
        }
        pieces.push(&END_OF_IMAGE);
        Ok(Self {
            file: pieces.concat(),
            is_damaged,
        })
    }
}

/// How much work the decoder has with a scan, apart from the codes, of which each takes bits of the file.
fn work_of(frame: &Frame, scan: &Scan) -> u64 {
    let of_block = match (scan.first_coefficient, scan.high_bit) {
        _ if !frame.is_progressive() => WORK_OF_BLOCK,
        (0, _) => WORK_OF_FETCH,
        (_, 0) => WORK_OF_BLOCK,
        (first, _) => WORK_OF_FETCH + (scan.last_coefficient + 1 - first) as u64,
    };
    scan.blocks(frame) as u64 * of_block
}

/// What the scans read so far hold of each component.
struct Progress {
    components: Vec<ComponentProgress>,
}

struct ComponentProgress {
    /// Blocks in a row, with those that fill the last unit.
    stride: usize,
    /// A bit for each coefficient of a block that is not zero yet; only for progressive frames, whose codes depend on it.
    nonzero: Vec<u64>,
    /// The lowest bit known of each coefficient; the image is complete when all are 0.
    low_bits: [u8; 64],
}

impl Progress {
    fn new(frame: &Frame) -> Self {
        let (columns, rows) = frame.units();
        let components = frame.components.iter().map(|component| {
            let stride = columns * component.horizontal;
            let blocks = stride * rows * component.vertical;
            ComponentProgress {
                stride,
                nonzero: vec![0; if frame.is_progressive() { blocks } else { 0 }],
                low_bits: [u8::MAX; 64],
            }
        });
        Self {
            components: components.collect(),
        }
    }

    fn record(&mut self, frame: &Frame, scan: &Scan) {
        for component in &scan.components {
            let low_bits = &mut self.components[component.index].low_bits;
            if frame.is_progressive() {
                low_bits[scan.first_coefficient..=scan.last_coefficient].fill(scan.low_bit);
            } else {
                *low_bits = [0; 64];
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.components.iter().all(|c| c.low_bits == [0; 64])
    }

    /// Whether the first coefficient of every block is known.
    fn has_means(&self) -> bool {
        self.components.iter().all(|c| c.low_bits[0] < u8::MAX)
    }

    /// Whether all components of a scan are complete already.
    fn has_all_of(&self, scan: &Scan) -> bool {
        let mut selected = scan.components.iter();
        selected.all(|c| self.components[c.index].low_bits == [0; 64])
    }
}

/// How far a scan could be read.
struct Read {
    units: usize,
    /// The first one.
    flaw: Option<Flaw>,
}

/// Reads the codes of one scan.
struct ScanReader<'a> {
    frame: &'a Frame,
    scan: &'a Scan,
    components: Vec<SelectedComponent<'a>>,
    bits: Bits<'a>,
    data: &'a [u8],
    /// How many of the next blocks have no further coefficients in the band.
    end_of_band_run: usize,
}

struct SelectedComponent<'a> {
    dc_table: Result<&'a HuffmanTable, Flaw>,
    ac_table: Result<&'a HuffmanTable, Flaw>,
    /// The sampling factors.
    horizontal: usize,
    vertical: usize,
    progress: &'a mut ComponentProgress,
    /// The first coefficient of the block before.
    mean: i32,
}

impl<'a> ScanReader<'a> {
    fn new(
        frame: &'a Frame,
        scan: &'a Scan,
        tables: &'a HuffmanTables,
        progress: &'a mut Progress,
        segment: &Segment<'a>,
    ) -> Self {
        let mut progress: Vec<_> = progress.components.iter_mut().map(Some).collect();
        let components = scan.components.iter().filter_map(|selected| {
            let component = frame.components[selected.index];
            Some(SelectedComponent {
                dc_table: tables.dc(selected.dc_table),
                ac_table: tables.ac(selected.ac_table),
                horizontal: component.horizontal,
                vertical: component.vertical,
                // No component is selected twice.
                progress: progress[selected.index].take()?,
                mean: 0,
            })
        });
        Self {
            frame,
            scan,
            components: components.collect(),
            bits: Bits::new(segment.scan),
            data: segment.scan,
            end_of_band_run: 0,
        }
    }

    /// Bytes behind the last code, apart from those that fill the space before the next marker.
    fn rest(&self) -> usize {
        let rest = &self.data[self.bits.position()..];
        let end = rest.iter().rposition(|byte| *byte != 0xff);
        end.map_or(0, |last| last + 1)
    }

    fn size_in_units(&self) -> (usize, usize) {
        self.scan.size_in_units(self.frame)
    }

    fn units(&self) -> usize {
        let (columns, rows) = self.size_in_units();
        columns * rows
    }

    /// Reads all units. Behind a flaw, reading continues at the next restart marker.
    fn read(&mut self, restart_interval: usize) -> Read {
        let (columns, _) = self.size_in_units();
        let units = self.units();
        let interval = match restart_interval {
            0 => units,
            interval => interval,
        };
        let mut first_flaw = None;
        let mut read = 0;
        for (number, start) in (0..units).step_by(interval).enumerate() {
            if number > 0 {
                match self.bits.restart(number - 1) {
                    Ok(true) => {}
                    Ok(false) => first_flaw = first_flaw.or(Some(Flaw::Code)),
                    Err(flaw) => {
                        first_flaw = first_flaw.or(Some(flaw));
                        break;
                    }
                }
                self.end_of_band_run = 0;
                self.components.iter_mut().for_each(|c| c.mean = 0);
            }
            let (mut column, mut row) = (start % columns, start / columns);
            for _ in start..(start + interval).min(units) {
                if let Err(flaw) = self.unit(column, row) {
                    first_flaw = first_flaw.or(Some(flaw));
                    break;
                }
                read += 1;
                column += 1;
                if column == columns {
                    (column, row) = (0, row + 1);
                }
            }
        }
        Read {
            units: read,
            flaw: first_flaw,
        }
    }

    fn unit(&mut self, column: usize, row: usize) -> Result<(), Flaw> {
        let is_alone = self.components.len() == 1;
        for index in 0..self.components.len() {
            let component = &self.components[index];
            let (horizontal, vertical) = match is_alone {
                true => (1, 1),
                false => (component.horizontal, component.vertical),
            };
            for y in 0..vertical {
                for x in 0..horizontal {
                    self.block(index, column * horizontal + x, row * vertical + y)?;
                }
            }
        }
        Ok(())
    }

    fn block(&mut self, index: usize, column: usize, row: usize) -> Result<(), Flaw> {
        if !self.frame.is_progressive() {
            self.dc_first(index)?;
            return self.ac_sequential(index);
        }
        let block = row * self.components[index].progress.stride + column;
        match (self.scan.first_coefficient, self.scan.high_bit) {
            (0, 0) => self.dc_first(index),
            (0, _) => self.bits.skip(1),
            (_, 0) => self.ac_first(index, block),
            (_, _) => self.ac_refinement(index, block),
        }
    }

    fn dc_first(&mut self, index: usize) -> Result<(), Flaw> {
        let component = &mut self.components[index];
        let size = component.dc_table?.symbol(&mut self.bits)?;
        if size > MAX_DC_SIZE {
            return Err(Flaw::Code);
        }
        let value = self.bits.number(size.into())? as i32;
        // Values without their highest bit stand for negative ones.
        component.mean += match size {
            0 => 0,
            _ if value >> (size - 1) == 0 => value + 1 - (1 << size),
            _ => value,
        };
        let low_bit = match self.frame.is_progressive() {
            true => self.scan.low_bit,
            false => 0,
        };
        match component.mean.abs() <= MAX_DC >> low_bit {
            true => Ok(()),
            false => Err(Flaw::Code),
        }
    }

    fn ac_sequential(&mut self, index: usize) -> Result<(), Flaw> {
        let table = self.components[index].ac_table?;
        let mut coefficient = 1;
        while coefficient < 64 {
            let symbol = table.symbol_of_number(&mut self.bits)?;
            match (symbol >> 4, symbol & 15) {
                (15, 0) => coefficient += 16,
                (_, 0) => return Ok(()),
                (run, ..=MAX_AC_SIZE) => coefficient += usize::from(run) + 1,
                _ => return Err(Flaw::Code),
            }
        }
        match coefficient {
            64 => Ok(()),
            _ => Err(Flaw::Code),
        }
    }

    fn ac_first(&mut self, index: usize, block: usize) -> Result<(), Flaw> {
        if self.end_of_band_run > 0 {
            self.end_of_band_run -= 1;
            return Ok(());
        }
        let component = &mut self.components[index];
        let table = component.ac_table?;
        let nonzero = component
            .progress
            .nonzero
            .get_mut(block)
            .ok_or(Flaw::Code)?;
        let last = self.scan.last_coefficient;
        let mut coefficient = self.scan.first_coefficient;
        while coefficient <= last {
            let symbol = table.symbol_of_number(&mut self.bits)?;
            match (symbol >> 4, symbol & 15) {
                (15, 0) => coefficient += 16,
                (run, 0) => {
                    self.end_of_band_run = (1 << run) - 1 + self.bits.number(run.into())?;
                    return Ok(());
                }
                (run, ..=MAX_AC_SIZE) => {
                    coefficient += usize::from(run);
                    if coefficient > last {
                        return Err(Flaw::Code);
                    }
                    *nonzero |= 1 << coefficient;
                    coefficient += 1;
                }
                _ => return Err(Flaw::Code),
            }
        }
        Ok(())
    }

    /// Source: ITU-T T.81, G.1.2.3. A coefficient that is not zero has a correction bit; runs count the others.
    fn ac_refinement(&mut self, index: usize, block: usize) -> Result<(), Flaw> {
        let component = &mut self.components[index];
        let table = component.ac_table?;
        let nonzero = component
            .progress
            .nonzero
            .get_mut(block)
            .ok_or(Flaw::Code)?;
        let last = self.scan.last_coefficient;
        let mut coefficient = self.scan.first_coefficient;
        while self.end_of_band_run == 0 && coefficient <= last {
            let symbol = table.symbol(&mut self.bits)?;
            let (mut run, size) = (symbol >> 4, symbol & 15);
            if size == 0 && run < 15 {
                self.end_of_band_run = (1 << run) + self.bits.number(run.into())?;
                break;
            }
            if size > 0 {
                // The new coefficient's sign.
                self.bits.skip(1)?;
            }
            while coefficient <= last {
                let is_nonzero = *nonzero >> coefficient & 1 == 1;
                if is_nonzero {
                    self.bits.skip(1)?;
                } else if run > 0 {
                    run -= 1;
                } else {
                    *nonzero |= u64::from(size > 0) << coefficient;
                    coefficient += 1;
                    break;
                }
                coefficient += 1;
            }
        }
        if self.end_of_band_run > 0 {
            self.end_of_band_run -= 1;
            if coefficient <= last {
                let band = (u64::MAX >> (63 - last)) & (u64::MAX << coefficient);
                self.bits.skip((*nonzero & band).count_ones())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jpeg::markers::{Component, ScanComponent};

    /// A progressive frame with three components, of which the first has these sampling factors.
    fn frame(width: usize, height: usize, factor: usize) -> Frame {
        let component = |id, factor| Component {
            id,
            horizontal: factor,
            vertical: factor,
            quantisation_table: 0,
        };
        Frame {
            marker: 0xc2,
            width,
            height,
            components: vec![component(1, factor), component(2, 1), component(3, 1)],
            horizontal: factor,
            vertical: factor,
        }
    }

    /// The work of the ten scans that libjpeg writes by default.
    fn work_of_photo(frame: &Frame) -> u64 {
        let all: &[usize] = &[0, 1, 2];
        let scans: [(&[usize], usize, usize, u8, u8); 10] = [
            (all, 0, 0, 0, 1),
            (&[0], 1, 5, 0, 2),
            (&[2], 1, 63, 0, 1),
            (&[1], 1, 63, 0, 1),
            (&[0], 6, 63, 0, 2),
            (&[0], 1, 63, 2, 1),
            (all, 0, 0, 1, 0),
            (&[2], 1, 63, 1, 0),
            (&[1], 1, 63, 1, 0),
            (&[0], 1, 63, 1, 0),
        ];
        let work = scans.map(|(components, first, last, high_bit, low_bit)| {
            let components = components.iter().map(|&index| ScanComponent {
                index,
                dc_table: 0,
                ac_table: 0,
            });
            let scan = Scan {
                components: components.collect(),
                first_coefficient: first,
                last_coefficient: last,
                high_bit,
                low_bit,
            };
            work_of(frame, &scan)
        });
        work.iter().sum()
    }

    #[test]
    fn the_largest_photos_are_within_the_limit() {
        let work = work_of_photo(&frame(8660, 5773, 1));
        assert!((510_000_000..530_000_000).contains(&work), "{work}");
        assert!(3 * work_of_photo(&frame(6000, 4000, 2)) < MAX_WORK);
    }
}

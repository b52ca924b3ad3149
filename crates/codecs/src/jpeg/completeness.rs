//! Whether a JPEG file without its end marker has all of its image: reads the Huffman codes of every block, without decoding.

use super::markers::{
    Frame, HUFFMAN_TABLES, RESTART_INTERVAL, START_OF_SCAN, Scan, ScanComponent, Segments,
};

/// Files with more scans are not complete: a few bytes can stand for a whole scan, and reading one takes time.
const MAX_SCANS: usize = 100;

/// The position behind the last scan of a file whose scans are all complete and hold the whole image.
pub fn end_of_complete_image(file: &[u8]) -> Option<usize> {
    let frame = Frame::find(file)?;
    let mut tables = HuffmanTables::default();
    let mut restart_interval = 0;
    let mut progress = Progress::new(&frame);
    let mut end = None;
    let mut scans = 0;
    for segment in Segments::new(file) {
        match segment.marker {
            HUFFMAN_TABLES => tables.update(segment.data)?,
            RESTART_INTERVAL => {
                restart_interval =
                    usize::from(u16::from_be_bytes(*segment.data.first_chunk::<2>()?));
            }
            START_OF_SCAN if scans < MAX_SCANS => {
                scans += 1;
                let scan = Scan::parse(&frame, segment.data)?;
                let mut bits = Bits::new(segment.scan);
                let mut reader = ScanReader {
                    frame: &frame,
                    scan: &scan,
                    tables: &tables,
                    progress: &mut progress,
                    bits: &mut bits,
                    end_of_band_run: 0,
                };
                reader.read(restart_interval)?;
                progress.record(&frame, &scan);
                end = Some(segment.scan_start + bits.position);
            }
            START_OF_SCAN => return None,
            _ => {}
        }
    }
    end.filter(|_| progress.is_complete())
}

/// A Huffman table as in the file: the number of codes of each length, and their symbols.
struct HuffmanTable {
    counts: [u8; 16],
    symbols: Vec<u8>,
}

impl HuffmanTable {
    /// The next symbol. The codes of a length are consecutive, and follow those of the length before.
    fn symbol(&self, bits: &mut Bits) -> Option<u8> {
        let (mut code, mut first, mut index) = (0, 0, 0);
        for count in self.counts.map(usize::from) {
            code = 2 * code + bits.bit()?;
            if code < first + count {
                return self.symbols.get(index + code.checked_sub(first)?).copied();
            }
            index += count;
            first = 2 * (first + count);
        }
        None
    }
}

#[derive(Default)]
struct HuffmanTables {
    dc: [Option<HuffmanTable>; 4],
    ac: [Option<HuffmanTable>; 4],
}

impl HuffmanTables {
    /// Replaces the tables of a segment.
    fn update(&mut self, mut data: &[u8]) -> Option<()> {
        while let Some((&[class_and_index, ref counts @ ..], rest)) = data.split_first_chunk::<17>()
        {
            let length = counts.iter().map(|count| usize::from(*count)).sum();
            let (symbols, rest) = rest.split_at_checked(length)?;
            let tables = match class_and_index >> 4 {
                0 => &mut self.dc,
                _ => &mut self.ac,
            };
            *tables.get_mut(usize::from(class_and_index & 15))? = Some(HuffmanTable {
                counts: *counts,
                symbols: symbols.to_vec(),
            });
            data = rest;
        }
        Some(())
    }

    fn dc(&self, component: ScanComponent) -> Option<&HuffmanTable> {
        self.dc.get(component.dc_table)?.as_ref()
    }

    fn ac(&self, component: ScanComponent) -> Option<&HuffmanTable> {
        self.ac.get(component.ac_table)?.as_ref()
    }
}

/// The bits of a scan. Nothing is read beyond its end or a marker.
struct Bits<'a> {
    data: &'a [u8],
    /// The next byte.
    position: usize,
    byte: u8,
    /// How many bits of `byte` are left.
    left: u8,
}

impl<'a> Bits<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            position: 0,
            byte: 0,
            left: 0,
        }
    }

    fn bit(&mut self) -> Option<usize> {
        if self.left == 0 {
            self.byte = *self.data.get(self.position)?;
            self.position += 1;
            if self.byte == 0xff {
                // A zero is stuffed behind it, unless it begins a marker.
                self.data.get(self.position).filter(|next| **next == 0)?;
                self.position += 1;
            }
            self.left = 8;
        }
        self.left -= 1;
        Some(usize::from(self.byte >> self.left & 1))
    }

    fn bits(&mut self, count: u32) -> Option<usize> {
        (0..count).try_fold(0, |value, _| Some(2 * value + self.bit()?))
    }

    /// Continues behind a restart marker.
    fn restart(&mut self) -> Option<()> {
        self.left = 0;
        while self.data.get(self.position..)?.starts_with(&[0xff, 0xff]) {
            self.position += 1;
        }
        let marker = self.data.get(self.position..self.position + 2)?;
        self.position += 2;
        matches!(marker, [0xff, 0xd0..=0xd7]).then_some(())
    }
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
}

/// Reads the codes of one scan. Each method returns `None` where the data end or do not fit.
struct ScanReader<'a, 'b> {
    frame: &'a Frame,
    scan: &'a Scan,
    tables: &'a HuffmanTables,
    progress: &'a mut Progress,
    bits: &'a mut Bits<'b>,
    /// How many of the next blocks have no further coefficients in the band.
    end_of_band_run: usize,
}

impl ScanReader<'_, '_> {
    fn read(&mut self, restart_interval: usize) -> Option<()> {
        let (columns, rows) = match self.scan.components.as_slice() {
            [component] => {
                let component = &self.frame.components[component.index];
                let (width, height) = self.frame.component_size(component);
                (width.div_ceil(8), height.div_ceil(8))
            }
            _ => self.frame.units(),
        };
        for unit in 0..columns * rows {
            if restart_interval > 0 && unit > 0 && unit.is_multiple_of(restart_interval) {
                self.bits.restart()?;
                self.end_of_band_run = 0;
            }
            self.unit(unit % columns, unit / columns)?;
        }
        Some(())
    }

    fn unit(&mut self, column: usize, row: usize) -> Option<()> {
        let scan = self.scan;
        if let [component] = scan.components.as_slice() {
            return self.block(*component, column, row);
        }
        for component in &scan.components {
            let sampling = self.frame.components[component.index];
            for y in 0..sampling.vertical {
                for x in 0..sampling.horizontal {
                    let column = column * sampling.horizontal + x;
                    self.block(*component, column, row * sampling.vertical + y)?;
                }
            }
        }
        Some(())
    }

    fn block(&mut self, component: ScanComponent, column: usize, row: usize) -> Option<()> {
        if !self.frame.is_progressive() {
            self.dc_first(component)?;
            return self.ac_sequential(component);
        }
        let progress = &self.progress.components[component.index];
        let index = row * progress.stride + column;
        match (self.scan.first_coefficient, self.scan.high_bit) {
            (0, 0) => self.dc_first(component),
            (0, _) => self.bits.bit().map(|_| ()),
            (_, 0) => self.ac_first(component, index),
            (_, _) => self.ac_refinement(component, index),
        }
    }

    fn dc_first(&mut self, component: ScanComponent) -> Option<()> {
        let size = self.tables.dc(component)?.symbol(self.bits)?;
        self.bits.bits(u32::from(size & 15)).map(|_| ())
    }

    fn ac_sequential(&mut self, component: ScanComponent) -> Option<()> {
        let table = self.tables.ac(component)?;
        let mut coefficient = 1;
        while coefficient < 64 {
            let symbol = table.symbol(self.bits)?;
            match (symbol >> 4, symbol & 15) {
                (15, 0) => coefficient += 16,
                (_, 0) => break,
                (run, size) => {
                    coefficient += usize::from(run) + 1;
                    self.bits.bits(size.into())?;
                }
            }
        }
        Some(())
    }

    fn ac_first(&mut self, component: ScanComponent, block: usize) -> Option<()> {
        if self.end_of_band_run > 0 {
            self.end_of_band_run -= 1;
            return Some(());
        }
        let table = self.tables.ac(component)?;
        let nonzero = self.progress.components[component.index]
            .nonzero
            .get_mut(block)?;
        let mut coefficient = self.scan.first_coefficient;
        while coefficient <= self.scan.last_coefficient {
            let symbol = table.symbol(self.bits)?;
            match (symbol >> 4, symbol & 15) {
                (15, 0) => coefficient += 16,
                (run, 0) => {
                    self.end_of_band_run = (1 << run) - 1 + self.bits.bits(run.into())?;
                    break;
                }
                (run, size) => {
                    coefficient += usize::from(run);
                    *nonzero |= 1u64.checked_shl(coefficient as u32)?;
                    coefficient += 1;
                    self.bits.bits(size.into())?;
                }
            }
        }
        Some(())
    }

    /// Source: ITU-T T.81, G.1.2.3. A coefficient that is not zero has a correction bit; runs count the others.
    fn ac_refinement(&mut self, component: ScanComponent, block: usize) -> Option<()> {
        let table = self.tables.ac(component)?;
        let nonzero = self.progress.components[component.index]
            .nonzero
            .get_mut(block)?;
        let last = self.scan.last_coefficient;
        let mut coefficient = self.scan.first_coefficient;
        while self.end_of_band_run == 0 && coefficient <= last {
            let symbol = table.symbol(self.bits)?;
            let (mut run, size) = (symbol >> 4, symbol & 15);
            if size == 0 && run < 15 {
                self.end_of_band_run = (1 << run) + self.bits.bits(run.into())?;
                break;
            }
            if size > 0 {
                // The new coefficient's sign.
                self.bits.bit()?;
            }
            while coefficient <= last {
                let is_nonzero = *nonzero >> coefficient & 1 == 1;
                if is_nonzero {
                    self.bits.bit()?;
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
                self.bits.bits((*nonzero & band).count_ones())?;
            }
        }
        Some(())
    }
}

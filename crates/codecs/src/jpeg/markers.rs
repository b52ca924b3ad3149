//! The marker segments of a JPEG file, and the headers of its frame and scans (ITU-T T.81, annex B).

pub const START_OF_SCAN: u8 = 0xda;
/// Tells that the file is a frame of a video.
pub const APP0: u8 = 0xe0;
pub const EXIF_OR_XMP: u8 = 0xe1;
/// Adobe's, which tells the colour space.
pub const APP14: u8 = 0xee;
pub const HUFFMAN_TABLES: u8 = 0xc4;
pub const QUANTISATION_TABLES: u8 = 0xdb;
pub const RESTART_INTERVAL: u8 = 0xdd;
pub const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];

/// A segment of a file.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    pub marker: u8,
    /// Without the marker and the length.
    pub data: &'a [u8],
    /// With both.
    pub bytes: &'a [u8],
    /// The entropy-coded data behind the header of a scan; empty for other segments.
    pub scan: &'a [u8],
    /// The position of `scan` in the file.
    pub scan_start: usize,
}

/// The segments of a file up to its end marker, or to the start of another image behind a scan. Ends early where the file does.
/// Bytes between segments are passed over, as all decoders do.
pub struct Segments<'a> {
    file: &'a [u8],
    position: usize,
    is_behind_scan: bool,
}

impl<'a> Segments<'a> {
    pub fn new(file: &'a [u8]) -> Self {
        Self {
            file,
            position: 0,
            is_behind_scan: false,
        }
    }

    /// Whether the segments ended because the file did.
    pub fn is_at_end_of_file(&self) -> bool {
        self.position >= self.file.len()
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Segment<'a>;

    fn next(&mut self) -> Option<Segment<'a>> {
        loop {
            let start = self.position;
            match self.file.get(start..)? {
                // Any number of fill bytes before a marker; some markers have no length.
                [0xff, 0xff, ..] => self.position += 1,
                [0xff, 0xd9, ..] => return None,
                [0xff, 0xd8, ..] if self.is_behind_scan => return None,
                [0xff, 0x00 | 0x01 | 0xd0..=0xd8, ..] => self.position += 2,
                [0xff, marker, high, low, ..] => {
                    let length = usize::from(u16::from_be_bytes([*high, *low]));
                    let end = start + 2 + length.max(2);
                    let Some(data) = self.file.get(start + 4..end) else {
                        self.position = self.file.len();
                        return None;
                    };
                    self.is_behind_scan |= *marker == START_OF_SCAN;
                    let scan = match *marker {
                        START_OF_SCAN => entropy_coded(&self.file[end..]),
                        _ => &[],
                    };
                    self.position = end + scan.len();
                    return Some(Segment {
                        marker: *marker,
                        data,
                        bytes: &self.file[start..end],
                        scan,
                        scan_start: end,
                    });
                }
                [] | [0xff] | [0xff, _] | [0xff, _, _] => {
                    self.position = self.file.len();
                    return None;
                }
                bytes => {
                    let next = bytes.iter().position(|byte| *byte == 0xff);
                    self.position += next.unwrap_or(bytes.len());
                }
            }
        }
    }
}

/// The bytes before the next marker that is not a restart marker.
fn entropy_coded(bytes: &[u8]) -> &[u8] {
    let is_data = |next: u8| matches!(next, 0 | 0xd0..=0xd7 | 0xff);
    let end = bytes
        .windows(2)
        .position(|pair| pair[0] == 0xff && !is_data(pair[1]));
    &bytes[..end.unwrap_or(bytes.len())]
}

/// A component in the frame header.
#[derive(Clone, Copy)]
pub struct Component {
    pub id: u8,
    /// Sampling factors, 1 to 4.
    pub horizontal: usize,
    pub vertical: usize,
    pub quantisation_table: u8,
}

/// A frame header of 8 bits a sample, sequential or progressive, with Huffman codes.
pub struct Frame {
    pub marker: u8,
    pub width: usize,
    pub height: usize,
    /// 1 to 4.
    pub components: Vec<Component>,
    /// The largest sampling factors.
    pub horizontal: usize,
    pub vertical: usize,
}

/// Whether a marker begins the header of a frame that can be read: sequential or progressive, with Huffman codes.
pub fn is_frame_header(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xc2)
}

impl Frame {
    /// The frame header of a file; `None` if it has none before its first scan, or one of another kind.
    pub fn find(file: &[u8]) -> Option<Self> {
        Segments::new(file)
            .take_while(|segment| segment.marker != START_OF_SCAN)
            .find(|segment| is_frame_header(segment.marker))
            .and_then(|segment| Self::parse(&segment))
    }

    fn parse(segment: &Segment) -> Option<Self> {
        let (&[8, h1, h0, w1, w0, count], rest) = segment.data.split_first_chunk()? else {
            return None;
        };
        let components: Vec<_> = rest
            .as_chunks()
            .0
            .iter()
            .take(count.into())
            .map(|&[id, sampling, table]| Component {
                id,
                horizontal: usize::from(sampling >> 4),
                vertical: usize::from(sampling & 15),
                quantisation_table: table,
            })
            .collect();
        let is_factor = |factor: usize| (1..=4).contains(&factor);
        let frame = Self {
            marker: segment.marker,
            width: usize::from(u16::from_be_bytes([w1, w0])),
            height: usize::from(u16::from_be_bytes([h1, h0])),
            horizontal: components.iter().map(|c| c.horizontal).max()?,
            vertical: components.iter().map(|c| c.vertical).max()?,
            components,
        };
        let is_valid = frame.width > 0
            && frame.height > 0
            && frame.components.len() == usize::from(count)
            && frame.components.len() <= 4
            && frame
                .components
                .iter()
                .all(|c| is_factor(c.horizontal) && is_factor(c.vertical));
        is_valid.then_some(frame)
    }

    pub fn is_progressive(&self) -> bool {
        self.marker == 0xc2
    }

    /// Width and height of a component in samples.
    pub fn component_size(&self, component: &Component) -> (usize, usize) {
        (
            (self.width * component.horizontal).div_ceil(self.horizontal),
            (self.height * component.vertical).div_ceil(self.vertical),
        )
    }

    /// Columns and rows of the minimum coded units of a scan with several components.
    pub fn units(&self) -> (usize, usize) {
        (
            self.width.div_ceil(8 * self.horizontal),
            self.height.div_ceil(8 * self.vertical),
        )
    }
}

/// A component in a scan header.
#[derive(Clone, Copy)]
pub struct ScanComponent {
    /// Its index in the frame header.
    pub index: usize,
    /// The indices of its Huffman tables.
    pub dc_table: usize,
    pub ac_table: usize,
}

/// A scan header.
pub struct Scan {
    pub components: Vec<ScanComponent>,
    /// The band of coefficients, and the bits of the successive approximation. Only for progressive frames: sequential files
    /// exist with wrong values.
    pub first_coefficient: usize,
    pub last_coefficient: usize,
    pub high_bit: u8,
    pub low_bit: u8,
}

impl Scan {
    /// Reads a scan header; `None` if it does not fit the frame.
    pub fn parse(frame: &Frame, data: &[u8]) -> Option<Self> {
        let (&count, rest) = data.split_first()?;
        let (selectors, parameters) = rest.split_at_checked(2 * usize::from(count))?;
        let components: Option<Vec<_>> = selectors
            .as_chunks()
            .0
            .iter()
            .map(|&[id, tables]| {
                let index = frame.components.iter().position(|c| c.id == id)?;
                Some(ScanComponent {
                    index,
                    dc_table: usize::from(tables >> 4),
                    ac_table: usize::from(tables & 15),
                })
            })
            .collect();
        let &[first, last, approximation] = parameters.first_chunk()?;
        let scan = Self {
            components: components?,
            first_coefficient: first.into(),
            last_coefficient: last.into(),
            high_bit: approximation >> 4,
            low_bit: approximation & 15,
        };
        let is_valid = (1..=4).contains(&scan.components.len())
            && (!frame.is_progressive() || (first <= last && last < 64));
        is_valid.then_some(scan)
    }

    /// Whether the scan holds the first coefficients, which are the blocks' means.
    pub fn has_means(&self, frame: &Frame) -> bool {
        !frame.is_progressive() || (self.first_coefficient == 0 && self.high_bit == 0)
    }

    /// Columns and rows of the minimum coded units, which are blocks where the scan has one component.
    pub fn size_in_units(&self, frame: &Frame) -> (usize, usize) {
        match self.components.as_slice() {
            [component] => {
                let component = &frame.components[component.index];
                let (width, height) = frame.component_size(component);
                (width.div_ceil(8), height.div_ceil(8))
            }
            _ => frame.units(),
        }
    }

    /// How many blocks the scan holds.
    pub fn blocks(&self, frame: &Frame) -> usize {
        let (columns, rows) = self.size_in_units(frame);
        let blocks = self.components.iter().map(|component| {
            let component = &frame.components[component.index];
            component.horizontal * component.vertical
        });
        let in_unit = match self.components.len() {
            1 => 1,
            _ => blocks.sum(),
        };
        columns * rows * in_unit
    }
}

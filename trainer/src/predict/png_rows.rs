//! A PNG file that is written row by row, without knowing how many rows there will be.

use std::io::{self, Seek, SeekFrom, Write};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Bytes of compressed data in a chunk.
const CHUNK: usize = 1 << 16;
/// The filter that stores the differences to the row above.
const UP: u8 = 2;

/// An RGB image with 8 bits a channel.
pub struct PngRows<W: Write + Seek> {
    pixels: ZlibEncoder<ImageData<W>>,
    width: u32,
    height: u32,
    /// The row above the next.
    above: Vec<u8>,
}

impl<W: Write + Seek> PngRows<W> {
    /// Begins an image of this width.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn new(mut output: W, width: u32) -> io::Result<Self> {
        output.write_all(SIGNATURE)?;
        // The height follows at the end.
        write_header(&mut output, width, 0)?;
        let data = ImageData {
            output,
            buffer: Vec::new(),
        };
        Ok(Self {
            pixels: ZlibEncoder::new(data, Compression::default()),
            width,
            height: 0,
            above: vec![0; width as usize * 3],
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The output cannot be written.
    ///
    /// # Panics
    /// The row has not three bytes a pixel.
    pub fn push(&mut self, row: &[u8]) -> io::Result<()> {
        assert_eq!(row.len(), self.above.len(), "three bytes a pixel");
        let differences = row.iter().zip(&self.above).map(|(a, b)| a.wrapping_sub(*b));
        let filtered: Vec<u8> = std::iter::once(UP).chain(differences).collect();
        self.pixels.write_all(&filtered)?;
        self.above.copy_from_slice(row);
        self.height += 1;
        Ok(())
    }

    /// Ends the image.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn finish(self) -> io::Result<W> {
        let mut data = self.pixels.finish()?;
        data.write_chunk()?;
        let mut output = data.output;
        write_chunk(&mut output, b"IEND", &[])?;
        output.seek(SeekFrom::Start(SIGNATURE.len() as u64))?;
        write_header(&mut output, self.width, self.height)?;
        output.flush()?;
        Ok(output)
    }
}

/// Puts compressed data into chunks.
struct ImageData<W> {
    output: W,
    buffer: Vec<u8>,
}

impl<W: Write> ImageData<W> {
    fn write_chunk(&mut self) -> io::Result<()> {
        write_chunk(&mut self.output, b"IDAT", &self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

impl<W: Write> Write for ImageData<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK {
            self.write_chunk()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_header(output: &mut impl Write, width: u32, height: u32) -> io::Result<()> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // 8 bits a channel, RGB, and the only methods of compression and filtering; not interlaced.
    header.extend([8, 2, 0, 0, 0]);
    write_chunk(output, b"IHDR", &header)
}

fn write_chunk(output: &mut impl Write, name: &[u8; 4], data: &[u8]) -> io::Result<()> {
    let mut checksum = Crc::new();
    checksum.update(name);
    checksum.update(data);
    output.write_all(&(data.len() as u32).to_be_bytes())?;
    output.write_all(name)?;
    output.write_all(data)?;
    output.write_all(&checksum.sum().to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    #[test]
    fn the_rows_are_read_again() {
        let mut rows = PngRows::new(Cursor::new(Vec::new()), 300).unwrap();
        // Noise, so that there are several chunks.
        let row = |y: u32| -> Vec<u8> {
            (0..900u32)
                .map(|x| ((x + 900 * y).wrapping_mul(0x9e37_79b1) >> 24) as u8)
                .collect()
        };
        for y in 0..200 {
            rows.push(&row(y)).unwrap();
        }
        let file = rows.finish().unwrap().into_inner();
        let image = image::load_from_memory(&file).unwrap().into_rgb8();
        assert_eq!(image.dimensions(), (300, 200));
        let expected: Vec<u8> = (0..200).flat_map(row).collect();
        assert_eq!(image.into_raw(), expected);
    }
}

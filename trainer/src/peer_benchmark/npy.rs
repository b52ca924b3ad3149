//! Writer of NumPy's file format, version 1.0 (NEP 1).

use std::io;
use std::path::Path;

use ndarray::Array2;

/// Writes 32-bit floats, `[rows, columns]`.
pub fn write_floats(path: &Path, rows: &Array2<f32>) -> io::Result<()> {
    let bytes: Vec<u8> = rows.iter().flat_map(|v| v.to_le_bytes()).collect();
    write(path, "<f4", rows.shape(), &bytes)
}

/// Writes bytes, `[rows, columns]`.
pub fn write_bytes(path: &Path, rows: &Array2<u8>) -> io::Result<()> {
    let bytes: Vec<u8> = rows.iter().copied().collect();
    write(path, "|u1", rows.shape(), &bytes)
}

/// Writes bytes, `[length]`.
pub fn write_list(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, "|u1", &[bytes.len()], bytes)
}

fn write(path: &Path, dtype: &str, shape: &[usize], data: &[u8]) -> io::Result<()> {
    std::fs::write(path, [header(dtype, shape), data.to_vec()].concat())
}

/// The magic number, the version, the length, and a Python dictionary, padded to a multiple of 64 bytes.
fn header(dtype: &str, shape: &[usize]) -> Vec<u8> {
    let shape: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let dictionary =
        format!("{{'descr': '{dtype}', 'fortran_order': False, 'shape': ({shape}), }}");
    let before = b"\x93NUMPY\x01\0".len() + 2;
    let length = (before + dictionary.len() + 1).next_multiple_of(64) - before;
    let mut header = b"\x93NUMPY\x01\0".to_vec();
    header.extend((length as u16).to_le_bytes());
    header.extend(format!("{dictionary:<0$}\n", length - 1).into_bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_what_numpy_expects() {
        let header = header("<f4", &[55_000, 96]);
        assert_eq!(header.len() % 64, 0);
        assert_eq!(
            usize::from(u16::from_le_bytes([header[8], header[9]])),
            header.len() - 10
        );
        let dictionary = String::from_utf8(header[10..].to_vec()).unwrap();
        let expected = "{'descr': '<f4', 'fortran_order': False, 'shape': (55000, 96, ), }";
        assert!(
            dictionary.starts_with(expected) && dictionary.ends_with('\n'),
            "{dictionary:?}"
        );
    }
}

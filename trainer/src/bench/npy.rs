//! NumPy's file format, as far as a benchmark needs it.

use std::io;
use std::path::Path;

use crate::fit::classical::matrix::Matrix;

/// Rows of numbers, `[rows, columns]`.
pub fn floats(path: &Path, rows: &Matrix) -> io::Result<()> {
    let bytes: Vec<u8> = rows.values.iter().flat_map(|v| v.to_le_bytes()).collect();
    write(path, "<f4", &[rows.len(), rows.columns], &bytes)
}

/// Rows of bytes, `[rows, columns]`.
pub fn byte_rows(path: &Path, rows: &[Vec<u8>]) -> io::Result<()> {
    let columns = rows.first().map_or(0, Vec::len);
    write(path, "|u1", &[rows.len(), columns], &rows.concat())
}

/// Bytes, one after the other.
pub fn list(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, "|u1", &[bytes.len()], bytes)
}

/// Writes NumPy's file format, version 1.0 (NEP 1): a head in Python's words, padded to 64 bytes, then the numbers.
fn write(path: &Path, kind: &str, shape: &[usize], numbers: &[u8]) -> io::Result<()> {
    std::fs::write(path, [head(kind, shape), numbers.to_vec()].concat())
}

fn head(kind: &str, shape: &[usize]) -> Vec<u8> {
    let shape: String = shape.iter().map(|n| format!("{n}, ")).collect();
    let words = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({shape}), }}");
    let before = b"\x93NUMPY\x01\0".len() + 2;
    let length = (before + words.len() + 1).next_multiple_of(64) - before;
    let mut head = b"\x93NUMPY\x01\0".to_vec();
    head.extend((length as u16).to_le_bytes());
    head.extend(format!("{words:<0$}\n", length - 1).into_bytes());
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_what_numpy_reads() {
        let head = head("<f4", &[55_000, 96]);
        assert_eq!(head.len() % 64, 0);
        assert_eq!(
            usize::from(u16::from_le_bytes([head[8], head[9]])),
            head.len() - 10
        );
        let words = String::from_utf8(head[10..].to_vec()).unwrap();
        let expected = "{'descr': '<f4', 'fortran_order': False, 'shape': (55000, 96, ), }";
        assert!(
            words.starts_with(expected) && words.ends_with('\n'),
            "{words:?}"
        );
    }
}

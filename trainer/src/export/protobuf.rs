//! As much of protobuf's wire format as ONNX needs: varints, 32-bit floats, and fields that are bytes with their length.

/// Fields as they are written, one after the other.
#[derive(Default)]
pub struct Fields(Vec<u8>);

/// How a field's value is stored; the low three bits of its key.
const VARINT: u64 = 0;
const LENGTH_DELIMITED: u64 = 2;
const FIXED_32: u64 = 5;

impl Fields {
    /// A whole number.
    pub fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3 | VARINT);
        self.varint(value);
        self
    }

    /// Whole numbers, a field each.
    pub fn numbers(self, field: u64, values: &[usize]) -> Self {
        let each = values.iter();
        each.fold(self, |fields, &value| fields.number(field, value as u64))
    }

    /// A 32-bit float.
    pub fn float(mut self, field: u64, value: f32) -> Self {
        self.varint(field << 3 | FIXED_32);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Text, or other bytes.
    pub fn bytes(mut self, field: u64, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        self.varint(field << 3 | LENGTH_DELIMITED);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    /// A message within this one.
    pub fn message(self, field: u64, value: Self) -> Self {
        self.bytes(field, value.0)
    }

    /// Messages, a field each.
    pub fn messages(self, field: u64, values: impl IntoIterator<Item = Self>) -> Self {
        values.into_iter().fold(self, |f, v| f.message(field, v))
    }

    /// All that was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Seven bits a byte, the lowest first; all but the last byte have their highest bit set.
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documentation_s_examples_are_written_as_there() {
        // protobuf.dev/programming-guides/encoding: 150 in field 1, "testing" in field 2, the first within field 3.
        let one = || Fields::default().number(1, 150);
        assert_eq!(one().into_bytes(), [0x08, 0x96, 0x01]);
        let text = Fields::default().bytes(2, "testing").into_bytes();
        assert_eq!(text, b"\x12\x07testing");
        let nested = Fields::default().message(3, one()).into_bytes();
        assert_eq!(nested, [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let float = Fields::default().float(2, 1.0).into_bytes();
        assert_eq!(float, [0x15, 0, 0, 0x80, 0x3f]);
    }
}

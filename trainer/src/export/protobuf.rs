//! A writer of the protobuf wire format, with the field types that ONNX needs.

/// The encoded fields of a message.
#[derive(Default)]
pub struct Fields(Vec<u8>);

/// Wire types: the low three bits of a field's key.
const VARINT: u64 = 0;
const LENGTH_DELIMITED: u64 = 2;
const FIXED_32: u64 = 5;

impl Fields {
    /// Appends an integer.
    pub fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3 | VARINT);
        self.varint(value);
        self
    }

    /// Appends integers, one field each.
    pub fn numbers(self, field: u64, values: &[usize]) -> Self {
        let values = values.iter();
        values.fold(self, |fields, &value| fields.number(field, value as u64))
    }

    /// Appends a 32-bit float.
    pub fn float(mut self, field: u64, value: f32) -> Self {
        self.varint(field << 3 | FIXED_32);
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Appends text or bytes.
    pub fn bytes(mut self, field: u64, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        self.varint(field << 3 | LENGTH_DELIMITED);
        self.varint(value.len() as u64);
        self.0.extend(value);
        self
    }

    /// Appends a nested message.
    pub fn message(self, field: u64, value: Self) -> Self {
        self.bytes(field, value.0)
    }

    /// Appends nested messages, one field each.
    pub fn messages(self, field: u64, values: impl IntoIterator<Item = Self>) -> Self {
        values.into_iter().fold(self, |f, v| f.message(field, v))
    }

    /// The encoded message.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Seven bits per byte, the lowest first; all bytes but the last have their highest bit set.
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
    fn encodes_the_examples_of_the_documentation() {
        // protobuf.dev/programming-guides/encoding: 150 in field 1, "testing" in field 2, the first within field 3.
        let example = || Fields::default().number(1, 150);
        assert_eq!(example().into_bytes(), [0x08, 0x96, 0x01]);
        let text = Fields::default().bytes(2, "testing").into_bytes();
        assert_eq!(text, b"\x12\x07testing");
        let nested = Fields::default().message(3, example()).into_bytes();
        assert_eq!(nested, [0x1a, 0x03, 0x08, 0x96, 0x01]);
        let float = Fields::default().float(2, 1.0).into_bytes();
        assert_eq!(float, [0x15, 0, 0, 0x80, 0x3f]);
    }
}

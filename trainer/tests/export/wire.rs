//! Protobuf messages, read back.

/// A field's number and what it holds.
type Field<'a> = (u64, Held<'a>);

/// What a protobuf field holds.
#[derive(Clone, Copy)]
pub enum Held<'a> {
    Number(u64),
    Float(f32),
    Bytes(&'a [u8]),
}

impl<'a> Held<'a> {
    pub fn bytes(self) -> &'a [u8] {
        let Held::Bytes(bytes) = self else {
            panic!("not bytes")
        };
        bytes
    }

    pub fn text(self) -> &'a str {
        std::str::from_utf8(self.bytes()).unwrap()
    }

    pub fn number(self) -> usize {
        let Held::Number(number) = self else {
            panic!("no number")
        };
        number as usize
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let length = bytes.iter().position(|b| *b < 0x80).unwrap() + 1;
    let (head, tail) = bytes.split_at(length);
    *bytes = tail;
    head.iter()
        .rev()
        .fold(0, |sum, b| sum << 7 | u64::from(b & 0x7f))
}

fn fields(mut bytes: &[u8]) -> Vec<Field<'_>> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let held = match key & 7 {
            0 => Held::Number(varint(&mut bytes)),
            2 => {
                let length = varint(&mut bytes) as usize;
                let (head, tail) = bytes.split_at(length);
                bytes = tail;
                Held::Bytes(head)
            }
            5 => {
                let (head, tail) = bytes.split_first_chunk().unwrap();
                bytes = tail;
                Held::Float(f32::from_le_bytes(*head))
            }
            kind => panic!("wire type {kind}"),
        };
        all.push((key >> 3, held));
    }
    all
}

/// Of a message, the fields of that number.
pub fn each(message: &[u8], field: u64) -> Vec<Held<'_>> {
    let all = fields(message).into_iter();
    all.filter(|(f, _)| *f == field)
        .map(|(_, held)| held)
        .collect()
}

/// Of a node, its attribute's fields of that number; none without such an attribute.
pub fn attribute<'a>(node: &'a [u8], name: &str, field: u64) -> Vec<Held<'a>> {
    let all = each(node, 5).into_iter().map(Held::bytes);
    all.filter(|a| each(a, 1)[0].text() == name)
        .flat_map(|a| each(a, field))
        .collect()
}

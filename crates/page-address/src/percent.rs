//! Percent-encoding (RFC 3986, section 2.1), which browsers and other programs apply to the parts of an address.

use std::borrow::Cow;

/// The text with each `%41` decoded; `None` if a percent sign begins no such code, or the bytes are not UTF-8.
pub fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(if *first == b'%' {
            let [high, low, after @ ..] = rest else {
                return None;
            };
            rest = after;
            let digit = |byte: &u8| char::from(*byte).to_digit(16);
            (digit(high)? * 16 + digit(low)?) as u8
        } else {
            *first
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_codes_and_leaves_the_rest() {
        assert_eq!(decode("shirt").as_deref(), Some("shirt"));
        assert_eq!(decode("T-shirt%2ftop").as_deref(), Some("T-shirt/top"));
        assert_eq!(decode("%C3%A9%2B+").as_deref(), Some("é++"));
        for bad in ["%", "a%4", "%zz", "%+1", "%ff", "%c3"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}

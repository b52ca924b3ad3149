//! Names of files as a terminal may show them.

use std::borrow::Cow;

/// A name in which control characters are escaped, and characters that change the direction of writing: they could hide or forge
/// lines.
pub fn printable(name: &str) -> Cow<'_, str> {
    if !name.contains(is_unsafe) {
        return name.into();
    }
    let mut escaped = String::new();
    for character in name.chars() {
        if is_unsafe(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    escaped.into()
}

fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_control_characters_are_escaped() {
        assert_eq!(
            printable("Schuhe/grün \"neu\".png"),
            "Schuhe/grün \"neu\".png"
        );
        assert_eq!(
            printable("a\nb\x1b[2J\u{202e}gnp"),
            "a\\nb\\u{1b}[2J\\u{202e}gnp"
        );
    }
}

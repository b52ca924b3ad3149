//! A file's name as the browser gives it, which is UTF-16 and need not be valid.

use js_sys::JsString;
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;

/// A file's name, with its folders if it has any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileName {
    text: String,
    /// The UTF-16 units, if they are not valid.
    units: Option<Vec<u16>>,
}

impl FileName {
    /// From a string of the browser; empty from any other value.
    pub fn from_js(name: &JsValue) -> Self {
        match name.dyn_ref::<JsString>() {
            Some(name) if !name.is_valid_utf16() => {
                Self::from_units(&name.iter().collect::<Vec<u16>>())
            }
            Some(name) => Self::from(String::from(name)),
            None => Self::default(),
        }
    }

    pub fn from_units(units: &[u16]) -> Self {
        match String::from_utf16(units) {
            Ok(text) => Self::from(text),
            Err(_) => Self {
                text: String::from_utf16_lossy(units),
                units: Some(units.to_vec()),
            },
        }
    }

    /// The name without a slash at its beginning.
    pub fn without_leading_slash(self) -> Self {
        match &self.units {
            Some(units) => Self::from_units(units.strip_prefix(&[0x2f]).unwrap_or(units)),
            None => Self::from(self.text.strip_prefix('/').unwrap_or(&self.text).to_owned()),
        }
    }

    /// The name as it is shown: what is not valid is replaced by U+FFFD.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The UTF-16 units of a name that is not valid.
    pub fn invalid_units(&self) -> Option<&[u16]> {
        self.units.as_deref()
    }
}

impl From<String> for FileName {
    fn from(text: String) -> Self {
        Self { text, units: None }
    }
}

/// A name within a sentence, isolated by U+2068 and U+2069, so that letters written from right to left do not move the other words.
pub fn isolated(name: &str) -> String {
    format!("\u{2068}{name}\u{2069}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_valid_keeps_its_units() {
        let units = [0x61, 0xd800, 0x62];
        let name = FileName::from_units(&units);
        assert_eq!(name.text(), "a\u{fffd}b");
        assert_eq!(name.invalid_units(), Some(units.as_slice()));
        let valid = FileName::from_units(&[0xd83d, 0xdc57]);
        assert_eq!(valid, FileName::from("👗".to_owned()));
        assert_eq!(valid.invalid_units(), None);
    }
}

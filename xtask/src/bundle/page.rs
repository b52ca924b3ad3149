//! index.html as trunk wrote it, told the hashed names of the files that trunk does not know.

use anyhow::{Context, Result};

const NAME: &str = "haberdash-assets";

/// The page with `json` as the content of its `<meta name="haberdash-assets">`.
pub fn with_assets(page: &str, json: &str) -> Result<String> {
    let missing = || {
        format!("index.html has no `<meta name=\"{NAME}\" content=\"{{}}\">`: put it into its head")
    };
    let (start, end) = tag_around(page, NAME).with_context(missing)?;
    let (value_start, value_end) = content_value(&page[start..end]).with_context(missing)?;
    Ok(format!(
        "{}{}{}",
        &page[..start + value_start],
        escape(json),
        &page[start + value_end..]
    ))
}

/// Start and end of the `<meta …>` that holds the text `name` in quotes.
fn tag_around(page: &str, name: &str) -> Option<(usize, usize)> {
    let at = page.find(&format!("\"{name}\""))?;
    let start = page[..at].rfind("<meta")?;
    let end = at + page[at..].find('>')? + 1;
    (!page[start..at].contains('>')).then_some((start, end))
}

/// Start and end of what stands between the quotes of `content="…"`.
fn content_value(tag: &str) -> Option<(usize, usize)> {
    const ATTRIBUTE: &str = "content=\"";
    let start = tag.find(ATTRIBUTE)? + ATTRIBUTE.len();
    Some((start, start + tag[start..].find('"')?))
}

/// `text` inside a quoted attribute.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_map_goes_into_the_one_attribute_in_either_order() {
        let json = r#"{"a":"b-1.js"}"#;
        let escaped = "{&quot;a&quot;:&quot;b-1.js&quot;}";
        for (before, after) in [
            ("name=\"haberdash-assets\" content=\"", "\">"),
            ("content=\"", "\" name=\"haberdash-assets\"/>"),
        ] {
            let page = format!(
                "<head><meta charset=\"utf-8\"><meta {before}{{}}{after}<title>x</title></head>"
            );
            let expected = format!(
                "<head><meta charset=\"utf-8\"><meta {before}{escaped}{after}<title>x</title></head>"
            );
            assert_eq!(with_assets(&page, json).unwrap(), expected);
        }
    }

    #[test]
    fn no_name_can_leave_the_attribute() {
        assert_eq!(escape(r#"&"'<>"#), "&amp;&quot;&#39;&lt;&gt;");
    }

    #[test]
    fn a_page_without_the_place_is_an_error_that_says_so() {
        for page in [
            "<head></head>",
            "<meta name=\"x\"><p>\"haberdash-assets\"</p>",
            "<meta name=\"haberdash-assets\">",
        ] {
            let error = with_assets(page, "{}").unwrap_err().to_string();
            assert!(error.contains("<meta name=\"haberdash-assets\""), "{error}");
        }
    }
}

//! What the build writes into index.html: in `<meta>` elements the map of file names and the image that the page opens with, and the
//! links to the app.

use super::{assets::CodeFile, split::FirstPart};
use anyhow::{Context, Result};

/// The page with `text` as the content of its `<meta>` element of this name.
pub fn with_meta(page: &str, name: &str, text: &str) -> Result<String> {
    let missing =
        || format!("index.html has no `<meta name=\"{name}\" content=\"\">`: add it to the head");
    let (start, end) = tag_around(page, name).with_context(missing)?;
    let (value_start, value_end) = content_value(&page[start..end]).with_context(missing)?;
    Ok(format!(
        "{}{}{}",
        &page[..start + value_start],
        escape(text),
        &page[start + value_end..]
    ))
}

/// The page with links that make the browser load the app's modules and its wasm at once, and refuse them if their hashes differ.
/// web/boot.js starts the first module with the wasm, whose hash it checks, as browsers check none of preloaded wasm.
pub fn with_app(page: &str, app: &FirstPart) -> Result<String> {
    let end = page
        .find("</head>")
        .context("index.html has no `</head>`: add it after the last element of the head")?;
    let module = |file: &CodeFile| {
        let CodeFile { url, integrity } = file;
        format!(
            "<link rel=\"modulepreload\" href=\"{url}\" integrity=\"{integrity}\" crossorigin=\"anonymous\">\n"
        )
    };
    let CodeFile { url, integrity } = &app.wasm;
    Ok(format!(
        "{}{}{}<link rel=\"preload\" href=\"{url}\" data-integrity=\"{integrity}\" crossorigin=\"anonymous\" as=\"fetch\" type=\"application/wasm\">\n{}",
        &page[..end],
        module(&app.script),
        module(&app.loader),
        &page[end..]
    ))
}

/// The content of the `<meta>` element with `name` in quotes; it contains no escaped characters.
pub fn meta_content<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (start, end) = tag_around(page, name)?;
    let tag = &page[start..end];
    let (start, end) = content_value(tag)?;
    Some(&tag[start..end])
}

/// Start and end of the `<meta …>` that contains `name` in quotes.
fn tag_around(page: &str, name: &str) -> Option<(usize, usize)> {
    let at = page.find(&format!("\"{name}\""))?;
    let start = page[..at].rfind("<meta")?;
    let end = at + page[at..].find('>')? + 1;
    (!page[start..at].contains('>')).then_some((start, end))
}

/// Start and end of the value of `content="…"`.
fn content_value(tag: &str) -> Option<(usize, usize)> {
    const ATTRIBUTE: &str = "content=\"";
    let start = tag.find(ATTRIBUTE)? + ATTRIBUTE.len();
    Some((start, start + tag[start..].find('"')?))
}

/// The page's `<link>` elements of this kind, such as `stylesheet`, as they are.
pub fn links<'a>(page: &'a str, kind: &str) -> Vec<&'a str> {
    let tags = page.match_indices("<link").filter_map(|(start, _)| {
        let end = start + page[start..].find('>')? + 1;
        Some(&page[start..end])
    });
    let attribute = format!("rel=\"{kind}\"");
    tags.filter(|tag| tag.contains(&attribute)).collect()
}

/// Escapes `text` for HTML, also in a quoted attribute.
pub fn escape(text: &str) -> String {
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
    fn inserts_the_map_with_the_attributes_in_both_orders() {
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
            assert_eq!(
                with_meta(&page, "haberdash-assets", json).unwrap(),
                expected
            );
        }
    }

    #[test]
    fn the_app_is_linked_at_the_end_of_the_head() {
        let file = |name: &str| CodeFile {
            url: name.to_owned(),
            integrity: format!("sha256-{name}"),
        };
        let app = FirstPart {
            script: file("a.js"),
            loader: file("b.js"),
            wasm: file("a.wasm"),
        };
        let page = with_app("<head></head><body></body>", &app).unwrap();
        let (head, body) = page.split_once("</head>").unwrap();
        assert_eq!(body, "<body></body>");
        // boot.js starts the first module.
        assert!(head.starts_with(
            "<head><link rel=\"modulepreload\" href=\"a.js\" integrity=\"sha256-a.js\""
        ));
        assert!(head.contains(
            "href=\"a.wasm\" data-integrity=\"sha256-a.wasm\" crossorigin=\"anonymous\" as=\"fetch\""
        ));
        assert!(with_app("<body></body>", &app).is_err());
    }

    #[test]
    fn escapes_special_characters() {
        assert_eq!(escape(r#"&"'<>"#), "&amp;&quot;&#39;&lt;&gt;");
    }

    #[test]
    fn rejects_a_page_without_the_element() {
        for page in [
            "<head></head>",
            "<meta name=\"x\"><p>\"haberdash-assets\"</p>",
            "<meta name=\"haberdash-assets\">",
        ] {
            let error = with_meta(page, "haberdash-assets", "{}")
                .unwrap_err()
                .to_string();
            assert!(error.contains("<meta name=\"haberdash-assets\""), "{error}");
        }
    }

    #[test]
    fn finds_links_of_one_kind() {
        let page = "<head><link rel=\"icon\" href=\"a.svg\"><link rel=\"stylesheet\" href=\"./b-1.css\"/>\n<link rel=\"stylesheet\" href=\"./c.css\"></head>";
        assert_eq!(
            links(page, "stylesheet"),
            [
                "<link rel=\"stylesheet\" href=\"./b-1.css\"/>",
                "<link rel=\"stylesheet\" href=\"./c.css\">"
            ]
        );
        assert_eq!(links(page, "icon").len(), 1);
        assert!(links("<link rel=\"stylesheet\"", "stylesheet").is_empty());
    }
}

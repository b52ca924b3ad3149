//! `_headers`: the responses' headers, for hosts that read such a file (Netlify, Cloudflare Pages) and for `cargo xtask serve`.
//! Other hosts, such as GitHub Pages, send none; there the page's `<meta>` elements hold, and web/boot.js starts the workers so that
//! they inherit the policy.

use super::page::meta_content;
use anyhow::{Context, Result};
use std::{fs, path::Path};

/// The file's name.
pub const NAME: &str = "_headers";

/// Headers that no `<meta>` element can replace. A photo is taken with the camera; the page uses no other device.
const OTHERS: [&str; 3] = [
    "Referrer-Policy: no-referrer",
    "Permissions-Policy: camera=(self), microphone=(), geolocation=(), display-capture=(), usb=(), serial=(), hid=(), bluetooth=(), midi=(), payment=()",
    "X-Content-Type-Options: nosniff",
];

/// Writes the file into `staging`, with the content security policy of `page`.
pub fn add(staging: &Path, page: &str) -> Result<()> {
    let path = staging.join(NAME);
    fs::write(&path, text(page)?).with_context(|| format!("{} cannot be written", path.display()))
}

fn text(page: &str) -> Result<String> {
    let policy = meta_content(page, "Content-Security-Policy").context(
        "index.html has no `<meta http-equiv=\"Content-Security-Policy\" content=\"…\">`: add it to the head",
    )?;
    // Other pages may frame this one, as README.md describes: there is no `frame-ancestors`, whose `*` would leave out pages that are
    // opened as files. The page has no accounts, no cookies and nothing to send or buy, so a click that a framing page makes a visitor
    // do by deceit gains nothing. The browser asks before the camera is used, and a framing page must allow it as well.
    let policy = format!("Content-Security-Policy: {policy}");
    let lines = [policy.as_str()].into_iter().chain(OTHERS);
    Ok(lines.fold("/*\n".to_owned(), |text, line| format!("{text}  {line}\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_is_the_page_s_and_allows_frames() {
        let page = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'\">";
        let text = text(page).unwrap();
        assert!(
            text.starts_with("/*\n  Content-Security-Policy: default-src 'none'\n  "),
            "{text}"
        );
        assert!(!text.contains("frame-ancestors"), "{text}");
        assert!(text.contains("\n  Permissions-Policy: camera=(self), "));
        assert_eq!(static_server::headers(&text).len(), 4);
        assert!(super::text("<head></head>").is_err());
    }

    #[test]
    fn the_page_of_this_checkout_has_a_policy() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../index.html");
        let text = text(&fs::read_to_string(page).unwrap()).unwrap();
        assert!(text.contains("connect-src 'self';"), "{text}");
    }
}

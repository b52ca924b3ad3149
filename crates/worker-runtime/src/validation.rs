//! What every engine checks before it computes, and the sentences for what it has to refuse.

use shared::Grey28;
use shared::image::SIDE;

use protocol::{Pixels, Source};

/// A file's bytes, which [`scope`](crate::worker_runtime) has fetched by now.
///
/// # Errors
/// A sentence, where the bytes are still behind a URL.
pub fn bytes(source: Source) -> Result<Vec<u8>, String> {
    match source {
        Source::Bytes(bytes) => Ok(bytes),
        Source::Url(url) | Source::Fresh(url) => Err(format!(
            "{url} was not fetched before it was used: reload the page."
        )),
    }
}

/// The 28x28 picture of a request.
///
/// # Errors
/// A sentence, where it has another size.
pub fn picture(pixels: &Pixels) -> Result<Grey28, String> {
    pixels.grey().ok_or_else(|| {
        format!("A picture arrived that is not {SIDE} x {SIDE}: reload the page and try again.")
    })
}

/// A sentence for weights that were refused: the cause, and what a visitor (not a trainer) can do. `title` is the
/// model's, or the vote's.
pub fn unfit(title: &str, error: &str) -> String {
    let cause = error.rsplit_once(": ").map_or(error, |(cause, _)| cause);
    format!("{title} cannot answer, because {cause}: try again to fetch its weights anew.")
}

/// A sentence for a model, or the vote, that was asked before it was loaded.
pub fn unloaded(title: &str) -> String {
    format!("{title} has no weights yet: wait until they are loaded.")
}

/// A message's first line, short enough to stand in a sentence.
pub fn brief(message: &str) -> String {
    const LONGEST: usize = 160;
    let line = message
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("no reason given");
    let line = line.trim_end_matches(['.', ':']);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_message_is_one_line_without_its_full_stop() {
        assert_eq!(
            brief("\n  Device was destroyed.\nat x"),
            "Device was destroyed"
        );
        assert_eq!(brief(" \n"), "no reason given");
        assert_eq!(brief(&"ä".repeat(500)).chars().count(), 161);
    }
}

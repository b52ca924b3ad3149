//! What is promised about faults and hostile input, and how often the checks have tried it: the table of docs/reliability.md.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};

/// The variable with the folder into which the checks write what they have tried.
const FOLDER: &str = "HABERDASH_RECORDS";

/// A promise, and the check that tries it.
pub struct Promise {
    /// The name of the check, as its program prints it.
    pub check: &'static str,
    pub promise: &'static str,
    pub tried: &'static str,
}

const fn promise(check: &'static str, promise: &'static str, tried: &'static str) -> Promise {
    Promise {
        check,
        promise,
        tried,
    }
}

/// The promise about every reader that is fuzzed.
const READER: &str = "Any bytes are read or refused, in 2 seconds and 600 MB, without a panic";

/// All promises, in the order of the table.
pub const PROMISES: [Promise; 22] = [
    promise(
        "photos",
        READER,
        "image files of every format, bombs among them, and mutations of them",
    ),
    promise(
        "arrays",
        READER,
        "npy, IDX, CSV and gzip files, and mutations of them",
    ),
    promise(
        "weights",
        READER,
        "weights files, and mutations of them; a model that is accepted predicts probabilities",
    ),
    promise(
        "messages",
        READER,
        "messages between page and workers, and mutations of them",
    ),
    promise(
        "addresses",
        READER,
        "fragments, quiz codes, queries and history entries, and mutations of them",
    ),
    promise(
        "records",
        READER,
        "the trainer's manifest and metrics, and mutations of them",
    ),
    promise(
        "each_faulty_file_of_a_first_visit_is_survived",
        "A faulty file of a first visit: the page answers or says what to do, and then answers the next image",
        "status 404, status 500, cut off, one bit altered; files that the first prediction needs, and one of each other kind",
    ),
    promise(
        "stalled_files_of_a_first_visit_are_survived",
        "A download that stalls: the page answers or says what to do, and then answers the next image",
        "the gallery, the novelty detector and a later part of the app, stalled",
    ),
    promise(
        "a_stalled_app_is_said_until_it_comes",
        "A download that stalls: the page answers or says what to do, and then answers the next image",
        "the app, stalled",
    ),
    promise(
        "a_stalled_download_holds_up_no_other_and_can_be_repeated",
        "A download of weights that stalls holds up no other, and can be repeated",
        "weights of the CNN and the vote, stalled",
    ),
    promise(
        "each_faulty_file_of_a_second_visit_is_survived",
        "A second visit answers whatever the server does",
        "all files with each fault, then the page with each fault",
    ),
    promise(
        "each_faulty_file_of_an_update_is_survived",
        "A failed update leaves the version before whole",
        "the page, the list of files and a new file: status 404, cut off, one bit altered, stalled; after each, the server fails",
    ),
    promise(
        "without_its_server_the_page_answers",
        "A second visit needs no network",
        "a visit without the server",
    ),
    promise(
        "an_unreadable_cache_is_passed_over",
        "A cache that the browser cannot read does not keep the page from answering",
        "a cache storage that throws errors",
    ),
    promise(
        "altered_code_of_the_engine_is_not_run",
        "Code whose content differs from what was built is not run",
        "the script and the wasm file of the CPU engine, one bit altered",
    ),
    promise(
        "altered_code_of_the_app_is_not_run",
        "Code whose content differs from what was built is not run",
        "the script and the wasm file of the app, one bit altered",
    ),
    promise(
        "a_worker_that_has_closed_is_replaced",
        "A worker that falls silent is replaced, and the next image answered",
        "a worker that closes itself",
    ),
    promise(
        "a_worker_in_an_endless_loop_is_replaced",
        "A worker that falls silent is replaced, and the next image answered",
        "a worker in an endless loop",
    ),
    promise(
        "a_file_that_takes_too_long_is_given_up",
        "A file that takes too long is given up, and the next one answered",
        "a decoder that never ends, three times in a row",
    ),
    promise(
        "without_the_novelty_detector_each_answer_says_so",
        "What could not be checked is said beside each answer",
        "a novelty detector that is missing",
    ),
    promise(
        "a_graphics_adapter_that_never_comes_is_given_up",
        "The page works without WebGPU",
        "a graphics adapter that never comes",
    ),
    promise(
        "sends_no_request_to_another_origin_or_path",
        "No request leaves the site's origin and path",
        "a session of checks of the page",
    ),
];

/// The numbers of attempts and of those that were survived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub tried: usize,
    pub survived: usize,
}

static COUNTS: Mutex<BTreeMap<String, Count>> = Mutex::new(BTreeMap::new());

/// Does something that a check tries: it is survived unless it panics.
pub fn attempt<T>(check: &str, work: impl FnOnce() -> T) -> T {
    record(check, 1, 0);
    let result = work();
    record(check, 0, 1);
    result
}

/// Adds attempts of a check, if the environment names a folder for them.
///
/// # Panics
/// The folder cannot be written.
pub fn record(check: &str, tried: usize, survived: usize) {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let mut counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    let count = counts.entry(check.to_owned()).or_default();
    count.tried += tried;
    count.survived += survived;
    let text = format!("{} {}", count.tried, count.survived);
    fs::write(Path::new(&folder).join(check), text).expect("the folder of records is writable");
}

/// Whether the check has recorded attempts of its own.
pub fn has_recorded(check: &str) -> bool {
    let counts = COUNTS.lock().unwrap_or_else(PoisonError::into_inner);
    counts.contains_key(check)
}

/// The count that a check has written into the folder.
fn count(folder: &Path, check: &str) -> Result<Count> {
    let text = fs::read_to_string(folder.join(check)).with_context(|| {
        format!("the check {check} has recorded nothing: run `cargo xtask reliability`")
    })?;
    let number = |text: Option<&str>| text.and_then(|text| text.parse().ok());
    let mut words = text.split_whitespace();
    let (tried, survived) = (number(words.next()), number(words.next()));
    let (tried, survived) = tried
        .zip(survived)
        .with_context(|| format!("{check} has recorded {text:?}"))?;
    Ok(Count { tried, survived })
}

/// The page docs/reliability.md, from what the checks have written into the folder.
///
/// # Errors
/// A check has recorded nothing.
pub fn report(folder: &Path) -> Result<String> {
    let mut page = String::from(
        "<!-- Generated by `cargo xtask reliability`: do not edit this page. -->\n\n\
         # Reliability\n\n\
         What the page and the readers of files promise, and how often the checks of `cargo xtask test` tried to break it. Inputs are\n\
         built and mutated by code (`crates/fuzzed-readers`, `tests/tests/fuzz`); each reader is tried for five seconds, so these numbers depend\n\
         on the machine. A scheduled workflow gives each reader another minute with libFuzzer, and runs the unit tests that Miri can run.\n\
         The faults of files are those of the tests' own server (`tests/src/site.rs`).\n\n",
    );
    page += "| promised | tried | how many | survived |\n|---|---|--:|--:|\n";
    for promise in &PROMISES {
        let Count { tried, survived } = count(folder, promise.check)?;
        page += &format!("{}{tried} | {survived} |\n", claim(promise));
    }
    Ok(page)
}

/// The first two cells of a promise's row.
fn claim(promise: &Promise) -> String {
    format!("| {} | {} | ", promise.promise, promise.tried)
}

/// The numbers in the rows of the page, one for each promise.
///
/// # Errors
/// The page has other rows than those of [`PROMISES`].
pub fn counts(page: &str) -> Result<Vec<Count>> {
    let mut rows = page.lines().filter(|line| line.starts_with('|')).skip(2);
    let counts = PROMISES.iter().map(|promise| {
        let row = rows.next().unwrap_or_default();
        let numbers = row.strip_prefix(&claim(promise)).and_then(|rest| {
            let (tried, survived) = rest.strip_suffix(" |")?.split_once(" | ")?;
            Some((tried.parse().ok()?, survived.parse().ok()?))
        });
        let (tried, survived) = numbers.with_context(|| {
            format!(
                "docs/reliability.md has no row of the check {}: run `cargo xtask reliability`",
                promise.check
            )
        })?;
        Ok(Count { tried, survived })
    });
    let counts = counts.collect::<Result<_>>()?;
    anyhow::ensure!(
        rows.next().is_none(),
        "docs/reliability.md has a row of no promise: run `cargo xtask reliability`"
    );
    Ok(counts)
}

//! A server for the built site below a sub-path, with faults that tests inject.

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fashion_mnist::IdxFile;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use static_server::{Response, Server, content_type};
use tempfile::TempDir;

/// The path of the site below the origin, as on GitHub Pages.
pub const SUB_PATH: &str = "/haberdash/";

/// The path of an empty page, which the server adds to the site.
const BLANK: &str = "blank-page-of-the-tests.html";

/// The path to which browsers report requests to other origins.
const REPORTS: &str = "/report-of-the-tests";

/// An injected fault of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Status 404.
    Missing,
    /// Status 500.
    Failing,
    /// The first half of the file, as a complete response.
    Truncated,
    /// One bit in the middle is flipped.
    Altered,
    /// The first half is sent at once, the rest when the faults are cleared.
    Stalled,
}

impl Fault {
    /// All faults.
    pub const ALL: [Self; 5] = [
        Self::Missing,
        Self::Failing,
        Self::Truncated,
        Self::Altered,
        Self::Stalled,
    ];
}

/// The injected faults, and the requests so far.
struct State {
    /// Value of the header `Cache-Control`.
    cache_control: &'static str,
    /// Other headers of all files; none at first, as on GitHub Pages.
    headers: Vec<(String, String)>,
    /// Faults, each for the files that [`concerns`] finds.
    faults: Vec<(String, Fault)>,
    /// The number of reports to [`REPORTS`].
    reports: usize,
    /// Requested paths with the status, without those that had a fault.
    requests: Vec<(String, u16)>,
    /// Files that are sent compressed, by their paths.
    compressed: HashMap<String, Vec<u8>>,
}

/// The served folders.
struct Folders {
    site: PathBuf,
    /// Folders outside the site, with their paths below the origin.
    others: Vec<(&'static str, PathBuf)>,
}

/// A running server; it stops when dropped.
pub struct Site {
    folders: Arc<Folders>,
    /// `None` after [`stop`](Self::stop).
    server: Option<Server>,
    origin: String,
    state: Arc<Mutex<State>>,
    /// The temporary folder, if the site is a copy.
    _copy: Option<TempDir>,
}

impl Site {
    /// Serves the folder named by `HABERDASH_SITE`.
    ///
    /// # Errors
    /// The variable is not set, or its folder contains no built site.
    pub fn start() -> Result<Self> {
        let folder = std::env::var_os("HABERDASH_SITE").context(
            "HABERDASH_SITE is not set: run `cargo xtask test`, which builds the site and sets the variable",
        )?;
        Self::serve_folder(folder.into(), Vec::new())
    }

    /// Serves the folder, and other folders below paths of their own, such as `/peers/`.
    ///
    /// # Errors
    /// The folder contains no built site.
    pub fn serve_folder(folder: PathBuf, others: Vec<(&'static str, PathBuf)>) -> Result<Self> {
        ensure!(
            folder.join("index.html").is_file(),
            "{} contains no index.html: run `cargo xtask test`, which builds the site",
            folder.display()
        );
        Self::serve(folder, others, None, "no-store")
    }

    /// Serves a copy of the site, which a test may change. The browser may cache its files, as on GitHub Pages.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_copy() -> Result<Self> {
        let original = Self::start()?;
        let copy = TempDir::new().context("there is no temporary folder for a copy of the site")?;
        copy_folder(original.folder(), copy.path()).context("the site cannot be copied")?;
        Self::serve(
            copy.path().to_owned(),
            Vec::new(),
            Some(copy),
            "max-age=600",
        )
    }

    fn serve(
        site: PathBuf,
        others: Vec<(&'static str, PathBuf)>,
        copy: Option<TempDir>,
        cache_control: &'static str,
    ) -> Result<Self> {
        let folders = Arc::new(Folders { site, others });
        let state = Arc::new(Mutex::new(State {
            cache_control,
            headers: Vec::new(),
            faults: Vec::new(),
            reports: 0,
            requests: Vec::new(),
            compressed: HashMap::new(),
        }));
        let server = Server::on_free_port({
            let (state, folders) = (Arc::clone(&state), Arc::clone(&folders));
            move |_, target| respond(target, &folders, &state)
        })
        .context("no port is free for the site")?;
        Ok(Self {
            folders,
            origin: server.origin(),
            server: Some(server),
            state,
            _copy: copy,
        })
    }

    /// The folder of the served files.
    pub fn folder(&self) -> &Path {
        &self.folders.site
    }

    /// Appends `text` to a worker's script in a copy of the site, and puts the script's new hash into the page. Returns `false` if the
    /// worker is not part of this build.
    pub fn append_to_worker(&self, name: &str, text: &str) -> bool {
        let index = self.folder().join("index.html");
        let page = fs::read_to_string(&index).expect("a page");
        // The map of names is an attribute, in which quotation marks are escaped.
        let key = format!("&quot;{name}.js&quot;:&quot;");
        let Some(url) = page
            .split(&key)
            .nth(1)
            .and_then(|rest| rest.split("&quot;").next())
        else {
            return false;
        };
        let path = self.folder().join(url);
        let script = fs::read(&path).expect("a script");
        let changed = [&script, text.as_bytes()].concat();
        let page = page.replace(&integrity(&script), &integrity(&changed));
        fs::write(&path, changed).expect("a writable site");
        fs::write(&index, page).expect("a writable site");
        true
    }

    /// Stops the server.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// The page's address.
    pub fn url(&self) -> String {
        format!("{}{SUB_PATH}", self.origin)
    }

    /// The address of a path below the origin, such as `/peers/a.html`.
    pub fn url_of(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The content of the file at this path; `None` if there is none.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        read(&self.folders, path)
    }

    /// The address of an empty page of the same origin, for the tests' scripts.
    pub fn blank(&self) -> String {
        format!("{}{BLANK}", self.url())
    }

    /// The site's weights file of that name (a model's, or "vote"). In the site its name contains a hash.
    pub fn weights(&self, name: &str) -> Option<Vec<u8>> {
        let files = fs::read_dir(self.folders.site.join("weights")).ok()?;
        let file = files.flatten().find(|file| {
            let found = file.file_name().to_string_lossy().into_owned();
            found.starts_with(&format!("{name}-")) && found.ends_with(".hbd")
        })?;
        fs::read(file.path()).ok()
    }

    /// The site's file of the test set, unpacked; `None` if the site was built without it.
    pub fn test_set(&self, file: &IdxFile) -> Option<Vec<u8>> {
        let stem = file.archive.trim_end_matches(".gz");
        let files = fs::read_dir(self.folders.site.join("test-set")).ok()?;
        let found = files.flatten().find(|found| {
            let name = found.file_name().to_string_lossy().into_owned();
            name.starts_with(stem) && name.ends_with(".gz")
        })?;
        let mut bytes = Vec::new();
        GzDecoder::new(fs::File::open(found.path()).ok()?)
            .read_to_end(&mut bytes)
            .ok()?;
        Some(bytes)
    }

    /// From now on, responses have the fault for files whose path contains `file`, in which a star stands for any text, or for the page
    /// if it is [`SUB_PATH`].
    pub fn inject_fault(&self, file: &str, fault: Fault) {
        let mut state = self.state.lock().expect("no thread panicked");
        state.faults.push((file.into(), fault));
    }

    /// From now on, these files are sent compressed, as GitHub Pages sends them, and the browser may cache them.
    ///
    /// # Errors
    /// A file cannot be compressed.
    pub fn send_compressed(&self, paths: &[String]) -> Result<()> {
        let mut compressed = HashMap::new();
        for path in paths {
            if let Some(file) = self.file(path) {
                compressed.insert(path.clone(), gzipped(&file)?);
            }
        }
        let mut state = self.state.lock().expect("no thread panicked");
        state.compressed = compressed;
        state.cache_control = "max-age=600";
        Ok(())
    }

    /// Takes back [`send_compressed`](Self::send_compressed).
    pub fn send_uncompressed(&self) {
        let mut state = self.state.lock().expect("no thread panicked");
        state.compressed.clear();
        state.cache_control = "no-store";
    }

    /// From now on, the browser reports each request of the page and of its workers to another origin, whatever comes of it. See
    /// [`outside_requests`](Self::outside_requests).
    pub fn watch_requests(&self) {
        let policy = format!(
            "default-src 'self' blob: data: 'unsafe-inline' 'unsafe-eval' 'wasm-unsafe-eval'; report-uri {REPORTS}"
        );
        self.state.lock().expect("no thread panicked").headers =
            vec![("Content-Security-Policy-Report-Only".into(), policy)];
    }

    /// How many requests to other origins were reported so far; the browser's console has their addresses.
    pub fn outside_requests(&self) -> usize {
        self.state.lock().expect("no thread panicked").reports
    }

    /// From now on, responses have the headers of the site's file `_headers`.
    pub fn send_headers(&self) {
        let file = fs::read_to_string(self.folders.site.join("_headers"));
        let file = file.expect("the build writes headers");
        self.state.lock().expect("no thread panicked").headers = static_server::headers(&file);
    }

    /// Removes all injected faults.
    pub fn clear_faults(&self) {
        self.state
            .lock()
            .expect("no thread panicked")
            .faults
            .clear();
    }

    /// The requested paths so far with the responses' status, without those that had a fault.
    pub fn requests(&self) -> Vec<(String, u16)> {
        self.state
            .lock()
            .expect("no thread panicked")
            .requests
            .clone()
    }
}

/// The bytes, compressed by gzip at its default level.
///
/// # Errors
/// There is not enough memory.
pub fn gzipped(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Copies a folder's content into another folder.
fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let (entry, path) = entry.map(|e| (e.path(), to.join(e.file_name())))?;
        if entry.is_dir() {
            fs::create_dir(&path)?;
            copy_folder(&entry, &path)?;
        } else {
            fs::copy(&entry, &path)?;
        }
    }
    Ok(())
}

/// Whether a path is that of the page, for its folder's path as `file`; otherwise, whether the path contains `file`, in which a star
/// stands for any text.
fn concerns(file: &str, path: &str) -> bool {
    if file == SUB_PATH {
        return path == file;
    }
    match file.split_once('*') {
        Some((start, end)) => path
            .find(start)
            .is_some_and(|at| path[at + start.len()..].contains(end)),
        None => path.contains(file),
    }
}

/// The fault for a path, if there is one.
fn fault(path: &str, state: &Mutex<State>) -> Option<Fault> {
    let state = state.lock().expect("no thread panicked");
    let found = state.faults.iter().find(|(file, _)| concerns(file, path));
    found.map(|(_, fault)| *fault)
}

/// Waits until the path has no [`Fault::Stalled`] any more.
fn stall(path: &str, state: &Mutex<State>) {
    while fault(path, state) == Some(Fault::Stalled) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn respond(target: &str, folders: &Folders, state: &Arc<Mutex<State>>) -> Response {
    let path = target
        .split_once(['?', '#'])
        .map_or(target, |(path, _)| path);
    if path == REPORTS {
        state.lock().expect("no thread panicked").reports += 1;
    }
    let fault = fault(path, state);
    let (cache_control, mut headers, compressed) = {
        let state = state.lock().expect("no thread panicked");
        let compressed = state.compressed.get(path).cloned();
        (state.cache_control, state.headers.clone(), compressed)
    };
    let content = match fault {
        Some(Fault::Missing | Fault::Failing) => None,
        _ => read(folders, path),
    };
    let response = match content {
        Some(mut body) => {
            let middle = body.len() / 2;
            match fault {
                Some(Fault::Truncated) => body.truncate(middle),
                Some(Fault::Altered) => body[middle] ^= 1,
                _ => {}
            }
            if let Some(compressed) = compressed {
                body = compressed;
                headers.push(("Content-Encoding".into(), "gzip".into()));
            }
            Response {
                status: 200,
                content_type: content_type(Path::new(if path.ends_with('/') {
                    "index.html"
                } else {
                    path
                })),
                cache_control,
                headers,
                body,
                pause: (fault == Some(Fault::Stalled)).then(|| {
                    let (path, state) = (path.to_owned(), Arc::clone(state));
                    Box::new(move || stall(&path, &state)) as Box<dyn FnOnce()>
                }),
            }
        }
        None => Response {
            status: match fault {
                _ if path == REPORTS => 200,
                Some(Fault::Failing) => 500,
                _ => 404,
            },
            content_type: "text/plain",
            cache_control: "no-store",
            headers: Vec::new(),
            body: b"not found".to_vec(),
            pause: None,
        },
    };
    if fault.is_none() && path != REPORTS {
        let mut state = state.lock().expect("no thread panicked");
        state.requests.push((path.into(), response.status));
    }
    response
}

/// The content of a file below the sub-path, or below the path of another folder.
fn read(folders: &Folders, path: &str) -> Option<Vec<u8>> {
    if path.split('/').any(|part| part == "..") {
        return None;
    }
    let mut others = folders.others.iter();
    let other = others.find_map(|(prefix, folder)| Some((path.strip_prefix(prefix)?, folder)));
    if let Some((inside, folder)) = other {
        return fs::read(folder.join(inside)).ok();
    }
    match path.strip_prefix(SUB_PATH)? {
        BLANK => {
            Some(b"<!doctype html><link rel=\"icon\" href=\"data:,\"><title>tests</title>".to_vec())
        }
        "" => fs::read(folders.site.join("index.html")).ok(),
        inside => fs::read(folders.site.join(inside)).ok(),
    }
}

/// SHA-256 in the form of Subresource Integrity.
fn integrity(bytes: &[u8]) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(bytes)))
}

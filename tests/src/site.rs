//! The built site under a sub-path, from a server that can be told to answer wrongly.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

use static_server::{Response, Server, content_type};

/// Where the site lies below the origin, as it would on GitHub Pages.
pub const SUB_PATH: &str = "/haberdash/";

/// The one file that is not the site's.
const BLANK: &str = "blank-page-of-the-tests.html";

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Status 404.
    Missing,
    /// The first half of the file, as a whole answer.
    Truncated,
    /// One bit in the middle is flipped.
    Altered,
    /// The first half comes at once, the rest when the site is mended.
    Stalled,
}

/// What is wrong, and what was asked for.
struct State {
    /// The header `Cache-Control` of what is there.
    caching: &'static str,
    /// Faults, and the files they befall: those whose path contains the text.
    faults: Vec<(String, Fault)>,
    /// Paths that were answered as they are, with the status.
    log: Vec<(String, u16)>,
}

/// What is served.
struct Folders {
    site: PathBuf,
    /// Folders that are no part of the site, and where they lie below the origin.
    beside: Vec<(&'static str, PathBuf)>,
}

/// A running server; it stops when dropped.
pub struct Site {
    folder: Arc<Folders>,
    /// None once it is stopped.
    server: Option<Server>,
    origin: String,
    state: Arc<Mutex<State>>,
    /// The folder, where it is a copy.
    _copy: Option<TempDir>,
}

impl Site {
    /// Serves the folder named by `HABERDASH_SITE`.
    ///
    /// # Errors
    /// A sentence, where the variable is not set or names no built site.
    pub fn start() -> Result<Self, String> {
        let folder = std::env::var_os("HABERDASH_SITE").map(PathBuf::from).ok_or(
            "HABERDASH_SITE is not set, so there is no built site to test: run `cargo xtask test`, which builds one and sets it",
        )?;
        Self::of(folder, Vec::new())
    }

    /// Serves this folder, and `beside` it others below paths of their own, such as `/peers/`.
    ///
    /// # Errors
    /// A sentence, where it holds no built site.
    pub fn of(folder: PathBuf, beside: Vec<(&'static str, PathBuf)>) -> Result<Self, String> {
        if !folder.join("index.html").is_file() {
            return Err(format!(
                "{} holds no index.html: run `cargo xtask test`, which builds the site",
                folder.display()
            ));
        }
        Self::serve(folder, beside, None, "no-store")
    }

    /// Serves a copy of it, to be altered; a browser may keep what it is given, as GitHub Pages lets it.
    ///
    /// # Errors
    /// A sentence, as [`start`](Self::start).
    pub fn copied() -> Result<Self, String> {
        let original = Self::start()?;
        let copy = TempDir::new().map_err(|e| format!("no folder for a copy of the site: {e}"))?;
        copied(original.folder(), copy.path())
            .map_err(|e| format!("the site cannot be copied: {e}"))?;
        Self::serve(
            copy.path().to_owned(),
            Vec::new(),
            Some(copy),
            "max-age=600",
        )
    }

    fn serve(
        site: PathBuf,
        beside: Vec<(&'static str, PathBuf)>,
        copy: Option<TempDir>,
        caching: &'static str,
    ) -> Result<Self, String> {
        let folder = Arc::new(Folders { site, beside });
        let state = Arc::new(Mutex::new(State {
            caching,
            faults: Vec::new(),
            log: Vec::new(),
        }));
        let server = Server::on_free_port({
            let (state, folder) = (Arc::clone(&state), Arc::clone(&folder));
            move |_, target| answer(target, &folder, &state)
        })
        .map_err(|e| format!("no port is free to listen on: {e}"))?;
        Ok(Self {
            folder,
            origin: server.origin(),
            server: Some(server),
            state,
            _copy: copy,
        })
    }

    /// Where the files lie.
    pub fn folder(&self) -> &Path {
        &self.folder.site
    }

    /// From now on, nobody listens.
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// The page's address.
    pub fn url(&self) -> String {
        format!("{}{SUB_PATH}", self.origin)
    }

    /// The address of a path below the origin, such as `/peers/a.html`.
    pub fn beside(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The file that is served at this path, as far as there is one.
    pub fn file(&self, path: &str) -> Option<Vec<u8>> {
        read(&self.folder, path)
    }

    /// An empty page of the same origin, for scripts of the tests' own.
    pub fn blank(&self) -> String {
        format!("{}{BLANK}", self.url())
    }

    /// The site's weights of that name (a model's, or the vote's), which lie in `weights/` under a name with their hash.
    pub fn weights(&self, name: &str) -> Option<Vec<u8>> {
        let files = fs::read_dir(self.folder.site.join("weights")).ok()?;
        let file = files.flatten().find(|file| {
            let found = file.file_name().to_string_lossy().into_owned();
            found.starts_with(&format!("{name}-")) && found.ends_with(".hbd")
        })?;
        fs::read(file.path()).ok()
    }

    /// From now on, files whose path contains `path` are answered with `fault`.
    pub fn break_file(&self, path: &str, fault: Fault) {
        let mut state = self.state.lock().expect("no thread panicked");
        state.faults.push((path.into(), fault));
    }

    /// From now on, every file is answered as it is.
    pub fn mend(&self) {
        self.state
            .lock()
            .expect("no thread panicked")
            .faults
            .clear();
    }

    /// What was asked for so far and answered as it is, with the answers' status.
    pub fn requests(&self) -> Vec<(String, u16)> {
        self.state.lock().expect("no thread panicked").log.clone()
    }
}

/// Copies a folder's files and folders into another.
fn copied(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let (entry, path) = entry.map(|e| (e.path(), to.join(e.file_name())))?;
        if entry.is_dir() {
            fs::create_dir(&path)?;
            copied(&entry, &path)?;
        } else {
            fs::copy(&entry, &path)?;
        }
    }
    Ok(())
}

/// What befalls a path now.
fn fault(path: &str, state: &Mutex<State>) -> Option<Fault> {
    let state = state.lock().expect("no thread panicked");
    let found = state.faults.iter().find(|(part, _)| path.contains(part));
    found.map(|(_, fault)| *fault)
}

/// Waits until the path's answer is stalled no more.
fn stall(path: &str, state: &Mutex<State>) {
    while fault(path, state) == Some(Fault::Stalled) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn answer(target: &str, folder: &Folders, state: &Arc<Mutex<State>>) -> Response {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let fault = fault(path, state);
    let content = match fault {
        Some(Fault::Missing) => None,
        _ => read(folder, path),
    };
    let answer = match content {
        Some(mut body) => {
            let middle = body.len() / 2;
            match fault {
                Some(Fault::Truncated) => body.truncate(middle),
                Some(Fault::Altered) => body[middle] ^= 1,
                _ => {}
            }
            Response {
                status: 200,
                content_type: content_type(Path::new(if path.ends_with('/') {
                    "index.html"
                } else {
                    path
                })),
                cache_control: state.lock().expect("no thread panicked").caching,
                body,
                pause: (fault == Some(Fault::Stalled)).then(|| {
                    let (path, state) = (path.to_owned(), Arc::clone(state));
                    Box::new(move || stall(&path, &state)) as Box<dyn FnOnce()>
                }),
            }
        }
        None => Response {
            status: 404,
            content_type: "text/plain",
            cache_control: "no-store",
            body: b"not found".to_vec(),
            pause: None,
        },
    };
    if fault.is_none() {
        let mut state = state.lock().expect("no thread panicked");
        state.log.push((path.into(), answer.status));
    }
    answer
}

/// The file for a path below the sub-path, or below one beside it; nothing else lies there.
fn read(folders: &Folders, path: &str) -> Option<Vec<u8>> {
    if path.split('/').any(|part| part == "..") {
        return None;
    }
    let mut beside = folders.beside.iter();
    let beside = beside.find_map(|(prefix, folder)| Some((path.strip_prefix(prefix)?, folder)));
    if let Some((inside, folder)) = beside {
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

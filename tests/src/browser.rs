//! A real headless Chromium with a fresh profile, driven through chromedriver.

use std::cell::RefCell;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions, MouseActions, PointerAction};
use fantoccini::wd::{TimeoutConfiguration, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::process;

/// Keeps Chromium quiet and at home; see `no_request_leaves_the_origin`.
const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    // A container's shared memory may be too small for a browser.
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // A camera that shows a pattern; who may have it is asked all the same.
    "--use-fake-device-for-media-stream",
    "--window-size=1280,900",
];

/// Tasks of threads, the threads' names, and marks that scripts set.
const TRACED: &str = "toplevel,blink.user_timing,__metadata";

/// How long a script may take to call back.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(300);
/// How long a page may take to load.
const LOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// How long chromedriver may take to listen, and to leave.
const DRIVER_TIMEOUT: Duration = Duration::from_secs(20);

/// What a browser session is started with.
pub struct Options<'a> {
    /// Let WebGPU run on SwiftShader, where there is no graphics card.
    pub webgpu: bool,
    /// Where requests that leave this machine go.
    pub proxy: &'a str,
    /// Keep account of what the browser's threads do; see [`Browser::trace`].
    pub traced: bool,
}

/// A line of the browser's console.
#[derive(Clone, Debug)]
pub struct ConsoleLine {
    pub level: String,
    pub message: String,
}

/// A running browser; it and its driver end when this is dropped, even by a panic.
pub struct Browser {
    client: Client,
    runtime: Runtime,
    // Dropped in this order: the driver ends its browser, then the profile's folder goes.
    driver: Driver,
    _profile: TempDir,
    /// Folders of files that pages were given.
    uploads: RefCell<Vec<TempDir>>,
}

impl Browser {
    /// Starts chromedriver on a free port, and Chromium.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn start(options: &Options) -> Result<Self, String> {
        let driver = Driver::start()?;
        let profile = TempDir::new().map_err(|e| format!("no folder for a profile: {e}"))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| format!("no runtime: {e}"))?;
        let mut flags: Vec<String> = FLAGS.iter().map(|&flag| flag.into()).collect();
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        flags.push(format!("--proxy-server={}", options.proxy));
        if options.webgpu {
            flags.push("--enable-unsafe-webgpu".into());
        }
        let mut capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {"binary": chromium()?, "args": flags},
            "goog:loggingPrefs": {"browser": "ALL"},
        });
        if options.traced {
            capabilities["goog:loggingPrefs"]["performance"] = json!("ALL");
            capabilities["goog:chromeOptions"]["perfLoggingPrefs"] =
                json!({"enableNetwork": false, "enablePage": false, "traceCategories": TRACED});
        }
        let Value::Object(capabilities) = capabilities else {
            return Err("capabilities are an object".into());
        };
        let client = runtime
            .block_on(async {
                let client = ClientBuilder::new(HttpConnector::new())
                    .capabilities(capabilities)
                    .connect(&driver.url())
                    .await
                    .map_err(|e| e.to_string())?;
                let timeouts =
                    TimeoutConfiguration::new(Some(SCRIPT_TIMEOUT), Some(LOAD_TIMEOUT), None);
                client
                    .update_timeouts(timeouts)
                    .await
                    .map_err(|e| e.to_string())?;
                Ok(client)
            })
            .map_err(|e: String| format!("chromedriver did not start Chromium: {e}"))?;
        Ok(Self {
            client,
            runtime,
            driver,
            _profile: profile,
            uploads: RefCell::default(),
        })
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&self, url: &str) {
        self.runtime
            .block_on(self.client.goto(url))
            .unwrap_or_else(|e| panic!("{url} did not open: {e}"));
    }

    /// Runs a script's body in the page; `arguments` are `args`, and what it returns comes back.
    pub fn run(&self, script: &str, args: Vec<Value>) -> Value {
        self.runtime
            .block_on(self.client.execute(script, args))
            .unwrap_or_else(|e| panic!("a script failed: {e}\n{script}"))
    }

    /// Runs an async function's body in the page; `args` is its one array, and what it returns comes back.
    ///
    /// # Errors
    /// What it throws.
    pub fn run_async(&self, body: &str, args: Vec<Value>) -> Result<Value, String> {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             const args = Array.from(arguments).slice(0, -1);
             (async () => {{ {body} }})().then(
                 value => done({{value: value ?? null}}),
                 error => done({{error: String(error?.stack ?? error)}}));"
        );
        let answer = self
            .runtime
            .block_on(self.client.execute_async(&script, args))
            .map_err(|e| e.to_string())?;
        match answer.get("error") {
            Some(error) => Err(error.as_str().unwrap_or("unknown").into()),
            None => Ok(answer["value"].clone()),
        }
    }

    /// Asks the script for a value until `is_it` says yes.
    ///
    /// # Errors
    /// The last value, when `limit` has passed.
    pub fn wait(
        &self,
        script: &str,
        limit: Duration,
        mut is_it: impl FnMut(&Value) -> bool,
    ) -> Result<Value, Value> {
        let start = Instant::now();
        loop {
            let value = self.run(script, vec![]);
            if is_it(&value) {
                return Ok(value);
            }
            if start.elapsed() > limit {
                return Err(value);
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Types into the element that the CSS selector finds; for a file input, the files' paths, one a line.
    pub fn type_into(&self, selector: &str, keys: &str) {
        self.runtime
            .block_on(async {
                let element = self.client.find(Locator::Css(selector)).await?;
                element.send_keys(keys).await
            })
            .unwrap_or_else(|e| panic!("typing into {selector} failed: {e}"));
    }

    /// Keeps a folder of files until the browser ends: it reads a file only when the page asks for it.
    pub fn keep(&self, folder: TempDir) {
        self.uploads.borrow_mut().push(folder);
    }

    /// Presses a key where the focus is, as a keyboard would.
    pub fn press(&self, value: char) {
        let stroke = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.runtime
            .block_on(self.client.perform_actions(stroke))
            .unwrap_or_else(|e| panic!("pressing a key failed: {e}"));
    }

    /// Presses the mouse at the first place, leads it over the others, and lets go; in pixels of the window.
    pub fn drag(&self, places: &[[f64; 2]]) {
        let to = |&[x, y]: &[f64; 2]| PointerAction::MoveTo {
            duration: Some(Duration::ZERO),
            x,
            y,
        };
        let (first, others) = places.split_first().expect("somewhere to press");
        let button = 0;
        let mut mouse = MouseActions::new("mouse".into())
            .then(to(first))
            .then(PointerAction::Down { button });
        for place in others {
            mouse = mouse.then(to(place));
        }
        self.runtime
            .block_on(
                self.client
                    .perform_actions(mouse.then(PointerAction::Up { button })),
            )
            .unwrap_or_else(|e| panic!("dragging the mouse failed: {e}"));
    }

    /// Lets pages have a thing that needs the visitor's permission, or refuses it from now on.
    pub fn permit(&self, name: &str, is_granted: bool) {
        let state = if is_granted { "granted" } else { "denied" };
        self.issue(
            "permissions",
            json!({"descriptor": {"name": name}, "state": state}),
        );
    }

    /// From now on files that pages save end in this folder.
    pub fn save_into(&self, folder: &Path) {
        self.cdp(
            "Page.setDownloadBehavior",
            json!({"behavior": "allow", "downloadPath": folder}),
        );
    }

    /// Ends the process that draws and computes for all pages, as a crash of a graphics driver would.
    pub fn crash_gpu(&self) {
        let found = process::below(self.driver.process.id(), "--type=gpu-process");
        assert!(
            !found.is_empty(),
            "the browser has no GPU process to end: this check needs Linux"
        );
        found.into_iter().for_each(process::kill);
    }

    /// A command of Chromium's own protocol.
    pub fn cdp(&self, command: &str, parameters: Value) -> Value {
        self.issue(
            "goog/cdp/execute",
            json!({"cmd": command, "params": parameters}),
        )
    }

    /// Runs a script at the start of every page opened from now on; returns what [`forget`](Self::forget) takes.
    pub fn on_new_pages(&self, script: &str) -> Value {
        let parameters = json!({"source": format!("(() => {{ {script} }})();")});
        self.cdp("Page.addScriptToEvaluateOnNewDocument", parameters)
    }

    /// Runs a script of [`on_new_pages`](Self::on_new_pages) no more.
    pub fn forget(&self, script: &Value) {
        self.cdp("Page.removeScriptToEvaluateOnNewDocument", script.clone());
    }

    /// The console's lines since this was asked last.
    pub fn console(&self) -> Vec<ConsoleLine> {
        let lines = self.issue("se/log", json!({"type": "browser"}));
        let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
        lines
            .as_array()
            .into_iter()
            .flatten()
            .map(|line| ConsoleLine {
                level: text(line, "level"),
                message: text(line, "message"),
            })
            .collect()
    }

    /// What the threads have done since the start, in a traced browser: events of Chromium's trace format.
    pub fn trace(&self) -> Vec<Value> {
        let lines = self.issue("se/log", json!({"type": "performance"}));
        let event = |line: &Value| {
            let text = line["message"].as_str()?;
            let mut said: Value = serde_json::from_str(text).ok()?;
            let message = said.get_mut("message")?;
            let is_event = message["method"] == "Tracing.dataCollected";
            is_event.then(|| message["params"].take())
        };
        lines
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(event)
            .collect()
    }

    /// The browser's name and version.
    pub fn version(&self) -> String {
        let version = self.cdp("Browser.getVersion", json!({}));
        let product = version["product"].as_str().unwrap_or("Chromium");
        product
            .replace('/', " ")
            .replace("Headless", "")
            .replace("Chrome ", "Chromium ")
    }

    fn issue(&self, path: &'static str, body: Value) -> Value {
        self.runtime
            .block_on(self.client.issue_cmd(Extension { path, body }))
            .unwrap_or_else(|e| panic!("chromedriver refused {path}: {e}"))
    }
}

/// A command of chromedriver's beyond the standard.
#[derive(Debug)]
struct Extension {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(
        &self,
        base: &url::Url,
        session: Option<&str>,
    ) -> Result<url::Url, url::ParseError> {
        base.join(&format!(
            "session/{}/{}",
            session.unwrap_or_default(),
            self.path
        ))
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

/// A chromedriver process.
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    fn start() -> Result<Self, String> {
        // Free now; chromedriver itself does not say which port it chose.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|e| format!("no free port for chromedriver: {e}"))?
            .port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| {
                format!("chromedriver did not start ({e}): install it (Debian: chromium-driver), or run `cargo xtask test`")
            })?;
        let driver = Self { process, port };
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if start.elapsed() > DRIVER_TIMEOUT {
                return Err(
                    "chromedriver does not listen: is another version of it running?".into(),
                );
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(driver)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks the driver to end its browser and itself.
    fn shut_down(&mut self) -> std::io::Result<bool> {
        use std::io::Write;
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", self.port))?;
        write!(
            stream,
            "GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n",
            self.port
        )?;
        let start = Instant::now();
        while start.elapsed() < DRIVER_TIMEOUT {
            if self.process.try_wait()?.is_some() {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(false)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if !matches!(self.shut_down(), Ok(true)) {
            // Chromium dies with its driver, on Linux at least.
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

/// The first Chromium on PATH.
fn chromium() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    ["chromium", "chromium-browser", "google-chrome", "chrome"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
        .ok_or_else(|| {
            "no Chromium on PATH: install it (Debian: chromium), or run `cargo xtask test`".into()
        })
}

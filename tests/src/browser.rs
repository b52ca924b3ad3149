//! A real headless Chromium with a fresh profile, driven through chromedriver.

use std::cell::RefCell;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fantoccini::actions::{InputSource, KeyAction, KeyActions, MouseActions, PointerAction};
use fantoccini::wd::{TimeoutConfiguration, WebDriverCompatibleCommand};
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::image_files::UploadFile;
use crate::process;

/// The oldest Chromium that runs the tests and the page: it has `wasm-unsafe-eval`, `checkVisibility` and the new headless mode.
const OLDEST: u32 = 120;

/// Most of these flags keep Chromium from contacting other hosts on its own account.
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
    // A camera that shows a test pattern; the page still needs the visitor's permission.
    "--use-fake-device-for-media-stream",
    "--window-size=1280,900",
];

/// Trace categories: tasks of threads, marks that scripts set, names of threads.
const TRACE_CATEGORIES: &str = "toplevel,blink.user_timing,__metadata";

/// Time limit for a script.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(300);
/// Time limit for loading a page.
const LOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// Time limit for starting and ending chromedriver.
const DRIVER_TIMEOUT: Duration = Duration::from_secs(20);

/// Options of a browser session.
pub struct Options<'a> {
    /// Allow WebGPU, on SwiftShader where there is no graphics card.
    pub webgpu: bool,
    /// Address of the proxy for requests to other machines.
    pub proxy: &'a str,
    /// Record the tasks of the browser's threads; see [`Browser::trace`].
    pub traced: bool,
}

/// A line of the browser's console.
#[derive(Clone, Debug)]
pub struct ConsoleLine {
    pub level: String,
    pub message: String,
}

/// A running browser. It and its driver end when this is dropped, also during a panic.
pub struct Browser {
    client: Client,
    runtime: Runtime,
    // Dropped in this order: the driver ends the browser, then the profile's folder is removed.
    driver: Driver,
    _profile: TempDir,
    /// Folders with files that were uploaded to pages.
    uploads: RefCell<Vec<TempDir>>,
}

impl Browser {
    /// Starts chromedriver on a free port, and Chromium.
    ///
    /// # Errors
    /// Chromium or chromedriver is missing or does not start.
    pub fn start(options: &Options) -> Result<Self> {
        let driver = Driver::start()?;
        let profile = TempDir::new().context("there is no temporary folder for a profile")?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("the runtime of the WebDriver client does not start")?;
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
            capabilities["goog:chromeOptions"]["perfLoggingPrefs"] = json!({"enableNetwork": false, "enablePage": false, "traceCategories": TRACE_CATEGORIES});
        }
        let Value::Object(capabilities) = capabilities else {
            unreachable!("invariant: the capabilities are an object");
        };
        let client = runtime
            .block_on(async {
                let client = ClientBuilder::new(HttpConnector::new())
                    .capabilities(capabilities)
                    .connect(&driver.url())
                    .await?;
                let timeouts =
                    TimeoutConfiguration::new(Some(SCRIPT_TIMEOUT), Some(LOAD_TIMEOUT), None);
                client.update_timeouts(timeouts).await?;
                anyhow::Ok(client)
            })
            .context("chromedriver did not start Chromium")?;
        let browser = Self {
            client,
            runtime,
            driver,
            _profile: profile,
            uploads: RefCell::default(),
        };
        let version = browser.version();
        ensure!(
            major_version(&version).is_some_and(|major| major >= OLDEST),
            "found {version}, but the tests need Chromium {OLDEST} or newer: update it and its chromedriver"
        );
        Ok(browser)
    }

    /// Opens a page and waits until it is loaded.
    pub fn open(&self, url: &str) {
        self.runtime
            .block_on(self.client.goto(url))
            .unwrap_or_else(|e| panic!("{url} did not open: {e}"));
    }

    /// Runs a function's body in the page, with `args` as its `arguments`, and gives its result.
    pub fn run(&self, script: &str, args: Vec<Value>) -> Value {
        self.runtime
            .block_on(self.client.execute(script, args))
            .unwrap_or_else(|e| panic!("a script failed: {e}\n{script}"))
    }

    /// Runs an async function's body in the page, with the array `args` in scope, and gives its result.
    ///
    /// # Errors
    /// The script throws, or takes too long.
    pub fn run_async(&self, body: &str, args: Vec<Value>) -> Result<Value> {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             const args = Array.from(arguments).slice(0, -1);
             (async () => {{ {body} }})().then(
                 value => done({{value: value ?? null}}),
                 error => done({{error: String(error?.stack ?? error)}}));"
        );
        let answer = self
            .runtime
            .block_on(self.client.execute_async(&script, args))?;
        if let Some(error) = answer.get("error") {
            bail!("a script failed: {}", error.as_str().unwrap_or("unknown"));
        }
        Ok(answer["value"].clone())
    }

    /// Runs the script repeatedly until its result fulfils the condition.
    ///
    /// # Errors
    /// The last result, if the condition is not fulfilled within `limit`.
    pub fn wait(
        &self,
        script: &str,
        limit: Duration,
        mut condition: impl FnMut(&Value) -> bool,
    ) -> Result<Value, Value> {
        let start = Instant::now();
        loop {
            let value = self.run(script, vec![]);
            if condition(&value) {
                return Ok(value);
            }
            if start.elapsed() > limit {
                return Err(value);
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Types into the element that the CSS selector finds. A file input takes paths, one per line.
    pub fn type_into(&self, selector: &str, keys: &str) {
        self.runtime
            .block_on(async {
                let element = self.client.find(Locator::Css(selector)).await?;
                element.send_keys(keys).await
            })
            .unwrap_or_else(|e| panic!("typing into {selector} failed: {e}"));
    }

    /// Chooses files in the file input that the CSS selector finds, as in the system's dialog.
    pub fn choose(&self, selector: &str, files: &[UploadFile]) {
        let folder = TempDir::new().expect("a folder for files");
        let paths: Vec<String> = files
            .iter()
            .map(|file| {
                let path = folder.path().join(&file.name);
                std::fs::write(&path, &file.bytes).expect("a file to upload");
                path.to_str().expect("a UTF-8 path").to_owned()
            })
            .collect();
        self.type_into(selector, &paths.join("\n"));
        self.keep(folder);
    }

    /// Keeps a folder of uploaded files until the browser ends: it reads a file only when the page does.
    pub fn keep(&self, folder: TempDir) {
        self.uploads.borrow_mut().push(folder);
    }

    /// Presses a key; the event goes to the element with the focus.
    pub fn press(&self, value: char) {
        let stroke = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.runtime
            .block_on(self.client.perform_actions(stroke))
            .unwrap_or_else(|e| panic!("pressing a key failed: {e}"));
    }

    /// Presses the mouse button at the first point, moves over the others, and releases it. Points are in pixels of the window.
    pub fn drag(&self, points: &[[f64; 2]]) {
        let to = |&[x, y]: &[f64; 2]| PointerAction::MoveTo {
            duration: Some(Duration::ZERO),
            x,
            y,
        };
        let (first, others) = points.split_first().expect("a drag has points");
        let button = 0;
        let mut mouse = MouseActions::new("mouse".into())
            .then(to(first))
            .then(PointerAction::Down { button });
        for point in others {
            mouse = mouse.then(to(point));
        }
        self.runtime
            .block_on(
                self.client
                    .perform_actions(mouse.then(PointerAction::Up { button })),
            )
            .unwrap_or_else(|e| panic!("dragging the mouse failed: {e}"));
    }

    /// Grants or denies a permission, such as `camera`, from now on.
    pub fn set_permission(&self, name: &str, is_granted: bool) {
        let state = if is_granted { "granted" } else { "denied" };
        self.issue(
            "permissions",
            json!({"descriptor": {"name": name}, "state": state}),
        );
    }

    /// Sets the folder for downloads.
    pub fn set_download_folder(&self, folder: &Path) {
        self.cdp(
            "Page.setDownloadBehavior",
            json!({"behavior": "allow", "downloadPath": folder}),
        );
    }

    /// Kills the browser's GPU process, as a crash of a graphics driver would.
    pub fn crash_gpu(&self) {
        let found = process::descendants(self.driver.process.id(), "--type=gpu-process");
        assert!(
            !found.is_empty(),
            "the browser has no GPU process to kill: this check needs Linux"
        );
        found.into_iter().for_each(process::kill);
    }

    /// The processes of the browser's pages; none on other systems than Linux.
    pub fn renderers(&self) -> Vec<u32> {
        process::descendants(self.driver.process.id(), "--type=renderer")
    }

    /// Forgets the pages before this one. A full history (50 entries in Chromium) drops first what was added without a real click, as
    /// the tests do.
    pub fn forget_history(&self) {
        self.cdp("Page.resetNavigationHistory", json!({}));
    }

    /// Sends a command of the Chrome DevTools Protocol.
    pub fn cdp(&self, command: &str, parameters: Value) -> Value {
        self.issue(
            "goog/cdp/execute",
            json!({"cmd": command, "params": parameters}),
        )
    }

    /// Runs a script at the start of each page that is opened from now on. Returns the argument of [`forget`](Self::forget).
    pub fn on_new_pages(&self, script: &str) -> Value {
        let parameters = json!({"source": format!("(() => {{ {script} }})();")});
        self.cdp("Page.addScriptToEvaluateOnNewDocument", parameters)
    }

    /// Removes a script of [`on_new_pages`](Self::on_new_pages).
    pub fn forget(&self, script: &Value) {
        self.cdp("Page.removeScriptToEvaluateOnNewDocument", script.clone());
    }

    /// The console's lines since the last call.
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

    /// The events of a traced browser since the start, in Chromium's trace format.
    pub fn trace(&self) -> Vec<Value> {
        let lines = self.issue("se/log", json!({"type": "performance"}));
        let event = |line: &Value| {
            let text = line["message"].as_str()?;
            let mut entry: Value = serde_json::from_str(text).ok()?;
            let message = entry.get_mut("message")?;
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

/// The 148 of `Chromium 148.0.7778.167`.
fn major_version(version: &str) -> Option<u32> {
    let (_, numbers) = version.split_once(' ')?;
    numbers.split('.').next()?.parse().ok()
}

/// A command of chromedriver that is not part of the WebDriver standard.
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
    fn start() -> Result<Self> {
        // chromedriver does not report a port that it chooses itself.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .context("no port is free for chromedriver")?
            .port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context(
                "chromedriver does not start: install it (Debian: chromium-driver), or run `cargo xtask test`",
            )?;
        let driver = Self { process, port };
        let start = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(
                start.elapsed() <= DRIVER_TIMEOUT,
                "chromedriver does not listen: another version of it may be running"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(driver)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends the browser and the driver; false if they do not end in time.
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
            // On Linux Chromium ends with its driver.
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

/// The first Chromium on PATH.
fn chromium() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").context("PATH is not set")?;
    ["chromium", "chromium-browser", "google-chrome", "chrome"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
        .context("there is no Chromium on PATH: install it (Debian: chromium), or run `cargo xtask test`")
}

//! The open page: its state as `data-testid` elements show it, and a visitor's actions.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::ModelId;

use crate::browser::Browser;
use crate::image_files::UploadFile;
use crate::site::Site;

/// Time limit for an answer, on a machine that may be busy.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// Time limit for loading the page with its weights; a browser's first page takes longest.
const LOAD_TIMEOUT: Duration = Duration::from_secs(90);

/// The number of the image that the page opens with; the visitor's images have larger ones.
pub const START_IMAGE: u32 = 1;

const SNAPSHOT: &str = "
    const one = name => document.querySelector(`[data-testid=\"${name}\"]`);
    const models = [...document.querySelectorAll('[data-testid=\"model\"]')].map(m => ({
        model: m.dataset.model, state: m.dataset.state ?? '', label: m.dataset.label ?? '',
        confidence: Number(m.dataset.confidence || 0), millis: Number(m.dataset.millis || 0),
        bytes: Number(m.dataset.bytes || 0), progress: m.dataset.progress ? Number(m.dataset.progress) : null,
        known: m.dataset.known ?? '', dissents: m.dataset.dissents === 'true', text: m.innerText, image: Number(m.dataset.picture || 0)}));
    const v = one('vote');
    const vote = {state: v?.dataset.state ?? '', label: v?.dataset.label ?? '',
        confidence: Number(v?.dataset.confidence || 0), answered: Number(v?.dataset.answered || 0),
        known: v?.dataset.known ?? '', agree: Number(v?.dataset.agree || 0), text: v?.innerText ?? '', image: Number(v?.dataset.picture || 0)};
    const h = one('headline');
    const headline = {label: h?.dataset.label ?? '', known: h?.dataset.known ?? '', text: h?.innerText ?? ''};
    const contributions = [...document.querySelectorAll('[data-testid=\"contribution\"]')].map(c => ({
        model: c.dataset.model, value: Number(c.dataset.value), text: c.innerText}));
    return {models, vote, headline, contributions, engine: one('engine')?.dataset.engine ?? '', gpu_state: one('engine')?.dataset.gpuState ?? '',
        engine_text: one('engine')?.innerText ?? '', error: one('error')?.innerText.trim() ?? ''};";

/// The state that the page shows at a moment.
#[derive(Clone, Debug, Deserialize)]
pub struct Snapshot {
    pub models: Vec<Row>,
    pub vote: Vote,
    pub headline: Headline,
    /// In the order of the models; of those that are in the vote.
    pub contributions: Vec<Contribution>,
    /// `cpu` or `webgpu`.
    pub engine: String,
    /// `absent`, `loading`, `testing`, `ready` or `failed`.
    pub gpu_state: String,
    pub engine_text: String,
    /// Empty if there is none.
    pub error: String,
}

/// The row of a model.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    pub model: ModelId,
    /// `waiting`, `deferred`, `loading`, `answering`, `ready`, `error` or `absent`.
    pub state: String,
    pub label: String,
    pub confidence: f32,
    pub millis: f64,
    /// Size of the weights file according to the manifest.
    pub bytes: u64,
    /// The downloaded fraction of the file, 0 to 1, during the download.
    pub progress: Option<f64>,
    /// `true` or `false`; empty before the novelty detector has answered.
    pub known: String,
    /// Whether the row is marked as different from the vote.
    pub dissents: bool,
    pub text: String,
    /// The number of the classified image.
    pub image: u32,
}

/// The panel of the vote.
#[derive(Clone, Debug, Deserialize)]
pub struct Vote {
    /// As in [`Row::state`].
    pub state: String,
    pub label: String,
    pub confidence: f32,
    /// The number of models in the vote.
    pub answered: usize,
    /// `true` or `false`; empty before the novelty detector has answered.
    pub known: String,
    /// The number of models with the same class as the vote.
    pub agree: usize,
    pub text: String,
    /// The number of the classified image.
    pub image: u32,
}

/// The headline beside the image.
#[derive(Clone, Debug, Deserialize)]
pub struct Headline {
    pub label: String,
    /// As in [`Row::known`].
    pub known: String,
    pub text: String,
}

/// The bar of a model: what it added for or against the vote's class.
#[derive(Clone, Debug, Deserialize)]
pub struct Contribution {
    pub model: ModelId,
    pub value: f32,
    pub text: String,
}

impl Snapshot {
    /// The row of `model`.
    pub fn row(&self, model: ModelId) -> &Row {
        self.models
            .iter()
            .find(|row| row.model == model)
            .unwrap_or_else(|| panic!("the page shows no {model}"))
    }

    /// All models and the vote have the state `ready`.
    pub fn is_ready(&self) -> bool {
        self.models.len() == ModelId::ALL.len()
            && self.models.iter().all(|m| m.state == "ready")
            && self.vote.state == "ready"
    }

    /// All models and the vote show a newer image than `before`.
    pub fn answered_since(&self, before: &Self) -> bool {
        self.is_ready()
            && self.vote.image > before.vote.image
            && ModelId::ALL
                .iter()
                .all(|&m| self.row(m).image > before.row(m).image)
    }
}

/// The open page.
pub struct Page<'a> {
    pub browser: &'a Browser,
}

impl<'a> Page<'a> {
    /// Opens the site and waits until all models have classified the image that it opens with, and all sections are there.
    pub fn open(browser: &'a Browser, site: &Site) -> Self {
        let page = Self::open_without_waiting(browser, site);
        page.wait("all models to be ready", LOAD_TIMEOUT, Snapshot::is_ready);
        let is_whole = "return ['.footer', '#compare, [data-testid=\"part-failed\"]', '[data-testid=\"inspector\"]']
            .every(selector => document.querySelector(selector) !== null);";
        let is_whole = browser.wait(is_whole, LOAD_TIMEOUT, |there| there == &json!(true));
        is_whole.expect("all sections are there");
        page
    }

    /// Opens the site without waiting for the models.
    pub fn open_without_waiting(browser: &'a Browser, site: &Site) -> Self {
        // To open the address that is shown already would be a reload, after which the page shows the image of before.
        if browser.run("return location.href;", vec![]) == site.url() {
            browser.open(&site.blank());
        }
        browser.open(&site.url());
        browser.forget_history();
        Self { browser }
    }

    /// The state that the page shows now.
    pub fn snapshot(&self) -> Snapshot {
        snapshot(self.browser.run(SNAPSHOT, vec![]))
    }

    /// Waits until the page's state fulfils the condition.
    pub fn wait(
        &self,
        what: &str,
        limit: Duration,
        mut condition: impl FnMut(&Snapshot) -> bool,
    ) -> Snapshot {
        let found = self
            .browser
            .wait(SNAPSHOT, limit, |value| condition(&snapshot(value.clone())));
        match found {
            Ok(value) => snapshot(value),
            Err(value) => {
                let text = self.browser.run("return document.body.innerText;", vec![]);
                panic!(
                    "waited {limit:?} for {what}; the page's state is {value:#}, its text {text}"
                )
            }
        }
    }

    /// Waits for all models' answers to a newer image than in `before`.
    pub fn wait_for_answer(&self, before: &Snapshot) -> Snapshot {
        let after = self.wait("an answer", ANSWER_TIMEOUT, |now| {
            now.answered_since(before) || !now.error.is_empty()
        });
        assert_eq!(after.error, "", "instead of an answer, an error");
        after
    }

    /// Waits for an error message, or for answers.
    pub fn wait_for_answer_or_error(&self, before: &Snapshot) -> Snapshot {
        self.wait("an answer or an error", ANSWER_TIMEOUT, |now| {
            now.answered_since(before) || !now.error.is_empty()
        })
    }

    /// Chooses files in the file input, as in the system's dialog.
    pub fn choose(&self, files: &[UploadFile]) {
        self.browser.choose("[data-testid=\"file-input\"]", files);
    }

    /// Chooses one file and waits for the answer.
    pub fn show(&self, file: &UploadFile) -> Snapshot {
        let before = self.snapshot();
        self.choose(std::slice::from_ref(file));
        self.wait_for_answer(&before)
    }

    /// Drops files on the drop zone.
    pub fn drop_files(&self, files: &[UploadFile]) {
        self.browser.run(
            &format!(
                "{TRANSFER}
                 const zone = document.querySelector('[data-testid=\"drop-zone\"]');
                 for (const type of ['dragenter', 'dragover', 'drop']) {{
                     zone.dispatchEvent(new DragEvent(type, {{dataTransfer: transfer, bubbles: true, cancelable: true}}));
                 }}"
            ),
            vec![encoded(files)],
        );
    }

    /// Pastes files into the page.
    pub fn paste(&self, files: &[UploadFile]) {
        self.browser.run(
            &format!(
                "{TRANSFER}
                 document.body.dispatchEvent(
                     new ClipboardEvent('paste', {{clipboardData: transfer, bubbles: true, cancelable: true}}));"
            ),
            vec![encoded(files)],
        );
    }

    /// Chooses an option of the `<select>` or the radio button with this `data-testid`.
    pub fn select(&self, hook: &str, value: &str) {
        let found = self.browser.run(
            "const [hook, value] = arguments;
             const roots = [...document.querySelectorAll(`[data-testid=\"${hook}\"]`)];
             const select = roots.map(r => r.matches('select') ? r : r.querySelector('select')).find(Boolean);
             if (select) {
                 if (![...select.options].some(o => o.value === value)) return false;
                 select.value = value;
                 select.dispatchEvent(new Event('input', {bubbles: true}));
                 select.dispatchEvent(new Event('change', {bubbles: true}));
                 return true;
             }
             const radios = roots.flatMap(r => r.matches('input') ? [r] : [...r.querySelectorAll('input')]);
             const radio = radios.find(r => r.value === value);
             radio?.click();
             return Boolean(radio);",
            vec![json!(hook), json!(value)],
        );
        assert_eq!(found, json!(true), "{hook} offers no {value}");
    }

    /// Clicks the first element that the CSS selector finds.
    pub fn click(&self, selector: &str) {
        let found = self.browser.run(
            "const found = document.querySelector(arguments[0]);
             found?.click();
             return Boolean(found);",
            vec![json!(selector)],
        );
        assert_eq!(found, json!(true), "the page has no {selector}");
    }

    /// Drags over the first element that the CSS selector finds. Points are fractions of its width and height.
    pub fn drag(&self, selector: &str, points: &[[f64; 2]]) {
        let bounds = self.browser.run(
            "const found = document.querySelector(arguments[0]);
             found?.scrollIntoView({block: 'center', behavior: 'instant'});
             const bounds = found?.getBoundingClientRect();
             return bounds && [bounds.left, bounds.top, bounds.width, bounds.height];",
            vec![json!(selector)],
        );
        let bounds: [f64; 4] =
            serde_json::from_value(bounds).unwrap_or_else(|_| panic!("the page has no {selector}"));
        let points: Vec<[f64; 2]> = points
            .iter()
            .map(|[u, v]| [bounds[0] + u * bounds[2], bounds[1] + v * bounds[3]])
            .collect();
        self.browser.drag(&points);
    }

    /// The result of a script for the first element with this `data-testid`, which is called `it`; null if there is none.
    pub fn query(&self, hook: &str, script: &str) -> Value {
        self.browser.run(
            &format!(
                "const it = document.querySelector(`[data-testid=\"${{arguments[0]}}\"]`);
                 return it ? (() => {{ {script} }})() : null;"
            ),
            vec![json!(hook)],
        )
    }

    /// A canvas's pixels.
    pub fn canvas(&self, hook: &str) -> Canvas {
        let value = self.browser.run(
            "const canvas = document.querySelector(`canvas[data-testid=\"${arguments[0]}\"], [data-testid=\"${arguments[0]}\"] canvas`);
             if (!canvas) return null;
             const {width, height} = canvas;
             const {data} = canvas.getContext('2d').getImageData(0, 0, width, height);
             let text = '';
             for (let i = 0; i < data.length; i += 8192) {
                 text += String.fromCharCode(...data.subarray(i, i + 8192));
             }
             return {width, height, rgba: btoa(text)};",
            vec![json!(hook)],
        );
        assert!(!value.is_null(), "the page has no canvas {hook}");
        let number = |name: &str| value[name].as_u64().expect("a canvas has a size") as usize;
        let rgba = value["rgba"].as_str().expect("the script returns text");
        Canvas {
            width: number("width"),
            height: number("height"),
            rgba: STANDARD.decode(rgba).expect("btoa writes base64"),
        }
    }
}

/// A canvas's pixels.
#[derive(Clone, PartialEq, Eq)]
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    /// Row-major, 8 bits each of red, green, blue, alpha.
    pub rgba: Vec<u8>,
}

impl Canvas {
    /// Red, green and blue at a point of the unit square.
    pub fn at(&self, u: f32, v: f32) -> [u8; 3] {
        let x = ((u * self.width as f32) as usize).min(self.width - 1);
        let y = ((v * self.height as f32) as usize).min(self.height - 1);
        let first = (y * self.width + x) * 4;
        [self.rgba[first], self.rgba[first + 1], self.rgba[first + 2]]
    }
}

/// Puts the files in the script's first argument into `transfer`.
const TRANSFER: &str = "
    const transfer = new DataTransfer();
    for (const {name, mime, base64} of arguments[0]) {
        const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
        transfer.items.add(new File([bytes], name, {type: mime}));
    }";

fn encoded(files: &[UploadFile]) -> Value {
    files
        .iter()
        .map(|f| json!({"name": f.name, "mime": f.mime, "base64": STANDARD.encode(&f.bytes)}))
        .collect()
}

fn snapshot(value: Value) -> Snapshot {
    serde_json::from_value(value.clone())
        .unwrap_or_else(|e| panic!("the page's state cannot be read ({e}): {value:#}"))
}

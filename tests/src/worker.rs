//! The built site's workers, spoken to without the page: requests in, replies out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use protocol::{Message, Pixels, Reply, Request, Source, UNASKED, decode, encode};
use serde_json::{Value, json};
use shared::garment::CLASSES;
use shared::{Garment, Grey28, ModelId};

use crate::browser::Browser;
use crate::site::Site;

/// Starts a worker, tells it of files, and leaves it in `window.worker`, with all that it says in `window.replies`.
const START: &str = "
    const page = new DOMParser().parseFromString(await (await fetch('./')).text(), 'text/html');
    const assets = JSON.parse(page.querySelector('meta[name=\"haberdash-assets\"]').content);
    window.replies = [];
    window.failure = null;
    window.worker = new Worker(assets[args[0]]);
    if (args[1].length) worker.postMessage({files: args[1].map(name => new URL(assets[name], location.href).href)});
    worker.onmessage = ({data}) => replies.push(data);
    worker.onerror = event => { window.failure = event.message || 'its script did not load'; };
    return assets;";

/// Posts requests and waits until as many replies have come, or the worker has failed.
const ASK: &str = "
    const [requests, asides] = args;
    const binary = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const text = bytes => btoa(String.fromCharCode(...bytes));
    for (const request of requests) {
        const bytes = binary(request);
        worker.postMessage(bytes, [bytes.buffer]);
    }
    // A message is a number of one or more bytes, the last one below 128, and then what kind of reply it is.
    const kind = bytes => bytes[bytes.findIndex(byte => byte < 128) + 1];
    for (;;) {
        if (failure) throw new Error(failure);
        const fatal = replies.find(r => !(r instanceof Uint8Array));
        if (fatal) throw new Error(JSON.stringify(fatal));
        const other = replies.filter(r => !asides.includes(kind(r)));
        if (other.length >= requests.length) {
            replies.length = 0;
            return other.map(text);
        }
        await new Promise(resolve => setTimeout(resolve, 5));
    }";

/// Posts groups of requests, each when the one before is answered, and times them from the first post to the last reply.
const TIME: &str = "
    const binary = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const text = bytes => btoa(String.fromCharCode(...bytes));
    const note = worker.onmessage;
    const millis = [], said = [];
    for (const group of args[0]) {
        const messages = group.map(binary);
        const start = performance.now();
        const answers = await new Promise((resolve, reject) => {
            const come = [];
            worker.onmessage = ({data}) => {
                if (!(data instanceof Uint8Array)) reject(new Error(JSON.stringify(data)));
                come.push(data);
                if (come.length === messages.length) resolve(come);
            };
            worker.onerror = event => reject(new Error(event.message));
            for (const message of messages) worker.postMessage(message, [message.buffer]);
        });
        millis.push(performance.now() - start);
        said.push(...answers.map(text));
    }
    worker.onmessage = note;
    return {millis, said};";

/// A running worker on an empty page.
pub struct Worker<'a> {
    browser: &'a Browser,
    weights: Vec<(ModelId, String)>,
}

impl<'a> Worker<'a> {
    /// Starts the worker whose logical name in the page's asset map is `script`, and has it load the models.
    pub fn start(browser: &'a Browser, site: &Site, script: &str, models: &[ModelId]) -> Self {
        let worker = Self::open(browser, site, script, models, &[]);
        for reply in worker.ask(&worker.loads()) {
            assert!(
                matches!(reply, Reply::Loaded { .. }),
                "instead of loading: {reply:?}"
            );
        }
        worker
    }

    /// Starts the CPU worker as `web/boot.js` does: it is told of the models' files, and not yet asked for anything.
    pub fn start_early(browser: &'a Browser, site: &Site, models: &[ModelId]) -> Self {
        let files: Vec<String> = models.iter().map(|model| format!("{model}.hbd")).collect();
        Self::open(browser, site, "cpu-worker.js", models, &files)
    }

    fn open(
        browser: &'a Browser,
        site: &Site,
        script: &str,
        models: &[ModelId],
        files: &[String],
    ) -> Self {
        browser.open(&site.blank());
        let assets = browser
            .run_async(START, vec![json!(script), json!(files)])
            .unwrap_or_else(|e| panic!("{script} did not start: {e}"));
        let weights = models
            .iter()
            .map(|&model| {
                let file = assets[format!("{model}.hbd")]
                    .as_str()
                    .unwrap_or_else(|| panic!("the page's asset map names no {model}.hbd"));
                (model, format!("{}{file}", site.url()))
            })
            .collect();
        Self { browser, weights }
    }

    /// The requests to load the models.
    pub fn loads(&self) -> Vec<Request> {
        let weights = self.weights.iter();
        weights
            .map(|(model, url)| Request::Load {
                model: *model,
                weights: Source::Url(url.clone()),
            })
            .collect()
    }

    /// Scores of each picture, and the map for the class named with it.
    pub fn answers(
        &self,
        model: ModelId,
        pictures: &[(Grey28, Garment)],
    ) -> Vec<([f32; CLASSES], Vec<f32>)> {
        let requests: Vec<Request> = pictures
            .iter()
            .flat_map(|(picture, class)| {
                let grey = Pixels::from(picture);
                [
                    Request::Classify {
                        model,
                        grey: grey.clone(),
                    },
                    Request::Explain {
                        model,
                        grey,
                        class: *class,
                    },
                ]
            })
            .collect();
        self.ask(&requests)
            .chunks(2)
            .map(|pair| match pair {
                [Reply::Prediction(verdict), Reply::HeatMap(map)] => {
                    (verdict.scores, map.values.clone())
                }
                other => panic!("instead of a verdict and a map: {other:?}"),
            })
            .collect()
    }

    /// Scores of each picture alone.
    pub fn scores(&self, model: ModelId, pictures: &[Grey28]) -> Vec<[f32; CLASSES]> {
        let requests: Vec<Request> = pictures
            .iter()
            .map(|picture| Request::Classify {
                model,
                grey: Pixels::from(picture),
            })
            .collect();
        self.ask(&requests)
            .into_iter()
            .map(|reply| match reply {
                Reply::Prediction(verdict) => verdict.scores,
                other => panic!("instead of a verdict: {other:?}"),
            })
            .collect()
    }

    /// The worker's replies, in the order of the requests.
    pub fn ask(&self, requests: &[Request]) -> Vec<Reply> {
        // What a worker says besides its answers.
        let asides = [Reply::Ready, Reply::Progress { bytes: 0 }].map(|body| {
            let bytes = encode(&Message { id: UNASKED, body }).expect("replies are encodable");
            bytes[1]
        });
        let replies = self
            .browser
            .run_async(ASK, vec![json!(encoded(requests, 1)), json!(asides)])
            .unwrap_or_else(|e| panic!("the worker failed: {e}"));
        decoded(&replies, requests.len())
    }

    /// How long each group of requests took, in milliseconds of the page's clock, and all replies in order.
    pub fn time(&self, groups: &[Vec<Request>]) -> (Vec<f64>, Vec<Reply>) {
        let mut count = 0;
        let messages: Vec<Vec<String>> = groups
            .iter()
            .map(|group| {
                let first = count + 1;
                count += group.len();
                encoded(group, first as u32)
            })
            .collect();
        let answer = self
            .browser
            .run_async(TIME, vec![json!(messages)])
            .unwrap_or_else(|e| panic!("the worker failed: {e}"));
        let millis = answer["millis"].as_array().into_iter().flatten();
        let millis = millis.filter_map(Value::as_f64).collect();
        (millis, decoded(&answer["said"], count))
    }
}

/// Requests with numbers from `first` on, as scripts take them.
fn encoded(requests: &[Request], first: u32) -> Vec<String> {
    let messages = requests.iter().zip(first..).map(|(body, id)| {
        let body = body.clone();
        encode(&Message { id, body }).expect("requests are encodable")
    });
    messages.map(|bytes| STANDARD.encode(bytes)).collect()
}

/// The replies to requests 1 to `count`, in the order of these.
fn decoded(replies: &Value, count: usize) -> Vec<Reply> {
    let mut replies: Vec<Message<Reply>> = replies
        .as_array()
        .into_iter()
        .flatten()
        .map(|text| {
            let bytes = STANDARD
                .decode(text.as_str().unwrap_or_default())
                .expect("btoa writes base64");
            decode(&bytes).expect("the worker speaks this protocol")
        })
        .collect();
    replies.sort_by_key(|reply| reply.id);
    let ids: Vec<u32> = replies.iter().map(|reply| reply.id).collect();
    let wanted: Vec<u32> = (1..).take(count).collect();
    assert_eq!(ids, wanted, "each request is answered once: {replies:?}");
    replies.into_iter().map(|reply| reply.body).collect()
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.browser.run("window.worker.terminate();", vec![]);
        }
    }
}

//! The built site's workers without the page: requests and replies of their protocol.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use protocol::{Message, Pixels, Reply, Request, Source, UNASKED, decode, encode};
use serde_json::{Value, json};
use shared::garment::CLASSES;
use shared::{Garment, Grey28, ModelId};

use crate::browser::Browser;
use crate::site::Site;

/// Starts a worker as `window.worker`, which downloads files meanwhile, and collects its messages in `window.replies`.
const START: &str = "
    const page = new DOMParser().parseFromString(await (await fetch('./')).text(), 'text/html');
    const assets = JSON.parse(page.querySelector('meta[name=\"haberdash-assets\"]').content);
    window.replies = [];
    window.failure = null;
    const address = name => JSON.stringify(new URL(assets[name], location.href).href);
    const early = args[1].map(name => `early(${address(name)});`);
    const start = `self.earlyFiles = {};
        function early(url) {
            const controller = new AbortController();
            earlyFiles[url] = Object.assign(fetch(url, {signal: controller.signal}), {controller});
        } ${early.join('')}
        self.earlyMessages = [];
        self.onmessage = event => earlyMessages.push(event);
        import(${address(args[0])})
            .then(module => module.default({module_or_path: ${address(args[0].replace('.js', '.wasm'))}}))
            .catch(error => postMessage({fatal: String(error)}));`;
    window.worker = new Worker(URL.createObjectURL(new Blob([start])));
    worker.onmessage = ({data}) => replies.push(data);
    worker.onerror = event => { window.failure = event.message || 'its script did not load'; };
    return assets;";

/// Posts requests and waits for as many replies, or for the worker's failure.
const SEND: &str = "
    const [requests, notifications] = args;
    const binary = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const text = bytes => btoa(String.fromCharCode(...bytes));
    for (const request of requests) {
        const bytes = binary(request);
        worker.postMessage(bytes, [bytes.buffer]);
    }
    // A message begins with its number in one or more bytes, the last one below 128; the kind of reply follows.
    const kind = bytes => bytes[bytes.findIndex(byte => byte < 128) + 1];
    for (;;) {
        if (failure) throw new Error(failure);
        const fatal = replies.find(r => !(r instanceof Uint8Array));
        if (fatal) throw new Error(JSON.stringify(fatal));
        const other = replies.filter(r => !notifications.includes(kind(r)));
        if (other.length >= requests.length) {
            replies.length = 0;
            return other.map(text);
        }
        await new Promise(resolve => setTimeout(resolve, 5));
    }";

/// Posts groups of requests, one group after the other, and times each from the first request to the last reply.
const TIME: &str = "
    const binary = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
    const text = bytes => btoa(String.fromCharCode(...bytes));
    const kind = bytes => bytes[bytes.findIndex(byte => byte < 128) + 1];
    const handler = worker.onmessage;
    const millis = [], replies = [];
    for (const group of args[0]) {
        const messages = group.map(binary);
        const start = performance.now();
        const answers = await new Promise((resolve, reject) => {
            const received = [];
            worker.onmessage = ({data}) => {
                if (!(data instanceof Uint8Array)) reject(new Error(JSON.stringify(data)));
                if (!args[1].includes(kind(data))) received.push(data);
                if (received.length === messages.length) resolve(received);
            };
            worker.onerror = event => reject(new Error(event.message));
            for (const message of messages) worker.postMessage(message, [message.buffer]);
        });
        millis.push(performance.now() - start);
        replies.push(...answers.map(text));
    }
    worker.onmessage = handler;
    return {millis, replies};";

/// A running worker on an empty page.
pub struct Worker<'a> {
    browser: &'a Browser,
    weights: Vec<(ModelId, String)>,
}

impl<'a> Worker<'a> {
    /// Starts the worker with this name in the page's asset map, and loads the models.
    pub fn start(browser: &'a Browser, site: &Site, script: &str, models: &[ModelId]) -> Self {
        let worker = Self::open(browser, site, script, models, &[]);
        for reply in worker.request(&worker.load_requests()) {
            assert!(
                matches!(reply, Reply::Loaded { .. }),
                "instead of loading: {reply:?}"
            );
        }
        worker
    }

    /// Starts the CPU worker as `web/boot.js` does: the worker downloads the models' files, but has no request yet.
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
    pub fn load_requests(&self) -> Vec<Request> {
        let weights = self.weights.iter();
        weights
            .map(|(model, url)| Request::Load {
                model: *model,
                weights: Source::Url(url.clone()),
            })
            .collect()
    }

    /// The scores of each image, and its heat map for the given class.
    pub fn scores_and_maps(
        &self,
        model: ModelId,
        images: &[(Grey28, Garment)],
    ) -> Vec<([f32; CLASSES], Vec<f32>)> {
        let requests: Vec<Request> = images
            .iter()
            .flat_map(|(image, class)| {
                let grey = Pixels::from(image);
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
        self.request(&requests)
            .chunks(2)
            .map(|pair| match pair {
                [Reply::Prediction(prediction), Reply::HeatMap(map)] => {
                    (prediction.scores, map.values.clone())
                }
                other => panic!("instead of a prediction and a heat map: {other:?}"),
            })
            .collect()
    }

    /// The scores of each image.
    pub fn scores(&self, model: ModelId, images: &[Grey28]) -> Vec<[f32; CLASSES]> {
        let requests: Vec<Request> = images
            .iter()
            .map(|image| Request::Classify {
                model,
                grey: Pixels::from(image),
            })
            .collect();
        self.request(&requests)
            .into_iter()
            .map(|reply| match reply {
                Reply::Prediction(prediction) => prediction.scores,
                other => panic!("instead of a prediction: {other:?}"),
            })
            .collect()
    }

    /// The worker's replies, in the order of the requests.
    pub fn request(&self, requests: &[Request]) -> Vec<Reply> {
        let notifications = notifications();
        let replies = self
            .browser
            .run_async(
                SEND,
                vec![json!(encoded(requests, 1)), json!(notifications)],
            )
            .unwrap_or_else(|e| panic!("the worker failed: {e}"));
        decoded(&replies, requests.len())
    }

    /// Milliseconds of each group of requests by the page's clock, and all replies in order.
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
            .run_async(TIME, vec![json!(messages), json!(notifications())])
            .unwrap_or_else(|e| panic!("the worker failed: {e}"));
        let millis = answer["millis"].as_array().into_iter().flatten();
        let millis = millis.filter_map(Value::as_f64).collect();
        (millis, decoded(&answer["replies"], count))
    }
}

/// The kinds of messages that answer no request.
fn notifications() -> [u8; 3] {
    [Reply::Ready, Reply::Progress { bytes: 0 }, Reply::Started].map(|body| {
        let bytes = encode(&Message { id: UNASKED, body }).expect("replies are encodable");
        bytes[1]
    })
}

/// Requests as base64 messages, numbered from `first`.
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
                .decode(text.as_str().expect("replies are text"))
                .expect("btoa writes base64");
            decode(&bytes).expect("the reply is a message of the protocol")
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

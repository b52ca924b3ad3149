//! The built site's workers, spoken to without the page: requests in, replies out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use shared::garment::CLASSES;
use shared::{Garment, Grey28, ModelId};
use web::engine::protocol::{Message, Pixels, Reply, Request, Source, UNASKED, decode, encode};

use crate::browser::Browser;
use crate::site::Site;

/// Starts a worker and leaves it in `window.worker`, with all that it says in `window.replies`.
const START: &str = "
    const page = new DOMParser().parseFromString(await (await fetch('./')).text(), 'text/html');
    const assets = JSON.parse(page.querySelector('meta[name=\"haberdash-assets\"]').content);
    window.replies = [];
    window.failure = null;
    window.worker = new Worker(assets[args[0]]);
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

/// A running worker on an empty page.
pub struct Worker<'a> {
    browser: &'a Browser,
    weights: Vec<(ModelId, String)>,
}

impl<'a> Worker<'a> {
    /// Starts the worker whose logical name in the page's asset map is `script`, and has it load the models.
    pub fn start(browser: &'a Browser, site: &Site, script: &str, models: &[ModelId]) -> Self {
        browser.open(&site.blank());
        let assets = browser
            .run_async(START, vec![json!(script)])
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
        let worker = Self { browser, weights };
        worker.load();
        worker
    }

    fn load(&self) {
        let requests: Vec<Request> = self
            .weights
            .iter()
            .map(|(model, url)| Request::Load {
                model: *model,
                weights: Source::Url(url.clone()),
            })
            .collect();
        for reply in self.ask(&requests) {
            assert!(
                matches!(reply, Reply::Loaded { .. }),
                "instead of loading: {reply:?}"
            );
        }
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
                [Reply::Verdict(verdict), Reply::Map(map)] => (verdict.scores, map.values.clone()),
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
                Reply::Verdict(verdict) => verdict.scores,
                other => panic!("instead of a verdict: {other:?}"),
            })
            .collect()
    }

    /// The worker's replies, in the order of the requests.
    pub fn ask(&self, requests: &[Request]) -> Vec<Reply> {
        let messages: Value = requests
            .iter()
            .zip(1..)
            .map(|(body, id)| {
                let message = Message {
                    id,
                    body: body.clone(),
                };
                json!(STANDARD.encode(encode(&message).expect("requests are encodable")))
            })
            .collect();
        // What a worker says besides its answers.
        let asides = [Reply::Ready, Reply::Progress { bytes: 0 }].map(|body| {
            let bytes = encode(&Message { id: UNASKED, body }).expect("replies are encodable");
            bytes[1]
        });
        let replies = self
            .browser
            .run_async(ASK, vec![messages, json!(asides)])
            .unwrap_or_else(|e| panic!("the worker failed: {e}"));
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
        let wanted: Vec<u32> = (1..).take(requests.len()).collect();
        assert_eq!(ids, wanted, "each request is answered once: {replies:?}");
        replies.into_iter().map(|reply| reply.body).collect()
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.browser.run("window.worker.terminate();", vec![]);
        }
    }
}

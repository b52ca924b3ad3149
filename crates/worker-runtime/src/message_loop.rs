//! A worker's message loop: receives requests, downloads their files, and answers one after the other.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use futures_channel::mpsc;
use futures_util::{FutureExt, StreamExt};
use js_sys::{Array, Reflect, Uint8Array};
use protocol::{
    BatchFile, Download, DownloadError, FatalError, Message, Reply, Request, RequestError, Source,
    UNASKED, WeightsFile, decode,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, MessageEvent, PromiseRejectionEvent};

use crate::download::{fetch, unpack};
use crate::global_scope::{global_scope, log, post, report_fatal, sleep};

type Receiver = mpsc::UnboundedReceiver<Message<Request>>;

/// Where received requests are put.
#[derive(Clone)]
struct Inbox {
    sender: mpsc::UnboundedSender<Message<Request>>,
    /// The largest number of a photo so far, of which the request may still wait for its file.
    latest_photo: Rc<Cell<u32>>,
    /// [`Engine::code`].
    code: fn(&Request) -> Option<CodeDownload>,
}

impl Inbox {
    fn new(code: fn(&Request) -> Option<CodeDownload>) -> (Self, Receiver) {
        let (sender, receiver) = mpsc::unbounded();
        let latest_photo = Rc::default();
        let inbox = Self {
            sender,
            latest_photo,
            code,
        };
        (inbox, receiver)
    }

    fn note(&self, request: &Request) {
        if let Request::Prepare { photo, .. } = request {
            self.latest_photo.set(self.latest_photo.get().max(*photo));
        }
    }

    /// Whether a request is for a photo that a newer one has replaced, so that nobody waits for it.
    fn is_superseded(&self, request: &Request) -> bool {
        matches!(request, Request::Prepare { photo, .. } if *photo < self.latest_photo.get())
    }
}

/// A download of code.
pub type CodeDownload = Pin<Box<dyn Future<Output = Result<(), RequestError>>>>;

/// Answers requests one after the other. The files and the code of a request have been downloaded before.
pub trait Engine {
    fn answer(&mut self, request: Request) -> impl Future<Output = Reply>;

    /// The download of the code that a request needs; `None` if the code is there.
    fn code(_request: &Request) -> Option<CodeDownload> {
        None
    }
}

/// Installs the message handler, receives the messages that arrived before it, and reports that the worker is ready.
///
/// # Errors
/// The script does not run in a dedicated worker.
pub fn serve<E: Engine + 'static>(mut engine: E) -> Result<(), JsValue> {
    std::panic::set_hook(Box::new(|panic| {
        // Without the location, which is a path on the machine that built this.
        log(panic.payload_as_str().unwrap_or("panic"));
        report_fatal(FatalError::Crash);
    }));
    let scope = global_scope()?;
    let (inbox, mut receiver) = Inbox::new(E::code);

    let on_message = Closure::<dyn Fn(MessageEvent)>::new({
        let inbox = inbox.clone();
        move |event: MessageEvent| receive(&event.data(), &inbox)
    });
    let early_messages = Reflect::get(&scope, &"earlyMessages".into())?;
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    if let Ok(messages) = early_messages.dyn_into::<Array>() {
        for message in messages.iter() {
            match message.dyn_into::<MessageEvent>() {
                Ok(event) => receive(&event.data(), &inbox),
                Err(data) => receive(&data, &inbox),
            }
        }
    }

    // A trap inside a future, such as exhausted memory, does not reach the panic hook and ends as a rejected promise. The browser
    // writes the reason to the console.
    let on_rejection =
        Closure::<dyn Fn(PromiseRejectionEvent)>::new(|_| report_fatal(FatalError::Crash));
    scope.add_event_listener_with_callback(
        "unhandledrejection",
        on_rejection.as_ref().unchecked_ref(),
    )?;
    on_rejection.forget();

    spawn_local(async move {
        let mut waiting = Vec::new();
        while let Some(Message { id, body }) = next_request(&mut waiting, &mut receiver).await {
            if inbox.is_superseded(&body) {
                post(id, Reply::Error(RequestError::Superseded));
                continue;
            }
            if body.may_take_long() {
                post(id, Reply::Started);
            }
            let reply = engine.answer(body).await;
            post(id, reply);
        }
    });
    post(UNASKED, Reply::Ready);
    Ok(())
}

/// The first urgent request, or else the first request.
async fn next_request(
    waiting: &mut Vec<Message<Request>>,
    receiver: &mut Receiver,
) -> Option<Message<Request>> {
    if waiting.is_empty() {
        waiting.push(receiver.next().await?);
    }
    let mut has_paused = false;
    loop {
        while let Some(Some(message)) = receiver.next().now_or_never() {
            waiting.push(message);
        }
        if let Some(urgent) = waiting.iter().position(|m| m.body.is_urgent()) {
            return Some(waiting.remove(urgent));
        }
        if has_paused || !waiting[0].body.is_long() {
            return Some(waiting.remove(0));
        }
        // The browser delivers messages that arrived meanwhile only when this task pauses.
        sleep(0).await;
        has_paused = true;
    }
}

/// Receives a request: its bytes, or an array of its bytes and the visitor's files.
fn receive(data: &JsValue, inbox: &Inbox) {
    let (bytes, files) = match data.dyn_ref::<Array>() {
        Some(parts) => {
            let files = parts.iter().skip(1);
            let files = files.filter_map(|file| file.dyn_into::<File>().ok());
            (parts.get(0), files.collect())
        }
        None => (data.clone(), Vec::new()),
    };
    let request = bytes
        .dyn_ref::<Uint8Array>()
        .and_then(|bytes| decode::<Request>(&bytes.to_vec()).ok());
    if let Some(message) = &request {
        inbox.note(&message.body);
    }
    match request {
        Some(message) if message.body == Request::Ping => post(message.id, Reply::Pong),
        Some(message) if files.is_empty() => download_and_enqueue(message, inbox.clone()),
        Some(message) => spawn_local(read_and_enqueue(message, files, inbox.clone())),
        None => post(UNASKED, Reply::Error(RequestError::Message)),
    }
}

/// Reads the visitor's files, then queues their request. The worker reads them, so that the page is not blocked and nothing is copied
/// twice.
async fn read_and_enqueue(mut message: Message<Request>, files: Vec<File>, inbox: Inbox) {
    // All are requested before the first one is awaited.
    let reads = files.iter().map(|file| JsFuture::from(file.array_buffer()));
    let reads: Vec<JsFuture> = reads.collect();
    let mut contents = Vec::with_capacity(files.len());
    for (file, read) in files.iter().zip(reads) {
        let bytes = read.await.map(|buffer| Uint8Array::new(&buffer).to_vec());
        contents.push(bytes.map_err(|_| file.name()));
    }
    if let Err(error) = fill_in(&mut message.body, contents) {
        return post(message.id, Reply::Error(error));
    }
    enqueue(&inbox, message);
}

/// Puts the contents of the posted files into their request, in their order. A content is the file's bytes, or its name if the
/// browser could not read it.
///
/// # Errors
/// The only file of a request could not be read. In a batch, this is the answer to that file alone.
fn fill_in(
    request: &mut Request,
    contents: Vec<Result<Vec<u8>, String>>,
) -> Result<(), RequestError> {
    let mut contents = contents.into_iter();
    match request {
        Request::Prepare { file, .. } | Request::ReadArray { file } => {
            if let Some(content) = contents.next() {
                *file = content.map_err(|name| RequestError::UnreadableFile { name })?;
            }
        }
        Request::ClassifyFiles { files } => {
            let posted = files.iter_mut().filter(|file| is_posted(file));
            for (file, content) in posted.zip(contents) {
                *file = content.map_or_else(BatchFile::Unreadable, BatchFile::Bytes);
            }
        }
        _ => {}
    }
    Ok(())
}

/// Whether a file of a batch is posted together with its request.
fn is_posted(file: &BatchFile) -> bool {
    matches!(file, BatchFile::Bytes(bytes) if bytes.is_empty())
}

/// Queues a request after the download of its file, if it has one: a slow download must not delay later requests.
fn download_and_enqueue(mut message: Message<Request>, inbox: Inbox) {
    let Some((file, source)) = source_of(&mut message.body) else {
        return enqueue(&inbox, message);
    };
    let (url, is_fresh) = match source {
        Source::Url(url) => (url.clone(), false),
        Source::Fresh(url) => (url.clone(), true),
        Source::Bytes(_) => return enqueue(&inbox, message),
    };
    let id = message.id;
    spawn_local(async move {
        match download(id, &url, is_fresh).await {
            Ok(bytes) => {
                if let Some((_, source)) = source_of(&mut message.body) {
                    *source = Source::Bytes(bytes);
                }
                enqueue(&inbox, message);
            }
            Err(error) => post(id, Reply::Error(RequestError::Download { file, error })),
        }
    });
}

async fn download(id: u32, url: &str, is_fresh: bool) -> Result<Vec<u8>, DownloadError> {
    let scope = global_scope().map_err(|_| DownloadError::NotInWorker)?;
    let on_progress = move |bytes| post(id, Reply::Progress { bytes });
    unpack(fetch(&scope, url, is_fresh, on_progress).await?).await
}

/// The file that a request needs.
fn source_of(request: &mut Request) -> Option<(Download, &mut Source)> {
    Some(match request {
        Request::Load { model, weights } => {
            (Download::Weights(WeightsFile::Model(*model)), weights)
        }
        Request::LoadEnsemble { weights } => (Download::Weights(WeightsFile::Ensemble), weights),
        Request::LoadNovelty { weights } => (Download::Weights(WeightsFile::Novelty), weights),
        Request::LoadPhotoNetwork { weights } => {
            (Download::Weights(WeightsFile::PhotoNetwork), weights)
        }
        Request::Gallery { sprite } => (Download::Gallery, sprite),
        Request::TestSet { part, file } => (Download::TestSet(*part), file),
        _ => return None,
    })
}

/// Queues a request after the download of the code that it needs.
fn enqueue(inbox: &Inbox, message: Message<Request>) {
    let Some(code) = (inbox.code)(&message.body) else {
        return enqueue_at_once(inbox, message);
    };
    let inbox = inbox.clone();
    spawn_local(async move {
        match code.await {
            Ok(()) => enqueue_at_once(&inbox, message),
            Err(error) => post(message.id, Reply::Error(error)),
        }
    });
}

fn enqueue_at_once(inbox: &Inbox, message: Message<Request>) {
    let id = message.id;
    if inbox.sender.unbounded_send(message).is_err() {
        post(id, Reply::Error(RequestError::Stopped));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Pixels;
    use shared::image::PIXELS;
    use shared::{Grey28, ModelId};

    #[test]
    fn urgent_requests_are_answered_first() {
        let (inbox, mut receiver) = Inbox::new(|_| None);
        let grey = Pixels::from(&Grey28::new([0; PIXELS]));
        let model = ModelId::Cnn;
        let measure = Request::Measure {
            model,
            batch: 1,
            runs: 1,
        };
        let bodies = [
            measure.clone(),
            Request::DetectNovelty { grey: grey.clone() },
            Request::Classify { model, grey },
            measure,
        ];
        for (id, body) in (0..).zip(bodies) {
            enqueue(&inbox, Message { id, body });
        }
        drop(inbox);
        let mut waiting = Vec::new();
        let mut order = Vec::new();
        while let Some(Some(message)) = next_request(&mut waiting, &mut receiver).now_or_never() {
            order.push(message.id);
        }
        assert_eq!(order, [2, 0, 1, 3]);
    }

    #[test]
    fn a_file_of_a_batch_that_cannot_be_read_leaves_the_others() {
        let image = BatchFile::Prepared(Pixels::from(&Grey28::new([9; PIXELS])));
        let posted = || BatchFile::Bytes(Vec::new());
        let mut request = Request::ClassifyFiles {
            files: vec![posted(), image.clone(), posted(), posted()],
        };
        let contents = vec![Ok(vec![1, 2]), Err("gone.png".to_owned()), Ok(vec![])];
        assert_eq!(fill_in(&mut request, contents), Ok(()));
        let expected = vec![
            BatchFile::Bytes(vec![1, 2]),
            image,
            BatchFile::Unreadable("gone.png".into()),
            posted(),
        ];
        assert_eq!(request, Request::ClassifyFiles { files: expected });

        let mut single = Request::ReadArray { file: Vec::new() };
        let error = fill_in(&mut single, vec![Err("gone.png".into())]);
        let name = "gone.png".into();
        assert_eq!(error, Err(RequestError::UnreadableFile { name }));
    }

    #[test]
    fn a_photo_is_superseded_by_a_newer_one() {
        let (inbox, _receiver) = Inbox::new(|_| None);
        let prepare = |photo| Request::Prepare {
            file: Vec::new(),
            photo,
        };
        for photo in [3, 5, 4] {
            inbox.note(&prepare(photo));
        }
        let is_superseded = |photo| inbox.is_superseded(&prepare(photo));
        assert!(is_superseded(3) && is_superseded(4) && !is_superseded(5));
    }
}

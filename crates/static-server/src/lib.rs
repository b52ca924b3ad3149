//! A small HTTP/1.1 server for the built site, used by `cargo xtask serve` and by the browser tests.
//!
//! Each connection gets a thread and one response. tiny_http 0.12 is not used: when two connections arrive at the same
//! moment, one of them can wait until another is closed (`TaskPool::spawn` counts a thread as idle that was already woken
//! for the first connection), and browsers keep their connections open.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// The response to a request.
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    pub content_type: &'static str,
    /// Value of the header `Cache-Control`.
    pub cache_control: &'static str,
    /// Other headers, as names and values.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Called after the first half of the body is sent; the second half follows when it returns.
    pub pause: Option<Box<dyn FnOnce()>>,
}

/// A running server; it stops when dropped.
pub struct Server {
    port: u16,
    is_stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server on a free port of the loopback interface.
    ///
    /// # Errors
    /// No port is free.
    pub fn on_free_port(
        handler: impl Fn(&str, &str) -> Response + Send + Sync + 'static,
    ) -> io::Result<Self> {
        Self::start(TcpListener::bind("127.0.0.1:0")?, handler)
    }

    /// Starts a server on `listener`. `handler` gets the method and the target of each request.
    ///
    /// # Errors
    /// The listener has no local address.
    pub fn start(
        listener: TcpListener,
        handler: impl Fn(&str, &str) -> Response + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let is_stopped = Arc::new(AtomicBool::new(false));
        let handler = Arc::new(handler);
        let thread = std::thread::spawn({
            let is_stopped = Arc::clone(&is_stopped);
            move || {
                for stream in listener.incoming().flatten() {
                    if is_stopped.load(Ordering::Relaxed) {
                        break;
                    }
                    let handler = Arc::clone(&handler);
                    // A browser may close a connection early: that is no error of the server.
                    std::thread::spawn(move || respond(&stream, &*handler).ok());
                }
            }
        });
        Ok(Self {
            port: address.port(),
            is_stopped,
            thread: Some(thread),
        })
    }

    /// The server's origin, `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Serves until the program is interrupted.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // The accept loop cannot panic: handlers run in threads of their own.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_stopped.store(true, Ordering::Relaxed);
        // `accept` blocks until a connection arrives, so one is made.
        let connection = TcpStream::connect(("127.0.0.1", self.port));
        if let (Ok(_), Some(thread)) = (connection, self.thread.take()) {
            // The accept loop cannot panic: handlers run in threads of their own.
            let _ = thread.join();
        }
    }
}

fn respond(stream: &TcpStream, handler: &impl Fn(&str, &str) -> Response) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let Some(request) = lines.next().transpose()? else {
        return Ok(());
    };
    // The request's headers are skipped; they end with an empty line.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let mut words = request.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Ok(());
    };
    let Response {
        status,
        content_type,
        cache_control,
        headers,
        body,
        pause,
    } = handler(method, target);
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
         Cache-Control: {cache_control}\r\n{headers}Connection: close\r\n\r\n",
        match status {
            200 => "OK",
            403 => "Forbidden",
            405 => "Method Not Allowed",
            _ => "Not Found",
        },
        body.len()
    )?;
    if method != "HEAD" {
        let (first, rest) = body.split_at(body.len() / 2);
        stream.write_all(first)?;
        if let Some(pause) = pause {
            stream.flush()?;
            pause();
        }
        stream.write_all(rest)?;
    }
    stream.flush()
}

/// The headers for all responses that a site's file `_headers` lists below `/*`, as names and values.
pub fn headers(file: &str) -> Vec<(String, String)> {
    let lines = file.lines().skip_while(|line| line.trim_end() != "/*");
    lines
        .skip(1)
        .take_while(|line| line.starts_with(' '))
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// The content type for a file's extension. Browsers compile a wasm file while it loads only if it comes as
/// `application/wasm`.
pub fn content_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        Some("ico") => "image/x-icon",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

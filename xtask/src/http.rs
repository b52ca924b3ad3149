//! As much of HTTP/1.1 as `cargo xtask serve` and the tests serve: a thread and an answer a connection.
//!
//! Not tiny_http: of two connections that come at the same moment, 0.12 now and then leaves one waiting until another
//! is closed (`TaskPool::spawn` counts a thread as idle that has been woken for the first), and browsers keep theirs.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// What a request is answered with.
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    /// The header `Cache-Control`.
    pub caching: &'static str,
    pub body: Vec<u8>,
    /// What is waited for in the middle of the body.
    pub pause: Option<Box<dyn FnOnce()>>,
}

/// A running server; it stops when dropped.
pub struct Server {
    port: u16,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on a free port of this machine.
    ///
    /// # Errors
    /// A sentence, where no port is free.
    pub fn anywhere(
        answer: impl Fn(&str, &str) -> Answer + Send + Sync + 'static,
    ) -> Result<Self, String> {
        TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| Self::start(listener, answer))
            .map_err(|e| format!("no port is free to listen on: {e}"))
    }

    /// Answers whoever connects to the listener; `answer` is given each request's method and target.
    ///
    /// # Errors
    /// The listener has no address.
    pub fn start(
        listener: TcpListener,
        answer: impl Fn(&str, &str) -> Answer + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let answer = Arc::new(answer);
        let thread = std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || {
                for stream in listener.incoming().flatten() {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let answer = Arc::clone(&answer);
                    // A browser that leaves early is in its right.
                    std::thread::spawn(move || serve(&stream, &*answer).ok());
                }
            }
        });
        Ok(Self {
            port: address.port(),
            stop,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Serves until the program is interrupted.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked: what could is done in other threads.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes the thread, which then sees that it is over.
        let woken = TcpStream::connect(("127.0.0.1", self.port));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            // It cannot have panicked: what could is done in other threads.
            let _ = thread.join();
        }
    }
}

fn serve(stream: &TcpStream, answer: &impl Fn(&str, &str) -> Answer) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // The headers, which change nothing here, end with an empty line.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let mut words = request.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Ok(());
    };
    let Answer {
        status,
        content_type,
        caching,
        body,
        pause,
    } = answer(method, target);
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
         Cache-Control: {caching}\r\nConnection: close\r\n\r\n",
        match status {
            200 => "OK",
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

//! The rest of the world: a proxy that notes who is asked for beyond this machine, and lets nobody out.

use std::sync::{Arc, Mutex};

use static_server::{Response, Server};

/// What Chromium asks for on its own account, whatever page is open, in spite of all flags: updates, the time,
/// hints, an account, the search engine of its start page.
const CHROMIUM_S_OWN: &[&str] = &[
    "accounts.google.com",
    "clients2.google.com",
    "optimizationguide-pa.googleapis.com",
    "start.duckduckgo.com",
    "update.googleapis.com",
];

/// A proxy that refuses every request; it stops when dropped.
///
/// Browsers never send a proxy what is meant for 127.0.0.1, so all that arrives here would have left.
pub struct Outside {
    server: Server,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Outside {
    /// Starts to listen.
    ///
    /// # Errors
    /// A sentence, where there is no free port.
    pub fn start() -> Result<Self, String> {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let server = Server::on_free_port({
            let asked = Arc::clone(&asked);
            move |_, target| {
                asked
                    .lock()
                    .expect("no thread panicked")
                    .push(target.to_owned());
                Response {
                    status: 403,
                    content_type: "text/plain",
                    cache_control: "no-store",
                    body: Vec::new(),
                    pause: None,
                }
            }
        })
        .map_err(|e| format!("no port is free to listen on: {e}"))?;
        Ok(Self { server, asked })
    }

    /// The proxy's address, as Chromium's `--proxy-server` takes it.
    pub fn address(&self) -> String {
        self.server.origin()
    }

    /// The addresses asked for so far, but for those that Chromium asks for itself.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("no thread panicked").clone();
        asked
            .into_iter()
            .filter(|address| !CHROMIUM_S_OWN.contains(&host(address)))
            .collect()
    }
}

/// Of `https://host/path`, and of `host:443`, which is how a proxy is asked for the former.
fn host(address: &str) -> &str {
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    address.split([':', '/']).next().unwrap_or_default()
}

//! A proxy that refuses and records all requests to other machines.

use std::sync::{Arc, Mutex};

use anyhow::{Context, Result};
use static_server::{Response, Server};

/// Hosts that Chromium itself contacts in spite of all flags, whatever page is open: updates, the time, optimisation hints,
/// the account, the search engine of its start page.
const CHROMIUM_HOSTS: &[&str] = &[
    "accounts.google.com",
    "clients2.google.com",
    "optimizationguide-pa.googleapis.com",
    "start.duckduckgo.com",
    "update.googleapis.com",
];

/// A proxy that refuses every request; it stops when dropped.
///
/// Browsers do not use a proxy for 127.0.0.1, so each request that arrives here was for another machine.
pub struct Proxy {
    server: Server,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Starts the proxy.
    ///
    /// # Errors
    /// No port is free.
    pub fn start() -> Result<Self> {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let server = Server::on_free_port({
            let requests = Arc::clone(&requests);
            move |_, target| {
                requests
                    .lock()
                    .expect("no thread panicked")
                    .push(target.to_owned());
                Response {
                    status: 403,
                    content_type: "text/plain",
                    cache_control: "no-store",
                    headers: Vec::new(),
                    body: Vec::new(),
                    pause: None,
                }
            }
        })
        .context("no port is free for the proxy")?;
        Ok(Self { server, requests })
    }

    /// The proxy's address, as Chromium's `--proxy-server` takes it.
    pub fn address(&self) -> String {
        self.server.origin()
    }

    /// The requested addresses so far, without Chromium's own.
    pub fn requests(&self) -> Vec<String> {
        let requests = self.requests.lock().expect("no thread panicked").clone();
        requests
            .into_iter()
            .filter(|address| !CHROMIUM_HOSTS.contains(&host(address)))
            .collect()
    }
}

/// The host of `https://host/path`, or of `host:443`: the form in which a proxy gets requests for HTTPS.
fn host(address: &str) -> &str {
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    address
        .split_once([':', '/'])
        .map_or(address, |(host, _)| host)
}

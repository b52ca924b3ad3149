//! A proxy that refuses all requests to other machines, so that no test depends on them.
//!
//! Browsers do not use a proxy for 127.0.0.1, so each request that arrives here was for another machine. Chromium makes some on its
//! own account, whatever page is open; which ones depends on its version. What the page requests is judged by
//! [`Site::watch_requests`](crate::site::Site::watch_requests).

use anyhow::{Context, Result};
use static_server::{Response, Server};

/// A proxy that refuses every request; it stops when dropped.
pub struct Proxy(Server);

impl Proxy {
    /// Starts the proxy.
    ///
    /// # Errors
    /// No port is free.
    pub fn start() -> Result<Self> {
        let server = Server::on_free_port(|_, _| Response {
            status: 403,
            content_type: "text/plain",
            cache_control: "no-store",
            headers: Vec::new(),
            body: Vec::new(),
            pause: None,
        });
        Ok(Self(server.context("no port is free for the proxy")?))
    }

    /// The proxy's address, as Chromium's `--proxy-server` takes it.
    pub fn address(&self) -> String {
        self.0.origin()
    }
}

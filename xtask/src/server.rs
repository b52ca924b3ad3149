//! `cargo xtask serve`: a server for the built site on the loopback interface, with the headers of the site's `_headers`.

use crate::workspace::on_path;
use anyhow::{Context, Result, bail};
use static_server::{Response, Server, content_type, headers};
use std::{
    env, fs,
    net::TcpListener,
    path::{Component, Path, PathBuf},
    process::{Command, Stdio},
};

/// The browser must not show an old build from its cache.
const CACHE_CONTROL: &str = "no-cache";

/// The first port that is tried.
pub const DEFAULT_PORT: u16 = 8080;

/// Starts to serve `folder`, and opens it in a browser if `open`.
pub fn start(folder: &Path, port: u16, open: bool) -> Result<Server> {
    let served = folder.to_path_buf();
    let file = fs::read_to_string(folder.join("_headers")).unwrap_or_default();
    let headers = headers(&file);
    let server = Server::start(listen(port)?, move |method, target| Response {
        headers: headers.clone(),
        ..respond(method, target, &served)
    })
    .context("the server has no address: try another --port")?;
    let url = format!("{}/", server.origin());
    println!("\n  {url}   (Ctrl-C ends it)\n");
    if open {
        open_browser(&url);
    }
    Ok(server)
}

/// Listens on `port`, or on the next free one.
fn listen(port: u16) -> Result<TcpListener> {
    for candidate in port..=port.saturating_add(99) {
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", candidate)) {
            return Ok(listener);
        }
    }
    bail!("no port from {port} on is free: choose another with --port")
}

fn respond(method: &str, target: &str, folder: &Path) -> Response {
    let refused = |status, sentence: &str| Response {
        status,
        content_type: "text/plain; charset=utf-8",
        cache_control: CACHE_CONTROL,
        headers: Vec::new(),
        body: sentence.into(),
        pause: None,
    };
    if !matches!(method, "GET" | "HEAD") {
        return refused(405, "only GET and HEAD are supported");
    }
    let file = local_path(folder, target).and_then(|path| Some((fs::read(&path).ok()?, path)));
    match file {
        Some((body, path)) => Response {
            status: 200,
            content_type: content_type(&path),
            cache_control: CACHE_CONTROL,
            headers: Vec::new(),
            body,
            pause: None,
        },
        None => refused(404, "no such file"),
    }
}

/// The path of the requested file; `None` if the URL leads out of `folder`.
fn local_path(folder: &Path, url: &str) -> Option<PathBuf> {
    let decoded = percent_decoded(url.split(['?', '#']).next()?)?;
    let relative = Path::new(decoded.trim_start_matches('/'));
    if !relative
        .components()
        .all(|part| matches!(part, Component::Normal(_)))
    {
        return None;
    }
    let path = folder.join(relative);
    Some(if path.is_dir() {
        path.join("index.html")
    } else {
        path
    })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Opens the URL in the default browser, if there is one; the URL is printed in any case.
fn open_browser(url: &str) {
    let mut command = if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.args(["/C", "start", ""]);
        command
    } else if cfg!(target_os = "macos") {
        Command::new("open")
    } else {
        // Without a screen xdg-open would start a text browser in this terminal.
        let screen = ["DISPLAY", "WAYLAND_DISPLAY"]
            .into_iter()
            .any(|name| env::var_os(name).is_some());
        if !screen || on_path("xdg-open").is_none() {
            return;
        }
        Command::new("xdg-open")
    };
    command
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        net::{SocketAddr, TcpStream},
        time::Duration,
    };

    fn get(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).unwrap();
        // A missing response must fail the test, not block it.
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut text = Vec::new();
        stream.read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    #[test]
    fn serves_files_with_their_type_and_nothing_outside_the_folder() {
        let root = env::temp_dir().join(format!("haberdash-server-{}", std::process::id()));
        let folder = root.join("dist");
        fs::create_dir_all(&folder).unwrap();
        fs::write(root.join("secret"), "secret").unwrap();
        fs::write(folder.join("index.html"), "<p>page</p>").unwrap();
        fs::write(folder.join("app_bg.wasm"), "wasm").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = folder.clone();
        let server = Server::start(listener, move |method, target| {
            respond(method, target, &served)
        });
        let paths = [
            "/",
            "/app_bg.wasm?v=1",
            "/missing",
            "/../secret",
            "/%2e%2e/secret",
            "/%zz",
        ];
        let answers = paths.map(|path| get(address, path));
        // Browsers open connections in advance: idle ones must not block others.
        let idle: Vec<_> = (0..8)
            .map(|_| TcpStream::connect(address).unwrap())
            .collect();
        assert!(get(address, "/").contains("<p>page</p>"));
        drop((idle, server));
        assert!(
            answers[0].contains("text/html") && answers[0].contains("<p>page</p>"),
            "{}",
            answers[0]
        );
        assert!(
            answers[1].contains("application/wasm") && answers[1].starts_with("HTTP/1.1 200"),
            "{}",
            answers[1]
        );
        for refused in &answers[2..] {
            assert!(
                refused.starts_with("HTTP/1.1 404") && !refused.contains("secret"),
                "{refused}"
            );
        }
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn skips_a_port_in_use() {
        let first = listen(38_080).unwrap();
        let second = listen(38_080).unwrap();
        let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
        assert!(port(&second) > port(&first));
    }
}

//! Downloading the data set's files from their public mirrors.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use fashion_mnist::IdxFile;
use indicatif::{ProgressBar, ProgressStyle};

use super::error::{DataError, DownloadError};
use super::file::read;

/// Folders with the four files, gzipped, under their own names.
pub const MIRRORS: [&str; 2] = [
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
];

/// The longest body that is accepted. No gzip file of the data set is longer than its contents.
fn max_bytes(file: IdxFile) -> u64 {
    file.unpacked_len() as u64 + 1024
}

/// Downloads a file into a folder, from the first mirror with an intact copy. An interrupted download is resumed.
///
/// # Errors
/// [`DataError::Download`] if no mirror has it; the bytes that have arrived are kept for the next attempt.
pub fn download(file: IdxFile, folder: &Path) -> Result<(), DataError> {
    download_from(&MIRRORS, file, folder)
}

fn download_from(mirrors: &[&str], file: IdxFile, folder: &Path) -> Result<(), DataError> {
    let write = |path: &Path| {
        let path = path.to_path_buf();
        move |source| DataError::Write { path, source }
    };
    fs::create_dir_all(folder).map_err(write(folder))?;
    let complete = folder.join(file.archive);
    let part = folder.join(format!("{}.part", file.archive));
    let mut reason = DownloadError::NoMirror;
    for mirror in mirrors {
        let url = format!("{mirror}/{}", file.archive);
        if let Err(error) = fetch(&url, file, &part) {
            reason = error;
            continue;
        }
        match read(&file, &part) {
            Ok(_) => return fs::rename(&part, &complete).map_err(write(&complete)),
            Err(DataError::Damaged { damage, .. }) => {
                // A damaged file must not be resumed.
                fs::remove_file(&part).map_err(write(&part))?;
                reason = DownloadError::Damaged { url, damage };
            }
            Err(error) => return Err(error),
        }
    }
    Err(DataError::Download {
        file: file.name,
        reason,
    })
}

/// Downloads a URL into `part`, from the end of what is there.
fn fetch(url: &str, file: IdxFile, part: &Path) -> Result<(), DownloadError> {
    let transfer = |source: io::Error| DownloadError::Transfer {
        url: url.into(),
        source,
    };
    let have = fs::metadata(part).map_or(0, |m| m.len());
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(15)))
        .timeout_recv_response(Some(Duration::from_secs(30)))
        // The largest file has 26 MB; a stalled mirror must not block the run.
        .timeout_recv_body(Some(Duration::from_secs(600)))
        .http_status_as_error(false)
        .build()
        .into();
    let mut request = agent.get(url);
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let reply = request.call().map_err(|error| DownloadError::Request {
        url: url.into(),
        source: Box::new(error),
    })?;
    let (mut out, have) = match reply.status().as_u16() {
        206 => {
            let file = OpenOptions::new().append(true).open(part);
            (file.map_err(transfer)?, have)
        }
        200 => (File::create(part).map_err(transfer)?, 0),
        // The range starts at the end: the file is complete, and is verified next.
        416 if have > 0 => return Ok(()),
        status => {
            return Err(DownloadError::Status {
                url: url.into(),
                status,
            });
        }
    };
    let length = reply.body().content_length();
    let bar = match length {
        Some(rest) => ProgressBar::new(have + rest),
        None => ProgressBar::no_length(),
    };
    bar.set_style(
        ProgressStyle::with_template(
            "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    bar.set_message(file.name);
    bar.set_position(have);
    let mut body = reply.into_body().into_reader().take(max_bytes(file));
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = body.read(&mut buffer).map_err(transfer)?;
        if count == 0 {
            break;
        }
        out.write_all(&buffer[..count]).map_err(transfer)?;
        bar.inc(count as u64);
    }
    bar.finish_and_clear();
    let written = fs::metadata(part).map_err(transfer)?.len();
    if length.is_some_and(|rest| written < have + rest) {
        return Err(DownloadError::Incomplete { url: url.into() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::source;
    use fashion_mnist::TEST_LABELS;
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    /// Starts a server that sends these replies, one per request, and returns the requests' Range headers.
    fn server(replies: Vec<Vec<u8>>) -> (String, std::thread::JoinHandle<Vec<Option<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let thread = std::thread::spawn(move || {
            replies
                .into_iter()
                .map(|reply| {
                    let (mut stream, _) = listener.accept().unwrap();
                    let mut range = None;
                    let reader = BufReader::new(stream.try_clone().unwrap());
                    for line in reader.lines().map_while(Result::ok) {
                        if line.to_lowercase().starts_with("range:") {
                            range = Some(line[6..].trim().to_owned());
                        }
                        if line.is_empty() {
                            break;
                        }
                    }
                    stream.write_all(&reply).unwrap();
                    range
                })
                .collect()
        });
        (url, thread)
    }

    fn reply(status: &str, body: &[u8], length: usize) -> Vec<u8> {
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        [head.as_bytes(), body].concat()
    }

    /// The test labels, gzipped; the compression may differ from the mirror's.
    fn gzipped_labels() -> Vec<u8> {
        let data = source::load(None).unwrap();
        let mut plain = vec![0, 0, 8, 1, 0, 0, 0x27, 0x10];
        plain.extend(data.test.labels.iter().map(|g| g.index() as u8));
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn resumes_an_interrupted_download() {
        let file = gzipped_labels();
        let (head, tail) = file.split_at(file.len() / 2);
        let (url, served) = server(vec![
            reply("200 OK", head, file.len()),
            reply("206 Partial Content", tail, tail.len()),
        ]);
        let folder = tempfile::tempdir().unwrap();
        let error = download_from(&[&url], TEST_LABELS, folder.path()).unwrap_err();
        assert!(error.to_string().contains("what has arrived is kept"));
        download_from(&[&url], TEST_LABELS, folder.path()).unwrap();
        let whole = folder.path().join("t10k-labels-idx1-ubyte.gz");
        assert_eq!(fs::read(whole).unwrap(), file);
        let range = format!("bytes={}-", head.len());
        assert_eq!(served.join().unwrap(), [None, Some(range)]);
    }

    #[test]
    fn skips_a_mirror_with_a_damaged_file() {
        let file = gzipped_labels();
        let (damaged, first) = server(vec![reply("200 OK", b"<html>", 6)]);
        let (intact, second) = server(vec![reply("200 OK", &file, file.len())]);
        let folder = tempfile::tempdir().unwrap();
        download_from(&[&damaged, &intact], TEST_LABELS, folder.path()).unwrap();
        first.join().unwrap();
        // The damaged file was not resumed.
        assert_eq!(second.join().unwrap(), [None]);
    }
}
